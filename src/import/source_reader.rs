//! The reading of the features: each is parsed, judged and sent on; each fault becomes a finding.

use super::batch_channel::BatchSender;
use super::draft::FeatureDraft;
use super::element_scanner::ScanFault;
use super::feature_validator::{FeatureValidator, RepairCounts};
use super::finding::{FindingPlace, ImportFinding, ImportFindingKind, ImportFindings};
use super::prepared_source::PreparedSource;
use super::progress::ImportProgress;
use super::row_reader::{RowOptions, RowReader, TableRemarks};
use crate::error::{Error, Result};
use crate::intake::SourceCrs;
use std::sync::Arc;

/// What the reading ends with.
#[derive(Default)]
pub struct ReaderTotals {
    pub features: u64,
    pub left_out: u64,
    pub findings: ImportFindings,
    pub repairs: RepairCounts,
    /// A file cannot be read to its end.
    pub unreadable: bool,
    /// Sentences on columns of tables that are not kept as they are.
    pub notes: Vec<String>,
    pub blank_rows: u64,
    /// Features that were taken.
    taken: u64,
}

/// What becomes of the rows that are read: they are added to the plan, or held against it.
pub trait RowTaker {
    /// Takes a row, unless it has faults; `keeps` is false once a file is refused, whose rows are then read for their
    /// faults only.
    ///
    /// # Errors
    /// When the plan cannot be read.
    fn take(
        &mut self,
        validator: &mut FeatureValidator<'_>,
        draft: FeatureDraft,
        keeps: bool,
    ) -> Result<(bool, Vec<ImportFinding>)>;

    /// Whether nobody waits for further rows.
    fn is_disconnected(&self) -> bool;

    /// Whether rows without a place have none in the plan either.
    fn expects_places(&self) -> bool;

    /// The end of the rows; with an error they are not to be stored.
    fn finish(&mut self, error: Option<Error>);
}

/// Sends new features to the store.
impl RowTaker for BatchSender {
    fn take(
        &mut self,
        validator: &mut FeatureValidator<'_>,
        draft: FeatureDraft,
        keeps: bool,
    ) -> Result<(bool, Vec<ImportFinding>)> {
        let (feature, findings) = validator.validate(draft);
        let is_taken = feature.is_some();
        feature.filter(|_| keeps).into_iter().for_each(|feature| self.push(feature));
        Ok((is_taken, findings))
    }

    fn is_disconnected(&self) -> bool {
        BatchSender::is_disconnected(self)
    }

    fn expects_places(&self) -> bool {
        true
    }

    fn finish(&mut self, error: Option<Error>) {
        BatchSender::finish(self, error);
    }
}

/// Reads the features of several files.
pub struct SourceReader<'a, T> {
    validator: FeatureValidator<'a>,
    taker: T,
    totals: ReaderTotals,
    options: RowOptions,
    progress: Arc<ImportProgress>,
}

impl<'a, T: RowTaker> SourceReader<'a, T> {
    pub fn new(validator: FeatureValidator<'a>, taker: T, options: RowOptions, progress: Arc<ImportProgress>) -> Self {
        Self { validator, taker, totals: ReaderTotals::default(), options, progress }
    }

    /// Reads all files, each in its reference system. Its taker is finished with an error when the rows are not to be
    /// stored.
    pub fn read_sources(mut self, sources: &[PreparedSource<'_>], source_crs: &'a [SourceCrs]) -> (ReaderTotals, T) {
        if let Err(e) = self.read_all(sources, source_crs) {
            self.taker.finish(Some(e));
        }
        self.totals.repairs = self.validator.repairs;
        (self.totals, self.taker)
    }

    fn read_all(&mut self, sources: &[PreparedSource<'_>], source_crs: &'a [SourceCrs]) -> Result<()> {
        for (source, crs) in sources.iter().zip(source_crs) {
            self.validator.read_in(crs);
            let name = (sources.len() > 1).then_some(source.name());
            self.totals.unreadable |= !self.read_source(source, name)?;
            if self.taker.is_disconnected() {
                return Ok(());
            }
        }
        let errors = self.totals.findings.errors;
        let nothing_left = errors > 0 && self.totals.left_out == self.totals.features;
        let refused = self.totals.unreadable || nothing_left || (errors > 0 && !self.options.lenient);
        let refusal = || Error::Refused(refusal_message(errors, self.totals.findings.first_error()));
        let error = refused.then(refusal);
        self.taker.finish(error);
        Ok(())
    }

    /// Reads one file; `false` when it cannot be read to its end.
    fn read_source(&mut self, source: &PreparedSource<'_>, name: Option<&str>) -> Result<bool> {
        let taken_before = self.totals.taken;
        let mut rows = source.open_rows(Some(&self.progress), self.options)?;
        while let Some(row) = rows.next_draft()? {
            match row {
                Ok(mut draft) => {
                    // A page of a layer has said so.
                    if draft.place.file.is_none() {
                        draft.place.file = name.map(ToOwned::to_owned);
                    }
                    self.read_feature(draft, &*rows)?;
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
            if self.taker.is_disconnected() {
                break;
            }
        }
        if let Some(table) = rows.table_remarks() {
            self.add_remarks(table, self.totals.taken > taken_before, name);
        }
        Ok(true)
    }

    /// A warning when a table has no column of places, and what else it says of its columns.
    fn add_remarks(&mut self, table: TableRemarks, has_features: bool, name: Option<&str>) {
        self.totals.blank_rows += table.blank_rows;
        self.totals.notes.extend(table.notes);
        let is_expected = has_features && self.taker.expects_places() && self.validator.takes_places();
        let Some(candidates) = table.without_place.filter(|_| is_expected) else {
            return;
        };
        let remedy = if candidates.is_empty() {
            " Name the columns of the coordinates lon and lat, or x and y with --crs EPSG:n.".to_owned()
        } else {
            candidates.iter().fold(String::new(), |all, sentence| all + " " + sentence)
        };
        let message = format!("No feature of the file has a place, so that the map does not show them.{remedy}");
        let place = FindingPlace { file: name.map(ToOwned::to_owned), ..FindingPlace::default() };
        self.totals.findings.add(ImportFinding { kind: ImportFindingKind::NoPlace, warning: true, place, message });
    }

    fn add_scan_fault(&mut self, fault: ScanFault, name: Option<&str>) {
        let place = FindingPlace {
            file: name.map(ToOwned::to_owned),
            // What is no text has no lines.
            line: Some(fault.line).filter(|line| *line > 0),
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

    fn read_feature(&mut self, draft: FeatureDraft, rows: &dyn RowReader) -> Result<()> {
        self.totals.features += 1;
        self.progress.set_features(self.totals.features);
        let keeps = self.options.lenient || self.totals.findings.errors == 0;
        let (is_taken, findings) = self.taker.take(&mut self.validator, draft, keeps)?;
        for finding in findings {
            let below = if finding.kind.is_about_positions() { "/coordinates" } else { "" };
            self.totals.findings.add(ImportFinding { place: rows.locate(finding.place, below), ..finding });
        }
        self.totals.taken += u64::from(is_taken);
        self.totals.left_out += u64::from(!is_taken);
        Ok(())
    }
}

fn refusal_message(errors: u64, first: Option<&ImportFinding>) -> String {
    let count = if errors == 1 { "1 fault".to_owned() } else { format!("{errors} faults") };
    let first = first.map(|f| format!(" The first: {f}")).unwrap_or_default();
    format!("Nothing was imported: {count} in the file.{first}")
}
