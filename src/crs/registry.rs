//! The supported coordinate reference systems: the grids in use in the partner cities' countries and beside them, those
//! of older data, and those that clients use everywhere. Names, areas of use and order of axes are those of the EPSG
//! registry; areas end where the shift of an old datum does (Monte Mario without the Italian islands).

use crate::error::{Error, Result};
use geo_types::Coord;

/// A supported coordinate reference system. Everything is stored in CRS84 (longitude, latitude in degrees on WGS 84).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Crs(u8);

struct CrsDefinition {
    /// 0 for CRS84, which has no EPSG code.
    code: u16,
    name: &'static str,
    /// Easting first, in metres unless it is `longlat`.
    proj: &'static str,
    /// The authority puts northing (or latitude) first.
    north_first: bool,
    /// How far the shift of an old datum may be off; `None` without one.
    shift_accuracy_m: Option<f64>,
    /// West, south, east, north in degrees.
    area: [f64; 4],
}

/// One line for each system, after a heading; CRS84 first, then the grids that a guess should name first.
const SYSTEMS: &str = include_str!("systems.csv");

/// The table, read when the program is compiled.
static DEFINITIONS: [CrsDefinition; count_lines(SYSTEMS) - 1] = read_table(SYSTEMS);

const fn count_lines(text: &str) -> usize {
    let (bytes, mut at, mut lines) = (text.as_bytes(), 0, 0);
    while at < bytes.len() {
        lines += (bytes[at] == b'\n') as usize;
        at += 1;
    }
    lines
}

const fn read_table<const N: usize>(text: &'static str) -> [CrsDefinition; N] {
    const NONE: CrsDefinition =
        CrsDefinition { code: 0, name: "", proj: "", north_first: false, shift_accuracy_m: None, area: [0.0; 4] };
    let mut table = [NONE; N];
    let (_, mut rest) = split_cell(text, b'\n');
    let mut nth = 0;
    while nth < N {
        let (line, next) = split_cell(rest, b'\n');
        table[nth] = read_line(line);
        rest = next;
        nth += 1;
    }
    table
}

const fn read_line(line: &'static str) -> CrsDefinition {
    let (code, rest) = split_cell(line, b';');
    let (name, rest) = split_cell(rest, b';');
    let (first_axis, mut rest) = split_cell(rest, b';');
    let mut area = [0.0; 4];
    let mut side = 0;
    while side < 4 {
        let (cell, next) = split_cell(rest, b';');
        area[side] = read_number(cell);
        rest = next;
        side += 1;
    }
    let (accuracy, proj) = split_cell(rest, b';');
    let shift_accuracy_m = if accuracy.is_empty() { None } else { Some(read_number(accuracy)) };
    let north_first = first_axis.as_bytes()[0] == b'N';
    CrsDefinition { code: read_number(code) as u16, name, proj, north_first, shift_accuracy_m, area }
}

/// The text before the next separator, and behind it.
const fn split_cell(text: &'static str, separator: u8) -> (&'static str, &'static str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() && bytes[at] != separator {
        at += 1;
    }
    let (cell, rest) = text.split_at(at);
    (cell, if rest.is_empty() { rest } else { rest.split_at(1).1 })
}

/// A decimal number with at most a few digits.
const fn read_number(text: &str) -> f64 {
    let bytes = text.as_bytes();
    let negative = bytes[0] == b'-';
    let (mut digits, mut unit, mut behind_point) = (0_i64, 1_i64, false);
    let mut at = negative as usize;
    while at < bytes.len() {
        if bytes[at] == b'.' {
            behind_point = true;
        } else {
            digits = digits * 10 + (bytes[at] - b'0') as i64;
            unit *= if behind_point { 10 } else { 1 };
        }
        at += 1;
    }
    let size = digits as f64 / unit as f64;
    if negative { -size } else { size }
}

/// How far data may reach beyond the area of use of its system, in degrees.
const AREA_MARGIN_DEG: f64 = 0.5;
/// Codes that programs wrote for Web Mercator before it had one; of them, EPSG had only 3785.
const WEB_MERCATOR_ALIASES: [&str; 4] = ["900913", "102100", "102113", "3785"];
const CRS84_URI: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const EPSG_URI_PREFIX: &str = "http://www.opengis.net/def/crs/EPSG/0/";

impl Crs {
    /// Longitude, latitude in degrees on WGS 84 (OGC:CRS84).
    pub const CRS84: Self = Self(0);

    /// Every supported system, CRS84 first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..DEFINITIONS.len() as u8).map(Self)
    }

    /// The system with this EPSG code, if it is supported.
    #[must_use]
    pub fn from_epsg(code: u16) -> Option<Self> {
        Self::all().find(|crs| crs.epsg_code() == Some(code))
    }

    /// Reads `http://www.opengis.net/def/crs/EPSG/0/3794` (or https, or in angle brackets), the safe CURIE
    /// `[EPSG:3794]`, or `EPSG:3794`. Older codes of Web Mercator are understood.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a place, with the supported codes.
    pub fn parse(text: &str) -> Result<Self> {
        let plain = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
        let curie = plain.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(plain);
        let uri = plain.strip_prefix("https://").or_else(|| plain.strip_prefix("http://"));
        let code = match (uri, curie.split_once(':')) {
            (Some(uri), _) => {
                uri.strip_prefix("www.opengis.net/def/crs/EPSG/").and_then(|t| t.split_once('/')).map(|(_, code)| code)
            }
            (None, Some((authority, code))) if authority.eq_ignore_ascii_case("EPSG") => Some(code),
            _ => None,
        };
        let found = match code {
            Some(code) if WEB_MERCATOR_ALIASES.contains(&code) => Self::from_epsg(3857),
            Some(code) => code.parse().ok().and_then(Self::from_epsg),
            None if uri == CRS84_URI.strip_prefix("http://") || curie == "OGC:CRS84" => Some(Self::CRS84),
            None => None,
        };
        found.ok_or_else(|| {
            let shown: String = text.chars().take(80).collect();
            let known: Vec<String> = Self::all().filter_map(Self::epsg_code).map(|c| c.to_string()).collect();
            Error::invalid(
                "",
                format!(
                    "'{shown}' is not a known reference system. Use {CRS84_URI} or {EPSG_URI_PREFIX}n with n among {}.",
                    known.join(", ")
                ),
            )
        })
    }

    /// The code in the EPSG registry; `None` for CRS84.
    #[must_use]
    pub fn epsg_code(self) -> Option<u16> {
        Some(self.definition().code).filter(|&code| code != 0)
    }

    /// `http://www.opengis.net/def/crs/EPSG/0/n`
    #[must_use]
    pub fn uri(self) -> String {
        self.epsg_code().map_or_else(|| CRS84_URI.to_owned(), |code| format!("{EPSG_URI_PREFIX}{code}"))
    }

    /// The name in the EPSG registry.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// Whether the authority puts northing, or latitude, before easting.
    #[must_use]
    pub fn is_north_first(self) -> bool {
        self.definition().north_first
    }

    /// Whether coordinates are degrees; all other systems have metres.
    #[must_use]
    pub fn is_degrees(self) -> bool {
        self.definition().proj.starts_with("+proj=longlat")
    }

    /// Whether coordinates are degrees on WGS 84, or on a realisation of ETRS89, which counts as such: nothing but the
    /// order of axes may differ from what is stored.
    #[must_use]
    pub fn is_geodetic_wgs84(self) -> bool {
        self.is_degrees() && self.shift_accuracy_m().is_none()
    }

    /// Whether both give the same numbers for the same place: realisations of one grid, in the order that files have.
    #[must_use]
    pub fn is_same_grid(self, other: Self) -> bool {
        self == other
            || self.proj_string() == other.proj_string()
            || (self.is_geodetic_wgs84() && other.is_geodetic_wgs84())
    }

    /// The area of use: west, south, east, north in degrees.
    #[must_use]
    pub fn area_of_use(self) -> [f64; 4] {
        self.definition().area
    }

    /// Whether a position (degrees, longitude first) is in the area of use or at most half a degree outside it.
    #[must_use]
    pub fn is_near_area_of_use(self, lonlat: Coord<f64>) -> bool {
        let [west, south, east, north] = self.area_of_use();
        (west - AREA_MARGIN_DEG..=east + AREA_MARGIN_DEG).contains(&lonlat.x)
            && (south - AREA_MARGIN_DEG..=north + AREA_MARGIN_DEG).contains(&lonlat.y)
    }

    /// How far off (metres) positions of an old datum may be: its shift is seven numbers, the same everywhere. `None`
    /// for a system without such a shift.
    #[must_use]
    pub fn shift_accuracy_m(self) -> Option<f64> {
        self.definition().shift_accuracy_m
    }

    /// The PROJ string; its axes have easting first.
    #[must_use]
    pub fn proj_string(self) -> &'static str {
        self.definition().proj
    }

    fn definition(self) -> &'static CrsDefinition {
        &DEFINITIONS[usize::from(self.0)]
    }
}

/// `EPSG:3794`, or `CRS84`.
impl std::fmt::Display for Crs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.epsg_code() {
            Some(code) => write!(f, "EPSG:{code}"),
            None => f.write_str("CRS84"),
        }
    }
}

impl std::fmt::Debug for Crs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_codes_of_web_mercator_are_understood() {
        for code in WEB_MERCATOR_ALIASES {
            assert_eq!(Crs::parse(&format!("EPSG:{code}")).unwrap().epsg_code(), Some(3857));
        }
    }

    #[test]
    fn every_line_of_the_table_is_a_system_of_its_own() {
        assert_eq!(Crs::all().count() + 1, SYSTEMS.lines().count());
        assert_eq!(Crs::CRS84.epsg_code(), None);
        let gauss_krueger = Crs::from_epsg(3912).unwrap();
        assert_eq!(
            (gauss_krueger.area_of_use(), gauss_krueger.shift_accuracy_m()),
            ([13.38, 45.42, 16.61, 46.88], Some(1.0))
        );
        assert_eq!(Crs::from_epsg(2154).unwrap().area_of_use(), [-9.86, 41.15, 10.38, 51.56]);
        for crs in Crs::all() {
            assert_eq!(
                Crs::all().filter(|other| other.epsg_code() == crs.epsg_code()).count(),
                1,
                "{crs} is there twice"
            );
            let [west, south, east, north] = crs.area_of_use();
            assert!(west < east && south < north && crs.proj_string().starts_with("+proj="), "{crs}");
        }
    }

    #[test]
    fn every_supported_system_is_parsed_in_each_of_its_spellings() {
        for crs in Crs::all() {
            assert_eq!(Crs::parse(&crs.uri()).unwrap(), crs);
            assert_eq!(Crs::parse(&format!("<{}>", crs.uri())).unwrap(), crs);
            assert_eq!(Crs::parse(&crs.uri().replace("http:", "https:")).unwrap(), crs);
            if let Some(code) = crs.epsg_code() {
                assert_eq!(Crs::parse(&format!("[EPSG:{code}]")).unwrap(), crs);
                assert_eq!(Crs::parse(&format!("epsg:{code}")).unwrap(), crs);
                assert_eq!(Crs::parse(&format!("http://www.opengis.net/def/crs/EPSG/9.9.1/{code}")).unwrap(), crs);
            }
        }
        assert_eq!(Crs::parse("[OGC:CRS84]").unwrap(), Crs::CRS84);
    }

    #[test]
    fn unknown_systems_are_refused_with_the_supported_ones() {
        for text in [
            "",
            "EPSG:",
            "EPSG:1",
            "3794",
            "http://www.opengis.net/def/crs/0/unsupported",
            "EPSG:99999999999",
            "[",
            "<>",
            "EPSG:0",
        ] {
            let Err(Error::Invalid(e)) = Crs::parse(text) else { panic!("{text} was taken") };
            assert!(e.message.contains("3794"), "{}", e.message);
        }
    }
}
