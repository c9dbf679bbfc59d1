//! Integers are compared exactly, in text and in JSON.

use crate::filter::row::{Feature, collection, parse};
use cityheart::collection::{Collection, FieldType};
use cityheart::crs::Crs;
use cityheart::feature::FieldValue;
use cityheart::filter::{Filter, FilterLanguage};
use proptest::prelude::*;
use serde_json::json;

fn things() -> Collection {
    collection(&[("n", FieldType::Integer), ("r", FieldType::Real), ("list", FieldType::Json)])
}

fn row(n: i64) -> Feature {
    let list = FieldValue::Json(Box::new(json!([n, 1.5])));
    Feature::new("a", None, vec![FieldValue::Int(n), FieldValue::Real(n as f64), list])
}

/// The same filter in text and in JSON; the plan lets a match through.
fn holds(text: &str, json: &str, row: &Feature) -> bool {
    let things = things();
    let filter = parse(text, &things).unwrap();
    let twin = Filter::parse(json, FilterLanguage::Json, Crs::CRS84, &things).unwrap();
    assert_eq!(filter, twin, "{text} {json}");
    let again = parse(filter.text(), &things).unwrap();
    assert_eq!(filter, again);
    let found = filter.compile().holds(row);
    let plan = filter.plan();
    let chosen = !plan.empty && plan.equals.iter().all(|(field, values)| values.contains(&row.values[*field]));
    assert!(!found || chosen, "the plan of {text} leaves the feature out");
    found
}

fn compare(field: &str, order: &str, number: &str, row: &Feature) -> bool {
    let json = format!("{{\"op\":\"{order}\",\"args\":[{{\"property\":\"{field}\"}},{number}]}}");
    holds(&format!("{field} {order} {number}"), &json, row)
}

#[test]
fn integers_beyond_two_to_the_53rd_are_told_apart() {
    let own = row(9_007_199_254_740_993);
    for (order, number, expected) in [
        ("=", "9007199254740993", true),
        ("=", "9007199254740992", false),
        ("=", "9007199254740994", false),
        ("<>", "9007199254740992", true),
        ("<>", "9007199254740993", false),
        (">", "9007199254740992", true),
        (">", "9007199254740993", false),
        ("<", "9007199254740994", true),
        ("<=", "9007199254740993", true),
        (">=", "9007199254740994", false),
        ("=", "9007199254740993.0", true),
        ("=", "9.007199254740993e15", true),
        ("=", "9007199254740992.5", false),
        (">", "9007199254740992.5", true),
        ("<", "9007199254740993.5", true),
        ("<", "9223372036854775808", true),
        ("<>", "18446744073709551617", true),
        ("=", "123456789012345678901234567890", false),
        (">", "-123456789012345678901234567890", true),
        ("<", "1e300", true),
    ] {
        assert_eq!(compare("n", order, number, &own), expected, "n {order} {number}");
    }
    let end = row(i64::MAX);
    assert!(!compare("n", "=", "9223372036854775808", &end));
    assert!(compare("n", "=", "9223372036854775807", &end));
    assert!(compare("n", "=", "-9223372036854775808", &row(i64::MIN)));
}

#[test]
fn lists_ranges_and_arithmetic_are_exact() {
    let own = row(982_465_736_527_485_301);
    let property = "{\"property\":\"n\"}";
    for (text, json, expected) in [
        (
            "n IN (982465736527485302,982465736527485300)",
            format!("{{\"op\":\"in\",\"args\":[{property},[982465736527485302,982465736527485300]]}}"),
            false,
        ),
        (
            "n IN (1,982465736527485301.0)",
            format!("{{\"op\":\"in\",\"args\":[{property},[1,982465736527485301.0]]}}"),
            true,
        ),
        (
            "n BETWEEN 982465736527485302 AND 982465736527485310",
            format!("{{\"op\":\"between\",\"args\":[{property},982465736527485302,982465736527485310]}}"),
            false,
        ),
        (
            "n BETWEEN 982465736527485300.5 AND 982465736527485301",
            format!("{{\"op\":\"between\",\"args\":[{property},982465736527485300.5,982465736527485301]}}"),
            true,
        ),
        ("n % 10 = 1", format!("{{\"op\":\"=\",\"args\":[{{\"op\":\"%\",\"args\":[{property},10]}},1]}}"), true),
        (
            "n + 1 = 982465736527485302",
            format!("{{\"op\":\"=\",\"args\":[{{\"op\":\"+\",\"args\":[{property},1]}},982465736527485302]}}"),
            true,
        ),
        (
            "n * 100 = 98246573652748530100",
            format!("{{\"op\":\"=\",\"args\":[{{\"op\":\"*\",\"args\":[{property},100]}},98246573652748530100]}}"),
            true,
        ),
        ("n - n = 0", format!("{{\"op\":\"=\",\"args\":[{{\"op\":\"-\",\"args\":[{property},{property}]}},0]}}"), true),
        (
            "n div 10 = 98246573652748530",
            format!("{{\"op\":\"=\",\"args\":[{{\"op\":\"div\",\"args\":[{property},10]}},98246573652748530]}}"),
            true,
        ),
        (
            "A_CONTAINS(list,(982465736527485301,1.50))",
            "{\"op\":\"a_contains\",\"args\":[{\"property\":\"list\"},[982465736527485301,1.50]]}".into(),
            true,
        ),
        (
            "A_CONTAINS(list,(982465736527485300))",
            "{\"op\":\"a_contains\",\"args\":[{\"property\":\"list\"},[982465736527485300]]}".into(),
            false,
        ),
    ] {
        assert_eq!(holds(text, &json, &own), expected, "{text}");
    }
}

#[test]
fn a_real_field_equals_the_number_that_it_is_served_as() {
    // JavaScript writes this double without an exponent, with zeros instead of its digits.
    let mut own = row(0);
    own.values[1] = FieldValue::Real(1.844_674_407_370_955_2e19);
    assert!(compare("r", "=", "18446744073709552000", &own));
    assert!(compare("r", "=", "1.8446744073709552e19", &own));
    own.values[1] = FieldValue::Real(0.1);
    assert!(compare("r", "=", "0.1", &own));
    assert!(compare("r", "=", "1E-1", &own));
    assert!(compare("r", ">", "0", &own));
}

#[test]
fn a_field_of_integers_is_compared_exactly_with_one_of_doubles() {
    let things = things();
    let filter = parse("n = r", &things).unwrap();
    assert!(!filter.compile().holds(&row(9_007_199_254_740_993)));
    assert!(filter.compile().holds(&row(9_007_199_254_740_992)));
    assert!(parse("n > r", &things).unwrap().compile().holds(&row(9_007_199_254_740_993)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn integers_compare_as_they_do_in_128_bits(a in any::<i64>(), near in -3..4_i64, order in 0..6usize) {
        let b = i128::from(a) + i128::from(near);
        let expected = [i128::from(a) == b, i128::from(a) != b, i128::from(a) < b, i128::from(a) <= b, i128::from(a) > b, i128::from(a) >= b][order];
        let order = ["=", "<>", "<", "<=", ">", ">="][order];
        for number in [b.to_string(), format!("{b}.00")] {
            prop_assert_eq!(compare("n", order, &number, &row(a)), expected, "{} {} {}", a, order, number);
        }
    }
}
