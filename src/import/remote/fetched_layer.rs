//! What was fetched from another server, until the plan has it.

use super::page_spool::PageSpool;
use crate::collection::DataLicence;
use crate::import::import_format::ImportFormat;
use crate::import::source_facts::StatedCrs;
use std::path::PathBuf;

/// A file or a layer that was fetched. Its copy on disk goes with it.
pub struct FetchedLayer {
    /// The address, for messages.
    pub name: String,
    pub content: FetchedContent,
    pub licence: Option<DataLicence>,
    /// Sentences on how it was fetched.
    pub notes: Vec<String>,
}

impl FetchedLayer {
    /// Whether it is a layer of a service, and no file.
    #[must_use]
    pub fn is_layer(&self) -> bool {
        matches!(self.content, FetchedContent::Pages(_))
    }
}

/// A file of any format, or the pages of a layer.
pub enum FetchedContent {
    File { path: PathBuf, format: Option<ImportFormat>, spool: PageSpool },
    Pages(FetchedPages),
}

/// The pages of a layer, all in one format.
pub struct FetchedPages {
    pub paths: Vec<PathBuf>,
    pub bytes: u64,
    pub format: ImportFormat,
    /// The reference system that the server names.
    pub crs: Option<StatedCrs>,
    /// Its axes have northing, or latitude, first.
    pub swaps_axes: bool,
    /// Holds the pages on disk.
    pub spool: PageSpool,
}
