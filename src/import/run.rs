//! The second reading: parse and judge in one thread, store in another, with a little in flight between them.

use super::draft::Draft;
use super::finding::{Finding, Findings, Place};
use super::judge::Judge;
use super::report::Report;
use super::{Import, Progress, Repairs, Source};
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

pub fn run<T>(
    import: Import<'_>,
    load: impl FnOnce(&Collection, &mut dyn Iterator<Item = Result<Feature>>) -> Result<T>,
) -> (Report, Result<T>) {
    let Import { sources, options, model, collection, origin, renamed, mixed, ids, grid, progress } = import;
    let mut report = Report {
        collection: collection.id.to_string(),
        origin,
        renamed: renamed.clone(),
        mixed,
        lenient: options.lenient,
        ..Report::new(origin)
    };
    let (send, receive) = sync_channel(IN_FLIGHT);
    let collection = &collection;
    let (read, loaded) = std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let judge = Judge::new(collection, origin, model, options.id.as_deref(), &renamed, ids, grid);
            let (lenient, crs) = (options.lenient, options.crs);
            let mut reader = Reader { judge, out: Out::new(send), read: Read::default(), lenient, crs, progress };
            if let Err(e) = reader.all(sources) {
                reader.out.end(Some(e));
            }
            reader.read.repairs = reader.judge.repairs;
            reader.read
        });
        let mut features = Features { receive, batch: Vec::new().into_iter() };
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
struct Read {
    features: u64,
    left_out: u64,
    findings: Findings,
    repairs: Repairs,
}

struct Reader<'a> {
    judge: Judge<'a>,
    out: Out,
    read: Read,
    lenient: bool,
    crs: Option<Crs>,
    progress: Arc<Progress>,
}

impl Reader<'_> {
    /// Reads all files; the last thing sent says whether the whole may be kept.
    fn all(&mut self, sources: &[Source]) -> Result<()> {
        let mut spoilt = false;
        for source in sources {
            let name = (sources.len() > 1).then_some(source.name.as_str());
            spoilt |= !self.one(source, name)?;
            if self.out.deaf {
                return Ok(());
            }
        }
        let errors = self.read.findings.errors;
        let refused = spoilt || (errors > 0 && !self.lenient);
        self.out.end(refused.then(|| Error::Refused(refusal(errors, self.read.findings.first_error()))));
        Ok(())
    }

    /// Reads one file; `false` when it cannot be read to its end.
    fn one(&mut self, source: &Source, name: Option<&str>) -> Result<bool> {
        let mut rows = source.rows(Some(&self.progress), self.crs)?;
        while let Some(row) = rows.draft()? {
            match row {
                Ok(mut draft) => {
                    draft.place.file = name.map(ToOwned::to_owned);
                    self.feature(draft);
                }
                Err(fault) => {
                    let place = Place {
                        file: name.map(ToOwned::to_owned),
                        line: Some(fault.line),
                        feature: fault.number,
                        ..Place::default()
                    };
                    let lost = fault.number.is_some() && !fault.fatal;
                    self.read.left_out += u64::from(lost);
                    self.read.features += u64::from(lost);
                    self.read.findings.add(Finding { kind: fault.kind, warning: false, place, message: fault.message });
                    if fault.fatal {
                        return Ok(false);
                    }
                }
            }
            if self.read.features.is_multiple_of(256) {
                self.progress.check()?;
            }
            if self.out.deaf {
                break;
            }
        }
        Ok(true)
    }

    fn feature(&mut self, draft: Draft) {
        self.read.features += 1;
        self.progress.features.store(self.read.features, std::sync::atomic::Ordering::Relaxed);
        let (feature, findings) = self.judge.judge(draft);
        for finding in findings {
            self.read.findings.add(finding);
        }
        match feature {
            // Once a file is refused its features are looked at only for their faults.
            Some(feature) if self.lenient || self.read.findings.errors == 0 => self.out.push(feature),
            Some(_) => {}
            None => self.read.left_out += 1,
        }
    }
}

fn refusal(errors: u64, first: Option<&Finding>) -> String {
    let what = if errors == 1 { "1 fault".to_owned() } else { format!("{errors} faults") };
    let first = first.map(|f| format!(" The first: {f}")).unwrap_or_default();
    format!("Nothing was imported: {what} in the file.{first}")
}

/// The sending end.
struct Out {
    send: SyncSender<Vec<Result<Feature>>>,
    batch: Vec<Result<Feature>>,
    vertices: usize,
    /// Nobody listens any more.
    deaf: bool,
}

impl Out {
    fn new(send: SyncSender<Vec<Result<Feature>>>) -> Self {
        Self { send, batch: vec![], vertices: 0, deaf: false }
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
        self.deaf |= self.send.send(batch).is_err();
    }

    fn end(&mut self, error: Option<Error>) {
        self.batch.extend(error.map(Err));
        self.flush();
    }
}

/// The receiving end.
struct Features {
    receive: Receiver<Vec<Result<Feature>>>,
    batch: std::vec::IntoIter<Result<Feature>>,
}

impl Iterator for Features {
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
