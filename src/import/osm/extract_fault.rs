//! What is wrong with an object of an extract, told apart: the extract cuts it off, or it is broken in OpenStreetMap.

use super::segment_graph::{OsmPoint, OutlineFault, to_degrees};
use crate::error::count_noun;
use crate::import::finding::ImportFindingKind;
use std::collections::HashMap;

/// Faults by the id of their feature.
pub type ExtractFaults = HashMap<String, ExtractFault>;

/// What is wrong with one feature of an extract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractFault {
    pub kind: ImportFindingKind,
    /// The feature is imported all the same.
    pub warning: bool,
    pub message: String,
}

impl ExtractFault {
    pub(super) fn cut_off_relation(missing: usize, all: usize) -> Self {
        let message = format!(
            "The relation is cut off by the edge of the extract: {missing} of its {} {} not in it as a whole. {LARGER_EXTRACT}",
            count_noun(all as u64, "way"),
            if missing == 1 { "is" } else { "are" }
        );
        Self { kind: ImportFindingKind::CutOff, warning: false, message }
    }

    pub(super) fn cut_off_way(missing: usize) -> Self {
        let message = format!(
            "The way is cut off by the edge of the extract, which lacks {} of it. {LARGER_EXTRACT}",
            count_noun(missing as u64, "node")
        );
        Self { kind: ImportFindingKind::CutOff, warning: false, message }
    }

    pub(super) fn shortened_line(missing: usize) -> Self {
        let message = format!(
            "The way is cut off by the edge of the extract, which lacks {} of it: only its longest part inside is taken. {LARGER_EXTRACT}",
            count_noun(missing as u64, "node")
        );
        Self { kind: ImportFindingKind::CutOff, warning: true, message }
    }

    pub(super) fn broken_outline(fault: OutlineFault, name: &str) -> Self {
        let what = match fault {
            OutlineFault::Open(at) => format!("does not close{}", near(at)),
            OutlineFault::Crossing(at) => format!("crosses itself{}", near(at)),
            OutlineFault::Empty => "encloses nothing".to_owned(),
        };
        let message = format!(
            "The outline {what}. It is broken in OpenStreetMap: https://www.openstreetmap.org/{}.",
            name.replacen('-', "/", 1)
        );
        Self { kind: ImportFindingKind::BrokenOutline, warning: false, message }
    }
}

const LARGER_EXTRACT: &str = "Take a larger extract, or one whose relations are complete (osmium extract -s smart).";

fn near(at: OsmPoint) -> String {
    let at = to_degrees(at);
    format!(" near {}, {}", at.x, at.y)
}
