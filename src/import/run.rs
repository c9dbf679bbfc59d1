//! The second reading: parse and judge in one thread, store in another, with a little in flight between them.

use super::draft::FeatureDraft;
use super::feature_validator::FeatureValidator;
use super::finding::{FindingPlace, ImportFinding, ImportFindings};
use super::report::ImportReport;
use super::{ImportJob, ImportProgress, ImportSource, RepairCounts};
use crate::collection::Collection;
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::feature::Feature;
use geo::CoordsIter;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// A batch is sent when it has this many features or positions.
const BATCH_FEATURES: usize = 512;
const BATCH_VERTICES: usize = 65_536;
/// Batches in flight.
const IN_FLIGHT: usize = 4;

pub fn run_import<T>(
    import: ImportJob<'_>,
    load: impl FnOnce(&Collection, &mut dyn Iterator<Item = Result<Feature>>) -> Result<T>,
) -> (ImportReport, Result<T>) {
    let ImportJob {
        sources,
        options,
        model,
        collection,
        origin,
        renamed,
        mixed_fields: mixed,
        ids,
        converter: grid,
        progress,
    } = import;
    let mut report = ImportReport {
        collection: collection.id.to_string(),
        origin,
        renamed: renamed.clone(),
        mixed_fields: mixed,
        lenient: options.lenient,
        ..ImportReport::new(origin)
    };
    let (send, receive) = sync_channel(IN_FLIGHT);
    let collection = &collection;
    let (read, loaded) = std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let validator =
                FeatureValidator::new(collection, origin, model, options.id.as_deref(), &renamed, ids, grid);
            let (lenient, crs) = (options.lenient, options.crs);
            let mut reader = SourceReader {
                validator,
                sender: BatchSender::new(send),
                totals: ReaderTotals::default(),
                lenient,
                crs,
                progress,
            };
            if let Err(e) = reader.read_all(sources) {
                reader.sender.finish(Some(e));
            }
            reader.totals.repairs = reader.validator.repairs;
            reader.totals
        });
        let mut features = FeatureReceiver { receive, batch: Vec::new().into_iter() };
        let loaded = load(collection, &mut features);
        // The reader ends when nobody listens any more.
        drop(features);
        (reader.join(), loaded)
    });
    let Ok(read) = read else { return (report, Err(Error::internal("the reader of the file broke down"))) };
    report.read = read.features;
    report.left_out = read.left_out;
    report.findings = read.findings;
    report.repairs = read.repairs;
    (report, loaded)
}

/// What the reader ends with.
#[derive(Default)]
struct ReaderTotals {
    features: u64,
    left_out: u64,
    findings: ImportFindings,
    repairs: RepairCounts,
}

struct SourceReader<'a> {
    validator: FeatureValidator<'a>,
    sender: BatchSender,
    totals: ReaderTotals,
    lenient: bool,
    crs: Option<Crs>,
    progress: Arc<ImportProgress>,
}

impl SourceReader<'_> {
    /// Reads all files; the last thing sent says whether the whole may be kept.
    fn read_all(&mut self, sources: &[ImportSource]) -> Result<()> {
        let mut unreadable = false;
        for source in sources {
            let name = (sources.len() > 1).then_some(source.name.as_str());
            unreadable |= !self.read_source(source, name)?;
            if self.sender.disconnected {
                return Ok(());
            }
        }
        let errors = self.totals.findings.errors;
        let refused = unreadable || (errors > 0 && !self.lenient);
        self.sender
            .finish(refused.then(|| Error::Refused(refusal_message(errors, self.totals.findings.first_error()))));
        Ok(())
    }

    /// Reads one file; `false` when it cannot be read to its end.
    fn read_source(&mut self, source: &ImportSource, name: Option<&str>) -> Result<bool> {
        let mut rows = source.open_rows(Some(&self.progress), self.crs)?;
        while let Some(row) = rows.next_draft()? {
            match row {
                Ok(mut draft) => {
                    draft.place.file = name.map(ToOwned::to_owned);
                    self.read_feature(draft);
                }
                Err(fault) => {
                    let place = FindingPlace {
                        file: name.map(ToOwned::to_owned),
                        line: Some(fault.line),
                        feature: fault.number,
                        ..FindingPlace::default()
                    };
                    let lost = fault.number.is_some() && !fault.fatal;
                    self.totals.left_out += u64::from(lost);
                    self.totals.features += u64::from(lost);
                    self.totals.findings.add(ImportFinding {
                        kind: fault.kind,
                        warning: false,
                        place,
                        message: fault.message,
                    });
                    if fault.fatal {
                        return Ok(false);
                    }
                }
            }
            if self.totals.features.is_multiple_of(256) {
                self.progress.check_stopped()?;
            }
            if self.sender.disconnected {
                break;
            }
        }
        Ok(true)
    }

    fn read_feature(&mut self, draft: FeatureDraft) {
        self.totals.features += 1;
        self.progress.features.store(self.totals.features, std::sync::atomic::Ordering::Relaxed);
        let (feature, findings) = self.validator.validate(draft);
        for finding in findings {
            self.totals.findings.add(finding);
        }
        match feature {
            // Once a file is refused its features are looked at only for their faults.
            Some(feature) if self.lenient || self.totals.findings.errors == 0 => self.sender.push(feature),
            Some(_) => {}
            None => self.totals.left_out += 1,
        }
    }
}

fn refusal_message(errors: u64, first: Option<&ImportFinding>) -> String {
    let what = if errors == 1 { "1 fault".to_owned() } else { format!("{errors} faults") };
    let first = first.map(|f| format!(" The first: {f}")).unwrap_or_default();
    format!("Nothing was imported: {what} in the file.{first}")
}

/// The sending end.
struct BatchSender {
    send: SyncSender<Vec<Result<Feature>>>,
    batch: Vec<Result<Feature>>,
    vertices: usize,
    /// Nobody listens any more.
    disconnected: bool,
}

impl BatchSender {
    fn new(send: SyncSender<Vec<Result<Feature>>>) -> Self {
        Self { send, batch: vec![], vertices: 0, disconnected: false }
    }

    fn push(&mut self, feature: Feature) {
        self.vertices += feature.geometry.as_ref().map_or(0, CoordsIter::coords_count);
        self.batch.push(Ok(feature));
        if self.batch.len() >= BATCH_FEATURES || self.vertices >= BATCH_VERTICES {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.vertices = 0;
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH_FEATURES));
        self.disconnected |= self.send.send(batch).is_err();
    }

    fn finish(&mut self, error: Option<Error>) {
        self.batch.extend(error.map(Err));
        self.flush();
    }
}

/// The receiving end.
struct FeatureReceiver {
    receive: Receiver<Vec<Result<Feature>>>,
    batch: std::vec::IntoIter<Result<Feature>>,
}

impl Iterator for FeatureReceiver {
    type Item = Result<Feature>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(next) = self.batch.next() {
                return Some(next);
            }
            self.batch = self.receive.recv().ok()?.into_iter();
        }
    }
}
