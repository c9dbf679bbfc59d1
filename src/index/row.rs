//! One slot as filters look at it. Borrows everything; a geometry is put together only when its box does not settle the matter.

use super::column::Cell;
use super::segment::Segment;
use crate::crs;
use crate::feature::{Bbox, Geometry};
use crate::filter::{Row, ValueRef};
use std::borrow::Cow;

pub(crate) struct SlotRow<'a> {
    pub segment: &'a Segment,
    pub slot: usize,
}

impl Row for SlotRow<'_> {
    fn id(&self) -> &str {
        self.segment.ids.text(self.slot)
    }

    fn value(&self, field: usize) -> ValueRef<'_> {
        match self.segment.columns.get(field).map_or(Cell::Null, |c| c.cell(self.slot)) {
            Cell::Null => ValueRef::Null,
            Cell::Bool(b) => ValueRef::Bool(b),
            Cell::Int(i) => ValueRef::Int(i),
            Cell::Real(r) => ValueRef::Real(r),
            Cell::Text(t) => ValueRef::Text(t),
        }
    }

    fn bounds(&self) -> Option<Bbox> {
        let [west, south, east, north] = self.segment.shapes.bounds(self.slot)?.map(crs::degrees);
        Some(Bbox { west, south, east, north })
    }

    fn geometry(&self) -> Option<Cow<'_, Geometry>> {
        self.segment.shapes.geometry(self.slot).map(Cow::Owned)
    }
}
