//! The relate cases of the JTS test suite (general, validate), asked as filters: A is the feature, B stands in the
//! filter, and the other way round.

use crate::filter::fixtures;
use crate::filter::row::{Feature, collection, parse};
use cityheart::feature::Geometry;
use geo::{CoordsIter, MapCoords};
use geo_types::{Coord, Geometry as G};
use std::path::Path;

const EMPTY: &str = "An empty geometry is refused in a filter, and a feature without positions has no geometry.";
const EMPTY_PART: &str = "GeoJSON, which the parser gives, has no empty member of a MultiPoint or MultiPolygon.";
const TOO_FINE: &str = "The positions need more than the 36 bits that the grid of 1e-7 degrees has for the globe.";
const ZERO: &str = "A line without length is refused in a filter, as it is in features.";

/// Cases that do not agree, or cannot be asked: (file, description, why).
const APART: &[(&str, &str, &str)] = &[
    ("general/TestOverlayPLPrec.xml", "PP - Point just off line. Causes non-robust algorithms to fail.", TOO_FINE),
    (
        "validate/TestRelateAA-big.xml",
        "A/A-6-18: a polygon overlapping a very skinny polygon [dim(2){A.A.Int = B.A.Int}, dim(1){A.A.Bdy.V-EP = B.A.Bdy.NV-EP}, dim(0){A.A.Bdy.CP = B.A.Bdy.CP}, dim(0){A.A.Bdy.NV = B.A.Bdy.NV}]",
        TOO_FINE,
    ),
    (
        "validate/TestRelateAA-big.xml",
        "A/A-6-24: a polygon overlapping a very skinny polygon [dim(2){A.A.Int = B.A.Int}, dim(1){A.A.Bdy.V-EP = B.A.Bdy.NV-NV}, dim(0){A.A.Bdy.NV = B.A.Bdy.NV}]",
        TOO_FINE,
    ),
    ("general/TestRelateLA.xml", "LA - closed line / empty polygon", EMPTY),
    ("general/TestRelateLA.xml", "LA - closed multiline / empty polygon", EMPTY),
    ("general/TestRelateLL.xml", "LL - closed multiline / empty line", EMPTY),
    ("general/TestRelatePA.xml", "mPA - empty MultiPoint element for A", EMPTY_PART),
    ("general/TestRelatePA.xml", "mPA - empty MultiPoint element for A, on boundary of B", EMPTY_PART),
    ("general/TestRelatePA.xml", "mPA - empty MultiPoint element for B", EMPTY_PART),
    ("general/TestRelatePA.xml", "mPA - empty MultiPoint element for B, on boundary of A", EMPTY_PART),
    ("general/TestRelatePA.xml", "PmA - empty MultiPolygon element", EMPTY_PART),
    ("validate/TestRelatePL.xml", "P/L-2: a point and a zero-length line", ZERO),
];

struct Case {
    file: String,
    name: String,
    a: Option<Geometry>,
    b: Option<Geometry>,
    /// (operation, its third argument, whether A comes first, what it gives)
    tests: Vec<(String, String, bool, bool)>,
}

/// JTS's name and ours.
pub(super) const RELATIONS: [(&str, &str); 8] = [
    ("contains", "S_CONTAINS"),
    ("crosses", "S_CROSSES"),
    ("disjoint", "S_DISJOINT"),
    ("equalsTopo", "S_EQUALS"),
    ("intersects", "S_INTERSECTS"),
    ("overlaps", "S_OVERLAPS"),
    ("touches", "S_TOUCHES"),
    ("within", "S_WITHIN"),
];

#[test]
fn the_relate_cases_of_jts_hold_for_filters() {
    let Some(path) = fixtures("jts") else { return };
    let mut cases = vec![];
    for folder in ["general", "validate"] {
        let mut files: Vec<_> = std::fs::read_dir(path.join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "xml")) {
            read(file, &mut cases);
        }
    }
    let (mut asked, mut apart) = (0, vec![]);
    for case in &cases {
        match judge(case) {
            Ok(count) => asked += count,
            Err(why) => apart.push((case.file.clone(), case.name.clone(), why)),
        }
    }
    let known = |(file, name, _): &(String, String, String)| APART.iter().any(|k| k.0 == file && k.1 == name);
    let unknown: Vec<_> = apart.iter().filter(|a| !known(a)).collect();
    for (file, name, why) in &unknown {
        eprintln!("{file} | {name} | {why}");
    }
    assert!(unknown.is_empty(), "{} cases disagree", unknown.len());
    assert_eq!(apart.len(), APART.len(), "a case that is listed as apart agrees");
    assert!(asked > 16_000, "only {asked} questions were found");
}

/// Asks everything that a case says; the number of questions, or what went wrong.
fn judge(case: &Case) -> Result<usize, String> {
    let (Some(a), Some(b)) = (&case.a, &case.b) else { return Err("a geometry is empty".into()) };
    let [a, b] = &on_the_globe([a, b]).ok_or(TOO_FINE)?[..] else { return Err("two came, two go".into()) };
    let mut asked = 0;
    for (op, third, straight, expected) in &case.tests {
        let (left, right) = if *straight { (a, b) } else { (b, a) };
        for (jts, ours) in RELATIONS {
            let expected = match op.as_str() {
                "relate" if *expected => holds(ours, third, dimension(left), dimension(right)),
                op if op == jts => *expected,
                _ => continue,
            };
            for turned in [false, true] {
                let found = ask(ours, left, right, turned)?;
                if found != expected {
                    return Err(format!("{op} {third}: {ours} is {found}, turned: {turned}"));
                }
                asked += 1;
            }
        }
    }
    Ok(asked)
}

/// Geometries moved and scaled by a power of ten on to the globe, where every position is a step of 1e-7 degrees, so
/// that no rounding changes them; `None` when they need finer steps.
pub(super) fn on_the_globe<'a>(geometries: impl IntoIterator<Item = &'a Geometry> + Clone) -> Option<Vec<Geometry>> {
    let positions: Vec<Coord<f64>> = geometries.clone().into_iter().flat_map(CoordsIter::coords_iter).collect();
    let lowest = |axis: fn(&Coord<f64>) -> f64| positions.iter().map(axis).fold(f64::MAX, f64::min).floor();
    let origin = Coord { x: lowest(|c| c.x), y: lowest(|c| c.y) };
    let reach = positions.iter().map(|c| (c.x - origin.x).max(c.y - origin.y)).fold(1e-3, f64::max);
    let scale = 10.0_f64.powi((80.0 / reach).log10().floor() as i32 + 7);
    let steps = |c: Coord<f64>| Coord { x: (c.x - origin.x) * scale, y: (c.y - origin.y) * scale };
    let is_step = |v: f64| (v - v.round()).abs() < 2e-6;
    if positions.iter().any(|c| !is_step(steps(*c).x) || !is_step(steps(*c).y)) {
        return None;
    }
    let degrees = |c| Coord { x: steps(c).x.round() / 1e7, y: steps(c).y.round() / 1e7 };
    Some(geometries.into_iter().map(|g| g.map_coords(degrees)).collect())
}

/// Whether `left` has the relation to `right`; turned, the feature is on the right.
fn ask(relation: &str, left: &Geometry, right: &Geometry, turned: bool) -> Result<bool, String> {
    let things = collection(&[]);
    let (own, other) = if turned { (right, left) } else { (left, right) };
    let text = if turned {
        format!("{relation}({}, geometry)", wkt(other))
    } else {
        format!("{relation}(geometry, {})", wkt(other))
    };
    let filter = parse(&text, &things).map_err(|e| e.to_string())?;
    Ok(filter.compile().holds(&Feature::new("a", Some(own.clone()), vec![])))
}

/// What the standard says of a DE-9IM matrix.
pub(super) fn holds(relation: &str, matrix: &str, a: u8, b: u8) -> bool {
    let like = |pattern: &str| {
        matrix.chars().zip(pattern.chars()).all(|(m, p)| match p {
            '*' => true,
            'T' => m != 'F',
            p => m == p,
        })
    };
    let touches = like("FT*******") || like("F**T*****") || like("F***T****");
    match relation {
        "S_CONTAINS" => like("T*****FF*"),
        "S_CROSSES" if a < b => like("T*T******"),
        "S_CROSSES" if a > b => like("T*****T**"),
        "S_CROSSES" => a == 1 && like("0********"),
        "S_DISJOINT" => like("FF*FF****"),
        "S_EQUALS" => like("T*F**FFF*"),
        "S_INTERSECTS" => !like("FF*FF****"),
        "S_OVERLAPS" if a == b => {
            if a == 1 {
                like("1*T***T**")
            } else {
                like("T*T***T**")
            }
        }
        "S_OVERLAPS" => false,
        "S_TOUCHES" => touches,
        _ => like("T*F**F***"),
    }
}

pub(super) fn dimension(g: &Geometry) -> u8 {
    match g {
        G::Point(_) | G::MultiPoint(_) => 0,
        G::Line(_) | G::LineString(_) | G::MultiLineString(_) => 1,
        G::GeometryCollection(c) => c.iter().map(dimension).max().unwrap_or(0),
        _ => 2,
    }
}

pub(super) fn wkt(g: &Geometry) -> String {
    let json = serde_json::to_string(&geojson::Geometry::from(g)).unwrap();
    cql2::parse_json(&json).unwrap().to_text().unwrap()
}

/// Reads the cases of one file that have something to relate.
fn read(path: &Path, cases: &mut Vec<Case>) {
    let file = path.strip_prefix(path.parent().unwrap().parent().unwrap()).unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    for part in text.split("<case>").skip(1) {
        let part = part.split("</case>").next().unwrap();
        let inner = |tag: &str| {
            let rest = part.split_once(&format!("<{tag}>"))?.1;
            Some(rest.split_once(&format!("</{tag}>"))?.0.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        let tests: Vec<_> = part.split("<op ").skip(1).filter_map(operation).collect();
        let (Some(a), Some(b)) = (inner("a"), inner("b")) else { continue };
        if !tests.is_empty() {
            cases.push(Case {
                file: file.clone(),
                name: inner("desc").unwrap_or_default(),
                a: geometry(&a),
                b: geometry(&b),
                tests,
            });
        }
    }
}

fn operation(text: &str) -> Option<(String, String, bool, bool)> {
    let (head, rest) = text.split_once('>')?;
    let value = rest.split('<').next()?.trim().eq_ignore_ascii_case("true");
    let attribute = |name: &str| {
        let rest = head.split_once(&format!("{name}="))?.1;
        rest[1..].split(rest.chars().next()?).next().map(str::to_owned)
    };
    let name = attribute("name")?;
    let known = name == "relate" || RELATIONS.iter().any(|r| r.0 == name);
    let straight = attribute("arg1")?.eq_ignore_ascii_case("a");
    known.then(|| (name, attribute("arg3").unwrap_or_default(), straight, value))
}

/// Reads WKT, by the parser that filters have; `None` for what is empty.
pub(super) fn geometry(text: &str) -> Option<Geometry> {
    let expr = cql2::parse_text(&text.replace("LINEARRING", "LINESTRING")).ok()?;
    let json = expr.to_json().ok()?;
    let read = serde_json::from_str::<geojson::Geometry>(&json).ok().and_then(|g| Geometry::try_from(g).ok());
    read.filter(|g| g.coords_count() > 0)
}
