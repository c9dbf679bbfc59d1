//! Shares, gaps, footprints, buffers and distances against GEOS (through shapely) and PROJ, on random plans; and
//! lengths and areas against GeographicLib's geodesics at four cities.

use crate::question::plan::{CELJE, Layer, SeededRandom, area_json, ask, blob, interventions, layers, written};
use crate::support::python;
use cityheart::collection::{Collection, CollectionId};
use cityheart::feature::{Feature, FeatureId, GeometryTypeSet};
use geo_types::{Coord, LineString, Point, Polygon};
use serde_json::{Value as Json, json};

/// What we answered beside the plan itself; exits with a sentence where GEOS differs. Lengths and areas on the plane of
/// an equal-area projection around the town; distances on an equidistant one.
const CHECK: &str = r#"
import sys, json
from pyproj import Transformer
from shapely.geometry import shape
from shapely.ops import transform, unary_union
case = json.load(sys.stdin)
lon, lat = case["centre"]
def plane(kind):
    t = Transformer.from_crs("EPSG:4326", f"+proj={kind} +lat_0={lat} +lon_0={lon} +datum=WGS84", always_xy=True)
    return lambda g: transform(t.transform, g)
laea, aeqd = plane("laea"), plane("aeqd")
area = shape(case["area"])
things = {f["id"]: shape(f["geometry"]) for f in case["features"]}
def near(a, b, rel, off, what):
    assert abs(a - b) <= rel * max(abs(a), abs(b)) + off, f"{what}: {a} against {b}"
size = lambda g: g.area if g.area else g.length if g.length else float(len(getattr(g, "geoms", [g])))
# inside: the same features, with the same shares
met = {i: g for i, g in things.items() if g.intersects(area)}
assert set(met) == set(case["inside"]), set(met) ^ set(case["inside"])
for i, g in met.items():
    cut = g.intersection(area)
    whole, part = laea(g), laea(cut)
    if g.area: share = part.area / whole.area
    elif g.length: share = part.length / whole.length
    else: share = len([p for p in getattr(g, "geoms", [g]) if p.intersects(area)]) / len(getattr(g, "geoms", [g]))
    near(case["inside"][i], share, 1e-3, 1e-4, f"share of {i}")
# footprint: the union of the polygons, clipped
polygons = [laea(g.intersection(area)) for g in met.values() if g.area]
near(case["footprint"], unary_union(polygons).area if polygons else 0, 1e-3, 1, "footprint")
# gaps: what is left of the area without circles and bands of 150 m
bands = unary_union([aeqd(g).buffer(150, quad_segs=32) for g in things.values()])
near(case["gaps"], aeqd(area).difference(bands).area, 2e-3, 50, "gaps")
# nearby: distances from the middle
from shapely.geometry import Point
for i, d in case["nearby"].items():
    near(d, aeqd(things[i]).distance(Point(0, 0)), 1e-3, 0.02, f"distance of {i}")
print("agreed", len(met), len(case["nearby"]))
"#;

#[test]
fn shares_gaps_footprints_and_distances_agree_with_geos() {
    for seed in 800..803 {
        let mut random = SeededRandom(seed);
        let plan = interventions(&mut random, 300);
        let area = blob(&mut random, Coord { x: CELJE.0, y: CELJE.1 }, 0.012);
        let all = layers([&plan]);
        let feature = |f: &Feature| {
            let geometry = f.geometry.as_ref().map(|g| serde_json::to_value(geojson::Geometry::from(g)).unwrap())?;
            Some(json!({"id": f.id.as_str(), "geometry": geometry}))
        };
        let features: Vec<Json> = plan.truth.values().filter_map(feature).collect();
        let results = |id: &str, inputs: Json, member: &str| -> Json {
            let answer = written(&ask(&all, id, inputs));
            let one = |f: &Json| (f["id"].as_str().unwrap().to_owned(), f["result"][member].clone());
            answer["features"]["features"].as_array().unwrap().iter().map(one).collect::<serde_json::Map<_, _>>().into()
        };
        let number =
            |id: &str, inputs: Json, name: &str| ask(&all, id, inputs).find_number(name).unwrap().value.as_f64();
        let case = json!({
            "centre": [CELJE.0, CELJE.1], "area": area_json(&area), "features": features,
            "inside": results("inside", json!({"area": area_json(&area)}), "share"),
            "footprint": number("footprint", json!({"area": area_json(&area)}), "area"),
            "gaps": number("gaps", json!({"area": area_json(&area), "collection": "interventions", "distance_m": 150}), "gap_area"),
            "nearby": results("nearby", json!({"point": [CELJE.0, CELJE.1], "radius_m": 1200}), "distance_m"),
        });
        let said = python::run(CHECK, &case.to_string());
        assert!(said.starts_with("agreed"), "seed {seed}: {said}");
    }
}

#[test]
fn lengths_distances_and_areas_are_within_a_thousandth_of_geodesics_at_four_cities() {
    // Metres from the place to 0.004°, 0.003° off it, and to -0.03°, 0.02°; square metres of a small quadrangle:
    // GeographicLib's algorithms in PROJ 9.5, pyproj.Geod(ellps="WGS84").
    for (city, (lon, lat), near, far, area) in [
        ("Sligo", (-8.4761, 54.2766), 423.5526, 2961.9383, 181_260.228),
        ("Granada", (-3.5986, 37.1773), 486.8532, 3467.3451, 246_383.409),
        ("Kraków", (19.9372, 50.0617), 439.7482, 3092.1481, 199_104.439),
        ("Lamia", (22.434, 38.9), 480.9523, 3420.5918, 240_748.436),
    ] {
        let at = |x: f64, y: f64| Coord { x: lon + x, y: lat + y };
        let id = CollectionId::new("things").unwrap();
        let collection = Collection::from_inferred_fields(id, "Things", GeometryTypeSet::ANY, &[]).unwrap();
        let ring = vec![at(0.0, 0.0), at(0.006, 0.0), at(0.006, 0.004), at(0.001, 0.005), at(0.0, 0.0)];
        let shapes = [
            ("near", Point(at(0.004, 0.003)).into()),
            ("far", Point(at(-0.03, 0.02)).into()),
            ("line", LineString::new(vec![at(0.0, 0.0), at(-0.03, 0.02)]).into()),
            ("ground", Polygon::new(LineString::new(ring), vec![]).into()),
        ];
        let feature = |(id, geometry): (&str, geo_types::Geometry<f64>)| Feature {
            key: 0,
            id: FeatureId::new(id).unwrap(),
            geometry: Some(geometry),
            values: vec![],
        };
        let all = layers([&Layer::of(collection, shapes.map(feature))]);
        let close = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-5, "{city}: {got} against {want}");
        let answer = ask(&all, "nearby", json!({"collection": "things", "point": [lon, lat], "k": 4}));
        for (id, want) in [("near", near), ("far", far)] {
            let found = answer.features.iter().find(|f| f.id() == id).unwrap();
            // Written to the centimetre.
            assert!((found.result()["distance_m"].as_f64().unwrap() - want).abs() < 0.01 + want * 1e-5, "{city} {id}");
        }
        let answer = ask(&all, "footprint", json!({"collection": "things"}));
        close(answer.find_number("length").unwrap().value.as_f64(), far);
        close(answer.find_number("area").unwrap().value.as_f64(), area);
    }
}
