//! Every geometry of the JTS fixtures against every other, as a feature and as a literal, with GEOS as the oracle. A
//! part of the pairs by default; all of them with `CITYHEART_ALL_PAIRS=1`.
//!
//! Known exception: a hole that touches its shell between two corners, and a line along that side. GEOS says 1F2101FF2
//! of polygon and line and F1FF0F212 of line and polygon; with a corner where they touch it says FF2101FF2, as we do.
//! So pairs of which GEOS contradicts itself are left out, and counted.

use crate::filter::fixtures;
use crate::filter::jts::{RELATIONS, dimension, geometry, holds, on_the_globe, wkt};
use crate::filter::row::{Feature, collection, parse};
use crate::support::python;
use cityheart::feature::{Geometry, check_geometry};
use geo::MapCoords;
use geo_types::Coord;
use serde_json::json;
use std::collections::BTreeMap;

/// So many pairs are compared by default.
const PAIRS: usize = 4_000;
/// Larger geometries exceed what a filter may have, or make the test slow.
const MAX_BYTES: usize = 6_000;

/// The matrix of each pair, by GEOS on whole numbers; a dash where the pair the other way round has another one.
const RELATE: &str = r#"
import sys, json, shapely
case = json.load(sys.stdin)
shapes = shapely.from_wkt(case["wkt"])
pairs = case["pairs"]
first, second = shapes[[a for a, _ in pairs]], shapes[[b for _, b in pairs]]
turned = ["".join(m[i] for i in (0, 3, 6, 1, 4, 7, 2, 5, 8)) for m in shapely.relate(second, first)]
print("\n".join(m if m == t else "-" for m, t in zip(shapely.relate(first, second), turned)))
"#;

#[test]
fn all_geometries_of_jts_relate_as_in_geos() {
    let Some(path) = fixtures("jts") else { return };
    let shapes = all_geometries(&path);
    assert!(shapes.len() > 400, "only {} geometries were found", shapes.len());
    let count = shapes.len();
    let wanted = if std::env::var_os("CITYHEART_ALL_PAIRS").is_some() { count * count } else { PAIRS };
    // A step that has no divisor in common with the number of geometries meets every one of them.
    let step = (count * count / wanted).max(1);
    let pairs: Vec<(usize, usize)> = (0..count * count).step_by(step).map(|n| (n / count, n % count)).collect();
    let in_steps = |g: &Geometry| wkt(&g.map_coords(|c| Coord { x: (c.x * 1e7).round(), y: (c.y * 1e7).round() }));
    let input = json!({"wkt": shapes.iter().map(in_steps).collect::<Vec<_>>(), "pairs": pairs});
    let matrices = python::run(RELATE, &input.to_string());
    let mut by_literal: BTreeMap<usize, Vec<(usize, &str)>> = BTreeMap::new();
    for ((a, b), matrix) in pairs.iter().zip(matrices.lines()) {
        by_literal.entry(*b).or_default().push((*a, matrix));
    }
    let things = collection(&[]);
    let rows: Vec<Feature> = shapes.iter().map(|g| Feature::new("a", Some(g.clone()), vec![])).collect();
    let contradictions = matrices.lines().filter(|m| *m == "-").count();
    assert!(contradictions * 1000 <= pairs.len(), "GEOS contradicts itself {contradictions} times");
    let (mut asked, mut wrong) = (0, vec![]);
    for (b, mut features) in by_literal {
        features.retain(|(_, matrix)| *matrix != "-");
        for (_, relation) in RELATIONS {
            let filter = parse(&format!("{relation}(geometry,{})", wkt(&shapes[b])), &things).unwrap();
            let predicate = filter.compile();
            for (a, matrix) in &features {
                asked += 1;
                let expected = holds(relation, matrix, dimension(&shapes[*a]), dimension(&shapes[b]));
                if predicate.holds(&rows[*a]) != expected {
                    wrong.push(format!(
                        "{relation} is not {expected}: {} | {} | {matrix}",
                        wkt(&shapes[*a]),
                        wkt(&shapes[b])
                    ));
                }
            }
        }
    }
    eprintln!("{asked} questions to {count} geometries");
    assert!(wrong.is_empty(), "{} differ, such as\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}

/// The different valid geometries of all files, on the globe: those of one case keep their places to each other.
fn all_geometries(path: &std::path::Path) -> Vec<Geometry> {
    let mut found: BTreeMap<String, Geometry> = BTreeMap::new();
    let files = ["general", "validate"].into_iter().flat_map(|f| std::fs::read_dir(path.join(f)).unwrap());
    let mut files: Vec<_> =
        files.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "xml")).collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for case in text.split("<case>").skip(1) {
            let inner = |tag: &str| Some(case.split_once(&format!("<{tag}>"))?.1.split_once(&format!("</{tag}>"))?.0);
            let texts = [inner("a"), inner("b")].into_iter().flatten().filter(|t| t.len() < MAX_BYTES);
            let shapes: Vec<Geometry> =
                texts.filter_map(|t| geometry(&t.split_whitespace().collect::<Vec<_>>().join(" "))).collect();
            for shape in on_the_globe(&shapes).into_iter().flatten() {
                if let Ok((shape, _)) = check_geometry(shape) {
                    found.entry(wkt(&shape)).or_insert(shape);
                }
            }
        }
    }
    found.into_values().collect()
}
