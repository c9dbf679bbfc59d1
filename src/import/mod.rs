//! Files into features: GeoJSON of any size, GeoJSON text sequences, CSV, OpenStreetMap extracts, shapefiles,
//! GeoPackage, KML, FlatGeobuf, GeoParquet, GPX, GML and DXF, also in archives. Reads a file twice when its collection
//! is new: once for the fields, once for the features. Every fault is a finding with its place; nothing invalid gets
//! past, and nothing is corrected silently. Writes only through a [`PlanFile`](crate::atlas::PlanFile).

mod archive; // members of ZIP archives
mod batch_channel; // features on their way to the store
mod byte_reader; // bytes with line numbers
mod csv; // tables
mod csv_cells; // the place of a row
mod csv_columns; // what the columns hold
mod csv_names; // how columns with places are called
mod demo; // the demo plan
mod draft; // a feature as its file has it
mod dxf; // drawings
mod element_scanner; // where features begin and end in a GeoJSON file
mod encoding_choice; // the encoding of a file's text, and why
mod feature_validator; // drafts before the intake
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
mod letter_sense; // which letters bytes probably are
mod osm; // OpenStreetMap extracts
mod parquet; // GeoParquet
mod plan_import; // an import into a plan file
mod progress; // how far an import is
mod report; // what an import did
mod row_reader; // what every format is read through
mod shapefile; // shapefiles
mod source; // a file, its format and its rows
mod source_facts; // what was understood of a file
mod source_reader; // the second reading
mod survey; // the first reading
mod surveyed_field; // what it finds of one field
mod text_encoding; // encodings of text
mod text_position; // lines and columns
mod value_kinds; // kinds of values and cells
mod wkt; // well-known text
mod xml; // XML documents

pub use demo::{demo_sources, fill_demo_plan};
pub use encoding_choice::{EncodingChoice, EncodingReason};
pub use feature_validator::{CollectionOrigin, RepairCounts};
pub use finding::{FindingPlace, ImportFinding, ImportFindingKind, ImportFindings};
pub use id_registry::IdRegistry;
pub use import_format::ImportFormat;
pub use job::{ImportJob, ImportOptions, ImportTarget, parse_crs};
pub use plan_import::{ImportOutcome, PlanImport, PlanImportRequest};
pub use progress::ImportProgress;
pub use report::ImportReport;
pub use source::ImportSource;
pub use source_facts::{SourceFacts, SourceOptions, StatedCrs};
pub use survey::{MAX_FIELDS, RenamedField};
pub use surveyed_field::ExactTextField;
