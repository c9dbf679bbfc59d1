//! State tags: a hash of all that is published of a feature. Equal states have equal tags, also after a restart.

use crate::crs::quantise_degrees;
use crate::feature::{Feature, FieldValue, Geometry};
use geo::CoordsIter;

/// 32 hexadecimal digits for the state of a feature: id, geometry to seven decimals, values.
#[must_use]
pub fn state_tag(feature: &Feature) -> String {
    let mut hash = FnvHasher::default();
    hash.hash_text(feature.id.as_str());
    match &feature.geometry {
        Some(geometry) => hash.hash_geometry(geometry),
        None => hash.hash_byte(0),
    }
    feature.values.iter().for_each(|v| hash.hash_value(v));
    format!("{:032x}", hash.0)
}

/// Whether two geometries are equal as published.
pub(super) fn same_geometry(a: Option<&Geometry>, b: Option<&Geometry>) -> bool {
    let hashed = |g: &Geometry| {
        let mut hash = FnvHasher::default();
        hash.hash_geometry(g);
        hash.0
    };
    a.map(hashed) == b.map(hashed)
}

/// FNV-1a with 128 bits (Fowler, Noll, Vo): for comparing contents, not for secrets.
struct FnvHasher(u128);

impl Default for FnvHasher {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl FnvHasher {
    fn hash_byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }

    fn hash_bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.hash_byte(*b));
    }

    /// Hashes the length, too, so that neighbouring texts stay distinct.
    fn hash_text(&mut self, text: &str) {
        self.hash_bytes(&(text.len() as u64).to_le_bytes());
        self.hash_bytes(text.as_bytes());
    }

    fn hash_value(&mut self, value: &FieldValue) {
        match value {
            FieldValue::Null => self.hash_byte(0),
            FieldValue::Bool(b) => self.hash_bytes(&[1, u8::from(*b)]),
            FieldValue::Int(i) => {
                self.hash_byte(2);
                self.hash_bytes(&i.to_le_bytes());
            }
            FieldValue::Real(r) => {
                self.hash_byte(3);
                self.hash_bytes(&r.to_bits().to_le_bytes());
            }
            FieldValue::Text(t) => {
                self.hash_byte(4);
                self.hash_text(t);
            }
            FieldValue::Json(j) => {
                self.hash_byte(5);
                self.hash_text(&j.to_string());
            }
        }
    }

    /// Hashes the type, the number of positions of every part, and the positions.
    fn hash_geometry(&mut self, geometry: &Geometry) {
        use geo_types::Geometry as G;
        match geometry {
            G::Point(_) => self.hash_byte(1),
            G::Line(_) | G::LineString(_) => self.hash_byte(2),
            G::Polygon(p) => self.hash_polygon(3, p),
            G::MultiPoint(_) => self.hash_byte(4),
            G::MultiLineString(m) => {
                self.hash_byte(5);
                m.iter().for_each(|l| self.hash_bytes(&(l.0.len() as u64).to_le_bytes()));
            }
            G::MultiPolygon(m) => {
                self.hash_byte(6);
                m.iter().for_each(|p| self.hash_polygon(6, p));
            }
            G::GeometryCollection(c) => {
                self.hash_byte(7);
                c.iter().for_each(|g| self.hash_geometry(g));
                return;
            }
            G::Rect(_) | G::Triangle(_) => self.hash_byte(8),
        }
        for c in geometry.coords_iter() {
            self.hash_bytes(&quantise_degrees(c.x).to_le_bytes());
            self.hash_bytes(&quantise_degrees(c.y).to_le_bytes());
        }
    }

    fn hash_polygon(&mut self, kind: u8, polygon: &geo_types::Polygon<f64>) {
        self.hash_byte(kind);
        self.hash_bytes(&(polygon.interiors().len() as u64).to_le_bytes());
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        rings.for_each(|r| self.hash_bytes(&(r.0.len() as u64).to_le_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::FeatureId;
    use geo_types::{MultiPoint, point};

    fn feature(geometry: Option<Geometry>, value: FieldValue) -> Feature {
        Feature { key: 7, id: FeatureId::new("a").unwrap(), geometry, values: vec![value, FieldValue::Null] }
    }

    #[test]
    fn states_differ_by_all_that_is_published_and_by_nothing_else() {
        let place = |x: f64| Some(Geometry::from(point!(x: x, y: 46.0)));
        let one = feature(place(15.0), FieldValue::text("x"));
        let many = Some(MultiPoint::new(vec![point!(x: 15.0, y: 46.0)]).into());
        for other in [
            feature(place(15.000_000_1), FieldValue::text("x")),
            feature(place(15.0), FieldValue::text("y")),
            feature(place(15.0), FieldValue::Null),
            feature(None, FieldValue::text("x")),
            feature(many, FieldValue::text("x")),
            Feature { id: FeatureId::new("b").unwrap(), ..one.clone() },
            Feature { values: vec![FieldValue::Null, FieldValue::text("x")], ..one.clone() },
        ] {
            assert_ne!(state_tag(&one), state_tag(&other), "{other:?}");
        }
        let same = Feature { key: 9, ..feature(place(15.000_000_000_1), FieldValue::text("x")) };
        assert_eq!(state_tag(&one), state_tag(&same));
    }
}
