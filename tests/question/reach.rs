//! `reach` against every way there is, relaxed until nothing changes, over random towns; and by hand.

use crate::question::plan::{CELJE, Layer, SeededRandom, ask, found, layers, quantised};
use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::feature::{Feature, FeatureId, FieldValue, Geometry, GeometryTypeSet};
use cityheart::question::QuestionAnswer;
use cityheart::question::metric_plane::MetricPlane;
use geo::Contains;
use geo_types::{Coord, LineString, Point};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn collection(name: &str, fields: &[(&str, FieldType)]) -> Collection {
    let fields: Vec<(String, FieldType)> = fields.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect();
    Collection::from_inferred_fields(CollectionId::new(name).unwrap(), name, GeometryTypeSet::ANY, &fields).unwrap()
}

fn feature(id: &str, geometry: Geometry, values: Vec<FieldValue>) -> Feature {
    Feature { key: 0, id: FeatureId::new(id).unwrap(), geometry: Some(geometry), values }
}

/// A town of crooked blocks, some of whose streets are missing or barred; and things in it.
fn town(random: &mut SeededRandom) -> (Layer, Layer) {
    let size = 9;
    let corner: Vec<Coord<f64>> = (0..size * size)
        .map(|n| {
            let (x, y) = (f64::from(n % size) - 4.0, f64::from(n / size) - 4.0);
            Coord {
                x: quantised(CELJE.0 + x * 0.0015 + random.between(-0.0004, 0.0004)),
                y: quantised(CELJE.1 + y * 0.001 + random.between(-0.0003, 0.0003)),
            }
        })
        .collect();
    let mut streets = Vec::new();
    let mut add = |random: &mut SeededRandom, a: i32, b: i32| {
        if random.below(5) > 0 {
            let (a, b) = (corner[a as usize], corner[b as usize]);
            let bend = Coord {
                x: quantised(f64::midpoint(a.x, b.x) + random.between(-0.0002, 0.0002)),
                y: quantised(f64::midpoint(a.y, b.y)),
            };
            let foot = if random.below(8) == 0 { FieldValue::Bool(false) } else { FieldValue::Bool(true) };
            let id = format!("s{}", streets.len());
            streets.push(feature(&id, LineString::new(vec![a, bend, b]).into(), vec![foot]));
        }
    };
    for n in 0..size * size {
        if n % size + 1 < size {
            add(random, n, n + 1);
        }
        if n + size < size * size {
            add(random, n, n + size);
        }
    }
    let things = (0..120).map(|n| {
        let at = Point::new(
            quantised(CELJE.0 + random.between(-0.007, 0.007)),
            quantised(CELJE.1 + random.between(-0.005, 0.005)),
        );
        feature(&format!("t{n}"), at.into(), vec![FieldValue::Int(n)])
    });
    let things: Vec<Feature> = things.collect();
    (
        Layer::of(collection("streets", &[("foot", FieldType::Boolean)]), streets),
        Layer::of(collection("things", &[("capacity", FieldType::Integer)]), things),
    )
}

/// The network as plain lists: pieces of street, and metres to both of their ends, relaxed to the end.
struct Brute {
    metric: MetricPlane,
    pieces: Vec<(Coord<f64>, Coord<f64>)>,
    ends: Vec<(usize, usize)>,
    far: Vec<f64>,
    own: Option<(usize, f64, f64)>,
}

fn foot_of(p: Coord<f64>, (a, b): (Coord<f64>, Coord<f64>)) -> (f64, f64) {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx.hypot(dy);
    let along = (((p.x - a.x) * dx + (p.y - a.y) * dy) / length).clamp(0.0, length);
    (along, (p.x - a.x - dx / length * along).hypot(p.y - a.y - dy / length * along))
}

impl Brute {
    fn of(streets: &Layer, from: Coord<f64>) -> Self {
        let metric = MetricPlane::centred_at(from);
        let mut nodes: BTreeMap<(u64, u64), usize> = BTreeMap::new();
        let (mut pieces, mut ends) = (vec![], vec![]);
        for street in streets.truth.values().filter(|s| s.values[0] != FieldValue::Bool(false)) {
            let Some(Geometry::LineString(line)) = &street.geometry else { continue };
            for w in line.0.windows(2) {
                let count = nodes.len();
                let a = *nodes.entry((w[0].x.to_bits(), w[0].y.to_bits())).or_insert(count);
                let count = nodes.len();
                let b = *nodes.entry((w[1].x.to_bits(), w[1].y.to_bits())).or_insert(count);
                pieces.push((metric.to_metres(w[0]), metric.to_metres(w[1])));
                ends.push((a, b));
            }
        }
        let here = metric.to_metres(from);
        let nearest = (0..pieces.len()).map(|n| (n, foot_of(here, pieces[n]))).min_by(|a, b| a.1.1.total_cmp(&b.1.1));
        let mut far = vec![f64::INFINITY; nodes.len()];
        let mut own = None;
        if let Some((n, (along, gap))) = nearest.filter(|(_, (_, gap))| *gap <= 80.0) {
            let length = (pieces[n].1.x - pieces[n].0.x).hypot(pieces[n].1.y - pieces[n].0.y);
            far[ends[n].0] = gap + along;
            far[ends[n].1] = far[ends[n].1].min(gap + length - along);
            own = Some((n, along, gap));
        }
        loop {
            let mut changed = false;
            for (n, (a, b)) in ends.iter().enumerate() {
                let length = (pieces[n].1.x - pieces[n].0.x).hypot(pieces[n].1.y - pieces[n].0.y);
                for (from, to) in [(*a, *b), (*b, *a)] {
                    if far[from] + length < far[to] - 1e-9 {
                        far[to] = far[from] + length;
                        changed = true;
                    }
                }
            }
            if !changed {
                return Self { metric, pieces, ends, far, own };
            }
        }
    }

    /// Metres to a place, and to the nearest street from which it is reached; `None` away from streets.
    fn way(&self, place: Coord<f64>) -> Option<f64> {
        let p = self.metric.to_metres(place);
        let mut best: Option<f64> = None;
        for (n, piece) in self.pieces.iter().enumerate() {
            let (along, gap) = foot_of(p, *piece);
            if gap > 80.0 {
                continue;
            }
            let length = (piece.1.x - piece.0.x).hypot(piece.1.y - piece.0.y);
            let own = self.own.filter(|o| o.0 == n).map_or(f64::INFINITY, |o| o.2 + (o.1 - along).abs());
            let way = (self.far[self.ends[n].0] + along).min(self.far[self.ends[n].1] + length - along).min(own) + gap;
            best = Some(best.map_or(way, |b: f64| b.min(way)));
        }
        best
    }
}

fn ground(answer: &QuestionAnswer, id: &str) -> Geometry {
    let json = crate::question::plan::written(answer);
    let feature = json["features"]["features"].as_array().unwrap().iter().find(|f| f["id"] == id).unwrap().clone();
    let geometry: geojson::Geometry = serde_json::from_value(feature["geometry"].clone()).unwrap();
    Geometry::try_from(geometry).unwrap()
}

#[test]
fn ways_and_outlines_agree_with_relaxing_all_streets() {
    let mut reached = 0;
    for seed in 700..712 {
        let mut random = SeededRandom(seed);
        let (streets, things) = town(&mut random);
        let from = Coord {
            x: quantised(CELJE.0 + random.between(-0.002, 0.002)),
            y: quantised(CELJE.1 + random.between(-0.002, 0.002)),
        };
        let brute = Brute::of(&streets, from);
        if brute.own.is_none() {
            continue;
        }
        let limit = 320.0;
        let answer = ask(
            &layers([&streets, &things]),
            "reach",
            json!({"point": [from.x, from.y], "minutes": 4, "collection": "things", "sum": "capacity"}),
        );
        let mut want: Vec<(f64, &str)> = Vec::new();
        for thing in things.truth.values() {
            let Some(Geometry::Point(p)) = &thing.geometry else { continue };
            want.extend(brute.way(p.0).filter(|w| *w <= limit).map(|w| (w, thing.id.as_str())));
        }
        want.sort_by(|a, b| a.0.total_cmp(&b.0));
        let got: Vec<String> = found(&answer).into_iter().filter(|id| id.starts_with('t')).collect();
        assert_eq!(got, want.iter().map(|w| w.1).collect::<Vec<_>>(), "seed {seed}");
        for (found, (way, _)) in answer.features.iter().zip(&want) {
            assert!((found.result()["distance_m"].as_f64().unwrap() - way).abs() < 0.006, "seed {seed}");
        }
        let sum: f64 = want.iter().map(|(_, id)| id[1..].parse::<f64>().unwrap()).sum();
        assert_eq!(answer.find_number("sum").unwrap().value.as_f64(), sum);
        // Places within the outline are those that can be reached, but for the mesh of its grid.
        let outline = ground(&answer, "reach");
        for _ in 0..800 {
            let place =
                Coord { x: CELJE.0 + random.between(-0.007, 0.007), y: CELJE.1 + random.between(-0.005, 0.005) };
            let inside = outline.contains(&Point(place));
            let around = |m: f64| {
                (0..8).map(move |i| f64::from(i) * std::f64::consts::FRAC_PI_4).map(move |angle| Coord {
                    x: place.x + m * angle.cos() / 77_000.0,
                    y: place.y + m * angle.sin() / 111_000.0,
                })
            };
            // A place counts as clear when all around it agree with it.
            let within = |p: Coord<f64>| brute.way(p).is_some_and(|w| w <= limit);
            if around(15.0).chain(around(8.0)).all(|p| within(p) == within(place)) {
                assert_eq!(inside, within(place), "seed {seed} at {place:?}");
            }
        }
        reached += want.len();
    }
    assert!(reached > 100, "{reached}");
}

/// A straight street of 400 m with a barred shortcut, along the parallel.
fn straight() -> (Layer, Coord<f64>) {
    let metric = MetricPlane::centred_at(Coord { x: CELJE.0, y: CELJE.1 });
    let at = |x: f64, y: f64| metric.to_lonlat(Coord { x, y });
    let line = |of: &[(f64, f64)]| Geometry::LineString(LineString::new(of.iter().map(|(x, y)| at(*x, *y)).collect()));
    let streets = vec![
        feature(
            "main",
            line(&[(0.0, 0.0), (200.0, 0.0), (400.0, 0.0)]),
            vec![FieldValue::Null, FieldValue::text("2020-01-01"), FieldValue::Null],
        ),
        feature(
            "up",
            line(&[(200.0, 0.0), (200.0, 300.0)]),
            vec![FieldValue::Bool(true), FieldValue::text("2026-06-01"), FieldValue::Null],
        ),
        feature(
            "barred",
            line(&[(400.0, 0.0), (400.0, 300.0)]),
            vec![FieldValue::Bool(false), FieldValue::text("2020-01-01"), FieldValue::Null],
        ),
    ];
    // Without an end, a street stays open.
    let fields = [("foot", FieldType::Boolean), ("start", FieldType::Date), ("end", FieldType::Date)];
    let layer = Layer::of(collection("streets", &fields), streets);
    (layer, at(0.0, 0.0))
}

fn point(x: f64, y: f64) -> Json {
    let place = MetricPlane::centred_at(Coord { x: CELJE.0, y: CELJE.1 }).to_lonlat(Coord { x, y });
    json!([place.x, place.y])
}

fn things(of: &[(&str, f64, f64)]) -> Layer {
    let make = |(id, x, y): &(&str, f64, f64)| {
        let p = point(*x, *y);
        feature(id, Point::new(p[0].as_f64().unwrap(), p[1].as_f64().unwrap()).into(), vec![])
    };
    Layer::of(collection("things", &[]), of.iter().map(make).collect::<Vec<_>>())
}

#[test]
fn the_way_to_the_street_and_from_it_counts_and_what_is_away_from_streets_is_told() {
    let (streets, _) = straight();
    let things =
        things(&[("shop", 100.0, 30.0), ("end", 400.0, 10.0), ("hill", 100.0, 90.0), ("barred", 400.0, 250.0)]);
    let inputs = json!({"point": point(0.0, 20.0), "distance_m": 430, "collection": "things"});
    let answer = ask(&layers([&streets, &things]), "reach", inputs);
    // 20 + 100 + 30 metres, and 20 + 400 + 10.
    assert_eq!(found(&answer), ["shop", "end", "reach"]);
    let far = |n: usize| answer.features[n].result()["distance_m"].as_f64().unwrap();
    assert!((far(0) - 150.0).abs() < 0.02 && (far(1) - 430.0).abs() < 0.02, "{} {}", far(0), far(1));
    assert_eq!(answer.left_out.ids_for("away_from_streets").len(), 2);
    // 430 m less 20 to the street: 400 of the main street, 210 of the side street.
    assert!((answer.find_number("network_length").unwrap().value.as_f64() - 610.0).abs() < 0.1);
    assert_eq!(answer.features[2].result()["way"], "network");
}

#[test]
fn a_stretch_that_two_ways_share_counts_once() {
    let metric = MetricPlane::centred_at(Coord { x: CELJE.0, y: CELJE.1 });
    let line = |of: &[(f64, f64)]| {
        let at = |(x, y): &(f64, f64)| metric.to_lonlat(Coord { x: *x, y: *y });
        Geometry::LineString(LineString::new(of.iter().map(at).collect()))
    };
    let ways = [
        ("main", &[(0.0, 0.0), (200.0, 0.0), (400.0, 0.0)][..]),
        ("same", &[(0.0, 0.0), (200.0, 0.0)]),
        ("back", &[(400.0, 0.0), (200.0, 0.0)]),
        ("whole", &[(0.0, 0.0), (400.0, 0.0)]),
        ("part", &[(0.0, 0.0), (150.0, 0.0), (150.0, 50.0)]),
        ("aside", &[(200.0, 0.0), (200.0, 100.0)]),
    ];
    let streets: Vec<_> = ways.iter().map(|(id, of)| feature(id, line(of), vec![])).collect();
    let layer = Layer::of(collection("streets", &[]), streets);
    let inputs = json!({"point": point(0.0, 0.0), "distance_m": 1000, "collection": "streets"});
    let answer = ask(&layers([&layer]), "reach", inputs);
    let length = answer.find_number("network_length").unwrap().value.as_f64();
    assert!((length - 550.0).abs() < 0.1, "{length}: 400 of the main street, 50 and 100 aside");
}

#[test]
fn two_days_are_compared() {
    let (streets, _) = straight();
    let things = things(&[("near", 50.0, 0.0), ("up", 200.0, 150.0)]);
    let inputs = json!({"point": point(0.0, 0.0), "minutes": 5, "collection": "things", "before": "2026-05-31", "after": "2026-06-01"});
    let answer = ask(&layers([&streets, &things]), "reach", inputs);
    let count = |name: &str| answer.find_number(name).unwrap().value.as_f64();
    // The side street opens on the first of June.
    assert_eq!((count("reached_before"), count("reached"), count("gained"), count("lost")), (1.0, 2.0, 1.0, 0.0));
    assert!((count("network_length_before") - 400.0).abs() < 0.1 && (count("network_length") - 600.0).abs() < 0.1);
    assert!(count("area") > count("area_before"));
}

#[test]
fn without_streets_it_goes_straight_and_says_so() {
    let things = things(&[("near", 300.0, 300.0), ("far", 900.0, 900.0)]);
    let answer = ask(&layers([&things]), "reach", json!({"point": point(0.0, 0.0), "collection": "things"}));
    // 15 minutes at 80 m are 1,200 m; the second lies at 1,273 m.
    assert_eq!(found(&answer), ["near", "reach"]);
    assert!(answer.rules.iter().any(|r| r.contains("straight line") && r.contains("no streets")), "{:?}", answer.rules);
    let area = answer.find_number("area").unwrap().value.as_f64();
    assert!((area / (std::f64::consts::PI * 1200.0 * 1200.0) - 1.0).abs() < 1e-4, "{area}");
    let (streets, _) = straight();
    let away = json!({"point": point(2000.0, 2000.0), "collection": "things", "minutes": 5});
    let answer = ask(&layers([&streets, &things]), "reach", away);
    assert!(answer.rules.iter().any(|r| r.contains("straight line")), "{:?}", answer.rules);
}
