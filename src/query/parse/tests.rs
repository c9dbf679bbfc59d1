use super::*;
use crate::collection::{CollectionId, FieldType};
use crate::feature::{BoundingBox, FieldValue};
use serde_json::json;

fn collection() -> Collection {
    let schema = json!({
        "title": "Actions",
        "x-cityheart-temporal": {"start": "start", "end": "end"},
        "properties": {
            "id": {"type": "string", "x-ogc-role": "id"},
            "geometry": {"format": "geometry-any", "x-ogc-role": "primary-geometry"},
            "title": {"type": "string"},
            "status": {"type": "string", "enum": ["idea", "proposed", "completed"]},
            "cost": {"type": "number", "format": "decimal"},
            "count": {"type": "integer"},
            "schematic": {"type": "boolean"},
            "start": {"type": "string", "format": "date"},
            "end": {"type": "string", "format": "date"},
            "types": {"type": "array", "items": {"type": "string", "enum": ["street", "square"]}},
            "funding": {"type": "array", "items": {"type": "object"}},
            "limit": {"type": "integer"},
        },
    });
    Collection::from_schema(CollectionId::new("actions").unwrap(), schema).unwrap()
}

fn parse_pairs(pairs: &[(&str, &str)]) -> Result<Query> {
    parse_query(pairs.iter().copied(), &collection(), &["f"])
}

#[test]
fn a_full_query_is_parsed() {
    let query = parse_pairs(&[
        ("bbox", "170,-10,-170,10"),
        ("datetime", "2026-01-01/.."),
        ("limit", "7"),
        ("sortby", "-cost, title"),
        ("properties", "title,id,cost"),
        ("status", "idea"),
        ("types", "square"),
        ("schematic", "true"),
        ("crs", CRS84_URI),
    ])
    .unwrap();
    assert_eq!(query.bbox, Some(BoundingBox { west: 170.0, south: -10.0, east: -170.0, north: 10.0 }));
    assert_eq!(query.time, Some(TimeSpan { start_ms: 1_767_225_600_000, end_ms: i64::MAX }));
    assert_eq!(query.limit, 7);
    assert_eq!(query.sort, [SortKey { field: 2, descending: true }, SortKey { field: 0, descending: false }]);
    assert_eq!(query.properties, Some(vec![0, 2]));
    assert_eq!(
        query.equals,
        [(1, FieldValue::text("idea")), (7, FieldValue::text("square")), (4, FieldValue::Bool(true))]
    );
}

#[test]
fn heights_are_read_and_ignored() {
    assert_eq!(
        parse_pairs(&[("bbox", "1,2,-5,3,4,99")]).unwrap().bbox,
        Some(BoundingBox { west: 1.0, south: 2.0, east: 3.0, north: 4.0 })
    );
}

#[test]
fn every_form_of_datetime_is_parsed() {
    let day = 86_400_000;
    for (text, start, end) in [
        ("1970-01-02", day, 2 * day - 1),
        ("1970-01-02T00:00:00Z", day, day),
        ("1970-01-01T01:00:00%2B01:00", 0, 0),
        ("1970-01-02/1970-01-03", day, 3 * day - 1),
        ("../1970-01-01T00:00:05Z", i64::MIN, 5000),
        ("/1970-01-01", i64::MIN, day - 1),
        ("1970-01-02/", day, i64::MAX),
    ] {
        let text = text.replace("%2B", "+");
        assert_eq!(
            parse_pairs(&[("datetime", &text)]).unwrap().time,
            Some(TimeSpan { start_ms: start, end_ms: end }),
            "{text}"
        );
    }
}

#[test]
fn a_limit_over_the_maximum_is_the_maximum() {
    assert_eq!(parse_pairs(&[("limit", "99999999999999999999999")]).unwrap().limit, MAX_LIMIT);
}

#[test]
fn excluded_properties_leave_the_others() {
    assert_eq!(
        parse_pairs(&[("exclude-properties", "title,cost")]).unwrap().properties,
        Some((0..10).filter(|i| ![0, 2].contains(i)).collect())
    );
}

#[test]
fn every_refusal_names_its_parameter_and_a_remedy() {
    for (name, value, hint) in [
        ("bbox", "1,2,3", "four numbers"),
        ("bbox", "a,2,3,4", "'a' is not a number"),
        ("bbox", "1,2,3,NaN", "not a number"),
        ("bbox", "1,5,3,4", "Swap"),
        ("bbox", "1,91,3,92", "Latitudes"),
        ("bbox", "-181,1,3,4", "Longitudes"),
        ("bbox", "", "not a number"),
        ("bbox", "1,2,9,3,4,5", "third number"),
        ("bbox", "1,2,3,4,5,6,7,8", "four numbers"),
        ("crs", "http://www.opengis.net/def/crs/0/unsupported", "not a known"),
        ("bbox-crs", "EPSG:1", "not a known"),
        ("datetime", "yesterday", "not a date"),
        ("datetime", "..", "not a date"),
        ("datetime", "../..", "Omit datetime"),
        ("datetime", "2026-01-02/2026-01-01", "ends before"),
        ("datetime", "2026-01-01/2026-01-02/2026-01-03", "not a date"),
        ("limit", "0", "page size"),
        ("limit", "-1", "page size"),
        ("limit", "ten", "page size"),
        ("sortby", "titel", "Did you mean 'title'?"),
        ("sortby", "types", "not a sortable property"),
        ("sortby", "title,-title", "twice"),
        ("sortby", "", "not a sortable property"),
        ("properties", "titel", "Did you mean 'title'?"),
        ("properties", "title,title", "twice"),
        ("cursor", "what", "Start again"),
        ("status", "idaa", "Did you mean 'idea'?"),
        ("types", "bridge", "street, square"),
        ("schematic", "yes", "true or false"),
        ("count", "1.5", "whole number"),
        ("cost", "inf", "a number"),
        ("start", "2026", "a date such as"),
        ("stauts", "idea", "Did you mean 'status'?"),
        ("bbx", "1,2,3,4", "Did you mean 'bbox'?"),
        ("funding", "x", "queryables"),
    ] {
        let Err(Error::Invalid(e)) = parse_pairs(&[(name, value)]) else { panic!("{name}={value} was accepted") };
        assert_eq!(e.at, name);
        assert!(e.message.contains(hint), "{name}={value}: {}", e.message);
    }
}

#[test]
fn a_parameter_given_twice_is_refused() {
    let Err(Error::Invalid(e)) = parse_pairs(&[("limit", "1"), ("limit", "2")]) else { panic!("was accepted") };
    assert!(e.at == "limit" && e.message.contains("twice"));
}

#[test]
fn a_property_named_like_a_parameter_is_not_queryable() {
    let c = collection();
    assert_eq!(queryables::queryable_type(&c, c.field_index("limit").unwrap()), None);
    assert_eq!(queryables::queryable_type(&c, c.field_index("types").unwrap()), Some(FieldType::Text));
    assert_eq!(queryables::queryable_type(&c, c.field_index("funding").unwrap()), None);
}
