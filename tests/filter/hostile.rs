//! What must not be taken, and what must not take long: each gets a sentence.

use crate::filter::row::{collection, parse, refusal};
use cityheart::collection::{Collection, FieldType};
use cityheart::crs::Crs;
use cityheart::error::Error;
use cityheart::filter::{Filter, FilterLanguage};
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn things() -> Collection {
    collection(&[
        ("title", FieldType::Text),
        ("status", FieldType::Text),
        ("count", FieldType::Integer),
        ("open", FieldType::Boolean),
        ("start", FieldType::Date),
        ("tags", FieldType::Json),
    ])
}

#[test]
fn a_refusal_names_the_place_and_a_way_out() {
    for (text, words) in [
        ("", &["character 1", "end of the filter"][..]),
        ("title = 'x", &["character"]),
        ("title == 'x'", &["character"]),
        ("title = 'x' b", &["character 13", "'b'"]),
        ("count > 3 and", &["character"]),
        ("title", &["character 1", "'title' is text, not a condition"]),
        ("5", &["not a condition"]),
        ("titel = 'x'", &["character 1", "no property 'titel'", "Did you mean 'title'?"]),
        ("count > 1 AND statsu = 'x'", &["character 15", "Did you mean 'status'?"]),
        ("zzzz = 1", &["It has: title, status"]),
        (
            "S_INTERSECT(geometry, POINT(1 2))",
            &["character 1", "no function 'S_INTERSECT'", "Did you mean 'S_INTERSECTS'?"],
        ),
        ("buffer(geometry, 10) = 1", &["no function 'buffer'", "/api/functions"]),
        ("count = 'x'", &["character 1", "'count' is a number and the text 'x' is text"]),
        ("title = 5", &["text", "number"]),
        ("tags = 'x'", &["A_CONTAINS"]),
        ("geometry = 5", &["S_INTERSECTS"]),
        ("count LIKE '1%'", &["LIKE compares text"]),
        ("title LIKE status", &["A pattern must be text in quotes"]),
        ("title = NULL", &["IS NULL"]),
        ("start = DATE('2026-02-30')", &["'2026-02-30' is not a date"]),
        ("start > 'soon'", &["'soon' is not a date"]),
        ("T_DURING(start, INTERVAL('2026-02-01','2026-01-01'))", &["Swap"]),
        ("T_DURING(title, DATE('2026-01-01'))", &["T_DURING compares dates"]),
        ("S_WITHIN(geometry, BBOX(1,2,3))", &["four numbers"]),
        ("S_WITHIN(geometry, BBOX(1,9,3,4))", &["Swap"]),
        ("S_WITHIN(geometry, POINT(500 2))", &["500", "Longitude comes first"]),
        ("S_WITHIN(geometry, POINT EMPTY)", &["geometry of the filter"]),
        ("S_WITHIN(geometry, POLYGON((0 0,1 1,0 0,0 0)))", &["encloses nothing"]),
        ("S_WITHIN(geometry)", &["character 1", "takes 2 arguments"]),
        ("S_WITHIN(geometry, 5)", &["S_WITHIN compares geometries"]),
        ("A_CONTAINS(title, ('a'))", &["A_CONTAINS compares lists"]),
        ("A_CONTAINS(tags, (geometry, 1))", &["values of a list"]),
        ("CASEI(count) = 'a'", &["CASEI and ACCENTI take text"]),
        ("count + title > 5", &["arithmetic takes numbers"]),
        ("5 / 0 = count", &["not a number"]),
        ("count > 1e999", &["too large"]),
        ("COUNT(title) > 1", &["COUNT takes a property that holds a list"]),
        ("YEAR(title) = 1", &["YEAR takes a date"]),
        ("title IN ()", &["character"]),
        ("CASEI() = 'a'", &["takes 1 argument,"]),
    ] {
        let message = refusal(text, &things());
        for word in words {
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}

#[test]
fn json_is_refused_with_its_place() {
    let ask = |text: &str| Filter::parse(text, FilterLanguage::Json, Crs::CRS84, &things()).unwrap_err().to_string();
    for (text, words) in [
        ("", &["not JSON"][..]),
        ("{\"op\":\"=\"", &["not JSON", "line 1"]),
        ("{}", &["not CQL2"]),
        ("{\"op\":\"=\",\"args\":[{\"property\":\"titel\"},\"x\"]}", &["At /args/0", "Did you mean 'title'?"]),
        ("{\"op\":\"and\",\"args\":[true,{\"op\":\"foo\",\"args\":[]}]}", &["At /args/1", "no function 'foo'"]),
        ("{\"op\":\"in\",\"args\":[{\"property\":\"title\"},[]]}", &["has 0 values"]),
        ("{\"op\":\"in\",\"args\":[{\"property\":\"title\"},\"x\"]}", &["IN takes a list"]),
        ("{\"op\":\"=\",\"args\":[{\"property\":\"title\"}]}", &["takes 2 arguments, not 1"]),
        ("{\"op\":\"and\",\"args\":[true]}", &["two conditions"]),
        ("{\"op\":\"between\",\"args\":[{\"property\":\"count\"},1]}", &["takes 3 arguments"]),
        ("{\"op\":\">\",\"args\":[{\"property\":\"count\"},1e999]}", &["not JSON"]),
        (
            "{\"op\":\"s_within\",\"args\":[{\"property\":\"geometry\"},{\"type\":\"Point\",\"coordinates\":[1]}]}",
            &["filter"],
        ),
        ("{\"op\":\"s_within\",\"args\":[{\"property\":\"geometry\"},{\"bbox\":[1,2]}]}", &["four numbers"]),
    ] {
        let message = ask(text);
        for word in words {
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}

/// Each of these would take hours, or the stack, if the parser saw it as it is.
#[test]
fn nothing_takes_long_or_the_stack() {
    let many = |n: usize, open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
    let hostile = [
        many(40, "(", "count= ", ")"),
        many(40, "(", "count=1", ""),
        many(45, "(", "1,2", ",2)"),
        format!("count in {}", many(45, "(", "1,2", ",2)")),
        many(9_000, "(", "count=1", ")"),
        many(4_900, "not ", "count=1", ""),
        format!("count = {}1", "-".repeat(19_000)),
        format!("count = {}1", "- ".repeat(9_000)),
        format!("count = 1{}", "+1".repeat(9_000)),
        format!("count = 1{}", " -1".repeat(6_000)),
        format!("POINT(1{})", " -1".repeat(6_000)),
        format!("count = {}1", "(1)-1-1-1-".repeat(1_900)),
        many(2_000, "casei(", "title", ")"),
        many(45, "casei(", "title", ") = "),
        format!("title{}", " = title".repeat(2_400)),
        format!("title{}", " between title and title".repeat(800)),
        format!("count in ({}1)", "1,".repeat(9_900)),
        format!("S_INTERSECTS(geometry, LINESTRING({}0 0))", "0 0,".repeat(4_900)),
        format!("S_INTERSECTS(geometry, MULTIPOLYGON({}0 0", "((".repeat(9_000)),
        format!("S_INTERSECTS(geometry, {}POINT(1 1){})", "GEOMETRYCOLLECTION(".repeat(45), ")".repeat(45)),
        "a".repeat(19_999),
        "'".repeat(19_999),
        "\"".repeat(19_999),
        "\u{0}".repeat(100),
        "x".repeat(20_001),
    ];
    for text in &hostile {
        let start = Instant::now();
        let message = refusal(text, &things());
        assert!(message.ends_with('.') && message.len() < 1000, "{message}");
        // Not a measurement: the way without limits takes hours.
        assert!(start.elapsed() < Duration::from_secs(30), "{} bytes took {:?}", text.len(), start.elapsed());
    }
    for text in [
        "[".repeat(10_000),
        many(3_000, "{\"op\":\"not\",\"args\":[", "true", "]}"),
        many(60, "{\"op\":\"not\",\"args\":[", "true", "]}"),
        format!("{{\"op\":\"and\",\"args\":[{}true]}}", "{\"op\":\"not\",\"args\":[true]},".repeat(600)),
    ] {
        let refused = Filter::parse(&text, FilterLanguage::Json, Crs::CRS84, &things());
        assert!(matches!(refused, Err(Error::Invalid(_) | Error::TooLarge(_))), "{refused:?}");
    }
}

#[test]
fn long_filters_within_the_limits_are_taken() {
    let ids: Vec<String> = (0..900).map(|i| format!("'feature-{i:04}'")).collect();
    let ring: Vec<String> = (0..600)
        .map(|i| {
            let angle = f64::from(i) * std::f64::consts::TAU / 600.0;
            format!("{:.6} {:.6}", angle.cos() * 3.0, angle.sin() * -3.0)
        })
        .collect();
    for text in [
        format!("id IN ({})", ids.join(",")),
        format!("S_WITHIN(geometry, POLYGON(({},{})))", ring.join(","), ring[0]),
        format!("{}count=1{}", "(".repeat(45), ")".repeat(45)),
        vec!["(count = -1)"; 100].join(" AND "),
        (0..100).fold("count=1".to_owned(), |t, _| format!("{t} OR open")),
    ] {
        assert!(parse(&text, &things()).is_ok(), "{}: {:?}", &text[..80], parse(&text, &things()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Words in any order: whatever comes out, it is no panic, and what is taken reads as itself.
    #[test]
    fn no_sequence_of_words_makes_a_panic(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..14)) {
        let text = words.join(" ");
        if let Ok(filter) = parse(&text, &things()) {
            let again = parse(filter.text(), &things()).map_err(|e| TestCaseError::fail(format!("{text}: {}: {e}", filter.text())))?;
            prop_assert_eq!(again.text(), filter.text());
        }
    }

    #[test]
    fn no_text_makes_a_panic(text in "\\PC{0,60}") {
        let _ = parse(&text, &things());
        let _ = Filter::parse(&text, FilterLanguage::Json, Crs::CRS84, &things());
    }

    /// Crooked polygons are taken as the area that they draw, or refused; never a panic, whatever feature they meet.
    #[test]
    fn no_ring_makes_a_panic(ring in prop::collection::vec((-5..5i8, -5..5i8), 1..9), own in prop::collection::vec((-5..5i8, -5..5i8), 1..5)) {
        let pairs: Vec<String> = ring.iter().map(|(x, y)| format!("{x} {y}")).collect();
        for relation in ["S_INTERSECTS", "S_TOUCHES", "S_WITHIN", "S_EQUALS"] {
            let text = format!("{relation}(geometry, POLYGON(({},{})))", pairs.join(","), pairs[0]);
            if let Ok(filter) = parse(&text, &things()) {
                let own: geo_types::LineString<f64> = own.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
                let row = crate::filter::row::Feature::new("a", Some(own.into()), vec![cityheart::feature::FieldValue::Null; 6]);
                let _ = filter.compile().holds(&row);
            }
        }
    }
}

const WORDS: [&str; 40] = [
    "title",
    "count",
    "open",
    "start",
    "tags",
    "geometry",
    "id",
    "nope",
    "'x'",
    "''",
    "5",
    "-1",
    "1e5",
    "true",
    "NULL",
    "(",
    ")",
    ",",
    "=",
    "<>",
    "<",
    "AND",
    "OR",
    "NOT",
    "IN",
    "LIKE",
    "BETWEEN",
    "IS NULL",
    "IS NOT NULL",
    "+",
    "div",
    "CASEI(",
    "S_INTERSECTS(",
    "POINT(1 2)",
    "DATE('2026-01-01')",
    "INTERVAL('..','2026-01-01')",
    "T_AFTER(",
    "A_OVERLAPS(",
    "('a','b')",
    "BBOX(1,2,3,4)",
];
