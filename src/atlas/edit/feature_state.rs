//! State tags: a hash of all that is published of a feature. Equal states have equal tags, also after a restart.

use crate::crs::quantise_degrees;
use crate::digest::ContentHasher;
use crate::feature::{Feature, FieldValue, Geometry};
use geo::CoordsIter;

/// 32 hexadecimal digits for the state of a feature: id, geometry to seven decimals, values.
#[must_use]
pub fn state_tag(feature: &Feature) -> String {
    let mut hasher = ContentHasher::default();
    hasher.write_text(feature.id.as_str());
    match &feature.geometry {
        Some(geometry) => write_geometry(&mut hasher, geometry),
        None => hasher.write_byte(0),
    }
    feature.values.iter().for_each(|v| write_value(&mut hasher, v));
    format!("{:032x}", hasher.finish())
}

/// Whether two geometries are equal as published.
pub(super) fn same_geometry(a: Option<&Geometry>, b: Option<&Geometry>) -> bool {
    let hashed = |g: &Geometry| {
        let mut hasher = ContentHasher::default();
        write_geometry(&mut hasher, g);
        hasher.finish()
    };
    a.map(hashed) == b.map(hashed)
}

fn write_value(hasher: &mut ContentHasher, value: &FieldValue) {
    match value {
        FieldValue::Null => hasher.write_byte(0),
        FieldValue::Bool(b) => hasher.write_bytes(&[1, u8::from(*b)]),
        FieldValue::Int(i) => {
            hasher.write_byte(2);
            hasher.write_bytes(&i.to_le_bytes());
        }
        FieldValue::Real(r) => {
            hasher.write_byte(3);
            hasher.write_bytes(&r.to_bits().to_le_bytes());
        }
        FieldValue::Text(t) => {
            hasher.write_byte(4);
            hasher.write_text(t);
        }
        FieldValue::Json(j) => {
            hasher.write_byte(5);
            hasher.write_text(&j.to_string());
        }
    }
}

/// The kind, the number of positions of every part, and the positions.
fn write_geometry(hasher: &mut ContentHasher, geometry: &Geometry) {
    use geo_types::Geometry as G;
    match geometry {
        G::Point(_) => hasher.write_byte(1),
        G::Line(_) | G::LineString(_) => hasher.write_byte(2),
        G::Polygon(p) => write_polygon(hasher, 3, p),
        G::MultiPoint(_) => hasher.write_byte(4),
        G::MultiLineString(m) => {
            hasher.write_byte(5);
            m.iter().for_each(|l| hasher.write_bytes(&(l.0.len() as u64).to_le_bytes()));
        }
        G::MultiPolygon(m) => {
            hasher.write_byte(6);
            m.iter().for_each(|p| write_polygon(hasher, 6, p));
        }
        G::GeometryCollection(c) => {
            hasher.write_byte(7);
            c.iter().for_each(|g| write_geometry(hasher, g));
            return;
        }
        G::Rect(_) | G::Triangle(_) => hasher.write_byte(8),
    }
    for c in geometry.coords_iter() {
        hasher.write_bytes(&quantise_degrees(c.x).to_le_bytes());
        hasher.write_bytes(&quantise_degrees(c.y).to_le_bytes());
    }
}

fn write_polygon(hasher: &mut ContentHasher, kind: u8, polygon: &geo_types::Polygon<f64>) {
    hasher.write_byte(kind);
    hasher.write_bytes(&(polygon.interiors().len() as u64).to_le_bytes());
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    rings.for_each(|r| hasher.write_bytes(&(r.0.len() as u64).to_le_bytes()));
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
