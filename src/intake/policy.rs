//! How strictly a candidate is judged, and what is known of where it comes from.

use crate::crs::Crs;

/// What happens to faults that can be passed over: an unknown property, a value of the wrong kind, a height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FaultHandling {
    /// Heights, and properties that only the service writes, are left out; the rest is refused.
    #[default]
    Usual,
    /// All of them are refused.
    Strict,
    /// What is at fault is read as it was probably meant, or left out and named.
    Lenient,
}

/// Where a candidate comes from. Decides which advice a finding gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateSource<'a> {
    /// A file, whose id is in this property if `--id` names one. It may set what otherwise only the service writes.
    File { id_property: Option<&'a str> },
    /// The body of a request.
    Request,
    /// The plan itself.
    Plan,
}

/// The policy under which a candidate is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntakePolicy<'a> {
    pub handling: FaultHandling,
    pub source: CandidateSource<'a>,
}

impl CandidateSource<'_> {
    /// What to do when the coordinates are in this reference system.
    pub(super) fn declare_crs(self, crs: Crs) -> String {
        match self {
            Self::File { .. } => format!("Say --crs {crs}"),
            Self::Request => format!("Send Content-Crs: <{}>", crs.uri()),
            Self::Plan => "Convert it to longitude and latitude".to_owned(),
        }
    }

    /// What to do when the coordinates are longitude and latitude.
    pub(super) fn declare_lonlat(self) -> &'static str {
        match self {
            Self::File { .. } => "Leave --crs out",
            Self::Request => "Leave Content-Crs out",
            Self::Plan => "Check the coordinates",
        }
    }

    /// What to do when the reference system is not known.
    pub(super) fn convert_first(self) -> &'static str {
        match self {
            Self::File { .. } => "Convert the file to EPSG:4326: ogr2ogr -t_srs EPSG:4326 out.geojson FILE.",
            Self::Request | Self::Plan => "Convert it to longitude and latitude.",
        }
    }

    /// What to do about rings that cross or overlap.
    pub(super) fn repair_rings(self) -> &'static str {
        match self {
            Self::File { .. } => {
                "Repair the file (ogr2ogr -makevalid out.geojson FILE), or leave the feature out with --lenient."
            }
            Self::Request => "Redraw it there.",
            Self::Plan => "Redraw it there, or repair it (in QGIS: Fix geometries).",
        }
    }

    /// What the candidate is part of, as the subject of a sentence.
    pub(super) fn subject(self) -> &'static str {
        match self {
            Self::File { .. } => "The file",
            Self::Request | Self::Plan => "The feature",
        }
    }
}
