//! The report of an import, for people and for programs.

use super::feature_validator::{CollectionOrigin, RepairCounts};
use super::finding::{ImportFinding, ImportFindings};
use super::source_facts::SourceFacts;
use super::survey::RenamedField;
use super::surveyed_field::{ExactTextField, UnreadTimes};
use super::table::TableUnderstanding;
use super::update::UpdateReport;
use crate::crs::Crs;
use crate::error::{Error, count_noun, count_noun_be, shorten_text};
use serde_json::{Value as Json, json};

#[derive(Debug, Clone)]
pub struct ImportReport {
    pub collection: String,
    pub origin: CollectionOrigin,
    /// Features read from the files.
    pub read: u64,
    /// Features with faults, which were left out.
    pub left_out: u64,
    /// Features of the collection after the import; `None` when nothing was stored.
    pub loaded: Option<u64>,
    pub lenient: bool,
    pub dry_run: bool,
    pub findings: ImportFindings,
    pub repairs: RepairCounts,
    pub renamed: Vec<RenamedField>,
    pub mixed_fields: Vec<String>,
    pub unread_times: Vec<UnreadTimes>,
    /// The files, with what was understood of each.
    pub sources: Vec<(String, SourceFacts)>,
    /// The reference system of the files, if they are not in longitude and latitude.
    pub crs: Option<Crs>,
    /// Fields that are text so that their numbers stay as they are written.
    pub exact_text_fields: Vec<ExactTextField>,
    /// Sentences on columns of tables that are not kept as they are.
    pub notes: Vec<String>,
    /// What was understood of tables.
    pub tables: Vec<TableUnderstanding>,
    /// Blank rows of tables, which were skipped.
    pub blank_rows: u64,
    /// A file cannot be read to its end.
    pub is_unreadable: bool,
    /// What an update changes; `None` when features are added.
    pub update: Option<UpdateReport>,
    /// Why an update is not to be written: its file has faults.
    pub refusal: Option<Error>,
    pub seconds: f64,
}

impl ImportReport {
    pub(super) fn new(origin: CollectionOrigin) -> Self {
        Self {
            collection: String::new(),
            origin,
            read: 0,
            left_out: 0,
            loaded: None,
            lenient: false,
            dry_run: false,
            findings: ImportFindings::default(),
            repairs: RepairCounts::default(),
            renamed: vec![],
            mixed_fields: vec![],
            unread_times: vec![],
            sources: vec![],
            crs: None,
            exact_text_fields: vec![],
            notes: vec![],
            tables: vec![],
            blank_rows: 0,
            is_unreadable: false,
            update: None,
            refusal: None,
            seconds: 0.0,
        }
    }

    /// The report as JSON; findings with their places.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let renamed: serde_json::Map<String, Json> =
            self.renamed.iter().map(|r| (r.from.clone(), r.to.as_str().into())).collect();
        let exact_text = self.exact_text_fields.iter().map(|field| &field.name);
        let mut report = json!({
            "collection": self.collection,
            "sources": self.sources.iter().map(|(name, facts)| facts.to_json(name)).collect::<Vec<_>>(),
            "dry_run": self.dry_run,
            "read": self.read,
            "loaded": self.loaded,
            "left_out": self.left_out,
            "errors": self.findings.errors,
            "warnings": self.findings.warnings,
            "by_kind": self.findings.by_kind,
            "findings": self.findings.details.iter().map(ImportFinding::to_json).collect::<Vec<_>>(),
            "repaired": {
                "rewound": self.repairs.rewound,
                "repeated_positions_removed": self.repairs.repeated,
                "heights_dropped": self.repairs.flattened,
                "times_converted_to_utc": self.repairs.converted_times,
                "times_without_zone": self.repairs.unzoned_times,
                "days_respelled": self.repairs.respelled_days,
            },
            "fresh_ids": self.repairs.fresh_ids,
            "renamed": renamed,
            "kept_as_text": self.mixed_fields.iter().chain(exact_text).collect::<Vec<_>>(),
            "times_kept_as_text": self.unread_times.iter().map(|t| t.field.as_str()).collect::<Vec<_>>(),
            "datum_shift_accuracy_m": self.crs.and_then(Crs::shift_accuracy_m),
            "blank_rows": self.blank_rows,
            "notes": self.notes,
            "tables": self.tables.iter().map(TableUnderstanding::to_json).collect::<Vec<_>>(),
            "seconds": (self.seconds * 1000.0).round() / 1000.0,
        });
        if let Some(update) = &self.update {
            report["update"] = update.json.clone();
        }
        report
    }

    /// The report as lines of text, the outcome last.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.sources.iter().filter_map(|(name, facts)| facts.describe(name)).collect();
        lines.extend(self.tables.iter().flat_map(TableUnderstanding::lines));
        for finding in &self.findings.details {
            lines.push(format!("{}: {finding}", if finding.warning { "warning" } else { "error" }));
        }
        let total = self.findings.errors + self.findings.warnings;
        if total > self.findings.details.len() as u64 {
            lines.push(format!("… and {} more.", total - self.findings.details.len() as u64));
        }
        if total > 0 {
            let kinds: Vec<String> =
                self.findings.by_kind.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            lines.push(format!("By kind: {}.", kinds.join(", ")));
        }
        lines.extend(self.repair_lines());
        if let Some(update) = &self.update {
            lines.extend(update.changes.iter().filter(|_| self.dry_run).cloned());
            lines.extend(update.notes.iter().cloned());
        }
        lines.push(self.outcome_line());
        lines
    }

    fn repair_lines(&self) -> Vec<String> {
        let repairs = self.repairs;
        let counted = [
            (repairs.rewound, "the winding order of rings was corrected (RFC 7946)"),
            (repairs.repeated, "repeated positions were removed"),
            (repairs.flattened, "heights were dropped"),
            (repairs.fresh_ids, "a new id was assigned, as the file has none"),
            (repairs.converted_times, "times were converted to UTC"),
            (repairs.unzoned_times, "times without a zone were read as UTC"),
            (repairs.respelled_days, "dates were written as year-month-day"),
        ];
        let mut lines: Vec<String> = counted
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("In {}, {what}.", count_noun(*count, "feature")))
            .collect();
        if let Some((crs, accuracy_m)) = self.crs.and_then(|crs| Some((crs, crs.shift_accuracy_m()?))) {
            lines.push(format!(
                "{crs} ({}) has an old datum: after its shift, places may be off by {accuracy_m} m.",
                crs.name()
            ));
        }
        lines.extend(self.renamed.iter().map(|r| format!("The property '{}' is stored as '{}'.", r.from, r.to)));
        lines.extend(
            self.mixed_fields
                .iter()
                .map(|name| format!("The property '{name}' has values of several kinds and is stored as text.")),
        );
        lines.extend(self.unread_times.iter().map(|times| {
            format!(
                "The property '{}' has dates or times in another form than 2026-03-01 or 2026-03-01T10:00:00Z (the first: '{}') and is stored as text. Write them in that form to filter and sort by time.",
                times.field,
                shorten_text(&times.example)
            )
        }));
        lines.extend(self.exact_text_fields.iter().map(|ExactTextField { name, example }| {
            format!("The property '{name}' is stored as text, as a number would not keep the form of its values, such as {example}.")
        }));
        lines.extend(self.notes.iter().cloned());
        if self.blank_rows > 0 {
            let were = if self.blank_rows == 1 { "was" } else { "were" };
            lines.push(format!("{} {were} skipped.", count_noun(self.blank_rows, "blank row")));
        }
        lines
    }

    /// Why an update is not to be written.
    #[must_use]
    pub fn refusal(&self) -> Option<&Error> {
        self.refusal.as_ref()
    }

    /// Whether a table leaves open how it is to be read.
    #[must_use]
    pub fn has_questions(&self) -> bool {
        self.findings.by_kind.contains_key("question")
    }

    fn outcome_line(&self) -> String {
        let accepted = self.read - self.left_out;
        let rate = if self.seconds > 0.0 { accepted as f64 / self.seconds } else { 0.0 };
        let left_out = if self.left_out > 0 { format!(", {} left out", self.left_out) } else { String::new() };
        if let Some(update) = self.update.as_ref().filter(|_| self.refusal.is_none()) {
            let end = match (update.is_empty, self.dry_run) {
                (true, _) => "Nothing is to be written.".to_owned(),
                (false, true) => "Nothing was written.".to_owned(),
                (false, false) => format!("{:.1} s.", self.seconds),
            };
            return format!("'{}': {}{left_out}. {end}", self.collection, update.counts);
        }
        match (self.loaded, self.dry_run) {
            (Some(loaded), _) => {
                format!(
                    "{} now in '{}'{left_out} ({:.1} s, {rate:.0} a second).",
                    count_noun_be(loaded, "feature"),
                    self.collection,
                    self.seconds
                )
            }
            (None, true) if self.findings.errors == 0 || (self.lenient && accepted > 0) => {
                format!(
                    "{} could be imported into '{}'{left_out}. Nothing was written.",
                    count_noun(accepted, "feature"),
                    self.collection
                )
            }
            _ if self.has_questions() => {
                let questions = self.findings.by_kind.get("question").copied().unwrap_or_default();
                let them = if questions == 1 { "it" } else { "them" };
                format!(
                    "Nothing was imported: {} open. Answer {them} as said above.",
                    count_noun_be(questions, "question")
                )
            }
            _ => {
                // What --lenient would refuse as well is not to be imported with it.
                let leniently = !self.lenient && !self.is_unreadable && accepted > 0;
                let remedy = if leniently { ", or leave out features that have faults with --lenient" } else { "" };
                format!(
                    "Nothing was imported: {} of {} {} faults. Correct the file{remedy}.",
                    self.left_out,
                    count_noun(self.read, "feature"),
                    if self.left_out == 1 { "has" } else { "have" }
                )
            }
        }
    }
}
