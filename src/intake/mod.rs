//! Whether a feature may enter a collection, decided in one place for files, for edits and for the check of a plan: a
//! candidate becomes one verdict, under one policy. Knows no files, no requests and no store; the callers turn findings
//! into lines, JSON pointers or remarks.

mod crs_advice; // which reference system coordinates are probably in
mod feature_intake; // what a candidate is, and what it is judged by
mod finding; // what is wrong, where, and what to do
mod geometry; // the place: degrees, valid, of a type that the collection holds
mod id; // the id and the rule for it
mod judge; // a candidate becomes a verdict
mod location_check; // near the plan's cities?
mod policy; // how strictly, and where the candidate comes from
mod schema_rules; // what the plan's schema and its vocabularies ask for
mod source_crs; // what the coordinates are in
mod values; // properties and the fields that they fill

pub use crs_advice::check_declared_crs;
pub use feature_intake::{CandidateGeometry, FeatureCandidate, FeatureIntake};
pub use finding::{FindingKind, FindingSeverity, IntakeFinding, IntakeVerdict, escape_pointer};
pub use id::format_id;
pub use location_check::{CityLocations, LocationDoubt};
pub use policy::{CandidateSource, FaultHandling, IntakePolicy};
pub use source_crs::SourceCrs;
