//! The definition of a reference system as text for files: WKT 1, as `.prj` files and GeoPackages hold it, and
//! PROJJSON, as GeoParquet does. Easting or longitude first, as in files.

use super::grid_parameters::{GridParameters, ProjectionMethod};
use super::registry::Crs;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// The cone of the projection of Krovák, the same everywhere.
const KROVAK_LON_DEG: f64 = 24.833_333_333_333_3;
const KROVAK_CONE_DEG: f64 = 30.288_139_752_777_8;
const KROVAK_PARALLEL_DEG: f64 = 78.5;

/// A number of a projection: its names in WKT 1 and in the EPSG registry, and its code there.
struct DefinedParameter {
    wkt: &'static str,
    name: &'static str,
    code: u16,
    value: f64,
    unit: ParameterUnit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ParameterUnit {
    Degree,
    Metre,
    Unity,
}

/// A projection as both texts name it.
struct DefinedMethod {
    wkt: &'static str,
    name: &'static str,
    code: u16,
    parameters: Vec<DefinedParameter>,
}

impl Crs {
    /// WKT 1 (OGC 01-009) with the code of the authority.
    #[must_use]
    pub fn to_wkt(self) -> String {
        let Some(grid) = GridParameters::from_proj(self.proj_string()) else { return String::new() };
        let Some(method) = describe_method(&grid) else { return geographic_wkt(self, &grid) };
        let mut out = format!("PROJCS[\"{}\",{}", self.name(), geographic_wkt(self, &grid));
        // Writing to a string cannot fail.
        let _ = write!(out, ",PROJECTION[\"{}\"]", method.wkt);
        for parameter in method.parameters.iter().filter(|p| !p.wkt.is_empty()) {
            let _ = write!(out, ",PARAMETER[\"{}\",{}]", parameter.wkt, parameter.value);
        }
        out.push_str(",UNIT[\"metre\",1],AXIS[\"Easting\",EAST],AXIS[\"Northing\",NORTH]");
        if grid.projection == ProjectionMethod::WebMercator {
            let _ = write!(
                out,
                ",EXTENSION[\"PROJ4\",\"+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext +no_defs\"]"
            );
        }
        if let Some(code) = self.epsg_code() {
            let _ = write!(out, ",AUTHORITY[\"EPSG\",\"{code}\"]");
        }
        out.push(']');
        out
    }

    /// PROJJSON 0.7.
    #[must_use]
    pub fn to_projjson(self) -> Json {
        let Some(grid) = GridParameters::from_proj(self.proj_string()) else { return Json::Null };
        let datum = json!({
            "type": "GeodeticReferenceFrame",
            "name": full_datum_name(datum_name(self)),
            "ellipsoid": {"name": ellipsoid_name(&grid), "semi_major_axis": grid.axis_m, "inverse_flattening": grid.inverse_flattening},
        });
        let degrees = axes("ellipsoidal", [("Longitude", "lon", "east"), ("Latitude", "lat", "north")], "degree");
        let mut json = match describe_method(&grid) {
            None => json!({"type": "GeographicCRS", "name": self.name(), "datum": datum, "coordinate_system": degrees}),
            Some(method) => json!({
                "type": "ProjectedCRS",
                "name": self.name(),
                "base_crs": {"type": "GeographicCRS", "name": datum_name(self), "datum": datum, "coordinate_system": degrees},
                "conversion": {
                    "name": method.name,
                    "method": {"name": method.name, "id": {"authority": "EPSG", "code": method.code}},
                    "parameters": method.parameters.iter().filter(|p| p.code > 0).map(parameter_json).collect::<Vec<_>>(),
                },
                "coordinate_system": axes("Cartesian", [("Easting", "E", "east"), ("Northing", "N", "north")], "metre"),
            }),
        };
        json["$schema"] = "https://proj.org/schemas/v0.7/projjson.schema.json".into();
        json["id"] = match self.epsg_code() {
            Some(code) => json!({"authority": "EPSG", "code": code}),
            None => json!({"authority": "OGC", "code": "CRS84"}),
        };
        json
    }
}

fn axes(subtype: &str, axes: [(&str, &str, &str); 2], unit: &str) -> Json {
    let axis = |(name, abbreviation, direction): (&str, &str, &str)| json!({"name": name, "abbreviation": abbreviation, "direction": direction, "unit": unit});
    json!({"subtype": subtype, "axis": axes.map(axis)})
}

fn parameter_json(parameter: &DefinedParameter) -> Json {
    let unit = match parameter.unit {
        ParameterUnit::Degree => "degree",
        ParameterUnit::Metre => "metre",
        ParameterUnit::Unity => "unity",
    };
    let id = json!({"authority": "EPSG", "code": parameter.code});
    json!({"name": parameter.name, "value": parameter.value, "unit": unit, "id": id})
}

/// The beginning of the name: `MGI 1901` of `MGI 1901 / Slovene National Grid`.
fn datum_name(crs: Crs) -> &'static str {
    let own = crs.name().split(" / ").next().unwrap_or_default();
    own.split(" (").next().unwrap_or_default()
}

/// Names of datums in the EPSG registry, where the name of the system says less.
const DATUMS: [(&str, &str); 24] = [
    ("Slovenia 1996", "Slovenia Geodetic Datum 1996"),
    ("RGF93 v1", "Reseau Geodesique Francais 1993 v1"),
    ("RGF93 v2", "Reseau Geodesique Francais 1993 v2"),
    ("RGF93 v2b", "Reseau Geodesique Francais 1993 v2b"),
    ("BD72", "Reseau National Belge 1972"),
    ("ETRS89", "European Terrestrial Reference System 1989"),
    ("ETRS89-extended", "European Terrestrial Reference System 1989"),
    ("ETRF2000-PL", "ETRF2000 Poland"),
    ("HTRS96", "Croatian Terrestrial Reference System"),
    ("GGRS87", "Greek Geodetic Reference System 1987"),
    ("RDN2008", "Rete Dinamica Nazionale 2008"),
    ("MGI", "Militar-Geographische Institut"),
    ("IGM95", "Istituto Geografico Militaire 1995"),
    ("NTF", "Nouvelle Triangulation Francaise"),
    ("RGFG95", "Reseau Geodesique Francais Guyane 1995"),
    ("RGR92", "Reseau Geodesique de la Reunion 1992"),
    ("RGAF09", "Reseau Geodesique des Antilles Francaises 2009"),
    ("REGCAN95", "Red Geodesica de Canarias 1995"),
    ("TM75", "Geodetic Datum of 1965"),
    ("ED50", "European Datum 1950"),
    ("PTRA08", "Autonomous Regions of Portugal 2008"),
    ("HD72", "Hungarian Datum 1972"),
    ("S-JTSK", "System of the Unified Trigonometrical Cadastral Network"),
    ("DHDN", "Deutsches Hauptdreiecksnetz"),
];

/// The datum of a system whose name begins so.
fn full_datum_name(name: &'static str) -> &'static str {
    DATUMS.iter().find(|(short, _)| *short == name).map_or(name, |(_, full)| full)
}

fn ellipsoid_name(grid: &GridParameters) -> &'static str {
    match grid.inverse_flattening {
        n if (n - 298.257_222_101).abs() < 1e-8 => "GRS 1980",
        n if (n - 298.257_223_563).abs() < 1e-8 => "WGS 84",
        n if (n - 299.152_812_8).abs() < 1e-6 => "Bessel 1841",
        n if (n - 297.0).abs() < 1e-6 => "International 1924",
        _ => "ellipsoid",
    }
}

fn geographic_wkt(crs: Crs, grid: &GridParameters) -> String {
    let (name, is_wgs84) = (datum_name(crs), datum_name(crs) == "WGS 84");
    let datum = if is_wgs84 { "WGS_1984" } else { full_datum_name(name) };
    let shift = crs.proj_string().split("+towgs84=").nth(1).map(|t| t.split(' ').next().unwrap_or_default());
    let mut shift: Vec<&str> = shift.unwrap_or("0,0,0").split(',').collect();
    shift.resize(7, "0");
    let shift = if is_wgs84 { String::new() } else { format!(",TOWGS84[{}]", shift.join(",")) };
    let code = if is_wgs84 { Some(4326) } else { crs.epsg_code().filter(|_| crs.is_degrees()) };
    let authority = code.map(|code| format!(",AUTHORITY[\"EPSG\",\"{code}\"]")).unwrap_or_default();
    format!(
        "GEOGCS[\"{name}\",DATUM[\"{datum}\",SPHEROID[\"{}\",{},{}]{shift}],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]{authority}]",
        ellipsoid_name(grid),
        grid.axis_m,
        grid.inverse_flattening
    )
}

/// `None` for degrees.
fn describe_method(grid: &GridParameters) -> Option<DefinedMethod> {
    use ParameterUnit::{Degree, Metre, Unity};
    let parameter = |wkt, name, code, value, unit| DefinedParameter { wkt, name, code, value, unit };
    let origin = |lat: &'static str, lon: &'static str| {
        [
            parameter(lat, "Latitude of natural origin", 8801, grid.lat_0, Degree),
            parameter(lon, "Longitude of natural origin", 8802, grid.lon_0, Degree),
        ]
    };
    let scale = || parameter("scale_factor", "Scale factor at natural origin", 8805, grid.scale, Unity);
    let false_origin = || {
        [
            parameter("false_easting", "False easting", 8806, grid.x_0, Metre),
            parameter("false_northing", "False northing", 8807, grid.y_0, Metre),
        ]
    };
    let usual = || origin("latitude_of_origin", "central_meridian").into_iter().chain([scale()]).chain(false_origin());
    let method = |wkt, name, code, parameters| Some(DefinedMethod { wkt, name, code, parameters });
    match grid.projection {
        ProjectionMethod::Degrees => None,
        ProjectionMethod::TransverseMercator => {
            method("Transverse_Mercator", "Transverse Mercator", 9807, usual().collect())
        }
        ProjectionMethod::ObliqueStereographic => {
            method("Oblique_Stereographic", "Oblique Stereographic", 9809, usual().collect())
        }
        ProjectionMethod::LambertConformal if grid.lat_1 == grid.lat_2 && grid.lat_0 == grid.lat_1 => {
            method("Lambert_Conformal_Conic_1SP", "Lambert Conic Conformal (1SP)", 9801, usual().collect())
        }
        ProjectionMethod::LambertConformal => method(
            "Lambert_Conformal_Conic_2SP",
            "Lambert Conic Conformal (2SP)",
            9802,
            vec![
                parameter("latitude_of_origin", "Latitude of false origin", 8821, grid.lat_0, Degree),
                parameter("central_meridian", "Longitude of false origin", 8822, grid.lon_0, Degree),
                parameter("standard_parallel_1", "Latitude of 1st standard parallel", 8823, grid.lat_1, Degree),
                parameter("standard_parallel_2", "Latitude of 2nd standard parallel", 8824, grid.lat_2, Degree),
                parameter("false_easting", "Easting at false origin", 8826, grid.x_0, Metre),
                parameter("false_northing", "Northing at false origin", 8827, grid.y_0, Metre),
            ],
        ),
        ProjectionMethod::LambertEqualArea => method(
            "Lambert_Azimuthal_Equal_Area",
            "Lambert Azimuthal Equal Area",
            9820,
            origin("latitude_of_center", "longitude_of_center").into_iter().chain(false_origin()).collect(),
        ),
        ProjectionMethod::WebMercator => method(
            "Mercator_1SP",
            "Popular Visualisation Pseudo Mercator",
            1024,
            origin("", "central_meridian")
                .into_iter()
                .chain(Some(parameter("scale_factor", "", 0, 1.0, Unity)))
                .chain(false_origin())
                .collect(),
        ),
        ProjectionMethod::KrovakEastNorth => {
            let own = [
                parameter("latitude_of_center", "Latitude of projection centre", 8811, grid.lat_0, Degree),
                parameter("longitude_of_center", "Longitude of origin", 8833, KROVAK_LON_DEG, Degree),
                parameter("azimuth", "Co-latitude of cone axis", 1036, KROVAK_CONE_DEG, Degree),
                parameter(
                    "pseudo_standard_parallel_1",
                    "Latitude of pseudo standard parallel",
                    8818,
                    KROVAK_PARALLEL_DEG,
                    Degree,
                ),
                parameter("scale_factor", "Scale factor on pseudo standard parallel", 8819, grid.scale, Unity),
            ];
            method("Krovak", "Krovak (North Orientated)", 1041, own.into_iter().chain(false_origin()).collect())
        }
        ProjectionMethod::SwissOblique => method(
            "Hotine_Oblique_Mercator_Azimuth_Center",
            "Hotine Oblique Mercator (variant B)",
            9815,
            vec![
                parameter("latitude_of_center", "Latitude of projection centre", 8811, grid.lat_0, Degree),
                parameter("longitude_of_center", "Longitude of projection centre", 8812, grid.lon_0, Degree),
                parameter("azimuth", "Azimuth at projection centre", 8813, 90.0, Degree),
                parameter("rectified_grid_angle", "Angle from Rectified to Skew Grid", 8814, 90.0, Degree),
                parameter("scale_factor", "Scale factor at projection centre", 8815, grid.scale, Unity),
                parameter("false_easting", "Easting at projection centre", 8816, grid.x_0, Metre),
                parameter("false_northing", "Northing at projection centre", 8817, grid.y_0, Metre),
            ],
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::crs::{Crs, identify_wkt};

    #[test]
    fn every_system_is_known_by_its_own_definition() {
        for crs in Crs::all() {
            let found = identify_wkt(&crs.to_wkt()).unwrap_or_else(|e| panic!("{crs}: {e}\n{}", crs.to_wkt()));
            assert!(found.is_same_grid(crs), "{crs} became {found}: {}", crs.to_wkt());
            assert!(crs.to_projjson()["id"]["code"] != serde_json::Value::Null, "{crs}");
        }
    }
}
