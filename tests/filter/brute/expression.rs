//! A filter as the test understands it, and its text.

use geo_types::{Geometry as G, LineString};

/// A filter, as the test understands it. Times are days of January 2026.
#[derive(Debug, Clone)]
pub enum E {
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
pub enum N {
    Field(&'static str),
    Literal(i32),
    Sum(Box<N>, char, Box<N>),
}

/// A literal or own period.
#[derive(Debug, Clone)]
pub enum T {
    Literal(Option<u8>, Option<u8>),
    Day(u8),
    Own,
    Start,
}

pub const ORDERS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];
pub const SPACE: [&str; 8] =
    ["S_INTERSECTS", "S_DISJOINT", "S_WITHIN", "S_CONTAINS", "S_EQUALS", "S_TOUCHES", "S_CROSSES", "S_OVERLAPS"];
pub const TIME: [&str; 15] = [
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
pub const SETS: [&str; 4] = ["A_CONTAINS", "A_CONTAINEDBY", "A_EQUALS", "A_OVERLAPS"];

impl N {
    pub fn text(&self) -> String {
        match self {
            Self::Field(name) => format!("\"{name}\""),
            Self::Literal(n) => n.to_string(),
            Self::Sum(a, op, b) => format!("({} {op} {})", a.text(), b.text()),
        }
    }
}

impl T {
    pub fn text(&self) -> String {
        let end = |d: &Option<u8>| d.map_or("'..'".to_owned(), |d| quoted(&day(d)));
        match self {
            Self::Literal(a, b) => format!("INTERVAL({},{})", end(a), end(b)),
            Self::Day(d) => format!("DATE({})", quoted(&day(*d))),
            Self::Own => "INTERVAL(\"start\",\"end\")".into(),
            Self::Start => "\"start\"".into(),
        }
    }
}

impl E {
    pub fn text(&self) -> String {
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
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub fn day(d: u8) -> String {
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
