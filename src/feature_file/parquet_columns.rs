//! The columns of a Parquet file: the values of a group of rows, each in the type of its field.

use super::format_losses::FormatLosses;
use crate::collection::FieldType;
use crate::feature::FieldValue;
use jiff::Timestamp;
use jiff::civil::Date;
use parquet::basic::{ConvertedType, Repetition, Type as PhysicalType};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::Result;
use parquet::file::writer::SerializedColumnWriter;
use parquet::schema::types::{Type, TypePtr};
use std::sync::Arc;

/// A column, and its values that are not written yet.
pub struct ParquetColumn {
    pub name: String,
    kind: ColumnKind,
    /// 1 for a value, 0 for none.
    levels: Vec<i16>,
    values: ColumnValues,
    bytes: usize,
}

/// The types that columns have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    Geometry,
    Field(FieldType),
}

enum ColumnValues {
    Bytes(Vec<ByteArray>),
    Long(Vec<i64>),
    Double(Vec<f64>),
    Bool(Vec<bool>),
    Day(Vec<i32>),
}

impl ParquetColumn {
    pub fn new(name: &str, kind: ColumnKind) -> Self {
        Self { name: name.to_owned(), kind, levels: vec![], values: ColumnValues::new(kind), bytes: 0 }
    }

    /// The bytes of the values that are not written yet.
    pub fn bytes(&self) -> usize {
        self.bytes + self.levels.len() * 2
    }

    /// The column in the schema of the file.
    pub fn schema(&self) -> Result<TypePtr> {
        let (physical, converted) = match self.kind {
            ColumnKind::Geometry => (PhysicalType::BYTE_ARRAY, ConvertedType::NONE),
            ColumnKind::Field(kind) => match kind {
                FieldType::Text => (PhysicalType::BYTE_ARRAY, ConvertedType::UTF8),
                FieldType::Json => (PhysicalType::BYTE_ARRAY, ConvertedType::JSON),
                FieldType::Integer => (PhysicalType::INT64, ConvertedType::NONE),
                FieldType::Real | FieldType::Decimal => (PhysicalType::DOUBLE, ConvertedType::NONE),
                FieldType::Boolean => (PhysicalType::BOOLEAN, ConvertedType::NONE),
                FieldType::Date => (PhysicalType::INT32, ConvertedType::DATE),
                FieldType::DateTime => (PhysicalType::INT64, ConvertedType::TIMESTAMP_MICROS),
            },
        };
        let builder = Type::primitive_type_builder(&self.name, physical).with_converted_type(converted);
        builder.with_repetition(Repetition::OPTIONAL).build().map(Arc::new)
    }

    pub fn push_bytes(&mut self, bytes: Option<Vec<u8>>) {
        self.levels.push(i16::from(bytes.is_some()));
        if let (Some(bytes), ColumnValues::Bytes(values)) = (bytes, &mut self.values) {
            self.bytes += bytes.len();
            values.push(bytes.into());
        }
    }

    pub fn push_value(&mut self, value: &FieldValue, feature: &str, losses: &mut FormatLosses) {
        let mut is_kept = true;
        match (&mut self.values, value) {
            (_, FieldValue::Null) => {
                self.levels.push(0);
                return;
            }
            (ColumnValues::Bytes(_), FieldValue::Text(text)) => return self.push_bytes(Some(text.as_bytes().to_vec())),
            (ColumnValues::Bytes(_), FieldValue::Json(json)) => return self.push_bytes(Some(json.to_string().into())),
            (ColumnValues::Bool(values), FieldValue::Bool(b)) => values.push(*b),
            (ColumnValues::Long(values), FieldValue::Int(i)) => values.push(*i),
            (ColumnValues::Double(values), FieldValue::Int(i)) => values.push(*i as f64),
            (ColumnValues::Double(values), FieldValue::Real(r)) => values.push(*r),
            (ColumnValues::Day(values), FieldValue::Text(text)) => match day_number(text) {
                Some(day) => values.push(day),
                None => is_kept = false,
            },
            (ColumnValues::Long(values), FieldValue::Text(text)) => {
                let instant = text.parse::<Timestamp>().ok();
                if instant.is_some_and(|t| t.subsec_nanosecond() % 1000 != 0) {
                    losses.count("Instants have microseconds; finer parts are lost", feature);
                }
                values.extend(instant.map(Timestamp::as_microsecond));
                is_kept = instant.is_some();
            }
            _ => is_kept = false,
        }
        self.bytes += 8;
        self.levels.push(i16::from(is_kept));
        if !is_kept {
            losses.count(
                &format!("A value of '{}' is not of the type of its column and is left out", self.name),
                feature,
            );
        }
    }

    /// Writes the values into a row group, and forgets them.
    pub fn write(&mut self, out: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let levels = std::mem::take(&mut self.levels);
        match &self.values {
            ColumnValues::Bytes(values) => out.typed::<ByteArrayType>().write_batch(values, Some(&levels), None)?,
            ColumnValues::Long(values) => out.typed::<Int64Type>().write_batch(values, Some(&levels), None)?,
            ColumnValues::Double(values) => out.typed::<DoubleType>().write_batch(values, Some(&levels), None)?,
            ColumnValues::Bool(values) => out.typed::<BoolType>().write_batch(values, Some(&levels), None)?,
            ColumnValues::Day(values) => out.typed::<Int32Type>().write_batch(values, Some(&levels), None)?,
        };
        (self.values, self.bytes) = (ColumnValues::new(self.kind), 0);
        Ok(())
    }
}

impl ColumnValues {
    fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Geometry | ColumnKind::Field(FieldType::Text | FieldType::Json) => Self::Bytes(vec![]),
            ColumnKind::Field(FieldType::Integer | FieldType::DateTime) => Self::Long(vec![]),
            ColumnKind::Field(FieldType::Real | FieldType::Decimal) => Self::Double(vec![]),
            ColumnKind::Field(FieldType::Boolean) => Self::Bool(vec![]),
            ColumnKind::Field(FieldType::Date) => Self::Day(vec![]),
        }
    }
}

/// Days since 1970.
fn day_number(text: &str) -> Option<i32> {
    let day: Date = text.parse().ok()?;
    Some(day.since(Date::constant(1970, 1, 1)).ok()?.get_days())
}
