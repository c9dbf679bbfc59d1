//! Random filters over random features, against an evaluator that was written from the standard and shares nothing with ours.

use crate::row::{Feature, collection, parse};
use cityheart::change::Change;
use cityheart::collection::{Collection, Kind};
use cityheart::feature::{self as stored, Geometry, Value, bbox_of};
use cityheart::filter::{Plan, Row};
use cityheart::index::Builder;
use cityheart::query::Query;
use geo::{Intersects, Relate};
use geo_types::{Geometry as G, LineString, MultiPoint, Point, Polygon};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;

const FIELDS: [(&str, Kind); 8] = [
    ("name", Kind::Text),
    ("count", Kind::Integer),
    ("cost", Kind::Decimal),
    ("open", Kind::Boolean),
    ("start", Kind::Date),
    ("end", Kind::Date),
    ("tags", Kind::Json),
    ("code", Kind::Text),
];

const NAMES: [&str; 7] = ["ada", "Ada", "Łódź", "lodz", "50%", "o'neil", ""];
const TAGS: [&str; 4] = ["street", "square", "gr\"een", "č"];

/// A filter, as the test understands it. Times are days of January 2026.
#[derive(Debug, Clone)]
enum E {
    And(Vec<E>),
    Or(Vec<E>),
    Not(Box<E>),
    Number(N, usize, N),
    Text(&'static str, usize, &'static str),
    SameText(usize),
    TextIn(&'static str, Vec<&'static str>),
    NumberIn(&'static str, Vec<i32>),
    Like(&'static str, &'static str, bool),
    Null(&'static str),
    Flag,
    FlagIs(bool),
    Between(N, i32, i32),
    Date(&'static str, usize, u8),
    Space(usize, G, bool),
    Time(usize, T, T),
    Tags(usize, Vec<&'static str>, bool),
    Id(u8),
}

#[derive(Debug, Clone)]
enum N {
    Field(&'static str),
    Literal(i32),
    Sum(Box<N>, char, Box<N>),
}

/// A literal or own period.
#[derive(Debug, Clone)]
enum T {
    Literal(Option<u8>, Option<u8>),
    Day(u8),
    Own,
    Start,
}

const ORDERS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];
const SPACE: [&str; 8] =
    ["S_INTERSECTS", "S_DISJOINT", "S_WITHIN", "S_CONTAINS", "S_EQUALS", "S_TOUCHES", "S_CROSSES", "S_OVERLAPS"];
const TIME: [&str; 15] = [
    "T_AFTER",
    "T_BEFORE",
    "T_CONTAINS",
    "T_DISJOINT",
    "T_DURING",
    "T_EQUALS",
    "T_FINISHEDBY",
    "T_FINISHES",
    "T_INTERSECTS",
    "T_MEETS",
    "T_METBY",
    "T_OVERLAPPEDBY",
    "T_OVERLAPS",
    "T_STARTEDBY",
    "T_STARTS",
];
const SETS: [&str; 4] = ["A_CONTAINS", "A_CONTAINEDBY", "A_EQUALS", "A_OVERLAPS"];

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl N {
    fn text(&self) -> String {
        match self {
            Self::Field(name) => format!("\"{name}\""),
            Self::Literal(n) => n.to_string(),
            Self::Sum(a, op, b) => format!("({} {op} {})", a.text(), b.text()),
        }
    }
    fn of(&self, f: &Feature) -> Option<f64> {
        match self {
            Self::Literal(n) => Some(f64::from(*n)),
            Self::Field(name) => match get(f, name) {
                Value::Int(i) => Some(*i as f64),
                Value::Real(r) => Some(*r),
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
    fn text(&self) -> String {
        let end = |d: &Option<u8>| d.map_or("'..'".to_owned(), |d| quoted(&day(d)));
        match self {
            Self::Literal(a, b) => format!("INTERVAL({},{})", end(a), end(b)),
            Self::Day(d) => format!("DATE({})", quoted(&day(*d))),
            Self::Own => "INTERVAL(\"start\",\"end\")".into(),
            Self::Start => "\"start\"".into(),
        }
    }
    /// Days from and to, with open ends far away.
    fn of(&self, f: &Feature) -> Option<(i64, i64)> {
        let own = |name| if let Value::Text(t) = get(f, name) { Some(t[8..].parse::<i64>().unwrap()) } else { None };
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

impl E {
    fn text(&self) -> String {
        let all =
            |list: &[E], word: &str| list.iter().map(|e| format!("({})", e.text())).collect::<Vec<_>>().join(word);
        match self {
            Self::And(list) => all(list, " AND "),
            Self::Or(list) => all(list, " or "),
            Self::Not(e) => format!("NOT ({})", e.text()),
            Self::Number(a, o, b) => format!("{} {} {}", a.text(), ORDERS[*o], b.text()),
            Self::Text(field, o, text) => format!("{field} {} {}", ORDERS[*o], quoted(text)),
            Self::SameText(o) => format!("name {} code", ORDERS[*o]),
            Self::TextIn(field, list) => {
                format!("{field} IN ({})", list.iter().map(|t| quoted(t)).collect::<Vec<_>>().join(", "))
            }
            Self::NumberIn(field, list) => {
                format!("{field} IN ({})", list.iter().map(i32::to_string).collect::<Vec<_>>().join(","))
            }
            Self::Like(field, pattern, fold) if *fold => format!("CASEI({field}) LIKE CASEI({})", quoted(pattern)),
            Self::Like(field, pattern, _) => format!("{field} LIKE {}", quoted(pattern)),
            Self::Null(field) => format!("\"{field}\" IS NULL"),
            Self::Flag => "\"open\"".into(),
            Self::FlagIs(b) => format!("\"open\" = {b}"),
            Self::Between(n, low, high) => format!("{} BETWEEN {low} AND {high}", n.text()),
            Self::Date(field, o, d) => format!("\"{field}\" {} DATE('{}')", ORDERS[*o], day(*d)),
            Self::Space(r, g, turned) if *turned => format!("{}({}, geometry)", SPACE[*r], wkt(g)),
            Self::Space(r, g, _) => format!("{}(geometry, {})", SPACE[*r], wkt(g)),
            Self::Time(r, a, b) => format!("{}({}, {})", TIME[*r], a.text(), b.text()),
            Self::Tags(s, list, turned) => {
                let list = format!("({})", list.iter().map(|t| quoted(t)).collect::<Vec<_>>().join(","));
                if *turned { format!("{}({list}, tags)", SETS[*s]) } else { format!("{}(tags, {list})", SETS[*s]) }
            }
            Self::Id(n) => format!("id = 'f{n}'"),
        }
    }

    fn of(&self, f: &Feature) -> Option<bool> {
        let words = |field: &str| if let Value::Text(t) = get(f, field) { Some(t.to_string()) } else { None };
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
                if let Value::Bool(b) = get(f, "open") {
                    Some(*b)
                } else {
                    None
                }
            }
            Self::FlagIs(wanted) => {
                if let Value::Bool(b) = get(f, "open") {
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
                let Value::Json(tags) = get(f, "tags") else { return None };
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

fn get<'a>(f: &'a Feature, name: &str) -> &'a Value {
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

fn day(d: u8) -> String {
    format!("2026-01-{d:02}")
}

fn wkt(g: &G) -> String {
    let pairs = |l: &LineString<f64>| l.0.iter().map(|c| format!("{} {}", c.x, c.y)).collect::<Vec<_>>().join(", ");
    match g {
        G::Point(p) => format!("POINT({} {})", p.x(), p.y()),
        G::LineString(l) => format!("LINESTRING({})", pairs(l)),
        G::Polygon(p) => {
            let rings: Vec<_> =
                std::iter::once(p.exterior()).chain(p.interiors()).map(|r| format!("({})", pairs(r))).collect();
            format!("POLYGON({})", rings.join(","))
        }
        G::MultiPoint(m) => {
            format!("MULTIPOINT({})", m.iter().map(|p| format!("({} {})", p.x(), p.y())).collect::<Vec<_>>().join(","))
        }
        _ => unreachable!(),
    }
}

fn geometries() -> impl Strategy<Value = G> {
    let at = || (0..7i32, 0..7i32).prop_map(|(x, y)| (f64::from(x), f64::from(y)));
    prop_oneof![
        3 => at().prop_map(|p| G::Point(p.into())),
        1 => prop::collection::vec(at(), 2..4).prop_map(|mut l| { l.dedup(); if l.len() < 2 { l.push((l[0].0 + 1.0, l[0].1)); } G::LineString(l.into()) })
            .prop_filter("simple", |g| geo::Validation::is_valid(g)),
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

fn features() -> impl Strategy<Value = Feature> {
    let text = || {
        prop::option::weighted(0.8, prop::sample::select(&NAMES[..])).prop_map(|t| t.map_or(Value::Null, Value::text))
    };
    let date = || prop::option::weighted(0.7, 1..9u8).prop_map(|d| d.map_or(Value::Null, |d| Value::text(day(d))));
    let tags = prop::option::weighted(0.8, prop::collection::vec(prop::sample::select(&TAGS[..]), 0..3))
        .prop_map(|t| t.map_or(Value::Null, |t| Value::Json(Box::new(json!(t)))));
    let numbers = (
        prop::option::weighted(0.8, -3..6i64).prop_map(|n| n.map_or(Value::Null, Value::Int)),
        prop::option::weighted(0.8, -6..12i32).prop_map(|n| n.map_or(Value::Null, |n| Value::Real(f64::from(n) / 2.0))),
        prop::option::weighted(0.8, any::<bool>()).prop_map(|b| b.map_or(Value::Null, Value::Bool)),
    );
    (0..9u8, prop::option::weighted(0.9, geometries()), text(), numbers, date(), date(), tags, text()).prop_map(
        |(id, geometry, name, (count, cost, open), start, end, tags, code)| {
            Feature::new(&format!("f{id}"), geometry, vec![name, count, cost, open, start, end, tags, code])
        },
    )
}

fn filters() -> impl Strategy<Value = E> {
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

fn things() -> Collection {
    collection(&FIELDS)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_filter_lets_through_what_brute_force_lets_through(filter in filters(), rows in prop::collection::vec(features(), 1..12)) {
        let things = things();
        let text = filter.text();
        let parsed = parse(&text, &things).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
        let again = parse(parsed.text(), &things).map_err(|e| TestCaseError::fail(format!("{}: {e}", parsed.text())))?;
        prop_assert_eq!(again.text(), parsed.text());
        let predicate = parsed.compile();
        for row in &rows {
            let expected = filter.of(row) == Some(true);
            prop_assert_eq!(predicate.holds(row), expected, "{} on {:?} {:?}", text, row.values, row.geometry);
            prop_assert!(!expected || chosen(parsed.plan(), row, &things), "the plan of {} leaves out {:?}: {:?}", text, row.values, parsed.plan());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// The same through the index: its plan, its columns, its rows, over several tiers.
    #[test]
    fn the_index_finds_what_brute_force_finds(filter in filters(), rows in prop::collection::vec(features(), 1..30)) {
        let things = Arc::new(things());
        let stored: Vec<stored::Feature> = rows
            .iter()
            .enumerate()
            .map(|(i, row)| stored::Feature {
                key: i as i64 + 1,
                id: stored::FeatureId::new(&format!("f{i}")).unwrap(),
                geometry: row.geometry.clone(),
                values: row.values.clone(),
            })
            .collect();
        let mut builder = Builder::new(things.clone());
        let (first, later) = stored.split_at(stored.len() / 2);
        first.iter().for_each(|f| builder.push(f));
        let index = builder.finish(1);
        for (i, feature) in later.iter().enumerate() {
            index.apply(&[Change::Put(feature.clone())], i as u64 + 2);
        }
        let parsed = parse(&filter.text(), &things).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let query = Query { filter: Some(Arc::new(parsed)), limit: 1000, ..Query::default() };
        let snapshot = index.snapshot();
        let found = snapshot.select(&query);
        let found: Vec<i64> = found.slots.iter().map(|s| snapshot.feature(*s).key).collect();
        let named = |f: &stored::Feature| Feature::new(f.id.as_str(), f.geometry.clone(), f.values.clone());
        let expected: Vec<i64> =
            stored.iter().filter(|f| filter.of(&named(f)) == Some(true)).map(|f| f.key).collect();
        prop_assert_eq!(found, expected, "{}", filter.text());
    }
}

/// Whether a plan's first choice has a row in it.
fn chosen(plan: &Plan, row: &Feature, things: &Collection) -> bool {
    let meets = |b: cityheart::feature::Bbox, g: &Geometry| {
        let own = bbox_of(g).unwrap();
        own.west <= b.east && b.west <= own.east && own.south <= b.north && b.south <= own.north
    };
    !plan.empty
        && plan.bbox.is_none_or(|b| row.geometry.as_ref().is_some_and(|g| meets(b, g)))
        && plan.time.is_none_or(|t| things.span(&row.values).is_none_or(|s| s.meets(t)))
        && plan.ids.as_ref().is_none_or(|ids| ids.iter().any(|i| **i == *row.id()))
        && plan.equals.iter().all(|(field, values)| values.contains(&row.values[*field]))
}
