//! The supported coordinate reference systems: the national grids of the partner cities' countries, and those that
//! clients use everywhere. Names, areas of use and order of axes are those of the EPSG registry.

use crate::error::{Error, Result};
use crs_definitions as epsg;
use geo_types::Coord;

/// A supported coordinate reference system. Everything is stored in CRS84 (longitude, latitude in degrees on WGS 84).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Crs(u8);

struct CrsDefinition {
    /// 0 for CRS84, which has no EPSG code.
    code: u16,
    name: &'static str,
    proj: &'static str,
    /// The authority puts northing (or latitude) first.
    north_first: bool,
    degrees: bool,
    /// West, south, east, north in degrees.
    area: [f64; 4],
}

const fn define_grid(def: epsg::Def, name: &'static str, area: [f64; 4]) -> CrsDefinition {
    CrsDefinition { code: def.code, name, proj: def.proj4, north_first: false, degrees: false, area }
}

const fn mark_north_first(entry: CrsDefinition) -> CrsDefinition {
    CrsDefinition { north_first: true, ..entry }
}

const fn mark_degrees(entry: CrsDefinition) -> CrsDefinition {
    CrsDefinition { degrees: true, ..entry }
}

const WORLD_AREA_DEG: [f64; 4] = [-180.0, -90.0, 180.0, 90.0];

static DEFINITIONS: [CrsDefinition; 19] = [
    CrsDefinition {
        code: 0,
        name: "WGS 84 (longitude, latitude)",
        proj: epsg::EPSG_4326.proj4,
        north_first: false,
        degrees: true,
        area: WORLD_AREA_DEG,
    },
    define_grid(epsg::EPSG_3794, "Slovenia 1996 / Slovene National Grid", [13.38, 45.42, 16.61, 46.88]),
    define_grid(epsg::EPSG_2154, "RGF93 v1 / Lambert-93", [-9.86, 41.15, 10.38, 51.56]),
    define_grid(epsg::EPSG_31370, "BD72 / Belgian Lambert 72", [2.5, 49.5, 6.4, 51.51]),
    define_grid(epsg::EPSG_3812, "ETRS89 / Belgian Lambert 2008", [2.5, 49.5, 6.4, 51.51]),
    define_grid(epsg::EPSG_2157, "IRENET95 / Irish Transverse Mercator", [-10.56, 51.39, -5.34, 55.43]),
    define_grid(epsg::EPSG_25830, "ETRS89 / UTM zone 30N", [-6.0, 35.26, 0.01, 80.49]),
    mark_north_first(define_grid(epsg::EPSG_2178, "ETRF2000-PL / CS2000/21", [19.5, 49.09, 22.5, 54.55])),
    mark_north_first(define_grid(epsg::EPSG_2180, "ETRF2000-PL / CS92", [14.14, 49.0, 24.15, 55.93])),
    define_grid(epsg::EPSG_3765, "HTRS96 / Croatia TM", [13.43, 42.34, 19.43, 46.54]),
    define_grid(epsg::EPSG_3763, "ETRS89 / Portugal TM06", [-9.56, 36.95, -6.19, 42.16]),
    define_grid(epsg::EPSG_2100, "GGRS87 / Greek Grid", [19.57, 34.88, 28.3, 41.75]),
    // Cesena lies a quarter of a degree east of zone 32, and its region uses zone 32 all the same.
    define_grid(epsg::EPSG_7791, "RDN2008 / UTM zone 32N", [5.93, 36.53, 13.0, 47.04]),
    define_grid(epsg::EPSG_25832, "ETRS89 / UTM zone 32N", [6.0, 36.53, 13.0, 84.01]),
    mark_north_first(define_grid(epsg::EPSG_6707, "RDN2008 / UTM zone 32N (N-E)", [5.93, 36.53, 13.0, 47.04])),
    define_grid(epsg::EPSG_3857, "WGS 84 / Pseudo-Mercator", [-180.0, -85.06, 180.0, 85.06]),
    mark_north_first(mark_degrees(define_grid(
        epsg::EPSG_4258,
        "ETRS89 (latitude, longitude)",
        [-16.1, 33.26, 38.01, 84.73],
    ))),
    mark_north_first(mark_degrees(define_grid(epsg::EPSG_4326, "WGS 84 (latitude, longitude)", WORLD_AREA_DEG))),
    mark_north_first(define_grid(epsg::EPSG_3035, "ETRS89-extended / LAEA Europe", [-35.58, 24.6, 44.83, 84.73])),
];

/// How far data may reach beyond the area of use of its system, in degrees.
const AREA_MARGIN_DEG: f64 = 0.5;
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
    /// `[EPSG:3794]`, or `EPSG:3794`.
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
        self.definition().degrees
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

    /// The PROJ string; its axes have easting first.
    pub(super) fn proj_string(self) -> &'static str {
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
