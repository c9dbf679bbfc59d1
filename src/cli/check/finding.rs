//! What a check finds, and its report for people and for programs.

use crate::atlas::PlanFinding;
use crate::change::HistorySize;
use crate::error::count_noun;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt;

/// The most errors, and the most warnings, that are listed; all are counted.
const MAX_DETAILS: usize = 1000;

/// One thing that is wrong, or (a warning) looks wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFinding {
    /// `geometry`, `schema`, `dates`, `money`, `links`, `places`; `file` and `values` for what is not shown.
    pub kind: &'static str,
    pub warning: bool,
    pub collection: String,
    /// Empty when the finding is about the collection.
    pub id: String,
    /// A JSON pointer within the feature.
    pub at: String,
    /// What is wrong and what to do, as a sentence.
    pub message: String,
}

/// What a check ends with.
#[derive(Debug, Default)]
pub struct CheckReport {
    pub findings: Vec<CheckFinding>,
    pub features: u64,
    pub errors: u64,
    pub warnings: u64,
    pub by_kind: BTreeMap<&'static str, u64>,
    pub history: HistorySize,
}

impl CheckReport {
    pub(super) fn add_finding(&mut self, finding: CheckFinding) {
        *self.by_kind.entry(finding.kind).or_default() += 1;
        let count = if finding.warning { &mut self.warnings } else { &mut self.errors };
        *count += 1;
        if *count <= MAX_DETAILS as u64 {
            self.findings.push(finding);
        }
    }

    #[must_use]
    pub fn to_json(&self) -> Json {
        let finding = |r: &CheckFinding| {
            json!({
                "kind": r.kind,
                "severity": if r.warning { "warning" } else { "error" },
                "collection": r.collection,
                "id": r.id,
                "pointer": r.at,
                "message": r.message,
            })
        };
        json!({
            "features": self.features,
            "errors": self.errors,
            "warnings": self.warnings,
            "by_kind": self.by_kind,
            "history": {"versions": self.history.versions, "bytes": self.history.bytes},
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    }

    /// Lines for people, the outcome last.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.findings.iter().map(ToString::to_string).collect();
        let more = (self.errors + self.warnings).saturating_sub(self.findings.len() as u64);
        if more > 0 {
            lines.push(format!("… and {more} more."));
        }
        if self.history.versions > 0 {
            lines.push(format!(
                "The history has {} ({:.1} MB).",
                count_noun(self.history.versions, "version"),
                self.history.bytes as f64 / 1e6
            ));
        }
        let kinds: Vec<String> = self.by_kind.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        lines.push(format!(
            "{} checked: {}, {}{kinds}.",
            count_noun(self.features, "feature"),
            count_noun(self.errors, "error"),
            count_noun(self.warnings, "warning")
        ));
        lines
    }
}

/// What is in the file and not shown is a warning: the file keeps it.
impl From<PlanFinding> for CheckFinding {
    fn from(found: PlanFinding) -> Self {
        let PlanFinding { kind, collection, id, at, message, .. } = found;
        Self { kind, warning: true, collection, id: id.unwrap_or_default(), at, message }
    }
}

impl fmt::Display for CheckFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.warning { "warning" } else { "error" };
        let subject = [self.collection.as_str(), &self.id].join("/");
        let at = if self.id.is_empty() { "" } else { self.at.as_str() };
        write!(f, "{severity}: {}{at}: {}", subject.trim_end_matches('/'), self.message)
    }
}
