//! Whether a text is a table that needs no understanding: UTF-8, one row of headings in its first line, cells that are
//! read as they are. Such a text is read in one pass, however long it is.

use super::cell::{TableCell, TableRow};
use super::column_evidence::ColumnEvidence;
use super::coordinate_text::normalise_coordinate;
use super::field_names::FieldNames;
use super::heading::find_heading;
use super::named_places::PLACE_FIELD;
use super::number_style::DecimalSign;
use super::row_filter::RowFilter;
use super::text_table::{TextForm, TextRows};
use super::understand::TableTarget;
use super::vocabulary_words::VocabularyWords;
use crate::collection::{Collection, FieldType};
use crate::import::csv::detect_delimiter;
use crate::import::csv_columns::is_place_name;
use crate::import::text_encoding::TextEncoding;
use serde_json::Value as Json;
use std::io::Cursor;

/// How many rows are looked at.
pub const PLAIN_ROWS: usize = 1000;

/// Judges the first bytes of a text; `is_whole` when they are all of it.
pub fn is_plain_text(head: &[u8], is_whole: bool, form: &TextForm, target: &TableTarget<'_>) -> bool {
    if form.encoding != TextEncoding::UTF_8 || detect_delimiter(head).0 != form.delimiter {
        return false;
    }
    let Ok(rows) = TextRows::new(Box::new(Cursor::new(head.to_vec())), form) else { return true };
    let mut rows: Vec<TableRow> = rows.take(PLAIN_ROWS).map_while(Result::ok).collect();
    if !is_whole && rows.len() < PLAIN_ROWS {
        rows.pop();
    }
    let Some(heading) = find_heading(&rows, &[], None) else { return true };
    let first = rows.iter().find(|row| !row.is_blank()).map_or(0, |row| row.number);
    let has_names = rows.iter().find(|row| row.number == first).is_some_and(|row| row.filled().count() > 0);
    if heading.rows != [first] || heading.last != first || !has_names {
        return false;
    }
    let mut columns = vec![ColumnEvidence::default(); heading.names.len()];
    let mut filter = RowFilter::new(&heading, None);
    let mut add = |row: TableRow| columns.iter_mut().zip(&row.cells).for_each(|(column, cell)| column.add(cell));
    rows.into_iter().filter(|row| row.number > first).for_each(|row| filter.push(row, &mut add));
    filter.finish();
    if !filter.left_out.is_empty() {
        return false;
    }
    if !target.names.is_empty() && heading.names.iter().any(|name| name == PLACE_FIELD) {
        return false;
    }
    let is_proven = columns.iter().any(|c| c.proven_sign() == Some(DecimalSign::Point));
    let fits = |(name, column): (&String, &ColumnEvidence)| match target.collection {
        Some(collection) => is_plain_field(name, column, collection, target),
        None => is_plain_column(column, is_proven),
    };
    heading.names.iter().zip(&columns).all(fits)
}

/// Whether the cells of a column of a new collection are read as they are.
fn is_plain_column(column: &ColumnEvidence, is_proven: bool) -> bool {
    let numeric = column.point.read.max(column.comma.read);
    let is_styled = column.texts > 0 && numeric == column.texts && column.point.plain < numeric;
    let is_open = column.differing > 0 && numeric == column.texts && !is_proven && column.point.only == 0;
    let days = column.text_days + column.either_order;
    let is_dated = column.texts > 0 && days == column.texts && !column.words.iter().all(|word| is_usual_day(word));
    let is_yes_no = column.texts > 0 && column.yes + column.no == column.texts && column.yes > 0 && column.no > 0;
    let is_json_flag = column.words.iter().all(|w| matches!(&*w.to_ascii_lowercase(), "true" | "false"));
    // Degrees with minutes, and pairs with decimal commas.
    let is_respelled = |word: &str| normalise_coordinate(&TableCell::from_text(word), DecimalSign::Point) != word;
    if column.texts > 0 && column.words.iter().all(|word| is_respelled(word)) {
        return false;
    }
    let has_absent = column.absent > 0 && numeric == column.texts && numeric > 0;
    !is_styled && !is_open && !is_dated && (!is_yes_no || is_json_flag) && !has_absent
}

/// `2026-03-01`
fn is_usual_day(word: &str) -> bool {
    word.len() == 10 && word.as_bytes()[4] == b'-' && word.bytes().filter(u8::is_ascii_digit).count() == 8
}

/// Whether a column is a field by its own name, with cells as the plan stores them.
fn is_plain_field(name: &str, column: &ColumnEvidence, collection: &Collection, target: &TableTarget<'_>) -> bool {
    let is_source_name = collection.source_names().any(|(source, _)| source == name);
    let Some(at) = collection.field_index(name) else {
        return name.is_empty()
            || name == "id"
            || is_source_name
            || is_place_name(name)
            || target.id_property == Some(name)
            || is_unknown(name, collection);
    };
    let field = &collection.fields[at];
    match field.kind {
        FieldType::Decimal | FieldType::Real | FieldType::Integer => {
            let is_open = column.differing > 0 && column.point.only == 0;
            column.point.read == column.point.plain && column.comma.only == 0 && !is_open && column.absent == 0
        }
        FieldType::Date => {
            column.texts == column.words.iter().filter(|w| is_usual_day(w)).count() as u64
                || column.dates() == 0
                || column.words.iter().all(|w| is_usual_day(w))
        }
        FieldType::Boolean => column.words.iter().all(|w| matches!(&*w.to_ascii_lowercase(), "true" | "false")),
        FieldType::Text | FieldType::Json if target.is_model => is_coded(name, column, collection, target),
        _ => true,
    }
}

/// A heading that means no field at all is told as for any file.
fn is_unknown(name: &str, collection: &Collection) -> bool {
    !name.is_empty() && FieldNames::new(collection).match_heading(name).field.is_none()
}

/// Whether the words of a column are ids of concepts, or no words that the vocabulary knows.
fn is_coded(name: &str, column: &ColumnEvidence, collection: &Collection, target: &TableTarget<'_>) -> bool {
    let property = collection.schema.get("properties").and_then(|p| p.get(name));
    let coded = property.and_then(|p| p.get("items")).filter(|i| i.get("x-ogc-codelistUri").is_some()).or(property);
    let vocabulary = coded.and_then(|c| c.get("x-ogc-codelistUri")).and_then(Json::as_str);
    let Some(json) = vocabulary.and_then(|v| target.model.vocabulary(v.strip_prefix("vocabularies/")?)) else {
        return true;
    };
    let words = VocabularyWords::new(json, None);
    let parts = column.words.iter().filter(|w| !w.starts_with('[')).flat_map(|w| w.split(';')).map(str::trim);
    parts.filter(|part| !part.is_empty()).all(|part| words.is_id(part) || words.find(part).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::CollectionId;
    use crate::intake::CityLocations;
    use crate::plan::PlanModel;
    use std::sync::Arc;

    fn is_plain(text: &str, into: Option<&str>) -> bool {
        let model = PlanModel::load().unwrap();
        let collection = into.and_then(|into| model.collection(&CollectionId::new(into).unwrap()));
        let cities = CityLocations::default();
        let target = TableTarget {
            model: &model,
            collection,
            is_model: collection.is_some(),
            cities: &cities,
            names: &Arc::default(),
            crs: None,
            id_property: None,
            lenient: false,
            tells_all: false,
        };
        let form = TextForm::detect(text.as_bytes(), None);
        is_plain_text(text.as_bytes(), true, &form, &target)
    }

    #[test]
    fn tables_of_programs_are_plain_and_those_of_people_are_not() {
        for text in [
            "id,lon,lat\na,15.2675,46.2311\n",
            "id;n;t\na;1.5;text, with comma\nb;2;Q3\n",
            "id,d,b,code\na,2026-01-31,true,007\n",
            "id,n\na,1.10\nb,12E3\n",
        ] {
            assert!(is_plain(text, None), "{text}");
        }
        for text in [
            "id;n\na;1,5\n",
            "id;n\na;1.234\n",
            "id;n\na;12.000 €\nb;5 €\n",
            "id;d\na;1. 3. 2026\n",
            "Načrt;;\nid;a;b\n1;2;3\n",
            "id;a;n\n1;x;2\nSkupaj;;2\n",
            "id;b\na;da\nb;ne\n",
        ] {
            assert!(!is_plain(text, None), "{text}");
        }
        assert!(is_plain("id,title,city,status,lon,lat\na,x,celje,idea,15,46\n", Some("interventions")));
        assert!(!is_plain("id,title,city,status,lon,lat\na,x,celje,poteka,15,46\n", Some("interventions")));
        assert!(!is_plain("id,naziv,city\na,x,celje\n", Some("interventions")));
    }
}
