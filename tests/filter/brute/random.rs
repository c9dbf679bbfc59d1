//! Random features, with little variety so that filters find some of them, and random filters.

use super::expression::{E, N, T, day};
use crate::filter::row::Feature;
use cityheart::feature::FieldValue;
use geo_types::{Geometry as G, LineString, MultiPoint, Point, Polygon};
use proptest::prelude::*;
use serde_json::json;

const NAMES: [&str; 7] = ["ada", "Ada", "Łódź", "lodz", "50%", "o'neil", ""];
const TAGS: [&str; 4] = ["street", "square", "gr\"een", "č"];

fn geometries() -> impl Strategy<Value = G> {
    let at = || (0..7i32, 0..7i32).prop_map(|(x, y)| (f64::from(x), f64::from(y)));
    prop_oneof![
        3 => at().prop_map(|p| G::Point(p.into())),
        1 => prop::collection::vec(at(), 2..4).prop_map(|mut l| { l.dedup(); if l.len() < 2 { l.push((l[0].0 + 1.0, l[0].1)); } G::LineString(l.into()) })
            .prop_filter("simple", geo::Validation::is_valid),
        3 => (at(), 1..4i32, 1..4i32, any::<bool>()).prop_map(|((x, y), w, h, hole)| {
            let (w, h) = (f64::from(w), f64::from(h));
            let hole = if hole && w > 1.0 && h > 1.0 { vec![LineString::from(vec![(x + 0.5, y + 0.5), (x + 0.5, y + 1.0), (x + 1.0, y + 1.0), (x + 0.5, y + 0.5)])] } else { vec![] };
            G::Polygon(Polygon::new(vec![(x, y), (x + w, y), (x + w, y + h), (x, y + h)].into(), hole))
        }),
        2 => (at(), 1..4i32, 1..4i32).prop_map(|((x, y), w, h)| {
            G::Polygon(Polygon::new(vec![(x, y), (x + f64::from(w), y + 1.0), (x, y + f64::from(h))].into(), vec![]))
        }),
        1 => prop::collection::vec(at(), 1..4).prop_map(|mut l| {
            l.sort_by(|a, b| a.partial_cmp(b).unwrap());
            l.dedup();
            G::MultiPoint(MultiPoint(l.into_iter().map(Point::from).collect()))
        }),
    ]
}

pub fn features() -> impl Strategy<Value = Feature> {
    let text = || {
        prop::option::weighted(0.8, prop::sample::select(&NAMES[..]))
            .prop_map(|t| t.map_or(FieldValue::Null, FieldValue::text))
    };
    let date =
        || prop::option::weighted(0.7, 1..9u8).prop_map(|d| d.map_or(FieldValue::Null, |d| FieldValue::text(day(d))));
    let tags = prop::option::weighted(0.8, prop::collection::vec(prop::sample::select(&TAGS[..]), 0..3))
        .prop_map(|t| t.map_or(FieldValue::Null, |t| FieldValue::Json(Box::new(json!(t)))));
    let numbers = (
        prop::option::weighted(0.8, -3..6i64).prop_map(|n| n.map_or(FieldValue::Null, FieldValue::Int)),
        prop::option::weighted(0.8, -6..12i32)
            .prop_map(|n| n.map_or(FieldValue::Null, |n| FieldValue::Real(f64::from(n) / 2.0))),
        prop::option::weighted(0.8, any::<bool>()).prop_map(|b| b.map_or(FieldValue::Null, FieldValue::Bool)),
    );
    (0..9u8, prop::option::weighted(0.9, geometries()), text(), numbers, date(), date(), tags, text()).prop_map(
        |(id, geometry, name, (count, cost, open), start, end, tags, code)| {
            Feature::new(&format!("f{id}"), geometry, vec![name, count, cost, open, start, end, tags, code])
        },
    )
}

pub fn filters() -> impl Strategy<Value = E> {
    let plain = || {
        prop_oneof![prop::sample::select(vec!["count", "cost"]).prop_map(N::Field), (-3..6i32).prop_map(N::Literal),]
    };
    let number = move || {
        prop_oneof![
            3 => prop::sample::select(vec!["count", "cost"]).prop_map(N::Field),
            1 => (plain(), prop::sample::select(vec!['+', '-', '*', '/']), plain())
                .prop_filter("a literal alone is not divided by nothing", |(a, op, b)| !(*op == '/' && matches!((a, b), (N::Literal(_), N::Literal(0)))))
                .prop_map(|(a, op, b)| N::Sum(Box::new(a), op, Box::new(b))),
        ]
    };
    let name = || prop::sample::select(vec!["name", "code"]);
    let word = || prop::sample::select(&NAMES[..]);
    let period = || {
        prop_oneof![
            2 => (prop::option::of(1..9u8), prop::option::of(1..9u8)).prop_map(|(a, b)| match (a, b) {
                (Some(a), Some(b)) => T::Literal(Some(a.min(b)), Some(a.max(b))),
                (a, b) => T::Literal(a, b),
            }),
            1 => (1..9u8).prop_map(T::Day),
            2 => Just(T::Own),
            1 => Just(T::Start),
        ]
    };
    let atom = prop_oneof![
        (number(), 0..6usize, prop_oneof![(-3..6i32).prop_map(N::Literal), number()])
            .prop_map(|(a, o, b)| E::Number(a, o, b)),
        (name(), 0..6usize, word()).prop_map(|(f, o, t)| E::Text(f, o, t)),
        (0..6usize).prop_map(E::SameText),
        (name(), prop::collection::vec(word(), 1..4)).prop_map(|(f, l)| E::TextIn(f, l)),
        (prop::sample::select(vec!["count", "cost"]), prop::collection::vec(-3..6i32, 1..4))
            .prop_map(|(f, l)| E::NumberIn(f, l)),
        (name(), prop::sample::select(vec!["A%", "%d%", "_da", "Ł%", "%z", "%", "", "o'n%"]), any::<bool>())
            .prop_map(|(f, p, c)| E::Like(f, p, c)),
        prop::sample::select(vec!["name", "count", "cost", "open", "start", "end", "tags", "geometry"])
            .prop_map(E::Null),
        Just(E::Flag),
        any::<bool>().prop_map(E::FlagIs),
        (number(), -3..3i32, 0..6i32).prop_map(|(n, a, b)| E::Between(n, a, b)),
        (prop::sample::select(vec!["start", "end"]), 0..6usize, 1..9u8).prop_map(|(f, o, d)| E::Date(f, o, d)),
        (0..8usize, geometries(), any::<bool>()).prop_map(|(r, g, t)| E::Space(r, g, t)),
        (0..8usize, geometries(), any::<bool>()).prop_map(|(r, g, t)| E::Space(r, g, t)),
        (0..15usize, period(), period()).prop_map(|(r, a, b)| E::Time(r, a, b)),
        (0..4usize, prop::collection::vec(prop::sample::select(&TAGS[..]), 1..3), any::<bool>())
            .prop_map(|(s, l, t)| E::Tags(s, l, t)),
        (0..9u8).prop_map(E::Id),
    ];
    atom.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(E::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(E::Or),
            inner.prop_map(|e| E::Not(Box::new(e))),
        ]
    })
}
