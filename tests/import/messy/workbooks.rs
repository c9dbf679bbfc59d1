//! Workbooks with what only workbooks have: sheets, merged cells, formulas, serial dates, hidden rows; XLSX and ODS.

use super::{MessyFile, fill_sheet, xlsx};
use crate::support::importing::Job;
use cityheart::import::ImportSource;
use rust_xlsxwriter::Workbook;
use std::io::Write;

fn several_sheets() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Navodila").unwrap().write_string(0, 0, "Izpolnite list Drevesa.").unwrap();
    let trees = book.add_worksheet();
    trees.set_name("Drevesa").unwrap();
    fill_sheet(trees, "id|vrsta|višina\na|lipa|#12.5\nb|hrast|#20", &[]);
    let codes = book.add_worksheet();
    codes.set_name("Šifrant").unwrap();
    fill_sheet(codes, "koda|pomen\nx|lipa\ny|hrast", &[]);
    book.save_to_buffer().unwrap()
}

fn hidden() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    fill_sheet(sheet, "id|ime|datum\na|Trg|@2026-03-01\nb|Park|@2026-12-31\nc|Most|@2027-01-01", &[]);
    sheet.set_row_hidden(2).unwrap();
    sheet.set_column_hidden(1).unwrap();
    let old = book.add_worksheet();
    old.set_name("staro").unwrap();
    fill_sheet(old, "id|ime\nz|z\ny|y", &[]);
    old.set_hidden(true);
    book.save_to_buffer().unwrap()
}

/// An ODS of one sheet; the cells are XML.
pub fn ods(rows: &str) -> Vec<u8> {
    ods_of(&format!("<table:table table:name=\"List1\">{rows}</table:table>"))
}

fn ods_of(tables: &str) -> Vec<u8> {
    let names = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"";
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content {names}><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    );
    zip_of(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content.as_bytes())])
}

pub fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for (name, bytes) in parts {
        let stored = zip::write::SimpleFileOptions::default().compression_method(if *name == "mimetype" {
            zip::CompressionMethod::Stored
        } else {
            zip::CompressionMethod::Deflated
        });
        zip.start_file(*name, stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn cell(text: &str) -> String {
    format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
}

fn number(value: &str) -> String {
    format!(
        "<table:table-cell office:value-type=\"float\" office:value=\"{value}\"><text:p>x</text:p></table:table-cell>"
    )
}

fn ods_trees() -> Vec<u8> {
    let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
    let day = "<table:table-cell office:value-type=\"date\" office:date-value=\"2026-03-01\"><text:p>1. 3.</text:p></table:table-cell>";
    let note = "<table:table-cell office:value-type=\"string\"><office:annotation><text:p>skrito</text:p></office:annotation><text:p>Trg<text:s/>&amp; park</text:p><text:p>dve</text:p></table:table-cell>";
    let blank = "<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
    let heading = row(&["id", "ime", "n", "dan"].map(cell));
    let first = row(&[cell("a"), note.into(), number("1.25"), day.into()]);
    let second = format!(
        "<table:table-row table:visibility=\"collapse\">{}{}{}</table:table-row>",
        cell("b"),
        cell("Most"),
        number("7")
    );
    ods(&format!("{heading}{first}{second}{blank}"))
}

pub fn files() -> Vec<MessyFile> {
    let things =
        |name, bytes, answers, asked, expected| MessyFile { name, bytes, into: "things", answers, asked, expected };
    vec![
        things(
            "several.xlsx",
            several_sheets(),
            &["--sheet", "Drevesa"],
            &["sheet"],
            "id|vrsta|višina\na|lipa|12.5\nb|hrast|20",
        ),
        things(
            "hidden.xlsx",
            hidden(),
            &[],
            &[],
            "id|ime|datum\na|Trg|2026-03-01\nb|Park|2026-12-31\nc|Most|2027-01-01",
        ),
        things(
            "trees.ods",
            ods_trees(),
            &[],
            &[],
            "id|ime|n|dan\na|Trg & park\ndve|1.25|2026-03-01\nb|Most|7|".replace("\ndve", " dve").leak(),
        ),
        things(
            "merged rows.xlsx",
            xlsx("id|četrt|n\na|Center|#1\nb||#2\nc|Hudinja|#3", &[(1, 1, 2, 1)]),
            &[],
            &[],
            "id|četrt|n\na|Center|1\nb|Center|2\nc|Hudinja|3",
        ),
        things(
            "sections.xlsx",
            xlsx("id|ime|n|m\nPromet|||\na|Trg|#1|#2\nZelenje|||\nb|Park|#3|#4", &[(1, 0, 1, 3), (3, 0, 3, 3)]),
            &[],
            &[],
            "id|ime|n|m\na|Trg|1|2\nb|Park|3|4",
        ),
        things(
            "text numbers.xlsx",
            xlsx("id|n|koda\na|1.234,5|1.1\nb|#7.25|1.10\nc|2.000|#2", &[]),
            &[],
            &[],
            "id|n|koda\na|1234.5|1.1\nb|7.25|1.10\nc|2000|2",
        ),
    ]
}

#[test]
fn what_a_workbook_hides_or_has_beside_is_told() {
    let told = |name: &str, bytes: &[u8]| Job::from_bytes(name, bytes).read().report.lines().join("\n");
    let lines = told("hidden.xlsx", &hidden());
    for words in
        ["1 row of the sheet is hidden", "Hidden columns were read, too: B.", "Other sheets were not read: staro."]
    {
        assert!(lines.contains(words), "{words}: {lines}");
    }
    assert!(told("trees.ods", &ods_trees()).contains("1 row of the sheet is hidden"));
}

#[test]
fn bad_workbooks_are_refused_with_a_sentence() {
    let refusal = |name: &str, bytes: Vec<u8>| {
        let model = cityheart::plan::PlanModel::load().unwrap();
        let source = ImportSource::from_embedded(name, bytes.into()).unwrap();
        let target = cityheart::import::ImportTarget {
            model: &model,
            id: cityheart::collection::CollectionId::new("things").unwrap(),
            existing: None,
            ids: cityheart::import::IdRegistry::default(),
            cities: cityheart::intake::CityLocations::default(),
            names: std::sync::Arc::default(),
        };
        let options = cityheart::import::ImportOptions::default();
        let prepared = cityheart::import::ImportJob::prepare(
            std::slice::from_ref(&source),
            target,
            &options,
            std::sync::Arc::default(),
        );
        prepared.map(|_| ()).unwrap_err().to_string()
    };
    let content = |cells: &str| {
        format!(
            "<table:table-row>{}{}</table:table-row><table:table-row>{cells}</table:table-row><table:table-row>{cells}</table:table-row>",
            cell("a"),
            cell("b")
        )
    };
    let wide = format!(
        "<table:table-cell office:value-type=\"float\" office:value=\"1\" table:number-columns-repeated=\"16384\"/>{}",
        cell("x")
    );
    let tall =
        format!("<table:table-row table:number-rows-repeated=\"1000000\">{}{}</table:table-row>", cell("a"), cell("b"))
            .repeat(2);
    let cfb = |text: &str| {
        let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        bytes
    };
    let manifest: &[u8] = b"<manifest:manifest><manifest:encryption-data/></manifest:manifest>";
    for (name, bytes, words) in [
        ("wide.ods", ods(&content(&wide)), "beyond its first 2,000 columns"),
        ("tall.ods", ods(&tall), "ten times the memory"),
        ("encrypted.xlsx", cfb("EncryptedPackage"), "is encrypted"),
        ("broken.xls", cfb("something"), "is damaged"),
        (
            "encrypted.ods",
            zip_of(&[
                ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
                ("META-INF/manifest.xml", manifest),
            ]),
            "is encrypted",
        ),
        ("empty.xlsx", xlsx("", &[]), "No sheet of the workbook has a table"),
        ("cut.xlsx", xlsx("a|b\n#1|#2", &[])[..900].to_vec(), "is damaged"),
        ("not.xlsx", zip_of(&[("xl/workbook.xml", b"<workbook>")]), "is damaged"),
        (
            "bomb.ods",
            zip_of(&[
                ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
                ("content.xml", &vec![b' '; 600 << 20]),
            ]),
            "unpacks to more than 512 MB",
        ),
    ] {
        let sentence = refusal(name, bytes);
        assert!(sentence.contains(words) && sentence.starts_with(name), "{name}: {sentence}");
    }
}
