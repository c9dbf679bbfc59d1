//! Valid geometry passes, invalid geometry does not: held against the answers of the JTS test suite, and against time.

use crate::support::importing::Job;
use cityheart::feature::{FaultKind, Geometry, check_geometry};
use geo_types::{Coord, LineString, Polygon};
use std::path::{Path, PathBuf};

/// The text between two marks, wherever they are.
fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
}

/// Numbers of the suite moved into the range of degrees by a power of two, which changes no relation between them.
fn into_range(wkt: &str) -> String {
    let numeral = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    let mut out = String::new();
    let mut number = String::new();
    for c in wkt.chars().chain([' ']) {
        if numeral(c) && (!number.is_empty() || !c.is_ascii_alphabetic()) {
            number.push(c);
            continue;
        }
        if !number.is_empty() {
            let value: f64 = number.parse().unwrap();
            out.push_str(&(value / 2_f64.powi(5)).to_string());
            number.clear();
        }
        out.push(c);
    }
    out
}

#[test]
fn the_answers_are_those_of_the_jts_suite() {
    let shared = std::env::var_os("CITYHEART_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let suite = shared.join("data/fixtures/jts/general");
    if !suite.is_dir() {
        eprintln!("left out: the JTS test suite is not here");
        return;
    }
    let (mut cases, mut wrong) = (0, vec![]);
    for name in ["TestValid.xml", "TestValid2.xml"] {
        let text = std::fs::read_to_string(suite.join(name)).unwrap();
        for case in between(&text, "<case>", "</case>") {
            let Some(wkt) = between(case, "<a>", "</a>").next() else { continue };
            let Some(answer) = between(case, "name=\"isValid\" arg1=\"A\">", "</op>").next() else { continue };
            // Here an empty geometry is written as none.
            if wkt.contains("EMPTY") || wkt.contains("LINEARRING") {
                continue;
            }
            let scaled = into_range(wkt);
            if scaled
                .split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
                .filter_map(|n| n.parse::<f64>().ok())
                .any(|n| n.abs() > 90.0)
            {
                continue;
            }
            let read = Job::csv(&format!("id,wkt\na,\"{}\"\n", scaled.trim())).read();
            cases += 1;
            if read.result.is_ok() != (answer.trim() == "true") {
                wrong.push(format!(
                    "{name}, {}: {}{:?}",
                    between(case, "<desc>", "</desc>").next().unwrap_or_default(),
                    wkt.trim(),
                    read.report.findings.first_error()
                ));
            }
        }
    }
    assert!(cases > 500, "only {cases} cases were found");
    assert_eq!(wrong, Vec::<String>::new(), "of {cases}");
}

fn polygon(points: impl Iterator<Item = (f64, f64)>) -> Geometry {
    let mut ring: Vec<Coord<f64>> = points.map(Coord::from).collect();
    ring.push(ring[0]);
    Geometry::Polygon(Polygon::new(LineString(ring), vec![]))
}

#[test]
fn a_ring_of_half_a_million_positions_is_checked() {
    let count = 500_000;
    let wave = move |i: usize| {
        let angle = i as f64 / f64::from(count) * std::f64::consts::TAU;
        let r = 10.0 + (angle * 3000.0).sin() / 100.0;
        (r * angle.cos(), r * angle.sin())
    };
    assert!(check_geometry(polygon((0..count as usize).map(wave))).is_ok());
    // One position is moved across to the other side.
    let crossed = check_geometry(polygon((0..count as usize).map(|i| if i == 1000 { (-10.5, 0.0) } else { wave(i) })));
    assert_eq!(crossed.unwrap_err().kind, FaultKind::SelfCrossing);
}

#[test]
fn a_ring_made_to_be_slow_is_refused_in_time() {
    // A comb of long thin teeth that all lie across each other's boxes.
    let teeth = 100_000;
    let point = |i: usize| {
        let at = (i / 2) as f64 / teeth as f64 * 10.0;
        if i.is_multiple_of(2) { (at, at / 2.0) } else { (at + 40.0, at / 2.0 + 60.0) }
    };
    let fault = check_geometry(polygon((0..2 * teeth).map(point).chain([(60.0, 80.0), (-20.0, 80.0)]))).unwrap_err();
    assert!([FaultKind::TooManyVertices, FaultKind::SelfCrossing].contains(&fault.kind), "{fault:?}");
}
