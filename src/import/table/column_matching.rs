//! Which columns are which fields: what the caller says, or else what the headings mean, held against what the cells
//! hold. Each field is one column.

use super::answers::TableAnswers;
use super::cell::column_letters;
use super::column_evidence::ColumnEvidence;
use super::field_names::{FieldMatch, FieldNames, MatchConfidence, PERIOD, split_unit};
use super::folding::fold_words;
use super::place_columns::{PlaceRole, role_by_name};
use crate::collection::{Collection, FieldType};
use crate::error::{Error, Result};

/// What the caller says of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappedColumn {
    LeftOut,
    Field(String),
    Place(PlaceRole),
}

/// The columns that the caller named, by position.
///
/// # Errors
/// [`Error::Invalid`] for a column or a field that is not there.
pub fn read_map(
    names: &[String],
    answers: &TableAnswers,
    fields: Option<&FieldNames>,
) -> Result<Vec<Option<MappedColumn>>> {
    let mut mapped: Vec<Option<MappedColumn>> = vec![None; names.len()];
    for (column, field) in &answers.map {
        let at = find_column(names, column).ok_or_else(|| {
            let known: Vec<String> = names.iter().filter(|n| !n.is_empty()).map(|n| format!("'{n}'")).collect();
            Error::invalid("--map", format!("The table has no column '{column}'. It has: {}.", known.join(", ")))
        })?;
        mapped[at] = Some(match (field.as_str(), fields) {
            ("", _) => MappedColumn::LeftOut,
            (field, Some(known)) if known.has_field(field) => MappedColumn::Field(field.to_owned()),
            (field, _) if let Some(role) = role_by_name(field) => MappedColumn::Place(role),
            (field, None) => MappedColumn::Field(field.to_owned()),
            (field, Some(known)) => {
                let known: Vec<&str> = known.fields().collect();
                let sentence =
                    format!("There is no field '{field}'. There are: {}, and x, y, lon, lat, wkt.", known.join(", "));
                return Err(Error::invalid("--map", sentence));
            }
        });
    }
    Ok(mapped)
}

/// A column by its heading, its heading in another spelling, or its letters.
pub fn find_column(names: &[String], wanted: &str) -> Option<usize> {
    let exact = names.iter().position(|name| name == wanted);
    let folded = fold_words(wanted);
    let spelt = || names.iter().position(|name| !folded.is_empty() && fold_words(name) == folded);
    let lettered = || (0..names.len()).find(|at| column_letters(*at) == wanted);
    exact.or_else(spelt).or_else(lettered)
}

/// A match for each column; `taken` are columns of places.
pub fn match_columns(
    names: &[String],
    columns: &[ColumnEvidence],
    collection: &Collection,
    fields: &FieldNames,
    mapped: &[Option<MappedColumn>],
) -> Vec<FieldMatch> {
    let mut matches: Vec<FieldMatch> = names
        .iter()
        .enumerate()
        .map(|(at, name)| match &mapped[at] {
            Some(MappedColumn::Field(field)) => FieldMatch {
                field: Some(field.clone()),
                confidence: MatchConfidence::Sure,
                reason: "you said so".into(),
            },
            Some(_) => FieldMatch::none("you said so"),
            None => hold_against_cells(fields.match_heading(name), name, &columns[at], collection),
        })
        .collect();
    keep_one_each(&mut matches, mapped);
    matches
}

/// Lowers the confidence of a match that the cells speak against.
fn hold_against_cells(
    found: FieldMatch,
    heading: &str,
    column: &ColumnEvidence,
    collection: &Collection,
) -> FieldMatch {
    let Some(field) = found.field.as_deref() else { return found };
    let kind = if field == PERIOD {
        Some(FieldType::Date)
    } else {
        collection.field_index(field).map(|at| collection.fields[at].kind)
    };
    let cells = column.cells();
    let few = |count: u64| cells > 0 && count * 2 < cells;
    let (_, unit) = split_unit(heading);
    let says_share = unit.is_some_and(|u| u.contains('%')) || heading.contains('%') || column.percents * 2 > cells;
    match kind {
        Some(FieldType::Decimal) if says_share => {
            FieldMatch::none(format!("it holds shares in percent, and '{field}' is an amount"))
        }
        Some(FieldType::Decimal | FieldType::Real | FieldType::Integer) if few(column.numeric()) => {
            doubt(found, "most of its cells are no numbers")
        }
        // Times in other forms are judged cell by cell, by the rules of the field.
        Some(FieldType::DateTime) if heading == field => found,
        Some(FieldType::Date | FieldType::DateTime) if few(column.dates() + column.numbers) => {
            doubt(found, "most of its cells are no dates")
        }
        Some(FieldType::Text)
            if field != "id" && field != "code" && field != PERIOD && cells > 0 && is_mostly_dates(column) =>
        {
            doubt(found, "most of its cells are dates")
        }
        _ => found,
    }
}

fn is_mostly_dates(column: &ColumnEvidence) -> bool {
    (column.days + column.text_days) * 2 > column.cells()
}

fn doubt(found: FieldMatch, reason: &str) -> FieldMatch {
    let confidence = found.confidence.min(MatchConfidence::Likely);
    FieldMatch { confidence, reason: format!("{}, but {reason}", found.reason), ..found }
}

/// Of several columns for one field, the surest keeps it, and of equals the first.
fn keep_one_each(matches: &mut [FieldMatch], mapped: &[Option<MappedColumn>]) {
    for at in 0..matches.len() {
        let Some(field) = matches[at].field.clone() else { continue };
        let rank = |i: usize, m: &FieldMatch| (mapped[i].is_some(), m.confidence);
        let better = (0..matches.len()).find(|other| {
            *other != at && matches[*other].field.as_ref() == Some(&field) && {
                let (own, others) = (rank(at, &matches[at]), rank(*other, &matches[*other]));
                others > own || (others == own && *other < at)
            }
        });
        if better.is_some() {
            matches[at] = FieldMatch::none(format!("another column is '{field}'"));
        }
    }
}
