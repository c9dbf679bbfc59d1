//! What is wrong with a candidate: kind, severity, place, and a sentence that says what to do.

use super::policy::FaultHandling;
use crate::feature::{FaultKind, Feature, FeatureFault, FeatureId, GeometryRepair};

/// Kinds of findings. The faults of geometry and GeoJSON are [`FaultKind`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    Fault(FaultKind),
    /// The candidate names another reference system than the one it is read in.
    Crs,
    BadId,
    UnknownProperty,
    /// A property that only the service writes.
    ReadOnlyProperty,
    /// A member that GeoJSON does not know.
    ForeignMember,
    /// Positions have a height.
    Height,
    BadDate,
    BadNumber,
    /// A fraction with more digits than are kept.
    RoundedNumber,
    WrongType,
    /// The collection's schema asks for something else.
    Schema,
    /// A value that may not follow the one before it.
    Transition,
    GeometryType,
    ProbablySwapped,
    FarAway,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingSeverity {
    /// The candidate looks wrong and may enter.
    Warning,
    /// The candidate breaks a rule and may not enter.
    Violation,
    /// The candidate cannot be understood.
    Malformed,
}

/// One thing that is wrong with a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeFinding {
    pub kind: FindingKind,
    pub severity: FindingSeverity,
    /// A JSON pointer below the feature.
    pub at: String,
    /// What is wrong and what to do, as a sentence.
    pub message: String,
}

/// What a candidate comes to.
#[derive(Debug, Default)]
pub struct IntakeVerdict {
    /// The feature; `None` when a finding is more than a warning.
    pub feature: Option<Feature>,
    pub findings: Vec<IntakeFinding>,
    /// JSON pointers below the feature to what was left out.
    pub left_out: Vec<String>,
    /// The id that the candidate brings; `None` when it has none or an unusable one. The feature then has a new one.
    pub id: Option<FeatureId>,
    pub repair: GeometryRepair,
    /// Heights were dropped.
    pub flattened: bool,
}

/// Findings as they are made, under one way of handling them.
pub(super) struct FindingCollector {
    handling: FaultHandling,
    pub findings: Vec<IntakeFinding>,
    pub left_out: Vec<String>,
}

impl FindingKind {
    /// For counts and for programs: `unknown-property`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fault(fault) => fault.name(),
            Self::Crs => "crs",
            Self::BadId => "bad-id",
            Self::UnknownProperty => "unknown-property",
            Self::ReadOnlyProperty => "read-only-property",
            Self::ForeignMember => "foreign-member",
            Self::Height => "height",
            Self::BadDate => "bad-date",
            Self::BadNumber => "bad-number",
            Self::RoundedNumber => "rounded-number",
            Self::WrongType => "wrong-type",
            Self::Schema => "schema-violation",
            Self::Transition => "transition",
            Self::GeometryType => "geometry-type",
            Self::ProbablySwapped => "probably-swapped",
            Self::FarAway => "far-away",
        }
    }
}

impl IntakeFinding {
    pub fn violation(kind: FindingKind, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, severity: FindingSeverity::Violation, at: at.into(), message: message.into() }
    }

    pub fn malformed(kind: FindingKind, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: FindingSeverity::Malformed, ..Self::violation(kind, at, message) }
    }

    pub fn warning(kind: FindingKind, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: FindingSeverity::Warning, ..Self::violation(kind, at, message) }
    }

    /// A fault of the geometry as a finding.
    #[must_use]
    pub fn from_geometry_fault(fault: FeatureFault) -> Self {
        Self::violation(FindingKind::Fault(fault.kind), format!("/geometry{}", fault.at), fault.message)
    }

    /// Whether what is at fault can be left out without changing the feature.
    pub(super) fn is_beside_the_feature(&self) -> bool {
        matches!(
            self.kind,
            FindingKind::ForeignMember
                | FindingKind::Fault(FaultKind::ForbiddenMember | FaultKind::BadBoundingBox | FaultKind::NullId)
        )
    }

    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.severity == FindingSeverity::Warning
    }
}

impl FindingCollector {
    pub fn new(handling: FaultHandling) -> Self {
        Self { handling, findings: vec![], left_out: vec![] }
    }

    pub fn is_lenient(&self) -> bool {
        self.handling == FaultHandling::Lenient
    }

    pub fn add(&mut self, finding: IntakeFinding) {
        self.findings.push(finding);
    }

    pub fn leave_out(&mut self, at: impl Into<String>) {
        self.left_out.push(at.into());
    }

    /// A violation that can be passed over by leaving out what is at fault; returns whether it was.
    pub fn add_tolerable(&mut self, finding: IntakeFinding) -> bool {
        let tolerated = match finding.kind {
            FindingKind::Height
            | FindingKind::ReadOnlyProperty
            | FindingKind::ForeignMember
            | FindingKind::Fault(FaultKind::ForbiddenMember | FaultKind::BadBoundingBox | FaultKind::NullId) => {
                self.handling != FaultHandling::Strict
            }
            _ => self.is_lenient(),
        };
        if tolerated {
            self.left_out.push(finding.at);
        } else {
            self.findings.push(finding);
        }
        tolerated
    }

    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|f| !f.is_warning())
    }
}

/// A name within a JSON pointer (RFC 6901).
#[must_use]
pub fn escape_pointer(name: &str) -> std::borrow::Cow<'_, str> {
    if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1").into() } else { name.into() }
}
