//! What a filter says of a feature, by the standard's words: three truth values, no index, no plan.

use super::FIELDS;
use super::expression::{E, N, SETS, SPACE, T, TIME, day};
use crate::filter::row::Feature;
use cityheart::feature::FieldValue;
use geo::{Intersects, Relate};
use geo_types::Geometry as G;

impl E {
    pub fn of(&self, f: &Feature) -> Option<bool> {
        let words = |field: &str| if let FieldValue::Text(t) = get(f, field) { Some(t.to_string()) } else { None };
        match self {
            Self::And(list) => {
                let found: Vec<_> = list.iter().map(|e| e.of(f)).collect();
                if found.contains(&Some(false)) {
                    Some(false)
                } else {
                    found.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
                }
            }
            Self::Or(list) => {
                let found: Vec<_> = list.iter().map(|e| e.of(f)).collect();
                if found.contains(&Some(true)) {
                    Some(true)
                } else {
                    found.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
                }
            }
            Self::Not(e) => e.of(f).map(|b| !b),
            Self::Number(a, o, b) => Some(ordered(*o, a.of(f)?, b.of(f)?)),
            Self::Text(field, o, text) => Some(ordered(*o, words(field)?.as_str(), *text)),
            Self::SameText(o) => Some(ordered(*o, words("name")?, words("code")?)),
            Self::TextIn(field, list) => Some(list.contains(&words(field)?.as_str())),
            Self::NumberIn(field, list) => {
                let n = N::Field(field).of(f)?;
                Some(list.iter().any(|l| f64::from(*l) == n))
            }
            Self::Like(field, pattern, fold) => {
                let text = words(field)?;
                Some(if *fold { like(&pattern.to_lowercase(), &text.to_lowercase()) } else { like(pattern, &text) })
            }
            Self::Null(field) if *field == "geometry" => Some(f.geometry.is_none()),
            Self::Null(field) => Some(get(f, field).is_null()),
            Self::Flag => {
                if let FieldValue::Bool(b) = get(f, "open") {
                    Some(*b)
                } else {
                    None
                }
            }
            Self::FlagIs(wanted) => {
                if let FieldValue::Bool(b) = get(f, "open") {
                    Some(b == wanted)
                } else {
                    None
                }
            }
            Self::Between(n, low, high) => n.of(f).map(|n| n >= f64::from(*low) && n <= f64::from(*high)),
            // ISO dates sort as text.
            Self::Date(field, o, d) => Some(ordered(*o, words(field)?, day(*d))),
            Self::Space(r, g, turned) => {
                let own = f.geometry.as_ref()?;
                Some(if *turned { related(SPACE[*r], g, own) } else { related(SPACE[*r], own, g) })
            }
            Self::Time(r, a, b) => Some(timed(TIME[*r], a.of(f)?, b.of(f)?)),
            Self::Tags(s, list, turned) => {
                let FieldValue::Json(tags) = get(f, "tags") else { return None };
                let own: Vec<&str> = tags.as_array()?.iter().map(|t| t.as_str().unwrap()).collect();
                let (a, b) = if *turned { (list, &own) } else { (&own, list) };
                let inside = |x: &[&str], y: &[&str]| x.iter().all(|v| y.contains(v));
                Some(match SETS[*s] {
                    "A_CONTAINS" => inside(b, a),
                    "A_CONTAINEDBY" => inside(a, b),
                    "A_EQUALS" => inside(a, b) && inside(b, a),
                    _ => a.iter().any(|v| b.contains(v)),
                })
            }
            Self::Id(n) => Some(f.id == format!("f{n}")),
        }
    }
}

impl N {
    pub fn of(&self, f: &Feature) -> Option<f64> {
        match self {
            Self::Literal(n) => Some(f64::from(*n)),
            Self::Field(name) => match get(f, name) {
                FieldValue::Int(i) => Some(*i as f64),
                FieldValue::Real(r) => Some(*r),
                _ => None,
            },
            Self::Sum(a, op, b) => {
                let (a, b) = (a.of(f)?, b.of(f)?);
                match op {
                    '+' => Some(a + b),
                    '-' => Some(a - b),
                    '*' => Some(a * b),
                    _ => (b != 0.0).then(|| a / b),
                }
            }
        }
    }
}

impl T {
    /// Days from and to, with open ends far away.
    pub fn of(&self, f: &Feature) -> Option<(i64, i64)> {
        let own =
            |name| if let FieldValue::Text(t) = get(f, name) { Some(t[8..].parse::<i64>().unwrap()) } else { None };
        let ends = |a: Option<i64>, b: Option<i64>| (a.unwrap_or(-1000), b.unwrap_or(1000));
        match self {
            Self::Literal(a, b) => Some(ends(a.map(i64::from), b.map(i64::from))),
            Self::Day(d) => Some((i64::from(*d), i64::from(*d))),
            Self::Start => own("start").map(|d| (d, d)),
            Self::Own => match (own("start"), own("end")) {
                (None, None) => None,
                (a, b) => Some(ends(a, b)),
            },
        }
    }
}

fn get<'a>(f: &'a Feature, name: &str) -> &'a FieldValue {
    &f.values[FIELDS.iter().position(|x| x.0 == name).unwrap()]
}

fn ordered<V: PartialOrd>(order: usize, a: V, b: V) -> bool {
    [a == b, a != b, a < b, a <= b, a > b, a >= b][order]
}

fn like(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, t) => t.is_none(),
        (Some('%'), t) => like(&pattern[1..], text) || t.is_some_and(|c| like(pattern, &text[c.len_utf8()..])),
        (Some('_'), Some(c)) => like(&pattern[1..], &text[c.len_utf8()..]),
        (Some(p), Some(c)) => p == c && like(&pattern[p.len_utf8()..], &text[c.len_utf8()..]),
        _ => false,
    }
}

/// By geo's other algorithms where it has them, and by its matrix without anything prepared where not.
fn related(name: &str, a: &G, b: &G) -> bool {
    let matrix = a.relate(b);
    match name {
        "S_INTERSECTS" => a.intersects(b),
        "S_DISJOINT" => !a.intersects(b),
        "S_WITHIN" => matrix.is_within(),
        "S_CONTAINS" => matrix.is_contains(),
        "S_EQUALS" => matrix.is_equal_topo(),
        "S_TOUCHES" => matrix.is_touches(),
        "S_CROSSES" => matrix.is_crosses(),
        _ => matrix.is_overlaps(),
    }
}

/// The table of OGC 21-065r2, 7.8.
fn timed(name: &str, a: (i64, i64), b: (i64, i64)) -> bool {
    match name {
        "T_AFTER" => a.0 > b.1,
        "T_BEFORE" => a.1 < b.0,
        "T_CONTAINS" => a.0 < b.0 && a.1 > b.1,
        "T_DISJOINT" => a.1 < b.0 || a.0 > b.1,
        "T_DURING" => a.0 > b.0 && a.1 < b.1,
        "T_EQUALS" => a == b,
        "T_FINISHEDBY" => a.0 < b.0 && a.1 == b.1,
        "T_FINISHES" => a.0 > b.0 && a.1 == b.1,
        "T_INTERSECTS" => !(a.1 < b.0 || a.0 > b.1),
        "T_MEETS" => a.1 == b.0,
        "T_METBY" => a.0 == b.1,
        "T_OVERLAPPEDBY" => a.0 > b.0 && a.0 < b.1 && a.1 > b.1,
        "T_OVERLAPS" => a.0 < b.0 && a.1 > b.0 && a.1 < b.1,
        "T_STARTEDBY" => a.0 == b.0 && a.1 > b.1,
        _ => a.0 == b.0 && a.1 < b.1,
    }
}
