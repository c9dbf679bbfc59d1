//! Values keep their characters from the file to the GeoPackage and back to a file.

use crate::support::importing::{Job, collection_of};
use cityheart::atlas::PlanFile;
use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::export::{ExportFormat, ExportWriter};
use cityheart::feature::{Feature, FieldValue};
use cityheart::import::{ImportOptions, ImportSource, PlanImport, PlanImportRequest, UpdateOptions};
use proptest::prelude::*;
use serde_json::Value as Json;
use std::path::Path;
use std::sync::Arc;

/// Rows of one round; a round is one file. With five columns and two rounds through files, this is well over 10,000
/// values.
const ROWS: usize = 150;
const ROUNDS: u32 = 16;

/// How the values of a column are made.
fn value_of_style(style: usize) -> BoxedStrategy<String> {
    match style {
        0 => "[1-9][0-9]{0,24}".boxed(),
        1 => "-?(0|[1-9][0-9]{0,5})\\.[0-9]{1,4}".boxed(),
        2 => "0[0-9]{1,8}".boxed(),
        3 => "-?[0-9]{1,3}(\\.[0-9]{1,2})?[eE][+-]?[0-9]{1,2}".boxed(),
        4 => "[+-][0-9]{1,4}".boxed(),
        5 => "20[0-9]{2}-0[1-9]-[012][1-8]".boxed(),
        6 => "20[0-9]{2}-0[1-9]-1[0-9]T0[0-9]:30:15Z".boxed(),
        7 => "[0-9]{1,3}(\\.[0-9]{1,3}){1,3}".boxed(),
        8 => "-?[0-9]{1,2}".boxed(),
        9 => "-?[0-9]{1,3}\\.[05]".boxed(),
        10 => "[ ]?[0-9]{1,3}[ ,]?[0-9]{0,3}".boxed(),
        11 => "-?0?\\.[0-9]{1,20}".boxed(),
        12 => "(90071992547409|92233720368547758)[0-9]{2}".boxed(),
        13 => "(-|\\+|-0|0|00|0\\.0|-0\\.0|1\\.0|1|[0-9]\\.|1e3|0x1F|1_000|12h|1,5)".boxed(),
        _ => "[A-Za-z0-9.,;:+-]{1,6}".boxed(),
    }
}

fn column() -> impl Strategy<Value = Vec<String>> {
    (0..15_usize).prop_flat_map(|style| prop::collection::vec(value_of_style(style), ROWS))
}

fn write_table(columns: &[Vec<String>]) -> Vec<u8> {
    let mut table = ::csv::Writer::from_writer(vec![]);
    let heading = std::iter::once("id".to_owned()).chain((0..columns.len()).map(|c| format!("c{c}")));
    table.write_record(heading).unwrap();
    for row in 0..ROWS {
        let cells = columns.iter().map(|column| column[row].as_str());
        table.write_record(std::iter::once(format!("r{row}").as_str()).chain(cells)).unwrap();
    }
    table.into_inner().unwrap()
}

fn import_file(plan: &Path, into: &str, name: &str, bytes: &[u8]) {
    let sources = [ImportSource::from_embedded(name, bytes.to_vec().into()).unwrap()];
    let request = PlanImportRequest {
        plan: plan.to_owned(),
        into: CollectionId::new(into).unwrap(),
        replace: false,
        update: false,
        update_options: UpdateOptions::default(),
        dry_run: false,
        options: ImportOptions::default(),
    };
    let outcome = PlanImport::open(request, &sources).unwrap().run(&sources, Arc::default()).unwrap();
    assert!(outcome.error.is_none(), "{:?}", outcome.report.findings.details);
}

fn export_collection(plan: &Path, id: &str, format: ExportFormat) -> (Collection, String) {
    let plan_file = PlanFile::open_read_only(plan).unwrap();
    let collection = plan_file.collections().unwrap().into_iter().find(|c| c.id.as_str() == id).unwrap();
    let mut writer = ExportWriter::new(vec![], &collection, format).unwrap();
    plan_file.scan_features(&collection.id, &mut |feature: Feature| writer.write_feature(&feature)).unwrap();
    let text = String::from_utf8(writer.finish().unwrap().1).unwrap();
    (collection, text)
}

/// The cells of a table by row, without the id and the empty geometry.
fn read_table(text: &str, columns: usize) -> Vec<Vec<String>> {
    let strip = |cell: &str| cell.strip_prefix('\'').unwrap_or(cell).to_owned();
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().skip(1).take(columns).map(strip).collect()).collect()
}

/// The values of a GeoJSON document by row; numbers as they are written.
fn read_geojson(text: &str) -> Vec<Vec<String>> {
    let json: Json = serde_json::from_str(text).unwrap();
    let shown = |value: &Json| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let features = json["features"].as_array().unwrap();
    features.iter().map(|f| f["properties"].as_object().unwrap().values().map(shown).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(ROUNDS) })]

    #[test]
    fn every_value_of_a_table_comes_back_character_for_character(columns in prop::collection::vec(column(), 5)) {
        let rows: Vec<Vec<String>> = (0..ROWS).map(|row| columns.iter().map(|c| c[row].clone()).collect()).collect();
        let dir = tempfile::tempdir().unwrap();
        let plan = dir.path().join("plan.gpkg");
        import_file(&plan, "first", "first.csv", &write_table(&columns));
        let (_, table) = export_collection(&plan, "first", ExportFormat::Csv);
        prop_assert_eq!(&read_table(&table, 5), &rows);
        let (collection, geojson) = export_collection(&plan, "first", ExportFormat::GeoJson);
        prop_assert_eq!(&read_geojson(&geojson), &rows, "{:?}", collection.fields);

        import_file(&plan, "second", "second.geojson", geojson.as_bytes());
        let (_, again) = export_collection(&plan, "second", ExportFormat::GeoJson);
        prop_assert_eq!(&read_geojson(&again), &rows);
        let (_, table) = export_collection(&plan, "second", ExportFormat::Csv);
        prop_assert_eq!(&read_table(&table, 5), &rows);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 50, ..ProptestConfig::with_cases(10) })]

    #[test]
    fn a_number_of_json_keeps_its_digits_or_is_told(numbers in prop::collection::vec(number_and_neighbour(), 200)) {
        let object = |members: Vec<String>| format!("{{{}}}", members.join(","));
        let first = object(numbers.iter().enumerate().map(|(i, (literal, _))| format!("\"n{i}\":{literal}")).collect());
        let second = object(numbers.iter().enumerate().map(|(i, (_, other))| format!("\"n{i}\":{other}")).collect());
        let read = Job::new(&collection_of(&[&first, &second])).read();
        prop_assert!(read.result.is_ok());
        // Findings beyond the first hundred are only counted.
        let told = read.report.findings.by_kind.get("rounded-number").copied().unwrap_or_default();
        let rounded = numbers.iter().zip(&read.features[0].values).filter(|((literal, _), value)| !is_kept(literal, value));
        prop_assert_eq!(rounded.count() as u64, told);
    }
}

/// The literal of a number, and another value of its field.
fn number_and_neighbour() -> impl Strategy<Value = (String, &'static str)> {
    let literal = "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?([eE][+-]?[0-9]{1,2})?";
    (literal, prop::sample::select(vec!["1", "1.5", "\"text\"", "null"]))
}

/// Whether a value has all digits of a literal. Seventeen digits name one double, of which the shortest spelling may
/// have fewer.
fn is_kept(literal: &str, value: &FieldValue) -> bool {
    match value {
        FieldValue::Text(text) => **text == *literal,
        FieldValue::Int(int) => digits_of(&int.to_string()) == digits_of(literal),
        FieldValue::Real(real) => digits_of(literal).1.len() <= 17 && literal.parse::<f64>() == Ok(*real),
        _ => false,
    }
}

/// Sign, significant digits and power of ten.
fn digits_of(number: &str) -> (bool, String, i64) {
    let (mantissa, power) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) =
        mantissa.trim_start_matches('-').split_once('.').unwrap_or((mantissa.trim_start_matches('-'), ""));
    let all = format!("{whole}{fraction}");
    let kept = all.trim_end_matches('0');
    let power = power.parse::<i64>().unwrap() - fraction.len() as i64 + (all.len() - kept.len()) as i64;
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() { (false, String::new(), 0) } else { (number.starts_with('-'), kept.to_owned(), power) }
}

#[test]
fn codes_of_a_table_are_text_and_say_so() {
    let text = "id,big,section,code,plus,grouped,count,wide,measure,float\n\
        a,9824657365274853001,1.1,12E3,+5,\"1,000\",1,9007199254740993,3,3.0\n\
        b,9824657365274853002,1.10,7,5,2,-2,9223372036854775807,1.5,1.5\n\
        c,9824657365274853003,2,007,6,3,0,5,-0.25,2.0\n";
    let mut job = Job::csv(text);
    let question = job.read().report.findings.first_error().unwrap().to_string();
    assert!(question.starts_with("Is the comma or the point the decimal sign, as in '1,000'"), "{question}");
    job.options.answers.decimal = Some(cityheart::import::TableAnswers::parse_decimal("comma").unwrap());
    let read = job.read();
    let kinds: Vec<_> = read.collection.fields.iter().map(|f| f.kind).collect();
    use FieldType::{Integer, Real, Text};
    assert_eq!(kinds, [Text, Text, Text, Text, Text, Integer, Integer, Real, Real]);
    let first: Vec<_> = read.features.iter().map(|f| f.values[0].clone()).collect();
    assert_eq!(first, ["9824657365274853001", "9824657365274853002", "9824657365274853003"].map(FieldValue::text));
    assert_eq!(read.features[1].values[6], FieldValue::Int(i64::MAX));
    let lines = read.report.lines().join("\n");
    let told =
        "The property 'section' is stored as text, as a number would not keep the form of its values, such as 1.10.";
    assert!(lines.contains(told), "{lines}");
    assert!(lines.contains("'grouped' has values of several kinds"), "{lines}");
    let json = read.report.to_json();
    assert_eq!(json["kept_as_text"], serde_json::json!(["grouped", "big", "section", "code", "plus"]));
    assert!(read.collection.fields[7].bare_whole && !read.collection.fields[8].bare_whole);
}

#[test]
fn ids_keep_their_characters() {
    let ids = |name: &str, text: &str, id: Option<&str>| {
        let mut job = Job::from_bytes(name, text.as_bytes());
        job.options.id = id.map(str::to_owned);
        let read = job.read();
        assert_eq!(read.report.findings.errors, 0, "{:?}", read.report.findings);
        read.features.iter().map(|f| f.id.to_string()).collect::<Vec<_>>()
    };
    let written = ["12345678901234567890123", "12345678901234567890124", "1.1", "1.10", "12E3", "7.0", "-0", "7"];
    let rows = written.map(|id| format!("{id},x\n")).concat();
    assert_eq!(ids("x.csv", &format!("id,a\n{rows}"), None), written);
    assert_eq!(ids("x.csv", &format!("code,a\n{rows}"), Some("code")), written);
    let member = |id: &str| format!(r#"{{"type":"Feature","id":{id},"geometry":null,"properties":{{}}}}"#);
    assert_eq!(ids("x.geojsonl", &written.map(member).join("\n"), None), written);
    for (name, option) in [("id", None), ("code", Some("code"))] {
        let property = |id: &str| format!("{{\"{name}\":{id}}}");
        let properties = written.map(property);
        let text = collection_of(&properties.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ids("x.geojson", &text, option), written, "{name}");
    }
}

#[test]
fn numbers_of_json_that_no_field_keeps_are_text() {
    let text = collection_of(&[
        r#"{"a":12345678901234567890123,"b":18446744073709551615,"c":9007199254740993,"d":1.10,"e":[98765432109876543210]}"#,
        r#"{"a":1.10,"b":1,"c":0.5,"d":2,"e":[1]}"#,
    ]);
    let read = Job::new(&text).read();
    let text = |value: &str| FieldValue::text(value);
    assert_eq!(
        read.features[0].values[..3],
        [text("12345678901234567890123"), text("18446744073709551615"), text("9007199254740993")]
    );
    assert_eq!(read.features[1].values[..3], [text("1.10"), text("1"), text("0.5")], "numbers keep their spelling");
    assert_eq!(read.features[0].values[3], FieldValue::Real(1.1));
    assert_eq!(read.features[0].values[4].to_json(), serde_json::json!(["98765432109876543210"]));
}

#[test]
fn integers_may_be_written_as_12_0_or_1e3_where_the_schema_asks_for_one() {
    let area = |population: &str| {
        format!(
            r#"{{"type":"Feature","id":"celje-a","geometry":{{"type":"Polygon","coordinates":[[[15,46],[15.1,46],[15,46.1],[15,46]]]}},
            "properties":{{"name":"A","city":"celje","kind":"historic_core","valid_from":"2024-01-01","population":{population}}}}}"#
        )
    };
    for (written, population) in [("12.0", 12), ("1e3", 1000), ("-0", 0), ("120E-1", 12), ("99999999.0", 99_999_999)] {
        let (feature, row) = (area(written), format!("id,population\na,{written}\n"));
        let mut job = Job::new(&feature);
        job.into = "areas";
        let read = job.read();
        let at = read.collection.field_index("population").unwrap();
        let value = read.features.first().map(|f| f.values[at].clone());
        assert_eq!(value, Some(FieldValue::Int(population)), "{written}: {:?}", read.report.findings.details);

        let mut job = Job::csv(&row);
        job.present = Some(Job::csv("id,population\na,5\n").read().collection);
        assert_eq!(job.read().features[0].values, [FieldValue::Int(population)], "{written} in a table");
    }
    for (cell, sentence) in [
        ("007", "As a number it would lose its zeros."),
        ("12345678901234567890123", "It has more digits than this field keeps."),
        ("12.5", "Expected a whole number"),
        ("1,000", "Is the comma or the point the decimal sign, as in '1,000'"),
        ("1,5", "Expected a whole number"),
    ] {
        let mut job = Job::csv(&format!("id,n\na,\"{cell}\"\n"));
        job.present = Some(Job::csv("id,n\na,5\n").read().collection);
        let message = job.read().report.findings.first_error().unwrap().message.clone();
        assert!(message.contains(sentence), "{cell}: {message}");
    }
}

#[test]
fn fractions_with_too_many_digits_are_told_and_keep_their_row() {
    let read = Job::new(&collection_of(&[r#"{"r":0.333333333333333333333}"#, r#"{"r":1.5}"#])).read();
    assert_eq!(read.features.len(), 2);
    let finding = &read.report.findings.details.iter().find(|f| f.kind.name() == "rounded-number").unwrap();
    assert!(finding.warning);
    assert_eq!(finding.place.pointer, "/properties/r");
    assert_eq!(
        finding.message,
        "0.333333333333333333333 has more digits than a number keeps. It is stored as 0.3333333333333333."
    );
}
