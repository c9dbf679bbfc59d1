//! What tells one state of a feature from another: a hash of all that is published of it. Equal states have equal tags, after a
//! restart too.

use crate::crs::quantise;
use crate::feature::{Feature, Geometry, Value};
use geo::CoordsIter;

/// 32 hexadecimal digits for the state that a feature is in: id, place to seven decimals, values.
#[must_use]
pub fn state_tag(feature: &Feature) -> String {
    let mut hash = Fnv::default();
    hash.text(feature.id.as_str());
    match &feature.geometry {
        Some(geometry) => hash.geometry(geometry),
        None => hash.byte(0),
    }
    feature.values.iter().for_each(|v| hash.value(v));
    format!("{:032x}", hash.0)
}

/// Whether two places are published as the same.
pub(super) fn same_place(a: Option<&Geometry>, b: Option<&Geometry>) -> bool {
    let hashed = |g: &Geometry| {
        let mut hash = Fnv::default();
        hash.geometry(g);
        hash.0
    };
    a.map(hashed) == b.map(hashed)
}

/// FNV-1a with 128 bits (Fowler, Noll, Vo): tells contents apart; keeps no secrets.
struct Fnv(u128);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Fnv {
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.byte(*b));
    }

    /// With its length, so that no two texts run into one.
    fn text(&mut self, text: &str) {
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.byte(0),
            Value::Bool(b) => self.bytes(&[1, u8::from(*b)]),
            Value::Int(i) => {
                self.byte(2);
                self.bytes(&i.to_le_bytes());
            }
            Value::Real(r) => {
                self.byte(3);
                self.bytes(&r.to_bits().to_le_bytes());
            }
            Value::Text(t) => {
                self.byte(4);
                self.text(t);
            }
            Value::Json(j) => {
                self.byte(5);
                self.text(&j.to_string());
            }
        }
    }

    /// The kind, the number of positions of every part, and the positions.
    fn geometry(&mut self, geometry: &Geometry) {
        use geo_types::Geometry as G;
        match geometry {
            G::Point(_) => self.byte(1),
            G::Line(_) | G::LineString(_) => self.byte(2),
            G::Polygon(p) => self.polygon(3, p),
            G::MultiPoint(_) => self.byte(4),
            G::MultiLineString(m) => {
                self.byte(5);
                m.iter().for_each(|l| self.bytes(&(l.0.len() as u64).to_le_bytes()));
            }
            G::MultiPolygon(m) => {
                self.byte(6);
                m.iter().for_each(|p| self.polygon(6, p));
            }
            G::GeometryCollection(c) => {
                self.byte(7);
                c.iter().for_each(|g| self.geometry(g));
                return;
            }
            G::Rect(_) | G::Triangle(_) => self.byte(8),
        }
        for c in geometry.coords_iter() {
            self.bytes(&quantise(c.x).to_le_bytes());
            self.bytes(&quantise(c.y).to_le_bytes());
        }
    }

    fn polygon(&mut self, kind: u8, polygon: &geo_types::Polygon<f64>) {
        self.byte(kind);
        self.bytes(&(polygon.interiors().len() as u64).to_le_bytes());
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        rings.for_each(|r| self.bytes(&(r.0.len() as u64).to_le_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::FeatureId;
    use geo_types::{MultiPoint, point};

    fn feature(geometry: Option<Geometry>, value: Value) -> Feature {
        Feature { key: 7, id: FeatureId::new("a").unwrap(), geometry, values: vec![value, Value::Null] }
    }

    #[test]
    fn states_differ_by_all_that_is_published_and_by_nothing_else() {
        let place = |x: f64| Some(Geometry::from(point!(x: x, y: 46.0)));
        let one = feature(place(15.0), Value::text("x"));
        let many = Some(MultiPoint::new(vec![point!(x: 15.0, y: 46.0)]).into());
        for other in [
            feature(place(15.000_000_1), Value::text("x")),
            feature(place(15.0), Value::text("y")),
            feature(place(15.0), Value::Null),
            feature(None, Value::text("x")),
            feature(many, Value::text("x")),
            Feature { id: FeatureId::new("b").unwrap(), ..one.clone() },
            Feature { values: vec![Value::Null, Value::text("x")], ..one.clone() },
        ] {
            assert_ne!(state_tag(&one), state_tag(&other), "{other:?}");
        }
        let same = Feature { key: 9, ..feature(place(15.000_000_000_1), Value::text("x")) };
        assert_eq!(state_tag(&one), state_tag(&same));
    }
}
