//! The reading of the features: each is parsed, judged and sent on; each fault becomes a finding.

use super::batch_channel::BatchSender;
use super::draft::FeatureDraft;
use super::element_scanner::ScanFault;
use super::feature_validator::{FeatureValidator, RepairCounts};
use super::finding::{FindingPlace, ImportFinding, ImportFindings};
use super::progress::ImportProgress;
use super::source::{ImportSource, SourceRows};
use crate::crs::Crs;
use crate::error::{Error, Result};
use std::sync::Arc;

/// What the reading ends with.
#[derive(Default)]
pub struct ReaderTotals {
    pub features: u64,
    pub left_out: u64,
    pub findings: ImportFindings,
    pub repairs: RepairCounts,
}

/// Reads the features of several files.
pub struct SourceReader<'a> {
    validator: FeatureValidator<'a>,
    sender: BatchSender,
    totals: ReaderTotals,
    lenient: bool,
    crs: Option<Crs>,
    progress: Arc<ImportProgress>,
}

impl<'a> SourceReader<'a> {
    pub fn new(
        validator: FeatureValidator<'a>,
        sender: BatchSender,
        lenient: bool,
        crs: Option<Crs>,
        progress: Arc<ImportProgress>,
    ) -> Self {
        Self { validator, sender, totals: ReaderTotals::default(), lenient, crs, progress }
    }

    /// Reads all files. The last thing that is sent is an error when the features are not to be stored.
    pub fn read_sources(mut self, sources: &[ImportSource]) -> ReaderTotals {
        if let Err(e) = self.read_all(sources) {
            self.sender.finish(Some(e));
        }
        self.totals.repairs = self.validator.repairs;
        self.totals
    }

    fn read_all(&mut self, sources: &[ImportSource]) -> Result<()> {
        let mut unreadable = false;
        for source in sources {
            let name = (sources.len() > 1).then_some(source.name.as_str());
            unreadable |= !self.read_source(source, name)?;
            if self.sender.is_disconnected() {
                return Ok(());
            }
        }
        let errors = self.totals.findings.errors;
        let refused = unreadable || (errors > 0 && !self.lenient);
        let refusal = || Error::Refused(refusal_message(errors, self.totals.findings.first_error()));
        let error = refused.then(refusal);
        self.sender.finish(error);
        Ok(())
    }

    /// Reads one file; `false` when it cannot be read to its end.
    fn read_source(&mut self, source: &ImportSource, name: Option<&str>) -> Result<bool> {
        let mut rows = source.open_rows(Some(&self.progress), self.crs)?;
        while let Some(row) = rows.next_draft()? {
            match row {
                Ok(mut draft) => {
                    draft.place.file = name.map(ToOwned::to_owned);
                    self.read_feature(draft, &rows);
                }
                Err(fault) => {
                    let fatal = fault.fatal;
                    self.add_scan_fault(fault, name);
                    if fatal {
                        return Ok(false);
                    }
                }
            }
            if self.totals.features.is_multiple_of(256) {
                self.progress.check_stopped()?;
            }
            if self.sender.is_disconnected() {
                break;
            }
        }
        Ok(true)
    }

    fn add_scan_fault(&mut self, fault: ScanFault, name: Option<&str>) {
        let place = FindingPlace {
            file: name.map(ToOwned::to_owned),
            line: Some(fault.line),
            column: fault.column,
            feature: fault.number,
            ..FindingPlace::default()
        };
        let lost = fault.number.is_some() && !fault.fatal && !fault.warning;
        self.totals.left_out += u64::from(lost);
        self.totals.features += u64::from(lost);
        let ScanFault { kind, warning, message, .. } = fault;
        self.totals.findings.add(ImportFinding { kind, warning, place, message });
    }

    fn read_feature(&mut self, draft: FeatureDraft, rows: &SourceRows) {
        self.totals.features += 1;
        self.progress.set_features(self.totals.features);
        let (feature, findings) = self.validator.validate(draft);
        for finding in findings {
            let below = if finding.kind.is_about_positions() { "/coordinates" } else { "" };
            self.totals.findings.add(ImportFinding { place: rows.locate(finding.place, below), ..finding });
        }
        match feature {
            // Once a file is refused, its features are read for their faults only.
            Some(feature) if self.lenient || self.totals.findings.errors == 0 => self.sender.push(feature),
            Some(_) => {}
            None => self.totals.left_out += 1,
        }
    }
}

fn refusal_message(errors: u64, first: Option<&ImportFinding>) -> String {
    let count = if errors == 1 { "1 fault".to_owned() } else { format!("{errors} faults") };
    let first = first.map(|f| format!(" The first: {f}")).unwrap_or_default();
    format!("Nothing was imported: {count} in the file.{first}")
}
