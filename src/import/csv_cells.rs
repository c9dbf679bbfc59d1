//! The place of a row from its cells: two numbers, a pair in one cell, well-known text, or GeoJSON.

use super::draft::FeatureDraft;
use super::finding::ImportFindingKind;
use super::wkt;
use crate::crs::Crs;
use crate::feature::geojson::{self, ParsedGeometry};
use crate::feature::{FaultKind, FeatureFault, Geometry};
use crate::intake::FindingKind;

/// What people write where there is nothing to write.
const ABSENT: [&str; 24] = [
    "na", "n/a", "#n/a", "nan", "null", "none", "nil", "<na>", "-", "--", "—", "–", "?", "n.a.", "n.d.", "nd", "s/d",
    "k.a.", "k. a.", "n.v.t.", "nvt", "brak", "b.d.", "(null)",
];

/// Why a row has no place.
pub enum PlaceFault {
    /// A cell says that there is no value: this one.
    Absent(String),
    Number(FeatureFault),
    Geometry(FeatureFault),
}

type PlaceResult = Result<Option<ParsedGeometry>, PlaceFault>;

/// Whether a cell says that there is no value.
pub fn says_absent(cell: &str) -> bool {
    !cell.is_empty() && cell.len() <= 8 && ABSENT.contains(&cell.to_lowercase().as_str())
}

/// Longitude and latitude, or easting and northing, in two cells.
pub fn parse_point(lon: &str, lat: &str) -> PlaceResult {
    if lon.is_empty() && lat.is_empty() {
        return Ok(None);
    }
    let is_void = |cell: &str| cell.is_empty() || says_absent(cell);
    if is_void(lon) && is_void(lat) {
        return Err(absent_fault(if lon.is_empty() { lat } else { lon }));
    }
    let (x, y) = (parse_coordinate(lon, "longitude")?, parse_coordinate(lat, "latitude")?);
    Ok(Some(point(x, y)))
}

fn parse_coordinate(text: &str, what: &str) -> Result<f64, PlaceFault> {
    let wrong =
        |message: String| PlaceFault::Number(FeatureFault::new(FaultKind::WrongType, format!("/{what}"), message));
    if text.is_empty() {
        return Err(wrong(format!(
            "The {what} is missing. Fill it in, or leave both cells empty if there is no place."
        )));
    }
    if text.contains(',') {
        return Err(wrong(format!("'{text}' has a decimal comma. Write a point: {}.", text.replace(',', "."))));
    }
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
    number.ok_or_else(|| wrong(format!("'{text}' is not a {what}. Write degrees, such as 15.2675.")))
}

/// Two numbers in one cell; `latitude_first` says in which order.
pub fn parse_pair(cell: &str, latitude_first: bool) -> PlaceResult {
    if cell.is_empty() {
        return Ok(None);
    }
    if says_absent(cell) {
        return Err(absent_fault(cell));
    }
    let Some((a, b)) = split_pair(cell) else {
        let order = if latitude_first { "latitude and longitude" } else { "longitude and latitude" };
        let message =
            format!("'{cell}' is not {order}. Write them as numbers with a comma between, such as 46.23, 15.26.");
        return Err(PlaceFault::Number(FeatureFault::new(FaultKind::WrongType, "", message)));
    };
    Ok(Some(if latitude_first { point(b, a) } else { point(a, b) }))
}

/// The two numbers of `46.23, 15.26`, `(46.23 15.26)` or `[15.26, 46.23]`.
pub fn split_pair(cell: &str) -> Option<(f64, f64)> {
    let bare = cell.trim().trim_start_matches(['(', '[']).trim_end_matches([')', ']']);
    let mut parts = bare.split(|c: char| c == ',' || c == ';' || c.is_whitespace()).filter(|p| !p.is_empty());
    let mut number = || parts.next()?.parse::<f64>().ok().filter(|n| n.is_finite());
    let pair = (number()?, number()?);
    parts.next().is_none().then_some(pair)
}

/// Well-known text, or the text of a GeoJSON geometry.
pub fn parse_geometry(cell: &str, declared_crs: Option<Crs>) -> PlaceResult {
    let bare = cell.trim();
    if bare.is_empty() {
        return Ok(None);
    }
    if says_absent(bare) {
        return Err(absent_fault(bare));
    }
    let at_geometry = |fault| PlaceFault::Geometry(FeatureFault { at: "/geometry".into(), ..fault });
    if !bare.starts_with('{') {
        return wkt::parse_wkt(cell, declared_crs).map(Some).map_err(at_geometry);
    }
    let parsed = geojson::parse_geojson(bare.as_bytes()).map_err(|e| {
        at_geometry(FeatureFault::new(FaultKind::NotGeoJson, "", format!("This is not GeoJSON ({e}). Correct it.")))
    })?;
    geojson::build_geometry(&parsed).map_err(at_geometry)
}

/// Gives a draft its place, or the fault of it; a lenient import keeps rows that say that they have none.
pub fn add_place(draft: &mut FeatureDraft, place: PlaceResult, lenient: bool) {
    let bad_number = ImportFindingKind::Feature(FindingKind::BadNumber);
    match place {
        Ok(None) => {}
        Ok(shape) => draft.shape = shape,
        Err(PlaceFault::Number(fault)) => draft.faults.push((bad_number, fault)),
        Err(PlaceFault::Geometry(fault)) => draft.faults.push((ImportFindingKind::of_fault(&fault), fault)),
        Err(PlaceFault::Absent(cell)) if lenient => {
            let message = format!("'{cell}' is no place. The row is imported without one.");
            let fault = FeatureFault::new(FaultKind::EmptyGeometry, "", message);
            draft.warnings.push((ImportFindingKind::NoPlace, fault));
        }
        Err(PlaceFault::Absent(cell)) => {
            let message = format!(
                "'{cell}' is no place. Leave the cell empty, or import such rows without a place with --lenient."
            );
            draft.faults.push((bad_number, FeatureFault::new(FaultKind::WrongType, "", message)));
        }
    }
}

/// Whether a cell begins as well-known text or as the text of a GeoJSON geometry does.
pub fn looks_like_geometry(cell: &str) -> bool {
    const TYPES: [&str; 7] =
        ["POINT", "MULTIPOINT", "LINESTRING", "MULTILINESTRING", "POLYGON", "MULTIPOLYGON", "GEOMETRYCOLLECTION"];
    if cell.starts_with('{') {
        return cell.contains("\"type\"") && (cell.contains("\"coordinates\"") || cell.contains("\"geometries\""));
    }
    let head: String = cell.chars().take(32).collect::<String>().to_ascii_uppercase();
    let head = head.strip_prefix("SRID=").map_or(head.as_str(), |rest| rest.split_once(';').map_or("", |s| s.1));
    let word: String = head.chars().take_while(char::is_ascii_alphabetic).collect();
    TYPES.contains(&word.as_str()) && (head.contains('(') || head.contains("EMPTY"))
}

fn absent_fault(cell: &str) -> PlaceFault {
    PlaceFault::Absent(cell.to_owned())
}

fn point(x: f64, y: f64) -> ParsedGeometry {
    ParsedGeometry { geometry: Geometry::Point(geo_types::Point::new(x, y)), flattened: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_read_in_its_usual_forms_and_in_no_other() {
        for cell in ["46.23, 15.26", "(46.23 15.26)", "[46.23,15.26]", "46.23;15.26", " 46.23  15.26 "] {
            assert_eq!(split_pair(cell), Some((46.23, 15.26)), "{cell}");
        }
        for cell in ["46,23, 15,26", "46.23", "46.23, 15.26, 240", "46° 13' N, 15° 15' E", "a, b", ""] {
            assert_eq!(split_pair(cell), None, "{cell}");
        }
    }

    #[test]
    fn geometry_is_known_by_its_beginning() {
        for cell in
            ["POINT (1 2)", "multipolygon(((", "SRID=3794;POINT Z (1 2 3)", r#"{"type":"Point","coordinates":[1,2]}"#]
        {
            assert!(looks_like_geometry(cell), "{cell}");
        }
        for cell in ["Point of interest", "PONT (1)", "{\"a\":1}", "", "polygon"] {
            assert!(!looks_like_geometry(cell), "{cell}");
        }
    }
}
