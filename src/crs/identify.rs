//! Which known reference system a well-known text (a `.prj`) defines: by its parameters and its datum, not by its name.

use super::grid_parameters::{GridParameters, fold_name};
use super::registry::Crs;
use super::wkt_tree::WktNode;

/// Datums with a shift: the beginning of names in the registry, and how texts call them. A name of the registry is
/// always one of its datum, too.
const DATUM_NAMES: [(&str, &[&str]); 19] = [
    ("MGI 1901", &["mgi", "militargeographischeinstitut", "militargeographischesinstitut", "hermannskogel"]),
    ("MGI", &["mgi1901", "militargeographischeinstitut", "militargeographischesinstitut", "hermannskogel"]),
    ("BD72", &["reseaunationalbelge1972", "belge1972"]),
    ("GGRS87", &["greekgeodeticreferencesystem1987", "ggrs1987"]),
    ("Monte Mario", &["montemariorome"]),
    ("NTF", &["nouvelletriangulationfrancaise", "nouvelletriangulationfrancaiseparis", "ntfparis"]),
    ("TM65", &["tm651965", "geodeticdatumof1965"]),
    ("TM75", &["geodeticdatumof1965"]),
    ("OSNI 1952", &["osni52"]),
    ("ED50", &["europeandatum1950", "european1950"]),
    ("Lisbon", &["lisbon1937", "lisbonlisbon", "lisbon1937lisbon"]),
    ("HD72", &["hungariandatum1972", "hungarian1972"]),
    ("S-JTSK", &["systemjednotnetrigonometrickesitekatastralni", "systemoftheunifiedtrigonometricalcadastralnetwork"]),
    ("LUREF", &["luxembourg1930", "luxembourgreferenceframe"]),
    ("DHDN", &["deutscheshauptdreiecksnetz"]),
    ("Pulkovo 1942(58)", &["pulkovo1942adj1958"]),
    ("CH1903+", &["ch1903plus"]),
    ("RGPF", &["reseaugeodesiquedelapolynesiefrancaise"]),
    ("Datum 73", &["datum1973"]),
];

/// The known system that a well-known text defines.
///
/// # Errors
/// A sentence: the text cannot be read, or what of it is not known here.
pub fn identify_wkt(text: &str) -> Result<Crs, String> {
    let Some(root) = WktNode::parse(text) else {
        return Err("The definition of the reference system cannot be read.".to_owned());
    };
    let system = find_horizontal(&root);
    let shown =
        if system.name().is_empty() { "The reference system".to_owned() } else { format!("'{}'", system.name()) };
    let Some(geographic) = find_geographic(system) else {
        return Err(format!("{shown} is not a grid or degrees."));
    };
    let wanted =
        GridParameters::from_wkt(system, geographic).map_err(|what| format!("{shown} is not known here: {what}."))?;
    let datum = geographic.child(&["DATUM", "TRF", "GEODETICDATUM", "ENSEMBLE"]).map_or("", WktNode::name);
    let stated = stated_code(system);
    let matching: Vec<Crs> = Crs::all()
        .filter(|crs| GridParameters::from_proj(crs.proj_string()).is_some_and(|own| own.matches(&wanted)))
        .collect();
    if let Some(code) = stated.filter(|code| matching.iter().any(|crs| crs.epsg_code() == Some(*code))) {
        return Crs::from_epsg(code).ok_or_else(|| format!("{shown} is not known here."));
    }
    if matching.is_empty() {
        return Err(format!("{shown} is not known here: no known grid has its parameters."));
    }
    let shift = find_shift(geographic);
    let fitting = |crs: &&Crs| has_datum(**crs, datum) || shift.is_some_and(|shift| has_shift(**crs, shift));
    // Names of datums with a shift are known: any other that uses the ellipsoid of today has none.
    let found = matching.iter().find(fitting).or_else(|| {
        let is_old = Crs::all().any(|crs| crs.shift_accuracy_m().is_some() && has_datum(crs, datum));
        matching.iter().find(|crs| !is_old && crs.shift_accuracy_m().is_none() && shift.is_none_or(|s| s == [0.0; 3]))
    });
    let found = found.copied().map(|crs| if crs.is_geodetic_wgs84() { Crs::CRS84 } else { crs });
    found
        .ok_or_else(|| format!("{shown} is not known here: no known grid with its parameters has the datum '{datum}'."))
}

/// The horizontal part of a compound system, or the source of a bound one.
fn find_horizontal(root: &WktNode) -> &WktNode {
    match root.keyword.as_str() {
        "COMPD_CS" | "COMPOUNDCRS" | "BOUNDCRS" | "SOURCECRS" => {
            let inner = root.children.iter().find(|c| is_system(c) || c.keyword == "SOURCECRS");
            inner.map_or(root, find_horizontal)
        }
        _ => root,
    }
}

fn is_system(node: &WktNode) -> bool {
    matches!(node.keyword.as_str(), "PROJCS" | "PROJCRS" | "PROJECTEDCRS" | "COMPD_CS" | "COMPOUNDCRS" | "BOUNDCRS")
        || is_geographic(node)
}

fn is_geographic(node: &WktNode) -> bool {
    matches!(
        node.keyword.as_str(),
        "GEOGCS" | "GEOGCRS" | "GEODCRS" | "GEOGRAPHICCRS" | "GEODETICCRS" | "BASEGEOGCRS" | "BASEGEODCRS"
    )
}

fn find_geographic(system: &WktNode) -> Option<&WktNode> {
    if is_geographic(system) { Some(system) } else { system.children.iter().find(|c| is_geographic(c)) }
}

/// `AUTHORITY["EPSG","3794"]` or `ID["EPSG",3794]`.
fn stated_code(system: &WktNode) -> Option<u16> {
    let id = system.child(&["AUTHORITY", "ID"]).filter(|id| id.name().eq_ignore_ascii_case("EPSG"))?;
    let text = id.texts.get(1).cloned();
    text.or_else(|| id.numbers.first().map(ToString::to_string))?.parse().ok()
}

/// The shift that the text itself has, in metres.
fn find_shift(geographic: &WktNode) -> Option<[f64; 3]> {
    let numbers = &geographic.child(&["DATUM"])?.child(&["TOWGS84"])?.numbers;
    Some([*numbers.first()?, *numbers.get(1)?, *numbers.get(2)?])
}

fn has_shift(crs: Crs, shift: [f64; 3]) -> bool {
    let text = crs.proj_string().split("+towgs84=").nth(1).unwrap_or_default();
    let own: Vec<f64> = text.split([',', ' ']).map_while(|n| n.parse().ok()).take(3).collect();
    crs.shift_accuracy_m().is_some() && own.len() == 3 && own.iter().zip(shift).all(|(a, b)| (a - b).abs() < 1e-3)
}

/// Whether a datum of this name is that of a system with a shift.
fn has_datum(crs: Crs, datum: &str) -> bool {
    let folded = fold_name(datum.strip_prefix("D_").unwrap_or(datum));
    let own = crs.name().split(" / ").next().unwrap_or_default();
    let own = own.split(" (").next().unwrap_or_default();
    crs.shift_accuracy_m().is_some()
        && (fold_name(own) == folded
            || DATUM_NAMES.iter().any(|(name, others)| *name == own && others.contains(&folded.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOVENIA: &str = r#"PROJCS["anything",GEOGCS["GCS_Slovenia_1996",DATUM["D_Slovenia_Geodetic_Datum_1996",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",-5000000.0],PARAMETER["Central_Meridian",15.0],PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;

    fn code(wkt: &str) -> Result<Option<u16>, String> {
        identify_wkt(wkt).map(Crs::epsg_code)
    }

    #[test]
    fn a_grid_is_known_by_its_parameters_and_its_datum() {
        assert_eq!(code(SLOVENIA), Ok(Some(3794)));
        let bessel = SLOVENIA.replace("GRS_1980\",6378137.0,298.257222101", "Bessel_1841\",6377397.155,299.1528128");
        assert_eq!(code(&bessel.replace("Slovenia_Geodetic_Datum_1996", "MGI_1901")), Ok(Some(3912)));
        let unknown = code(&bessel).unwrap_err();
        assert!(
            unknown.contains("'anything' is not known here") && unknown.contains("D_Slovenia_Geodetic"),
            "{unknown}"
        );
        assert!(code(&SLOVENIA.replace("0.9999", "0.99991")).unwrap_err().contains("no known grid has its parameters"));
        assert!(code(&SLOVENIA.replace("Meter\",1.0", "Foot\",0.3048")).unwrap_err().contains("not the metre"));
    }

    #[test]
    fn broken_definitions_are_errors_and_never_a_panic() {
        for end in 0..SLOVENIA.len() {
            let _ = code(&SLOVENIA[..end]);
        }
        for text in
            ["", "[", "PROJCS", "GEOGCS[]", "PROJCS[\"x\"]", &"A[".repeat(1000), "LOCAL_CS[\"x\",UNIT[\"m\",1]]"]
        {
            assert!(code(text).is_err(), "{text}");
        }
    }
}
