//! Queries to a collection, from the parameters of a URL to the index. Parses name/value pairs; knows no HTTP.

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

/// The page size of a query without `limit`.
pub const DEFAULT_LIMIT: usize = 100;
/// The largest page size.
pub const MAX_LIMIT: usize = 10_000;

/// Which features of a collection, in which order, and which page of them. A feature matches when it fulfils all
/// conditions.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Features whose geometry intersects this box (degrees). Features without a geometry never match.
    pub bbox: Option<BoundingBox>,
    /// Features whose time intersects this span. Undated features always match (OGC API Features Part 1,
    /// /req/core/fc-time-response).
    pub time: Option<TimeSpan>,
    /// Field positions and the values that they must equal. A list matches when one of its items equals the value.
    pub equals: Vec<(usize, FieldValue)>,
    /// Features that match this filter.
    pub filter: Option<Arc<Filter>>,
    /// The fields to sort by; empty means by key. Nulls come last.
    pub sort: Vec<SortKey>,
    /// Field positions to write, ascending; `None` means all.
    pub properties: Option<Vec<usize>>,
    /// The reference system of the response.
    pub crs: Crs,
    pub limit: usize,
    /// Where the previous page ended.
    pub after: Option<PageCursor>,
}

/// A field to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// The field's position.
    pub field: usize,
    pub descending: bool,
}

/// The sort values and the key of the last feature of a page. The next page starts behind them, whatever was edited in
/// between.
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
