//! What becomes of each column of a table: a field, a part of a place, an end of a period, or nothing.

use super::date_reading::DateContext;
use super::field_names::PERIOD;
use super::place_columns::PlaceRole;
use super::value_reading::ValueReading;
use serde_json::Value as Json;

/// The end of a period that a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodPart {
    Start,
    End,
    Both,
}

impl PeriodPart {
    /// The end of a period that a field is.
    pub fn of_field(field: &str, start: &str, end: &str) -> Option<Self> {
        match field {
            PERIOD => Some(Self::Both),
            field if field == start => Some(Self::Start),
            field if field == end => Some(Self::End),
            _ => None,
        }
    }
}

/// What a column becomes.
#[derive(Debug, Clone)]
pub enum ColumnRole {
    /// Left out.
    Skipped,
    Property {
        name: String,
        reading: ValueReading,
    },
    Place(PlaceRole),
    Period(PeriodPart),
    /// The revision that a row of an exported workbook was written at.
    Revision,
}

/// The fields of a period in the model.
#[derive(Debug, Clone)]
pub struct PeriodFields {
    pub start: String,
    pub end: String,
    /// The field for the precision, and the words that it takes; `None` when a column has it.
    pub precision: Option<(String, Vec<String>)>,
    pub context: DateContext,
}

/// How the rows of a table are read.
#[derive(Debug, Clone, Default)]
pub struct ColumnLayout {
    pub columns: Vec<ColumnRole>,
    pub period: Option<PeriodFields>,
    /// Values that all rows have.
    pub constants: Vec<(String, Json)>,
    /// The sign of the coordinates of each column.
    pub signs: Vec<super::number_style::DecimalSign>,
}

impl ColumnLayout {
    /// Whether a column says this end of a period.
    pub fn says_period(&self, part: PeriodPart) -> bool {
        let says = |own: &PeriodPart| *own == part || *own == PeriodPart::Both;
        self.columns.iter().any(|role| matches!(role, ColumnRole::Period(own) if says(own)))
    }

    /// The column behind a JSON pointer into a feature.
    pub fn column_of(&self, pointer: &str) -> Option<usize> {
        let place = |wanted: &[PlaceRole]| {
            self.columns.iter().position(|role| matches!(role, ColumnRole::Place(part) if wanted.contains(part)))
        };
        if pointer == "/latitude" {
            return place(&[PlaceRole::Lat]);
        }
        if pointer == "/properties" {
            return None; // a property that no column is
        }
        let Some(name) = pointer.strip_prefix("/properties/") else {
            let any = self.columns.iter().position(|role| matches!(role, ColumnRole::Place(_)));
            return place(&[PlaceRole::Lon]).or(any);
        };
        let name = name.split('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
        let named =
            self.columns.iter().position(|role| matches!(role, ColumnRole::Property { name: n, .. } if *n == name));
        named.or_else(|| {
            let period = self.period.as_ref()?;
            let wanted = if name == period.end { PeriodPart::End } else { PeriodPart::Start };
            let of = |part| self.columns.iter().position(|role| matches!(role, ColumnRole::Period(p) if *p == part));
            let is_period = name == period.start || name == period.end;
            is_period.then(|| of(wanted).or_else(|| of(PeriodPart::Both)))?
        })
    }
}
