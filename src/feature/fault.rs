//! What can be wrong with one feature: a kind, a place, and a sentence that says what to do.

use crate::error::{Error, InvalidInput};
use std::fmt;

/// The kinds of faults in geometry and GeoJSON. Reports on files count them by [`FaultKind::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// Text that is not JSON.
    NotJson,
    /// JSON that is not GeoJSON.
    NotGeoJson,
    WrongType,
    EmptyGeometry,
    UnclosedRing,
    /// A line with less than two different positions, or a ring with less than three.
    TooFewPositions,
    OutOfRange,
    SwappedCoordinates,
    NationalGrid,
    SelfCrossing,
    /// Rings of one geometry cross or overlap, or a hole is outside its polygon.
    RingsOverlap,
    TooManyVertices,
    /// Two members of an object have one name.
    TwinMembers,
    /// A member that GeoJSON forbids in this object.
    ForbiddenMember,
    /// A `bbox` that is not four or six numbers.
    BadBoundingBox,
    /// A member `id` that is null.
    NullId,
}

impl FaultKind {
    /// The name in reports and for programs: `unclosed-ring`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotJson => "not-json",
            Self::NotGeoJson => "not-geojson",
            Self::WrongType => "wrong-type",
            Self::EmptyGeometry => "empty-geometry",
            Self::UnclosedRing => "unclosed-ring",
            Self::TooFewPositions => "too-few-positions",
            Self::OutOfRange => "out-of-range",
            Self::SwappedCoordinates => "swapped-coordinates",
            Self::NationalGrid => "national-grid",
            Self::SelfCrossing => "self-crossing",
            Self::RingsOverlap => "rings-overlap",
            Self::TooManyVertices => "too-many-vertices",
            Self::TwinMembers => "twin-members",
            Self::ForbiddenMember => "forbidden-member",
            Self::BadBoundingBox => "bad-bbox",
            Self::NullId => "null-id",
        }
    }
}

/// One fault of one feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureFault {
    pub kind: FaultKind,
    /// A JSON pointer below the feature or geometry; empty for all of it.
    pub at: String,
    /// What is wrong and what to do, as a sentence.
    pub message: String,
}

impl FeatureFault {
    pub fn new(kind: FaultKind, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, at: at.into(), message: message.into() }
    }

    /// The fault with what to do about rings that cross, which depends on where they come from.
    #[must_use]
    pub fn with_remedy(self, remedy: &str) -> Self {
        match self.kind {
            FaultKind::SelfCrossing | FaultKind::RingsOverlap => {
                Self { message: format!("{} {remedy}", self.message), ..self }
            }
            _ => self,
        }
    }
}

impl fmt::Display for FeatureFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        InvalidInput { at: self.at.clone(), message: self.message.clone() }.fmt(f)
    }
}

impl From<FeatureFault> for Error {
    fn from(fault: FeatureFault) -> Self {
        Self::invalid(fault.at, fault.message)
    }
}
