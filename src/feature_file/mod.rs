//! Features as whole files of the trade: workbooks (XLSX, ODS), GeoPackage, zipped shapefiles, KML, GPX, GeoParquet,
//! DXF. A file is written into a temporary file, a feature at a time, so that memory does not grow with it; what the
//! format cannot hold is counted and told. Never decides which features a reader may have.

mod dbase_table; // the table of a shapefile
mod dxf; // drawings
mod file_error; // what keeps a file from being written
mod file_format; // the formats
mod file_layer; // what is written
mod file_writer; // one writer for all
mod format_losses; // what a format cannot hold
mod geoparquet; // GeoParquet
mod gpx; // GPX
mod kml; // KML
mod ods; // OpenDocument workbooks
mod parquet_columns; // the columns of GeoParquet
mod sheet_cell; // a value as the cell of a sheet
mod sheet_layout; // the sheets of a workbook
mod shapefile; // zipped shapefiles
mod vocabulary_list; // words to choose from
mod workbook_words; // what a workbook itself says, in ten languages
mod xlsx; // Excel workbooks
mod xml_text; // text in XML

pub use file_format::FileFormat;
pub use file_layer::{FileLayer, FileOptions};
pub use file_writer::{FileWriter, WrittenFile};
pub use workbook_words::WORKBOOK_LANGUAGES;
