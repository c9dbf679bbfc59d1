//! What the rows of other programs hold and a feature does not show: counted while rows are read, and told in a
//! sentence for each kind. None ends the reading.

use super::sql_literal::SqlLiteral;
use super::wkb::DecodedGeometry;
use crate::collection::{Collection, FieldType};
use crate::error::{count_noun, count_noun_be};
use crate::feature::FeatureId;
use crate::store::finding::PlanFinding;
use rusqlite::types::ValueRef;
use std::collections::BTreeMap;

/// How many rows of a kind are remembered with what they hold; the first of them is named.
const MAX_EXAMPLES: usize = 16;
/// The most characters of a value that a sentence shows.
const MAX_SHOWN: usize = 40;

/// The rows that are not shown as they are, by kind and key.
#[derive(Debug, Default)]
pub struct RowFindings(BTreeMap<FaultKind, BTreeMap<i64, Option<Box<RowExample>>>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FaultKind {
    MissingId,
    Flattened,
    Linearised,
    /// The geometry, with what is wrong with it.
    Geometry(&'static str),
    OffGlobe,
    /// The value of a field, by its position.
    Value(usize),
    /// A text with a NUL character, by the position of its field.
    Nul(usize),
}

#[derive(Debug)]
struct RowExample {
    id: Option<FeatureId>,
    shown: String,
}

impl RowFindings {
    /// Forgets a row, which is about to be read again or is gone.
    pub(crate) fn forget_row(&mut self, key: i64) {
        self.0.retain(|_, rows| {
            rows.remove(&key);
            !rows.is_empty()
        });
    }

    pub(super) fn count_converted(&mut self, key: i64, id: &FeatureId, decoded: &DecodedGeometry) {
        if decoded.flattened {
            self.count(FaultKind::Flattened, key, Some(id), String::new);
        }
        if decoded.linearised {
            self.count(FaultKind::Linearised, key, Some(id), String::new);
        }
    }

    pub(super) fn count_missing_id(&mut self, key: i64) {
        self.count(FaultKind::MissingId, key, None, String::new);
    }

    pub(super) fn count_invalid_geometry(&mut self, key: i64, id: &FeatureId, fault: &'static str) {
        self.count(FaultKind::Geometry(fault), key, Some(id), String::new);
    }

    pub(super) fn count_invalid_value(&mut self, key: i64, id: &FeatureId, field: usize, cell: ValueRef<'_>) {
        self.count(FaultKind::Value(field), key, Some(id), || shorten_literal(&SqlLiteral::from(cell)));
    }

    pub(super) fn count_off_globe(&mut self, key: i64, id: &FeatureId) {
        self.count(FaultKind::OffGlobe, key, Some(id), String::new);
    }

    pub(super) fn count_nul(&mut self, key: i64, id: &FeatureId, field: usize) {
        self.count(FaultKind::Nul(field), key, Some(id), String::new);
    }

    fn count(&mut self, kind: FaultKind, key: i64, id: Option<&FeatureId>, shown: impl FnOnce() -> String) {
        let rows = self.0.entry(kind).or_default();
        let example = rows.len() < MAX_EXAMPLES;
        rows.insert(key, example.then(|| Box::new(RowExample { id: id.cloned(), shown: shown() })));
    }

    /// One finding for each kind.
    #[must_use]
    pub fn to_findings(&self, collection: &Collection) -> Vec<PlanFinding> {
        self.0.iter().map(|(kind, rows)| to_finding(*kind, rows, collection)).collect()
    }

    /// The findings that whoever judges the features does not make: a position off the globe and a NUL character are
    /// still there in the feature.
    #[must_use]
    pub fn to_unjudged_findings(&self, collection: &Collection) -> Vec<PlanFinding> {
        let lost = self.0.iter().filter(|(kind, _)| !matches!(kind, FaultKind::OffGlobe | FaultKind::Nul(_)));
        lost.map(|(kind, rows)| to_finding(*kind, rows, collection)).collect()
    }
}

fn to_finding(kind: FaultKind, rows: &BTreeMap<i64, Option<Box<RowExample>>>, collection: &Collection) -> PlanFinding {
    let count = rows.len() as u64;
    let first = rows.values().flatten().next();
    let first_key = rows.keys().next().copied().unwrap_or_default();
    let id = first.and_then(|e| e.id.as_ref()).map(ToString::to_string);
    let named = id.clone().unwrap_or_else(|| format!("row {first_key}"));
    let (kind, at, message) = match kind {
        FaultKind::MissingId => (
            "values",
            "/id".to_owned(),
            format!(
                "{} not shown: no valid id (the first is row {first_key}). Give them ids of 1 to 200 characters.",
                count_noun_be(count, "row")
            ),
        ),
        FaultKind::Flattened => (
            "geometry",
            "/geometry".to_owned(),
            format!(
                "Z or M values of {} are not shown (the first: that of '{named}'). They stay in the file.",
                count_noun(count, "geometry")
            ),
        ),
        FaultKind::Linearised => (
            "geometry",
            "/geometry".to_owned(),
            format!(
                "{} shown with straight lines instead of curves, or with polygons instead of a surface (the first: that of '{named}'). They stay in the file as they are.",
                count_noun_be(count, "geometry")
            ),
        ),
        FaultKind::Geometry(fault) => (
            "geometry",
            "/geometry".to_owned(),
            format!(
                "{} not shown: it cannot be read (the first: that of '{named}' {fault}). They stay in the file as they are. Correct them there.",
                count_noun_be(count, "geometry")
            ),
        ),
        FaultKind::OffGlobe => (
            "geometry",
            "/geometry".to_owned(),
            format!(
                "{} not shown: a position is beyond ±180° or ±90° (the first: that of '{named}'). Correct it, or convert it to longitude and latitude.",
                count_noun_be(count, "geometry")
            ),
        ),
        FaultKind::Nul(at) => {
            let name = collection.fields.get(at).map_or("", |f| f.name.as_str());
            let message = format!(
                "{} of '{name}' with a NUL character, at which many programs end a text (the first: that of '{named}'). Remove it.",
                count_noun(count, "value")
            );
            ("values", property_pointer(name), message)
        }
        FaultKind::Value(at) => value_message(at, count, &named, first.map(|e| e.shown.as_str()), collection),
    };
    PlanFinding { kind, collection: collection.id.to_string(), id, at, count, message }
}

fn value_message(
    field: usize,
    count: u64,
    named: &str,
    shown: Option<&str>,
    collection: &Collection,
) -> (&'static str, String, String) {
    let (name, kind) = collection.fields.get(field).map_or(("", FieldType::Text), |f| (f.name.as_str(), f.kind));
    let shown = shown.map(|s| format!("{s} of ")).unwrap_or_default();
    let message = format!(
        "{} of '{name}' {} shown as empty, because the field holds {} (the first: {shown}'{named}'). They stay in the file as they are. Correct them there, or give the column another type.",
        count_noun(count, "value"),
        if count == 1 { "is" } else { "are" },
        describe_type(kind)
    );
    ("values", property_pointer(name), message)
}

fn property_pointer(name: &str) -> String {
    format!("/properties/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn describe_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text => "text",
        FieldType::Integer => "whole numbers",
        FieldType::Real => "numbers",
        FieldType::Decimal => "amounts",
        FieldType::Boolean => "true or false",
        FieldType::Date => "dates such as 2026-03-01",
        FieldType::DateTime => "instants such as 2026-03-01T08:30:00Z",
        FieldType::Json => "JSON",
    }
}

fn shorten_literal(literal: &SqlLiteral) -> String {
    if let SqlLiteral::Blob(bytes) = literal {
        return count_noun(bytes.len() as u64, "byte");
    }
    let text = literal.to_string();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
