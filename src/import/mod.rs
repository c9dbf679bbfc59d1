//! Files into features: GeoJSON of any size, GeoJSON text sequences, CSV, workbooks, OpenStreetMap extracts,
//! shapefiles, GeoPackage, KML, FlatGeobuf, GeoParquet, GPX, GML and DXF, also in archives and from other servers.
//! Reads a file twice when its collection is new: once for the fields, once for the features. Every fault is a finding
//! with its place; nothing invalid gets past, and nothing is corrected silently. Writes only through a
//! [`PlanFile`](crate::atlas::PlanFile).

mod assistant; // a file that a person brings in step by step
mod archive; // members of ZIP archives
mod batch_channel; // features on their way to the store
mod byte_reader; // bytes with line numbers
mod csv; // tables
mod csv_cells; // the place of a row
mod csv_columns; // what the columns hold
mod csv_names; // how columns with places are called
mod decoding_reader; // text in any encoding as UTF-8
mod demo; // the demo plan
mod draft; // a feature as its file has it
mod dxf; // drawings
mod element_scanner; // where features begin and end in a GeoJSON file
mod encoding_choice; // the encoding of a file's text, and why
mod feature_validator; // drafts before the intake
mod file_properties; // properties of files that are no tables
mod finding; // what is wrong in a file
mod flatgeobuf_rows; // FlatGeobuf
mod foreign_format; // formats that must be converted first
mod format_detection; // which format a file is in
mod frame_faults; // the document around the features
mod geojson_rows; // GeoJSON
mod geopackage_rows; // layers of GeoPackages
mod gml; // GML
mod gpx_rows; // GPX
mod id_registry; // which ids are in use
mod import_format; // the formats
mod job; // files and their collection
mod kml; // KML
mod osm; // OpenStreetMap extracts
mod parquet; // GeoParquet
mod place_names; // places by the names of the plan
mod plan_import; // an import into a plan file
mod prepared_source; // a file, and its table as it was understood
mod progress; // how far an import is
mod remote; // layers of other servers
mod report; // what an import did
mod row_reader; // what every format is read through
mod shapefile; // shapefiles
mod source; // a file, its format and its rows
mod source_bounds; // what reading may use
mod source_facts; // what was understood of a file
mod source_reader; // the second reading
mod survey; // the first reading
mod surveyed_field; // what it finds of one field
mod table; // tables as officers write them
mod text_detection; // which encoding a table is in
mod text_encoding; // encodings of text
mod text_position; // lines and columns
mod update; // rows that are features of the plan already
mod value_kinds; // kinds of values and cells
mod wkt; // well-known text
mod workbook; // XLSX, XLS, ODS
mod xml; // XML documents

pub use assistant::{CommitConflict, ImportAnswers, ImportCommit, ImportReview, ReviewRequest, review_import};
pub use demo::{demo_sources, fill_demo_plan};
pub use encoding_choice::{EncodingChoice, EncodingReason};
pub use feature_validator::{CollectionOrigin, RepairCounts};
pub use finding::{FindingPlace, ImportFinding, ImportFindingKind, ImportFindings};
pub use id_registry::IdRegistry;
pub use import_format::ImportFormat;
pub use job::{ImportJob, ImportOptions, ImportTarget, parse_crs};
pub use place_names::{NamedLocation, PlaceGazetteer, PlaceNameFault};
pub use plan_import::{ImportOutcome, PlanImport, PlanImportRequest};
pub use progress::{FetchProgress, ImportProgress};
pub use remote::{FetchLimits, FetchedLayer, RemoteRequest, WebUrl, fetch_layer};
pub use report::ImportReport;
pub use source::ImportSource;
pub use source_bounds::SourceBounds;
pub use source_facts::{SourceFacts, SourceOptions, StatedCrs};
pub use survey::{MAX_FIELDS, RenamedField};
pub use surveyed_field::ExactTextField;
pub use table::{QuestionChoice, TableAnswers, TableQuestion, TableUnderstanding};
pub use update::{
    ConflictHandling, ExistingFeatures, FieldChange, FieldConflict, PastState, PlanFeatures, RowChange, RowChangeKind,
    UpdateOptions, UpdateOutcome, UpdateReport, ViewerFeatures,
};
