//! What the intake finds wrong with a feature that is in the plan, as remarks.

use super::finding::CheckFinding;
use super::subject::CheckSubject;
use crate::intake::{FeatureIntake, FindingKind};

pub fn judge_feature(subject: &CheckSubject, intake: &FeatureIntake<'_>) -> Vec<CheckFinding> {
    let findings = intake.judge_stored(subject.collection, subject.feature).findings;
    let remark = |f: crate::intake::IntakeFinding| {
        let (kind, warning) = (remark_kind(f.kind), f.is_warning());
        subject.new_finding(kind, warning, f.at, f.message)
    };
    findings.into_iter().map(remark).collect()
}

fn remark_kind(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Fault(_) | FindingKind::GeometryType | FindingKind::Height | FindingKind::Crs => "geometry",
        FindingKind::ProbablySwapped | FindingKind::FarAway => "places",
        FindingKind::BadDate => "dates",
        FindingKind::BadId
        | FindingKind::UnknownProperty
        | FindingKind::ReadOnlyProperty
        | FindingKind::ForeignMember
        | FindingKind::BadNumber
        | FindingKind::RoundedNumber
        | FindingKind::WrongType
        | FindingKind::Schema
        | FindingKind::Transition => "schema",
    }
}
