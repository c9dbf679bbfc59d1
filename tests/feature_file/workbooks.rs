//! The workbook that a person works in: its sheets, what is hidden, its lists, notes and formats.

use super::samples::{bytes, feature};
use crate::support::python;
use cityheart::collection::{Collection, CollectionId};
use cityheart::crs::Crs;
use cityheart::encoding::OutputSchema;
use cityheart::feature::{Feature, FieldValue};
use cityheart::feature_file::{FileFormat, FileLayer, FileOptions, FileWriter, WORKBOOK_LANGUAGES};
use cityheart::plan::PlanModel;
use geo_types::{LineString, Point};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

const READ: &str = r"
import json, sys, datetime
import openpyxl
book = openpyxl.load_workbook(json.load(sys.stdin))
def plain(value):
    return value.isoformat() if isinstance(value, (datetime.date, datetime.datetime)) else value
answer = {}
for sheet in book:
    lists = {str(rule.sqref).split(':')[0].rstrip('0123456789'): rule.formula1 for rule in sheet.data_validations.dataValidation}
    answer[sheet.title] = {
        'state': sheet.sheet_state, 'freeze': sheet.freeze_panes, 'filter': sheet.auto_filter.ref, 'lists': lists,
        'hidden_rows': [n for n, row in sheet.row_dimensions.items() if row.hidden],
        'hidden_columns': sorted(n for n, column in sheet.column_dimensions.items() if column.hidden for n in [column.min]),
        'rows': [[plain(cell.value) for cell in row] for row in sheet.iter_rows(max_row=40)],
        'formats': [[cell.number_format for cell in row] for row in sheet.iter_rows(min_row=3, max_row=3)],
        'notes': {cell.column_letter: cell.comment.text for cell in sheet[2] if cell.comment},
    }
print(json.dumps(answer))
";

fn model_collection(model: &PlanModel, id: &str) -> Arc<Collection> {
    Arc::new(model.collection(&CollectionId::new(id).unwrap()).unwrap().clone())
}

fn row(collection: &Collection, id: &str, values: &Json, point: Option<(f64, f64)>) -> Feature {
    let values = collection.read_values(values.as_object().unwrap_or(&Map::new())).unwrap();
    feature(id, point.map(|(x, y)| Point::new(x, y).into()), values)
}

/// The workbook with interventions and cities in a language.
fn workbook(format: FileFormat, language: &str) -> Vec<u8> {
    let model = PlanModel::load().unwrap();
    let (actions, cities) = (model_collection(&model, "interventions"), model_collection(&model, "cities"));
    let layer = |collection: &Arc<Collection>, revision| FileLayer {
        output: OutputSchema::new(collection.clone(), None, Crs::CRS84),
        revision,
    };
    let layers = vec![layer(&actions, 812), layer(&cities, 3)];
    let options = FileOptions { model: &model, language, plan: "celje.gpkg" };
    let mut writer = FileWriter::create(format, layers, &options).unwrap();
    let values = json!({"code": "1.10", "title": "Prenova trga", "language": "sl", "city": "celje", "status": "in_progress",
        "types": ["greening", "public_realm"], "cost": 1_250_000.5, "start": "2026-03-01", "outside_centre": false,
        "risks": [{"text": "a"}], "updated": "2026-03-01T08:30:00Z"});
    let mut action = row(&actions, "celje-square", &values, None);
    action.geometry = Some(LineString::from(vec![(15.26, 46.23), (15.27, 46.24)]).into());
    writer.write_feature(&action).unwrap();
    writer.write_feature(&row(&actions, "celje-park", &json!({"title": "Park"}), None)).unwrap();
    assert!(writer.next_layer().unwrap().is_some());
    writer.write_feature(&row(&cities, "celje", &json!({"name": "Celje"}), Some((15.2677, 46.2309)))).unwrap();
    assert!(writer.next_layer().unwrap().is_none());
    bytes(&writer.finish().unwrap())
}

fn read(book: &[u8], ending: &str) -> Json {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("a.{ending}"));
    std::fs::write(&path, book).unwrap();
    serde_json::from_str(&python::run(READ, &json!(path).to_string())).unwrap()
}

/// The cells of a row by the names in the hidden row.
fn cells(sheet: &Json, row: usize) -> Map<String, Json> {
    let names = sheet["rows"][0].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned());
    names.zip(sheet["rows"][row].as_array().unwrap().clone()).collect()
}

#[test]
fn a_workbook_has_headings_lists_and_values_in_the_readers_language() {
    let book = read(&workbook(FileFormat::Xlsx, "sl"), "xlsx");
    let names: Vec<&String> = book.as_object().unwrap().keys().collect();
    assert_eq!(names, ["Ukrepi", "Mesta", "lists", "cityheart"]);
    let sheet = &book["Ukrepi"];
    let letters = |at: usize| openpyxl_letter(at);
    assert_eq!(
        (&sheet["state"], &sheet["freeze"], &sheet["hidden_rows"]),
        (&json!("visible"), &json!("A3"), &json!([1]))
    );
    let all = cells(sheet, 0);
    assert_eq!(sheet["filter"], format!("A2:{}4", letters(all.len() - 1)));
    let (headings, first) = (cells(sheet, 1), cells(sheet, 2));
    assert_eq!(headings["code"], "Šifra");
    assert_eq!(headings["status"], "Stanje");
    for (name, value) in [
        ("_id", json!("celje-square")),
        ("_revision", json!(812)),
        ("code", json!("1.10")),
        ("status", json!("V izvajanju")),
        ("cost", json!(1_250_000.5)),
        ("start", json!("2026-03-01T00:00:00")),
        ("updated", json!("2026-03-01T08:30:00")),
        ("outside_centre", json!(false)),
        ("risks", json!(r#"[{"text":"a"}]"#)),
        ("geometry", json!("LINESTRING (15.26 46.23, 15.27 46.24)")),
    ] {
        assert_eq!(first[name], value, "{name}");
    }
    let labels = first["types"].as_str().unwrap();
    assert!(labels.contains("; ") && !labels.contains("greening"), "{labels}");
    let at = |name: &str| all.keys().position(|key| key == name).unwrap();
    // `_id`, `_revision` and the well-known text.
    assert_eq!(sheet["hidden_columns"], json!([1, 2, at("geometry") + 1]));
    let format = |name: &str| sheet["formats"][0][at(name)].clone();
    assert_eq!((format("code"), format("cost")), (json!("@"), json!("#,##0.00\\ \"€\"")));
    assert_eq!(format("start"), "mm-dd-yy", "the format of days that Excel shows as the reader's system does");
    let note = sheet["notes"][letters(at("code"))].as_str().unwrap();
    assert_eq!(note, "Šifra ukrepa v načrtu mesta.");
    let note = sheet["notes"][letters(at("types"))].as_str().unwrap();
    assert!(note.contains("Več besed se loči s podpičji"), "{note}");
    assert_list_of(
        &book,
        sheet["lists"][letters(at("status"))].as_str().unwrap(),
        "status",
        "V izvajanju",
        "in_progress",
    );
    assert_eq!((&book["lists"]["state"], &book["cityheart"]["state"]), (&json!("hidden"), &json!("hidden")));
    let city = cells(&book["Mesta"], 2);
    assert_eq!((&city["lon"], &city["lat"], &city["_revision"]), (&json!(15.2677), &json!(46.2309), &json!(3)));
}

/// `A` for 0.
fn openpyxl_letter(at: usize) -> String {
    let letter = |n: usize| char::from(b'A' + n as u8);
    if at < 26 { letter(at).to_string() } else { format!("{}{}", letter(at / 26 - 1), letter(at % 26)) }
}

/// A drop-down list points at the labels of a vocabulary, which have their ids beside them.
fn assert_list_of(book: &Json, formula: &str, name: &str, label: &str, id: &str) {
    let rows = book["lists"]["rows"].as_array().unwrap();
    let heads: Vec<&str> = rows[0].as_array().unwrap().iter().map(|h| h.as_str().unwrap_or_default()).collect();
    let at = heads.iter().position(|head| *head == name).unwrap();
    assert_eq!(heads[at + 1], format!("{name}:id"));
    assert!(rows.iter().any(|row| row[at] == label && row[at + 1] == id), "{label} {id}");
    let words = rows.iter().skip(1).filter(|row| !row[at].is_null()).count();
    let letter = openpyxl_letter(at);
    assert_eq!(formula, format!("lists!${letter}$2:${letter}${}", words + 1));
}

#[test]
fn the_hidden_sheet_says_what_the_workbook_is() {
    let book = read(&workbook(FileFormat::Xlsx, "el"), "xlsx");
    let rows = book["cityheart"]["rows"].as_array().unwrap();
    let of = |kind: &str| rows.iter().filter(|row| row[0] == kind).collect::<Vec<_>>();
    assert_eq!(rows[0][1], 1, "the version of the layout");
    assert_eq!((&of("plan")[0][1], &of("language")[0][1]), (&json!("celje.gpkg"), &json!("el")));
    assert!(of("program")[0][1].as_str().unwrap().starts_with("cityheart "));
    assert_eq!(of("sheet")[0].as_array().unwrap()[2..6], [json!("interventions"), json!(812), json!(3), json!(2)]);
    assert_eq!(of("sheet")[1].as_array().unwrap()[2..6], [json!("cities"), json!(3), json!(3), json!(1)]);
    let status = of("column").into_iter().find(|row| row[3] == "status").unwrap();
    assert_eq!((&status[4], &status[5]), (&json!("text"), &json!("status")));
    assert_eq!(of("column")[0].as_array().unwrap()[2..5], [json!(1), json!("_id"), json!("text")]);
}

#[test]
fn every_language_has_a_workbook_with_sheets_that_excel_takes() {
    for language in WORKBOOK_LANGUAGES {
        for format in [FileFormat::Xlsx, FileFormat::Ods] {
            assert!(workbook(format, language).starts_with(b"PK"), "{language} {format:?}");
        }
    }
}

#[test]
fn an_opendocument_workbook_has_the_same_sheets_hidden_rows_and_lists() {
    const CONTENT: &str = r"
import json, sys, zipfile
import xml.etree.ElementTree as tree
book = zipfile.ZipFile(json.load(sys.stdin))
T, O, X = '{urn:oasis:names:tc:opendocument:xmlns:table:1.0}', '{urn:oasis:names:tc:opendocument:xmlns:office:1.0}', '{urn:oasis:names:tc:opendocument:xmlns:text:1.0}'
root = tree.fromstring(book.read('content.xml'))
tree.fromstring(book.read('settings.xml')); tree.fromstring(book.read('META-INF/manifest.xml'))
sheets = []
for table in root.iter(T + 'table'):
    rows = list(table.iter(T + 'table-row'))
    cells = lambda row: [''.join(p.itertext()) if (p := cell.find(X + 'p')) is not None else cell.get(O + 'value') or cell.get(O + 'date-value') or cell.get(O + 'boolean-value') for cell in row]
    sheets.append({'name': table.get(T + 'name'), 'style': table.get(T + 'style-name'), 'first': rows[0].get(T + 'visibility'),
        'hidden': [i for i, c in enumerate(table.iter(T + 'table-column')) if c.get(T + 'visibility') == 'collapse'], 'rows': [cells(row) for row in rows[:4]],
        'validations': sum(cell.get(T + 'content-validation-name') is not None for cell in rows[-1])})
first = book.infolist()[0]
print(json.dumps({'mime': [first.filename, first.compress_type, book.read('mimetype').decode()], 'sheets': sheets, 'filters': [r.get(T + 'target-range-address') for r in root.iter(T + 'database-range')]}))
";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ods");
    std::fs::write(&path, workbook(FileFormat::Ods, "fr")).unwrap();
    let book: Json = serde_json::from_str(&python::run(CONTENT, &json!(path).to_string())).unwrap();
    assert_eq!(book["mime"], json!(["mimetype", 0, "application/vnd.oasis.opendocument.spreadsheet"]));
    let sheets = book["sheets"].as_array().unwrap();
    let names: Vec<&Json> = sheets.iter().map(|s| &s["name"]).collect();
    assert_eq!(names, ["Interventions", "Villes", "lists", "cityheart"]);
    let first = &sheets[0];
    assert_eq!(
        (&first["first"], &first["style"], &sheets[2]["style"]),
        (&json!("collapse"), &json!("shown"), &json!("hidden"))
    );
    assert_eq!(first["rows"][0][0], "_id");
    let at = first["rows"][0].as_array().unwrap().iter().position(|n| n == "start").unwrap();
    assert_eq!((&first["rows"][1][at], &first["rows"][2][at]), (&json!("Début"), &json!("2026-03-01")));
    assert_eq!(first["hidden"][0], 0);
    assert!(first["validations"].as_u64().unwrap() > 3, "empty rows have lists, too");
    assert!(book["filters"][0].as_str().unwrap().starts_with("'Interventions'.A2:"), "{}", book["filters"]);
}

#[test]
fn a_value_that_a_cell_cannot_hold_is_named_in_the_hidden_sheet() {
    let model = PlanModel::load().unwrap();
    let collection = super::samples::collection("geometry-point");
    let layer = FileLayer { output: OutputSchema::new(collection.clone(), None, Crs::CRS84), revision: 1 };
    let options = FileOptions { model: &model, language: "en", plan: "p" };
    let mut writer = FileWriter::create(FileFormat::Xlsx, vec![layer], &options).unwrap();
    let mut values = vec![FieldValue::Null; collection.fields.len()];
    values[0] = FieldValue::text("x".repeat(40_000));
    writer.write_feature(&feature("long", None, values)).unwrap();
    let written = writer.finish().unwrap();
    let rows = read(&bytes(&written), "xlsx")["cityheart"]["rows"].as_array().unwrap().clone();
    let short = rows.iter().find(|row| row[0] == "not_held").unwrap();
    assert_eq!(short.as_array().unwrap()[1..4], [json!("Things & more"), json!("long"), json!("label")]);
    let told = rows.iter().find(|row| row[0] == "told").unwrap();
    assert_eq!(told[1], written.losses[0].as_str());
}
