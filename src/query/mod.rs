//! One question to a collection, as one value from the address line to the index. Reads name/value pairs; knows no HTTP.

use crate::crs::Crs;
use crate::feature::{BoundingBox, FieldValue, time::TimeSpan};
use crate::filter::Filter;
use std::sync::Arc;

mod queryables;
mod cursor;
mod parse;
mod bounding_box;
mod tile_parameters;

pub use bounding_box::parse_bbox;
pub use parse::{CRS84_URI, FilterParameters, parse_overview, parse_query};
pub use queryables::{QUERY_PARAMETERS, is_sortable, queryable_type, value_schema};
pub use tile_parameters::{CLUSTER_SIDES_PX, LayerQuery, TILE_PARAMETERS, TileParameters};

/// Page sizes: what is served when nobody asks, and the most.
pub const DEFAULT_LIMIT: usize = 100;
pub const MAX_LIMIT: usize = 10_000;

/// Which features, in which order, from where, how many. All conditions hold together.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Features whose geometry meets this box (degrees). Features without a place do not meet any box.
    pub bbox: Option<BoundingBox>,
    /// Features whose time meets this span. Undated features always match, as OGC API Features Part 1 has it.
    pub time: Option<TimeSpan>,
    /// Property equality: (field position, value). A list matches when one of its items equals the value.
    pub equals: Vec<(usize, FieldValue)>,
    /// Features that this lets through.
    pub filter: Option<Arc<Filter>>,
    /// Field position and direction; empty means the order of keys. Nulls come last.
    pub sort: Vec<SortKey>,
    /// Field positions to write; `None` means all.
    pub properties: Option<Vec<usize>>,
    /// What the coordinates of the answer are written in.
    pub crs: Crs,
    pub limit: usize,
    /// Where the page before this one ended.
    pub after: Option<PageCursor>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    pub field: usize,
    pub descending: bool,
}

/// The last feature of a page: its sort values and its key, so that the next page starts behind it whatever was edited since.
#[derive(Debug, Clone, PartialEq)]
pub struct PageCursor {
    pub values: Vec<FieldValue>,
    pub key: i64,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            bbox: None,
            time: None,
            equals: vec![],
            filter: None,
            crs: Crs::CRS84,
            sort: vec![],
            properties: None,
            limit: DEFAULT_LIMIT,
            after: None,
        }
    }
}
