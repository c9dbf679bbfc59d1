//! What the caller says of a file, and what was understood of it before its features are read.

use super::encoding_choice::EncodingChoice;
use super::import_format::ImportFormat;
use super::source_bounds::SourceBounds;

use crate::collection::DataLicence;
use crate::crs::Crs;
use crate::error::{Error, Result, shorten_text};
use serde_json::{Value as Json, json};

/// What the caller says of a file.
#[derive(Debug, Clone, Default)]
pub struct SourceOptions {
    pub format: Option<ImportFormat>,
    /// Which layer of a file, or which file of an archive.
    pub layer: Option<String>,
    /// The encoding of its text.
    pub encoding: Option<String>,
    /// The reference system of its coordinates; degrees, too, when they were stated.
    pub crs: Option<Crs>,
    /// What reading it may use; `None` for a file that the operator names.
    pub bounds: Option<SourceBounds>,
}

/// What was understood of a file.
#[derive(Debug, Clone, Default)]
pub struct SourceFacts {
    pub format: Option<ImportFormat>,
    pub layer: Option<String>,
    pub encoding: Option<EncodingChoice>,
    /// The reference system that the file itself states.
    pub crs: Option<StatedCrs>,
    /// The format keeps a reference system, and this file states none.
    pub lacks_crs: bool,
    /// The licence of the data, of a layer or file from another server.
    pub licence: Option<DataLicence>,
    /// Sentences on what is not read.
    pub notes: Vec<String>,
}

/// A reference system and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedCrs {
    pub crs: Crs,
    /// The end of a sentence: "by the parameters of its .prj".
    pub reason: String,
}

impl SourceFacts {
    /// The reference system in which the file is read; `None` is longitude and latitude.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the file states another one than the caller.
    pub fn agree_on_crs(&self, name: &str, said: Option<Crs>) -> Result<Option<Crs>> {
        let as_read = |crs: Crs| Some(crs).filter(|crs| !crs.is_geodetic_wgs84());
        match (&self.crs, said) {
            (None, said) => Ok(said.and_then(as_read)),
            (Some(own), None) => Ok(as_read(own.crs)),
            (Some(own), Some(said)) if own.crs.is_same_grid(said) => Ok(as_read(said)),
            (Some(own), Some(said)) => Err(Error::invalid(
                name,
                format!(
                    "The file says that it is in {} ({}), {}, not in {said}. Leave --crs out; or if the file is wrong, correct it there.",
                    own.crs,
                    own.crs.name(),
                    own.reason
                ),
            )),
        }
    }

    /// One sentence on a file in a format that says more than text files do.
    #[must_use]
    pub fn describe(&self, name: &str) -> Option<String> {
        let format = self.format.filter(|format| is_told(*format))?;
        let mut sentence = format!("{name} is {}", format.title());
        if let Some(layer) = &self.layer {
            sentence.extend([", layer '", &shorten_text(layer), "'"]);
        }
        match &self.crs {
            Some(own) => sentence.extend([", in ", &own.crs.to_string(), " (", own.crs.name(), "), ", &own.reason]),
            None if self.lacks_crs => sentence += "; it names no reference system",
            None => {}
        }
        if let Some(encoding) = &self.encoding {
            sentence.extend(["; ", &encoding.describe()]);
        }
        Some(sentence + ".")
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self, name: &str) -> Json {
        json!({
            "file": name,
            "format": self.format.map(ImportFormat::title),
            "layer": self.layer,
            "crs": self.crs.as_ref().map(|own| own.crs.to_string()),
            "crs_reason": self.crs.as_ref().map(|own| own.reason.as_str()),
            "encoding": self.encoding.as_ref().map(EncodingChoice::to_json),
            "licence": self.licence.as_ref().map(|licence| licence.attribution.as_str()),
        })
    }
}

/// Text files say nothing of themselves.
fn is_told(format: ImportFormat) -> bool {
    use ImportFormat as F;
    !matches!(format, F::GeoJson | F::GeoJsonLines | F::GeoJsonSeq | F::Csv | F::Workbook(_) | F::OsmPbf)
}
