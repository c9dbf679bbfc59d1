//! What an update did, or would do, for people and for programs.

use super::row_change::{FieldChange, RowChange, RowChangeKind};
use super::update_outcome::UpdateOutcome;
use crate::collection::Collection;
use crate::error::{count_noun, count_noun_be, shorten_text};
use serde_json::Value as Json;

/// The most changes that are listed; all are counted.
const MAX_LISTED: usize = 1_000;

/// What is told of an update.
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateReport {
    /// `14 changed, 3 new, 0 removed, 5 unchanged`
    pub counts: String,
    /// Each change, as a sentence.
    pub changes: Vec<String>,
    /// What stays although the file does not say it.
    pub notes: Vec<String>,
    /// For programs.
    pub json: Json,
    /// There is nothing to write.
    pub is_empty: bool,
}

impl UpdateReport {
    #[must_use]
    pub fn new(outcome: &UpdateOutcome, collection: &Collection, remove_missing: bool) -> Self {
        let removed = if remove_missing { outcome.missing.len() } else { 0 };
        let counts = format!(
            "{} changed, {} new, {removed} removed, {} unchanged",
            outcome.count(RowChangeKind::Changed),
            outcome.count(RowChangeKind::New),
            outcome.unchanged
        );
        let mut changes: Vec<String> = outcome.changes.iter().take(MAX_LISTED).map(describe_change).collect();
        let removals = outcome.missing.iter().take(if remove_missing { MAX_LISTED } else { 0 });
        changes.extend(removals.map(|feature| format!("'{}' is not in the file and is removed.", feature.id)));
        if let Some(more) = outcome.changes.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
            changes.push(format!("… and {more} more."));
        }
        Self {
            counts,
            changes,
            notes: describe_rest(outcome, remove_missing),
            json: outcome.to_json(collection, MAX_LISTED, remove_missing),
            is_empty: outcome.is_empty(remove_missing),
        }
    }
}

/// `Row 5 changes 'celje-ce-01': cost 1900000 → 2000000.`
fn describe_change(change: &RowChange) -> String {
    let place = change.place.to_string();
    let what = match change.kind() {
        RowChangeKind::New => format!("a new feature '{}'", change.after.id),
        RowChangeKind::Changed => format!("'{}'", change.after.id),
    };
    if change.kind() == RowChangeKind::New {
        return format!("{place}: {what}.");
    }
    let mut fields: Vec<String> = change.fields.iter().map(describe_field).collect();
    if change.geometry_changed {
        fields.push(if change.after.geometry.is_some() { "its place".into() } else { "no place any more".into() });
    }
    format!("{place}: {what}: {}.", fields.join(", "))
}

fn describe_field(change: &FieldChange) -> String {
    let show = |value: &Json| match value {
        Json::Null => "empty".to_owned(),
        Json::String(text) => format!("'{}'", shorten_text(text)),
        other => shorten_text(&other.to_string()),
    };
    format!("{} {} → {}", change.field, show(&change.from), show(&change.to))
}

fn describe_rest(outcome: &UpdateOutcome, remove_missing: bool) -> Vec<String> {
    let mut notes = vec![];
    let missing = outcome.missing.len() as u64;
    if missing > 0 && !remove_missing {
        let ids: Vec<String> = outcome.missing.iter().take(5).map(|f| format!("'{}'", f.id)).collect();
        let more = if missing > 5 { ", …" } else { "" };
        let (are, stay) = if missing == 1 { ("is", "It stays") } else { ("are", "They stay") };
        notes.push(format!(
            "{} of the plan {are} not in the file ({}{more}). {stay}, unless you say --remove-missing.",
            count_noun(missing, "feature"),
            ids.join(", ")
        ));
    }
    notes.extend(outcome.missing_unknown.clone());
    if outcome.missing_changed > 0 {
        notes.push(format!(
            "{} not in the file any more, but changed in the plan since it was exported. Nothing removes what it does not know.",
            count_noun_be(outcome.missing_changed, "feature")
        ));
    }
    if outcome.deleted_meanwhile > 0 {
        notes.push(format!(
            "{} in the file, but deleted from the plan since it was exported. Nothing brings them back.",
            count_noun_be(outcome.deleted_meanwhile, "feature")
        ));
    }
    if outcome.kept_empty > 0 {
        notes.push(format!(
            "{} of the file would empty a value of the plan, which stays: only rows that were exported from the plan empty values.",
            count_noun(outcome.kept_empty, "empty cell")
        ));
    }
    notes.extend(outcome.kept_constants.iter().map(|field| {
        format!("--set {field} fills features that have no value. Others have one, which stays: give the table a column '{field}' to change it.")
    }));
    notes
}
