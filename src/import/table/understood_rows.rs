//! The rows of a table that is understood, as features.

use super::cell::{TableCell, TableRow, column_letters};
use super::cell_corrections::PickedPlace;
use super::column_layout::{ColumnLayout, ColumnRole, PeriodFields, PeriodPart};
use super::coordinate_text::normalise_coordinate;
use super::date_reading::{DatePeriod, DatePrecision};
use super::number_style::DecimalSign;
use super::place_columns::PlaceRole;
use super::understanding::{TableRowsSource, UnderstoodTable};
use super::value_reading::read_period;
use crate::crs::{Crs, Projection};
use crate::error::Result;
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{FaultKind, FeatureFault, Geometry};
use crate::import::csv_cells::{self, PlaceFault};
use crate::import::draft::{FeatureDraft, ImpliedValue};
use crate::import::element_scanner::ScanFault;
use crate::import::finding::{FindingPlace, ImportFindingKind};
use crate::import::row_reader::{RowOptions, RowReader, TableRemarks};
use crate::import::update::is_cut;
use crate::intake::{FindingKind, escape_pointer};
use geo_types::{Coord, Point};
use std::sync::Arc;

/// The rows of a table, from its first.
pub type RowIterator = Box<dyn Iterator<Item = Result<TableRow>> + Send>;

/// The features of a table.
pub struct UnderstoodRows {
    table: Arc<UnderstoodTable>,
    rows: RowIterator,
    options: RowOptions,
    number: u64,
    /// The row of the feature that was read last.
    row: u64,
}

impl UnderstoodRows {
    pub fn new(table: Arc<UnderstoodTable>, rows: RowIterator, options: RowOptions) -> Self {
        Self { table, rows, options, number: 0, row: 0 }
    }

    fn sheet(&self) -> Option<&str> {
        match &self.table.rows {
            TableRowsSource::Sheet(sheet) => Some(&sheet.name),
            _ => None,
        }
    }

    fn new_draft(&mut self, row: &TableRow) -> FeatureDraft {
        self.number += 1;
        self.row = row.number;
        let mut draft = FeatureDraft { untyped: true, ..FeatureDraft::default() };
        draft.place.feature = Some(self.number);
        match self.sheet() {
            Some(sheet) => {
                (draft.place.sheet, draft.place.cell) = (Some(sheet.to_owned()), Some(row.number.to_string()));
            }
            None => draft.place.line = Some(row.number),
        }
        let mut reading = RowReading {
            draft,
            crs: self.options.declared_crs,
            lenient: self.options.lenient,
            lonlat: [String::new(), String::new()],
            periods: [None; 3],
        };
        reading.read(row, &self.table);
        if let Some(picked) = self.table.places.iter().find(|place| place.row == row.number) {
            reading.take_picked(picked);
            reading.draft.has_place_columns = true;
        }
        let mut draft = reading.draft;
        if let Some(names) = &self.table.named_places {
            names.place(&mut draft, self.options.declared_crs);
        }
        draft
    }
}

impl RowReader for UnderstoodRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        while let Some(row) = self.rows.next() {
            let row = row?;
            if self.table.is_feature(&row) {
                return Ok(Some(Ok(self.new_draft(&row))));
            }
        }
        Ok(None)
    }

    fn locate(&self, place: FindingPlace, _below: &str) -> FindingPlace {
        let Some(column) = self.table.layout.column_of(&place.pointer) else { return place };
        match self.sheet() {
            Some(_) => FindingPlace { cell: Some(format!("{}{}", column_letters(column), self.row)), ..place },
            None => place,
        }
    }

    fn table_remarks(&self) -> Option<TableRemarks> {
        let without_place = self.table.without_place.clone();
        Some(TableRemarks { without_place, notes: vec![], blank_rows: self.table.blank_rows })
    }
}

/// One row on its way to a feature.
struct RowReading {
    draft: FeatureDraft,
    crs: Option<Crs>,
    lenient: bool,
    lonlat: [String; 2],
    /// Start, end, both.
    periods: [Option<DatePeriod>; 3],
}

impl RowReading {
    fn read(&mut self, row: &TableRow, table: &UnderstoodTable) {
        let layout = &table.layout;
        let is_text = matches!(table.rows, TableRowsSource::Text(_));
        if is_text {
            self.check_width(row, layout.columns.len());
        }
        // A row of a sheet ends with its last cell that holds something.
        let missing = layout.columns.len().saturating_sub(row.cells.len());
        let cells = row.cells.iter().chain(std::iter::repeat_n(&TableCell::Empty, missing));
        for (at, cell) in cells.enumerate() {
            match layout.columns.get(at) {
                Some(role) => self.read_cell(at, role, cell, layout),
                None if cell.is_blank() || is_text => {}
                None => self.add_stray(&cell.to_text(), at),
            }
        }
        self.draft.has_place_columns = layout.columns.iter().any(|role| matches!(role, ColumnRole::Place(_)));
        if let Some(fields) = &layout.period {
            self.write_period(fields, layout);
        }
        for (name, value) in &layout.constants {
            self.draft.properties.insert(name.clone(), value.clone());
            self.draft.implied.push((name.clone(), ImpliedValue::Constant));
        }
        let [lon, lat] = std::mem::take(&mut self.lonlat);
        self.add_place(csv_cells::parse_point(lon.trim(), lat.trim()));
    }

    fn read_cell(&mut self, at: usize, role: &ColumnRole, cell: &TableCell, layout: &ColumnLayout) {
        match role {
            // What a formula failed to compute is not known.
            role if matches!(cell, TableCell::Fault(_)) && !matches!(role, ColumnRole::Place(_)) => {}
            ColumnRole::Skipped => {}
            ColumnRole::Property { name, reading } => match reading.read(cell) {
                Ok(value) => {
                    self.draft.properties.insert(name.clone(), value);
                }
                Err(message) => self.add_unread(name, cell, message),
            },
            ColumnRole::Revision => {
                let revision = cell.to_text().trim().parse::<f64>().ok();
                self.draft.revision = revision.filter(|r| *r >= 0.0 && *r < 9e15).map(|r| r as u64);
            }
            ColumnRole::Place(role) => self.read_place(*role, cell, layout.signs[at]),
            ColumnRole::Period(part) => {
                let context = layout.period.as_ref().map(|p| p.context).unwrap_or_default();
                match read_period(cell, context) {
                    Ok(period) => self.periods[*part as usize] = period,
                    Err(message) => {
                        let fields = layout.period.as_ref();
                        let name = fields.map_or("", |p| if *part == PeriodPart::End { &p.end } else { &p.start });
                        self.add_unread(name, cell, message);
                    }
                }
            }
        }
    }

    fn add_unread(&mut self, name: &str, cell: &TableCell, message: String) {
        self.draft.unread_cells.push((name.to_owned(), cell.to_text().into_owned()));
        self.add_fault(name, message);
    }

    fn check_width(&mut self, row: &TableRow, columns: usize) {
        let cells = row.cells.len();
        if row.cells.iter().skip(columns).any(|cell| !cell.is_blank()) {
            let message = format!(
                "The row has {cells} cells, the heading has {columns}. Put cells that contain the separator in quotes."
            );
            let fault = FeatureFault::new(FaultKind::WrongType, "", message);
            self.draft.faults.push((ImportFindingKind::Columns, fault));
        }
    }

    fn add_stray(&mut self, text: &str, at: usize) {
        let shown: String = text.chars().take(40).collect();
        let message = format!(
            "'{shown}' is in column {}, which has no heading. Name the column, or empty it.",
            column_letters(at)
        );
        self.draft.faults.push((ImportFindingKind::Columns, FeatureFault::new(FaultKind::WrongType, "", message)));
    }

    fn add_fault(&mut self, name: &str, message: String) {
        let at = format!("/properties/{}", escape_pointer(name));
        let kind = ImportFindingKind::Feature(FindingKind::Fault(FaultKind::WrongType));
        self.draft.faults.push((kind, FeatureFault::new(FaultKind::WrongType, at, message)));
    }

    fn read_place(&mut self, role: PlaceRole, cell: &TableCell, sign: DecimalSign) {
        let text = match role {
            PlaceRole::Geometry => cell.to_text().into_owned(),
            _ => normalise_coordinate(cell, sign),
        };
        // A text that fills its cell is cut: the place is not in it.
        if role == PlaceRole::Geometry && is_cut(&text) {
            self.draft.place_is_cut = true;
            return;
        }
        match role {
            PlaceRole::Lon => self.lonlat[0] = text,
            PlaceRole::Lat => self.lonlat[1] = text,
            PlaceRole::Pair { latitude_first } => self.add_place(csv_cells::parse_pair(text.trim(), latitude_first)),
            PlaceRole::Geometry => {
                let place = csv_cells::parse_geometry(&text, self.crs);
                self.add_place(place);
            }
        }
    }

    fn add_place(&mut self, place: Result<Option<crate::feature::geojson::ParsedGeometry>, PlaceFault>) {
        csv_cells::add_place(&mut self.draft, place, self.lenient);
    }

    /// A place that was picked stands in for what the cells say.
    fn take_picked(&mut self, picked: &PickedPlace) {
        self.draft.faults.retain(|(_, fault)| fault.at.starts_with("/properties/"));
        let position = picked.lonlat.and_then(|[lon, lat]| {
            let lonlat = Coord { x: lon, y: lat };
            match self.crs {
                Some(crs) => Projection::new(crs).ok()?.lonlat_to_easting_first(lonlat),
                None => Some(lonlat),
            }
        });
        let geometry = position.map(|c| Geometry::Point(Point(c)));
        self.draft.shape = geometry.map(|geometry| ParsedGeometry { geometry, flattened: false });
    }

    /// The fields of a period: its first day, its last day, and how precise both are.
    fn write_period(&mut self, fields: &PeriodFields, layout: &ColumnLayout) {
        let [start, end, both] = self.periods;
        let properties = &mut self.draft.properties;
        // A range in the column of the start fills both ends.
        let range = both.or(start.filter(|p| p.is_range && end.is_none()));
        let first = range.and_then(|p| p.start).or(start.and_then(|p| p.start));
        let last = range.and_then(|p| p.end).or(end.and_then(|p| p.end.or(p.start)));
        let day = |day: Option<jiff::civil::Date>| day.map_or(serde_json::Value::Null, |d| d.to_string().into());
        // A table without a column for one end says nothing of it, but in a range.
        let says = |part| layout.says_period(part) || range.is_some();
        let is_unread = |name: &String| self.draft.unread_cells.iter().any(|(unread, _)| unread == name);
        for (name, part, value) in [(&fields.start, PeriodPart::Start, first), (&fields.end, PeriodPart::End, last)] {
            if says(part) && !is_unread(name) {
                properties.insert(name.clone(), day(value));
            }
        }
        let coarsest = [start, end, both].into_iter().flatten().map(|p| p.precision).max();
        if let (Some(precision), Some((field, words))) = (coarsest, &fields.precision)
            && let Some(word) = precision_word(precision, words)
        {
            properties.insert(field.clone(), word.into());
            self.draft.implied.push((field.clone(), ImpliedValue::Precision));
        }
    }
}

/// The word of the vocabulary that says no more than is known.
fn precision_word(precision: DatePrecision, words: &[String]) -> Option<&str> {
    let names: &[&str] = match precision {
        DatePrecision::Day => &["day"],
        DatePrecision::Month => &["month"],
        DatePrecision::Season => &["season"],
        DatePrecision::Quarter => &["quarter"],
        DatePrecision::HalfYear => &["half_year"],
        DatePrecision::Year => &["year"],
    };
    names.iter().find_map(|name| words.iter().find(|word| word == name)).map(String::as_str)
}
