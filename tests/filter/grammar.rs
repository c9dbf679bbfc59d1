//! Filters derived at random from the grammar of CQL2: text and JSON give one filter, its canonical text gives it
//! again, and all have the same answers.

use crate::filter::derivation::{Derivation, NUMBERS, Pair, TEXTS};
use crate::filter::row::{Feature, collection, parse, refusal};
use cityheart::collection::{Collection, FieldType};
use cityheart::crs::Crs;
use cityheart::feature::FieldValue;
use cityheart::filter::{Filter, FilterLanguage};
use geo_types::{Geometry as G, Point};
use proptest::prelude::*;
use serde_json::json;

fn things() -> Collection {
    let texts = TEXTS.iter().map(|name| (*name, FieldType::Text));
    let kinds = [FieldType::Integer, FieldType::Real, FieldType::Integer, FieldType::Real];
    let others = [
        ("flag", FieldType::Boolean),
        ("day", FieldType::Date),
        ("stamp", FieldType::DateTime),
        ("tags", FieldType::Json),
    ];
    let fields: Vec<_> = texts.chain(NUMBERS.into_iter().zip(kinds)).chain(others).collect();
    collection(&fields)
}

fn rows() -> Vec<Feature> {
    let row = |n: i64| {
        let texts = TEXTS.iter().map(|name| FieldValue::text(format!("{name}{n}")));
        let numbers = [FieldValue::Int(n), FieldValue::Real(0.5), FieldValue::Int(-n), FieldValue::Real(1e-7)];
        let others = [
            FieldValue::Bool(n > 2),
            FieldValue::text("2026-03-01"),
            FieldValue::text("2026-03-01T08:30:00Z"),
            FieldValue::Json(Box::new(json!(["a", n, true]))),
        ];
        let place = G::Point(Point::new(n as f64, 1.0));
        Feature::new(&n.to_string(), Some(place), texts.chain(numbers).chain(others).collect())
    };
    let empty = Feature::new("none", None, vec![FieldValue::Null; TEXTS.len() + NUMBERS.len() + 4]);
    [1, 2, 3].into_iter().map(row).chain([empty]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_the_grammar_derives_is_one_filter_in_text_and_in_json(seed in any::<u64>()) {
        let things = things();
        let Pair { text, json } = Derivation(seed).boolean_expression(3);
        let fail = |e: cityheart::error::Error, what: &str| TestCaseError::fail(format!("{what}: {e:?}"));
        let written = parse(&text, &things).map_err(|e| fail(e, &text))?;
        let twin = Filter::parse(&json, FilterLanguage::Json, Crs::CRS84, &things).map_err(|e| fail(e, &json))?;
        prop_assert_eq!(written.text(), twin.text(), "{} {}", text, json);
        let again = parse(written.text(), &things).map_err(|e| fail(e, written.text()))?;
        prop_assert_eq!(written.text(), again.text(), "{}", text);
        for row in rows() {
            let found = written.compile().holds(&row);
            prop_assert_eq!(found, twin.compile().holds(&row), "{}", json);
            prop_assert_eq!(found, again.compile().holds(&row), "{}", again.text());
        }
    }
}

#[test]
fn what_other_programs_write_is_read() {
    let things = things();
    let own = &rows()[0];
    for (text, expected) in [
        ("S_INTERSECTS(geometry,POINT(1E0 1.0e+00))", true),
        ("S_DISJOINT(geometry,POINT(1e-05 51.5))", true),
        ("S_INTERSECTS(geometry,POINT Z (1 1 99))", true),
        ("S_INTERSECTS(geometry,MULTIPOINT(1 1,2 2))", true),
        ("ratio = .5", true),
        ("ratio = +.5E0", true),
        ("count = 1.", true),
        ("\"x:y.z\" = 1E-7", true),
        ("x:y.z >= 0.0000001", true),
        ("_under = '_under1'", true),
        ("e\u{301} = 'e\u{301}1'", true),
        ("CASEI(ACCENTI(_under)) = CASEI('_UNDER1')", true),
        ("name <> 'it\\'s'", true),
        ("name <> 'C:\\'", true),
        ("name <> 'C:\\' AND name <> 'D:\\'", true),
        ("name <> 'it''s' AND name IN ('name1','x\\'y')", true),
        ("A_CONTAINS(tags,('a'))", true),
        ("A_CONTAINS(tags,())", true),
        ("A_CONTAINEDBY((1),tags)", true),
        ("A_CONTAINS(tags,('a',count))", true),
        ("A_CONTAINS(tags,(count * 2 - 1,flag))", false),
        ("A_CONTAINS(tags,(count + 1 - 1,NOT flag))", true),
        ("A_EQUALS(tags,('a',count,name = 'name1'))", true),
        ("A_OVERLAPS(tags,(CASEI(name),count ^ 2))", true),
        ("A_EQUALS((day,stamp),(DATE('2026-03-01'),TIMESTAMP('2026-03-01T08:30:00Z')))", true),
        ("A_CONTAINS((tags,1),(('a',count,TRUE),1))", true),
        ("A_CONTAINS((tags,1),((count,'a',TRUE),1))", false),
        ("A_CONTAINS((tags,1),(('a',count),1))", false),
        ("A_EQUALS(((flag,1),NOT flag,name = 'x'),((FALSE,1),TRUE,FALSE))", true),
        ("A_EQUALS(((NOT flag,1),flag),((FALSE,1),FALSE))", false),
        ("A_CONTAINS((S_INTERSECTS(geometry,POINT(1 1)),2),(TRUE,2))", true),
        ("A_CONTAINS((S_INTERSECTS(geometry,POINT(2 1)),2),(TRUE,2))", false),
        ("count in (1)", true),
        ("in = 'in1' AND div = -1 AND div div 1 = -1", true),
        ("ST_Intersects(geometry,POINT(1 1))", true),
        ("- count + 2 = 1", true),
        ("-count ^ 2 = 1", true),
        ("2 + 3 * count = 5", true),
        ("2 ^ 3 * count = 8", true),
        ("(count = 1) IS NOT NULL", true),
        ("CASEI(name) IS NULL", false),
    ] {
        let filter = parse(text, &things).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(filter.compile().holds(own), expected, "{text}: {}", filter.text());
        let again = parse(filter.text(), &things).unwrap_or_else(|e| panic!("{text}: {}: {e}", filter.text()));
        assert_eq!(again.text(), filter.text(), "{text}");
    }
}

#[test]
fn a_list_with_an_element_without_a_value_is_unknown() {
    let things = things();
    let rows = rows();
    let empty = rows.last().unwrap();
    for text in ["A_CONTAINS(('a',1),('a',count))", "A_OVERLAPS(('a',name),('a',1))"] {
        let filter = parse(text, &things).unwrap();
        assert!(filter.compile().holds(&rows[0]), "{text}");
        assert!(!filter.compile().holds(empty), "{text}");
        let unknown = parse(&format!("({text}) IS NULL"), &things).unwrap();
        assert!(unknown.compile().holds(empty) && !unknown.compile().holds(&rows[0]), "{text}");
    }
}

#[test]
fn a_backslash_at_the_end_of_a_text_stays_one() {
    let things = things();
    for (value, other) in [("C:\\", "x"), ("it's \\", "y'"), ("\\'", "\\"), ("\\'\\'", "'"), ("\\", "\\")] {
        let json = json!({"op": "and", "args": [
            {"op": "=", "args": [{"property": "name"}, value]},
            {"op": "=", "args": [{"property": "_under"}, other]},
        ]});
        let filter = Filter::parse(&json.to_string(), FilterLanguage::Json, Crs::CRS84, &things).unwrap();
        let again = parse(filter.text(), &things).unwrap_or_else(|e| panic!("{}: {e}", filter.text()));
        assert_eq!(again.text(), filter.text());
        let mut row = Feature::new("a", None, vec![FieldValue::Null; TEXTS.len() + NUMBERS.len() + 4]);
        (row.values[0], row.values[1]) = (FieldValue::text(value), FieldValue::text(other));
        assert!(again.compile().holds(&row), "{}", filter.text());
    }
}

#[test]
fn what_the_grammar_has_not_is_refused_with_its_place() {
    let things = things();
    for (text, place) in [
        ("count = 1e", 10),
        ("count = .", 9),
        ("count = + name", 11),
        ("count = 1 2", 11),
        ("name = 'x' 'y'", 12),
        ("count IN ()", 11),
        ("count BETWEEN 1 OR 2", 17),
        ("count IS 5", 10),
        ("S_INTERSECTS(geometry,POINT(1))", 30),
        ("S_INTERSECTS(geometry,POINT(1,2))", 30),
        ("S_INTERSECTS(geometry,POINT(1 2 3 4 5))", 37),
        ("S_INTERSECTS(geometry,POLYGON(0 0,1 1,0 0))", 31),
        ("count = 1 AND", 14),
        ("name = \"x", 8),
        ("name = 'it\\'s", 8),
        ("count # 1", 7),
    ] {
        let message = refusal(text, &things);
        assert!(message.starts_with(&format!("At character {place}: syntax error")), "{text}: {message}");
    }
}
