//! Tables as officers send them, in several languages: every cell is read right, asked or told, and none silently
//! wrong.

mod new_collections;
mod officers_tables;
mod workbooks;

use crate::support::importing::{Job, Read};
use cityheart::import::TableAnswers;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use serde_json::Value as Json;

/// One messy file, the answers that it needs, and what it holds.
pub struct MessyFile {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub into: &'static str,
    /// Flags, at most three questions' worth.
    pub answers: &'static [&'static str],
    /// The questions that are open without the answers.
    pub asked: &'static [&'static str],
    /// The first line has names of fields, each other one the values of a feature, between bars. `~` is a row that is
    /// refused.
    pub expected: &'static str,
}

/// What the messy tests count.
#[derive(Debug, Default)]
pub struct CellCount {
    pub right: usize,
    pub told: usize,
    pub wrong: Vec<String>,
}

/// A job with the answers of the command line.
pub fn job_of(file: &MessyFile, answers: &[&str]) -> Job {
    let mut job = Job::from_bytes(file.name, &file.bytes);
    job.into = file.into;
    job.options.lenient = false;
    let mut words = answers.iter();
    let mut own = TableAnswers::default();
    while let Some(flag) = words.next() {
        if *flag == "--lenient" {
            job.options.lenient = true;
            continue;
        }
        let value = words.next().expect("a flag has a value");
        match *flag {
            "--sheet" => own.sheet = Some((*value).into()),
            "--header-rows" => own.header_rows = Some(TableAnswers::parse_header_rows(value).unwrap()),
            "--encoding" => own.encoding = Some((*value).into()),
            "--decimal" => own.decimal = Some(TableAnswers::parse_decimal(value).unwrap()),
            "--day-order" => own.day_order = Some(TableAnswers::parse_day_order(value).unwrap()),
            "--language" => own.language = Some(TableAnswers::parse_language(value).unwrap()),
            "--map" => own.map.push(TableAnswers::split_pair("--map", value).unwrap()),
            "--set" => own.set.push(TableAnswers::split_pair("--set", value).unwrap()),
            "--crs" => own.crs = Some((*value).into()),
            "--id" => job.options.id = Some((*value).into()),
            other => panic!("{other}"),
        }
    }
    let crs = own.crs.clone().filter(|crs| crs != "none");
    job.options.crs = cityheart::import::parse_crs(crs.as_deref()).unwrap();
    job.options.answers = own;
    job
}

/// Reads a file, and holds every cell against what is expected.
pub fn check(file: &MessyFile, count: &mut CellCount) {
    if !file.asked.is_empty() {
        let read = job_of(file, &[]).read();
        let asked: Vec<&str> = read.report.tables.iter().flat_map(|t| t.questions.iter().map(|q| q.id)).collect();
        if asked != file.asked {
            count.wrong.push(format!("{}: asked {asked:?}: {:#?}", file.name, read.report.lines()));
        }
        assert!(read.result.is_err() && read.features.is_empty(), "{}", file.name);
    }
    let mut job = job_of(file, file.answers);
    job.options.lenient |= file.expected.contains("\n~");
    let read = job.read();
    if read.result.is_err() {
        count.wrong.push(format!("{} is refused: {:#?}", file.name, read.report.lines()));
        return;
    }
    let mut lines = file.expected.trim().lines().map(str::trim);
    let fields: Vec<&str> = lines.next().unwrap().split('|').collect();
    let rows: Vec<&str> = lines.filter(|line| *line != "~").collect();
    let refused = file.expected.lines().filter(|line| line.trim() == "~").count();
    count.told += refused * fields.len();
    if read.features.len() != rows.len() {
        count.wrong.push(format!("{} has {} features: {:#?}", file.name, read.features.len(), read.report.lines()));
        return;
    }
    for (at, row) in rows.iter().enumerate() {
        let values: Vec<&str> = row.split('|').collect();
        assert_eq!(values.len(), fields.len(), "{}: {row}", file.name);
        for (field, expected) in fields.iter().zip(values) {
            let found = value_of(&read, at, field);
            if found == expected {
                count.right += 1;
            } else {
                count.wrong.push(format!("{}, row {at}, {field}: '{found}', not '{expected}'", file.name));
            }
        }
    }
}

/// A value as text: lists with semicolons, places with five decimals.
pub fn value_of(read: &Read, row: usize, field: &str) -> String {
    let feature = &read.features[row];
    match field {
        "id" => feature.id.to_string(),
        // A break of a line is a blank here.
        "place" => match &feature.geometry {
            Some(cityheart::feature::Geometry::Point(p)) => format!("{:.4} {:.4}", p.x(), p.y()),
            Some(other) => format!("{other:?}").split('(').next().unwrap_or_default().to_owned(),
            None => String::new(),
        },
        _ => match read.collection.field_index(field).map(|at| feature.values[at].to_json()) {
            None => format!("no field {field}"),
            Some(Json::Null) => String::new(),
            Some(Json::String(text)) => text.replace('\n', " "),
            Some(Json::Array(list)) => {
                list.iter().map(|v| v.as_str().unwrap_or_default()).collect::<Vec<_>>().join(";")
            }
            Some(Json::Number(n)) if n.as_f64().is_some_and(|f| f.fract() == 0.0) && n.is_f64() => {
                n.to_string().trim_end_matches(".0").to_owned()
            }
            Some(other) => other.to_string(),
        },
    }
}

/// A workbook with one sheet.
pub fn xlsx(lines: &str, merges: &[(u32, u16, u32, u16)]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Akcije").unwrap();
    fill_sheet(sheet, lines, merges);
    book.save_to_buffer().unwrap()
}

/// Writes cells between bars: `#5` is a number, `@2026-03-01` a date, `=1+2:3` a formula with its value.
pub fn fill_sheet(sheet: &mut Worksheet, lines: &str, merges: &[(u32, u16, u32, u16)]) {
    let day = Format::new().set_num_format("d. m. yyyy");
    for (row, line) in lines.trim_matches('\n').lines().enumerate() {
        for (column, cell) in line.trim_start().split('|').enumerate() {
            let (row, column) = (u32::try_from(row).unwrap(), u16::try_from(column).unwrap());
            if let Some(number) = cell.strip_prefix('#').and_then(|n| n.parse::<f64>().ok()) {
                sheet.write_number(row, column, number).unwrap();
            } else if let Some(date) = cell.strip_prefix('@') {
                let date = ExcelDateTime::parse_from_str(date).unwrap();
                sheet.write_datetime_with_format(row, column, &date, &day).unwrap();
            } else if let Some((formula, value)) = cell.strip_prefix('=').and_then(|f| f.rsplit_once(':')) {
                sheet.write_formula(row, column, rust_xlsxwriter::Formula::new(formula).set_result(value)).unwrap();
            } else if !cell.is_empty() {
                sheet.write_string(row, column, cell.replace("\\n", "\n")).unwrap();
            }
        }
    }
    for (top, left, bottom, right) in merges {
        let text = lines
            .trim_matches('\n')
            .lines()
            .nth(*top as usize)
            .unwrap()
            .trim_start()
            .split('|')
            .nth(usize::from(*left))
            .unwrap();
        sheet.merge_range(*top, *left, *bottom, *right, text, &Format::new()).unwrap();
    }
}

/// A table of text in an encoding.
pub fn encoded(text: &str, encoding: &'static encoding_rs::Encoding) -> Vec<u8> {
    encoding.encode(text).0.into_owned()
}

#[test]
fn thirty_messy_tables_are_read_right_or_told() {
    let files: Vec<MessyFile> =
        officers_tables::files().into_iter().chain(new_collections::files()).chain(workbooks::files()).collect();
    assert!(files.len() >= 30, "{}", files.len());
    let mut count = CellCount::default();
    files.iter().for_each(|file| check(file, &mut count));
    let all = count.right + count.told + count.wrong.len();
    assert_eq!(count.wrong, Vec::<String>::new(), "of {all} cells");
    assert!(count.right * 100 >= all * 95, "{} of {all}", count.right);
}
