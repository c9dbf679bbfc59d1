//! A layer of a GeoPackage: chosen by its name, and its rows as features. A thread of its own reads the file, as a
//! query of SQLite cannot be put aside.

use super::draft::FeatureDraft;
use super::element_scanner::ScanFault;
use super::finding::{FindingPlace, ImportFindingKind};
use super::import_format::ImportFormat;
use super::progress::ImportProgress;
use super::row_reader::{RowReader, TableRemarks};
use super::source_facts::{SourceFacts, SourceOptions, StatedCrs};
use crate::atlas::{PackageLayer, PackageReader, PackageRow, PackageSrs};
use crate::crs::{Crs, identify_wkt};
use crate::error::{Error, Result, count_noun, shorten_text};
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{FaultKind, FeatureFault};
use crate::intake::escape_pointer;
use serde_json::Value as Json;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

/// How many rows wait to be judged.
const WAITING_ROWS: usize = 64;
/// How many layers a sentence names.
const MAX_NAMED: usize = 20;

/// Chooses the layer to read, and what is known of it.
///
/// # Errors
/// [`Error::Invalid`] when the file has no layers, or several and none is named, or one in a reference system that is
/// not known; [`Error::Refused`] when it cannot be read.
pub fn open_layer(name: &str, path: &Path, options: &SourceOptions) -> Result<(PackageLayer, SourceFacts)> {
    let layers = PackageReader::open(path)?.list_layers()?;
    let layer = choose_layer(name, layers, options.layer.as_deref())?;
    let mut facts = SourceFacts {
        format: Some(ImportFormat::GeoPackage),
        layer: Some(layer.name.clone()),
        ..SourceFacts::default()
    };
    if let Some(srs) = &layer.srs {
        facts.crs = read_srs(name, srs, options.crs)?;
        facts.lacks_crs = facts.crs.is_none();
    }
    let unread =
        layer.unread.iter().map(|c| format!("The column '{c}' is not read, as no property can hold its values."));
    facts.notes.extend(unread);
    Ok((layer, facts))
}

fn choose_layer(name: &str, mut layers: Vec<PackageLayer>, asked: Option<&str>) -> Result<PackageLayer> {
    let spatial: Vec<usize> = (0..layers.len()).filter(|at| layers[*at].geometry_column.is_some()).collect();
    let found = match asked {
        Some(asked) => layers.iter().position(|l| l.name.to_lowercase() == asked.to_lowercase()),
        None if layers.len() == 1 => Some(0),
        None => None,
    };
    if let Some(at) = found {
        return Ok(layers.swap_remove(at));
    }
    let listed: Vec<String> = layers.iter().take(MAX_NAMED).map(|l| shorten_text(&l.name)).collect();
    let sentence = match (asked, &spatial[..], listed.is_empty()) {
        (_, _, true) => "The GeoPackage has no layers with features.".to_owned(),
        (Some(asked), ..) => {
            format!(
                "The GeoPackage has no layer '{}': choose one of {} with --layer NAME.",
                shorten_text(asked),
                listed.join(", ")
            )
        }
        (None, ..) => {
            format!("The GeoPackage has several layers: choose one of {} with --layer NAME.", listed.join(", "))
        }
    };
    Err(Error::invalid(name, sentence))
}

/// The reference system; `None` for one that the file leaves undefined, or that the caller states.
fn read_srs(name: &str, srs: &PackageSrs, said: Option<Crs>) -> Result<Option<StatedCrs>> {
    if matches!(srs.id, 0 | -1) {
        return Ok(None);
    }
    let is_epsg = srs.organization.eq_ignore_ascii_case("EPSG");
    let coded = is_epsg.then(|| Crs::parse(&format!("EPSG:{}", srs.code)).ok()).flatten();
    let (crs, reason) = match coded {
        Some(crs) => (Ok(crs), "as the layer says"),
        None => (identify_wkt(&srs.definition), "by the parameters of its definition"),
    };
    match crs {
        Ok(crs) => Ok(Some(StatedCrs { crs, reason: reason.into() })),
        Err(_) if said.is_some() => Ok(None),
        Err(sentence) => Err(Error::invalid(
            name,
            format!(
                "The layer is in {}:{}. {sentence} Convert the file first: ogr2ogr -t_srs EPSG:4326 out.geojson FILE LAYER; or say --crs EPSG:n if it is a grid that is known here.",
                shorten_text(&srs.organization),
                srs.code
            ),
        )),
    }
}

pub struct GeoPackageRows {
    layer: PackageLayer,
    /// Ends with the last row, or with an error.
    rows: Receiver<Result<PackageRow>>,
    progress: Option<Arc<ImportProgress>>,
    file_bytes: u64,
    number: u64,
    linearised: u64,
}

impl GeoPackageRows {
    pub fn open(path: &Path, layer: &PackageLayer, progress: Option<Arc<ImportProgress>>) -> Result<Self> {
        let reader = PackageReader::open(path)?;
        let (sender, rows) = sync_channel(WAITING_ROWS);
        let scanned = layer.clone();
        std::thread::spawn(move || {
            let read = reader.scan_rows(&scanned, &mut |row| sender.send(Ok(row)).is_ok());
            if let Err(e) = read {
                // Without a receiver, nobody needs to know.
                let _ = sender.send(Err(e));
            }
        });
        let file_bytes = path.metadata().map_or(0, |m| m.len());
        Ok(Self { layer: layer.clone(), rows, progress, file_bytes, number: 0, linearised: 0 })
    }
}

impl RowReader for GeoPackageRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        let Ok(row) = self.rows.recv() else {
            // Rows do not tell where in the file they are.
            if let Some(progress) = &self.progress {
                progress.add_bytes(std::mem::take(&mut self.file_bytes));
            }
            return Ok(None);
        };
        let row = row?;
        self.number += 1;
        let place = FindingPlace { feature: Some(self.number), ..FindingPlace::default() };
        let mut draft = FeatureDraft { place, ..FeatureDraft::default() };
        match row.shape {
            Ok(shape) => {
                self.linearised += u64::from(shape.linearised);
                let flattened = shape.flattened;
                draft.shape = shape.geometry.map(|geometry| ParsedGeometry { geometry, flattened });
            }
            Err(what) => {
                let fault =
                    FeatureFault::new(FaultKind::WrongType, "", format!("The geometry {what}. Repair it in the file."));
                draft.faults.push((ImportFindingKind::of_fault(&fault), fault));
            }
        }
        for (column, value) in self.layer.columns.iter().zip(row.values) {
            if value.is_none() {
                let at = format!("/properties/{}", escape_pointer(&column.name));
                let fault =
                    FeatureFault::new(FaultKind::WrongType, at, "The text is not UTF-8. Correct it in the file.");
                draft.faults.push((ImportFindingKind::Encoding, fault));
            }
            draft.properties.insert(column.name.clone(), value.unwrap_or(Json::Null));
        }
        Ok(Some(Ok(draft)))
    }

    fn table_remarks(&self) -> Option<TableRemarks> {
        let count = count_noun(self.linearised, "feature");
        let note = (self.linearised > 0).then(|| format!("In {count}, arcs became lines of short segments."));
        Some(TableRemarks { notes: note.into_iter().collect(), ..TableRemarks::default() })
    }
}
