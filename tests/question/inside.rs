//! `inside`: which features meet this area, and with which part of themselves?

use crate::question::oracle::{close, size};
use crate::question::plan::{CELJE, SeededRandom, area_json, ask, blob, found, interventions, layers};
use cityheart::feature::Geometry;
use geo::{BooleanOps, Intersects};
use geo_types::{Coord, MultiPoint, Polygon};
use serde_json::json;
use std::collections::BTreeMap;

/// The share by the relations and overlays of `geo`, one feature at a time.
fn share(geometry: &Geometry, area: &Polygon<f64>) -> Option<f64> {
    if !geometry.intersects(area) {
        return None;
    }
    let part = match geometry {
        Geometry::Point(_) => return Some(1.0),
        Geometry::MultiPoint(m) => {
            Geometry::MultiPoint(MultiPoint(m.iter().filter(|p| area.intersects(*p)).copied().collect()))
        }
        Geometry::LineString(l) => {
            Geometry::MultiLineString(area.clip(&geo_types::MultiLineString(vec![l.clone()]), false))
        }
        Geometry::MultiLineString(m) => Geometry::MultiLineString(area.clip(m, false)),
        Geometry::Polygon(p) => Geometry::MultiPolygon(p.intersection(area)),
        Geometry::MultiPolygon(m) => Geometry::MultiPolygon(m.intersection(area)),
        _ => panic!("not in these plans"),
    };
    Some(size(&part) / size(geometry))
}

#[test]
fn inside_agrees_with_brute_force_over_random_plans_after_random_edits() {
    for seed in 0..24 {
        let mut random = SeededRandom(seed);
        let layer = interventions(&mut random, 2000);
        let all = layers([&layer]);
        for _ in 0..4 {
            let centre = Coord { x: CELJE.0 + random.between(-0.02, 0.02), y: CELJE.1 + random.between(-0.015, 0.015) };
            let radius = random.between(0.0005, 0.02);
            let area = blob(&mut random, centre, radius);
            let answer = ask(&all, "inside", json!({"area": area_json(&area)}));
            let want: BTreeMap<String, f64> = layer
                .truth
                .values()
                .filter_map(|f| Some((f.id.to_string(), share(f.geometry.as_ref()?, &area)?)))
                .collect();
            let got: BTreeMap<String, f64> =
                answer.features.iter().map(|f| (f.id(), f.result()["share"].as_f64().unwrap())).collect();
            assert_eq!(got.keys().collect::<Vec<_>>(), want.keys().collect::<Vec<_>>(), "seed {seed}");
            for (id, share) in &want {
                assert!(close(got[id], *share, 1e-5, 2e-6), "seed {seed}: {id} has {} instead of {share}", got[id]);
            }
            assert!(close(answer.find_number("shares").unwrap().value.as_f64(), want.values().sum(), 1e-5, 1e-5));
            let unplaced: Vec<_> =
                layer.truth.values().filter(|f| f.geometry.is_none()).map(|f| f.id.clone()).collect();
            assert_eq!(answer.left_out.ids_for("without_place"), unplaced);
        }
    }
}

#[test]
fn what_only_touches_the_edge_is_inside_with_a_share_of_nothing() {
    use crate::question::plan::Layer;
    use cityheart::feature::{Feature, FeatureId};
    let square = |x: f64, y: f64| {
        let c = [(x, y), (x + 0.001, y), (x + 0.001, y + 0.001), (x, y + 0.001), (x, y)];
        Polygon::new(c.to_vec().into(), vec![])
    };
    let values = |layer: &Layer| vec![cityheart::feature::FieldValue::Null; layer.collection.fields.len()];
    let empty = Layer::new("interventions", []);
    let feature = |id: &str, geometry: Geometry| Feature {
        key: 0,
        id: FeatureId::new(id).unwrap(),
        geometry: Some(geometry),
        values: values(&empty),
    };
    let layer = Layer::new(
        "interventions",
        [
            feature("same", square(15.0, 46.0).into()),
            feature("beside", square(15.001, 46.0).into()),
            feature("corner", square(15.001, 46.001).into()),
            feature("apart", square(15.001_000_1, 46.0).into()),
            feature("half", square(15.0005, 46.0).into()),
            feature("on-corner", geo_types::Point::new(15.0, 46.0).into()),
            feature("along-edge", geo_types::LineString::from(vec![(15.0, 46.0), (15.001, 46.0)]).into()),
            feature("through", geo_types::LineString::from(vec![(14.9995, 46.0005), (15.0015, 46.0005)]).into()),
        ],
    );
    let answer = ask(&layers([&layer]), "inside", json!({"area": area_json(&square(15.0, 46.0))}));
    assert_eq!(found(&answer), ["same", "beside", "corner", "half", "on-corner", "along-edge", "through"]);
    let shares: Vec<f64> = answer.features.iter().map(|f| f.result()["share"].as_f64().unwrap()).collect();
    for (got, want) in shares.iter().zip([1.0, 0.0, 0.0, 0.5, 1.0, 1.0, 0.5]) {
        assert!(close(*got, want, 0.0, 1e-5), "{shares:?}");
    }
}
