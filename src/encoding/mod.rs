//! Encodes features for other programs: CSV, FlatGeobuf, JSON-FG. Appends bytes to a buffer, a feature at a time, so
//! that the caller decides how much is in memory. Writes the fields of its [`OutputSchema`] and no others.

use crate::collection::{Collection, FieldDefinition};
use crate::crs::Crs;
use std::sync::Arc;

pub mod flatgeobuf;
pub mod jsonfg;
pub mod csv_writer;
pub mod wkb;
mod wkt;

pub use wkt::geometry_to_wkt;

/// Which fields of a collection are written, and in which reference system.
#[derive(Clone)]
pub struct OutputSchema {
    pub collection: Arc<Collection>,
    /// Positions of fields, in the order of the schema.
    fields: Vec<usize>,
    /// The reference system of the geometries.
    pub crs: Crs,
}

impl OutputSchema {
    /// Writes the fields at these positions; `None` means all.
    #[must_use]
    pub fn new(collection: Arc<Collection>, fields: Option<&[usize]>, crs: Crs) -> Self {
        let fields = fields.map_or_else(|| (0..collection.fields.len()).collect(), <[usize]>::to_vec);
        Self { collection, fields, crs }
    }

    /// The written fields with their positions.
    pub fn fields(&self) -> impl Iterator<Item = (usize, &FieldDefinition)> {
        self.fields.iter().filter_map(|&at| Some((at, self.collection.fields.get(at)?)))
    }

    /// Whether this field is written.
    #[must_use]
    pub fn has_field(&self, field: usize) -> bool {
        self.fields.contains(&field)
    }
}
