//! What is wrong in a file: kinds, places, sentences, and how many of each kind.

use super::text_position::TextPosition;
use crate::feature::FeatureFault;
use crate::intake::FindingKind;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fmt;

/// The most errors, and the most warnings, that are listed; all are counted.
pub const MAX_DETAILS: usize = 100;

/// Kinds of findings: those of one feature, and those of the file around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImportFindingKind {
    Feature(FindingKind),
    NotJson,
    NotXml,
    Truncated,
    Nesting,
    TooLong,
    TooManyVertices,
    Encoding,
    Columns,
    /// No feature of the file has a place, or a row says that it has none.
    NoPlace,
    /// The id is that of another feature of the files.
    DuplicateId,
    /// The id is that of a feature in the collection.
    ExistingId,
    /// The edge of an OpenStreetMap extract cuts it off.
    CutOff,
    /// Its outline is broken in OpenStreetMap.
    BrokenOutline,
    /// A field that the replaced collection had, and the files have not.
    DroppedField,
    /// A table leaves open how it is to be read.
    Question,
    /// The code of a row is that of several features.
    AmbiguousCode,
    /// The row and the plan changed the same value differently.
    EditConflict,
}

impl ImportFindingKind {
    /// The kind of a fault that the reading of GeoJSON found.
    #[must_use]
    pub fn of_fault(fault: &FeatureFault) -> Self {
        Self::Feature(FindingKind::Fault(fault.kind))
    }

    /// Whether the fault of a geometry is in its positions.
    #[must_use]
    pub fn is_about_positions(self) -> bool {
        use crate::feature::FaultKind as K;
        matches!(self, Self::Feature(FindingKind::Fault(K::OutOfRange | K::SwappedCoordinates | K::NationalGrid)))
    }

    /// For counts and for programs: `duplicate-id`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Feature(kind) => kind.name(),
            Self::NotJson => "not-json",
            Self::NotXml => "not-xml",
            Self::Truncated => "truncated",
            Self::Nesting => "nesting",
            Self::TooLong => "too-long",
            Self::TooManyVertices => "too-many-vertices",
            Self::Encoding => "encoding",
            Self::Columns => "columns",
            Self::NoPlace => "no-place",
            Self::DuplicateId => "duplicate-id",
            Self::ExistingId => "taken-id",
            Self::CutOff => "cut-off",
            Self::BrokenOutline => "broken-outline",
            Self::DroppedField => "dropped-field",
            Self::Question => "question",
            Self::AmbiguousCode => "ambiguous-code",
            Self::EditConflict => "edit-conflict",
        }
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FindingPlace {
    /// Which file, when there are several.
    pub file: Option<String>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// A cell of the sheet, such as `F14`, or its row alone.
    pub cell: Option<String>,
    pub line: Option<u64>,
    /// In characters, from 1.
    pub column: Option<u64>,
    /// The number of the feature, from 1.
    pub feature: Option<u64>,
    pub id: Option<String>,
    /// A JSON pointer within the feature.
    pub pointer: String,
}

/// One thing that is wrong, or (a warning) looks wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFinding {
    pub kind: ImportFindingKind,
    pub warning: bool,
    pub place: FindingPlace,
    /// What is wrong and what to do, as a sentence.
    pub message: String,
}

impl FindingPlace {
    /// The place behind a text that starts here.
    #[must_use]
    pub(super) fn after(self, text: &[u8]) -> Self {
        let (Some(line), Some(column)) = (self.line, self.column) else { return self };
        let TextPosition { line, column } = TextPosition { line, column }.after(text);
        Self { line: Some(line), column: Some(column), ..self }
    }
}

impl fmt::Display for FindingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = vec![];
        parts.extend(self.file.clone());
        parts.extend(self.sheet.as_ref().map(|sheet| format!("sheet {sheet}")));
        parts.extend(self.cell.as_ref().map(|cell| {
            let is_row = cell.bytes().all(|b| b.is_ascii_digit());
            format!("{} {cell}", if is_row { "row" } else { "cell" })
        }));
        parts.extend(self.line.map(|n| format!("line {n}")));
        parts.extend(self.feature.map(|n| match &self.id {
            Some(id) => format!("feature {n} (id {id})"),
            None => format!("feature {n}"),
        }));
        parts.extend(Some(self.pointer.clone()).filter(|p| !p.is_empty()));
        parts.extend(self.column.map(|n| format!("column {n}")));
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for ImportFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.to_string();
        if place.is_empty() { f.write_str(&self.message) } else { write!(f, "{place}: {}", self.message) }
    }
}

impl ImportFinding {
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut json = json!({"kind": self.kind.name(), "severity": if self.warning { "warning" } else { "error" }, "message": self.message});
        let place = &self.place;
        let mut put = |key: &str, value: Option<Json>| {
            if let Some(value) = value {
                json[key] = value;
            }
        };
        put("file", place.file.clone().map(Into::into));
        put("sheet", place.sheet.clone().map(Into::into));
        put("cell", place.cell.clone().map(Into::into));
        put("line", place.line.map(Into::into));
        put("column", place.column.map(Into::into));
        put("feature", place.feature.map(Into::into));
        put("id", place.id.clone().map(Into::into));
        put("pointer", Some(place.pointer.clone()).filter(|p| !p.is_empty()).map(Into::into));
        json
    }
}

/// The first [`MAX_DETAILS`] errors and as many warnings, and the counts of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportFindings {
    pub details: Vec<ImportFinding>,
    pub errors: u64,
    pub warnings: u64,
    /// How many of each kind, errors and warnings together.
    pub by_kind: BTreeMap<&'static str, u64>,
}

impl ImportFindings {
    pub fn add(&mut self, finding: ImportFinding) {
        let count = if finding.warning { &mut self.warnings } else { &mut self.errors };
        *count += 1;
        let keep = *count <= MAX_DETAILS as u64;
        *self.by_kind.entry(finding.kind.name()).or_default() += 1;
        if keep {
            self.details.push(finding);
        }
    }

    /// The first error, if there is one.
    #[must_use]
    pub fn first_error(&self) -> Option<&ImportFinding> {
        self.details.iter().find(|f| !f.warning)
    }
}
