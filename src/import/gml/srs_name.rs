//! The reference systems that GML names, and in which order their axes come: a URN or a URI means the authority's
//! order; `EPSG:4326` and the old `epsg.xml#4326` mean longitude or easting first, as servers write them.

use crate::crs::Crs;

/// A reference system as a geometry names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GmlSrs {
    pub crs: Crs,
    /// The authority's order of axes has northing or latitude first.
    pub north_first: bool,
}

impl GmlSrs {
    /// Longitude first.
    pub const LONLAT: Self = Self { crs: Crs::CRS84, north_first: false };

    /// `None` for one that is not known here.
    pub fn parse(name: &str) -> Option<Self> {
        let upper = name.trim().to_ascii_uppercase();
        if upper.ends_with("CRS84") || upper.ends_with("CRS84H") {
            return Some(Self::LONLAT);
        }
        let code = upper.rsplit([':', '/', '#']).next()?;
        let (is_urn, is_uri) = (upper.starts_with("URN:"), upper.contains("/DEF/CRS/"));
        let is_plain = upper.starts_with("EPSG:") || upper.contains("EPSG.XML#");
        if !(is_urn || is_uri || is_plain) || !upper.contains("EPSG") {
            return None;
        }
        // The three-dimensional WGS 84 and ETRS89 are those of the plane, with a height.
        let code = match code {
            "4979" | "4937" => "4326",
            other => other,
        };
        let crs = Crs::parse(&format!("EPSG:{code}")).ok()?;
        Some(Self { crs, north_first: (is_urn || is_uri) && crs.is_north_first() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_axes_is_that_of_the_spelling() {
        for (name, code, north_first) in [
            ("urn:ogc:def:crs:EPSG::4326", Some(4326), true),
            ("http://www.opengis.net/def/crs/EPSG/0/4326", Some(4326), true),
            ("urn:x-ogc:def:crs:EPSG:6.9:3794", Some(3794), false),
            ("urn:ogc:def:crs:EPSG::2180", Some(2180), true),
            ("EPSG:4326", Some(4326), false),
            ("http://www.opengis.net/gml/srs/epsg.xml#4326", Some(4326), false),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", None, false),
        ] {
            let srs = GmlSrs::parse(name).unwrap();
            assert_eq!((srs.crs.epsg_code(), srs.north_first), (code, north_first), "{name}");
        }
        for name in ["", "urn:ogc:def:crs:EPSG::1", "http://example.org/crs", "LOCAL:4326"] {
            assert_eq!(GmlSrs::parse(name), None, "{name}");
        }
    }
}
