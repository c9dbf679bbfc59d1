//! The features of a layer that came in pages: one after the other, each read as a file of its own.

use super::fetched_layer::FetchedPages;
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::import::draft::{FeatureDraft, SurveyedFeature};
use crate::import::element_scanner::{FileLayout, ScanFault};
use crate::import::finding::FindingPlace;
use crate::import::geojson_rows::GeoJsonRows;
use crate::import::gml::GmlRows;
use crate::import::import_format::ImportFormat;
use crate::import::progress::ImportProgress;
use crate::import::row_reader::{RowReader, TableRemarks};
use geo::MapCoords;
use geo_types::Coord;
use std::fs::File;
use std::sync::Arc;

pub struct PageRows {
    pages: Arc<FetchedPages>,
    /// The reference system in which the layer is read.
    crs: Option<Crs>,
    /// The number of the page that is open.
    number: usize,
    /// How many features were read, of all pages.
    features: u64,
    open: Option<Box<dyn RowReader + Send>>,
    remarks: TableRemarks,
    progress: Option<Arc<ImportProgress>>,
}

impl PageRows {
    pub fn new(pages: Arc<FetchedPages>, crs: Option<Crs>, progress: Option<Arc<ImportProgress>>) -> Self {
        Self { pages, crs, number: 0, features: 0, open: None, remarks: TableRemarks::default(), progress }
    }

    /// Opens the next page; `false` behind the last.
    fn open_next(&mut self) -> Result<bool> {
        if let Some(remarks) = self.open.take().and_then(|page| page.table_remarks()) {
            for note in remarks.notes {
                if !self.remarks.notes.contains(&note) {
                    self.remarks.notes.push(note);
                }
            }
        }
        let Some(path) = self.pages.paths.get(self.number) else { return Ok(false) };
        let file = File::open(path).map_err(Error::internal)?;
        if let Some(progress) = &self.progress {
            progress.add_bytes(file.metadata().map_or(0, |m| m.len()));
        }
        let input = Box::new(file);
        self.open = Some(if self.pages.format == ImportFormat::Gml {
            Box::new(GmlRows::new(input, self.crs, None)?.of_pages())
        } else {
            Box::new(GeoJsonRows::new(input, FileLayout::Document, self.crs, None))
        });
        self.number += 1;
        Ok(true)
    }

    /// The feature with the page that it is on, and its axes in the order that files have.
    fn complete(&mut self, mut draft: FeatureDraft) -> FeatureDraft {
        draft.place.file = Some(format!("page {}", self.number));
        self.features += 1;
        draft.place.feature = Some(self.features);
        if self.pages.swaps_axes
            && let Some(shape) = &mut draft.shape
        {
            shape.geometry = shape.geometry.map_coords(|c| Coord { x: c.y, y: c.x });
        }
        draft
    }
}

impl RowReader for PageRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        loop {
            if let Some(row) = self.open.as_mut().map_or(Ok(None), |page| page.next_draft())? {
                let number = self.number;
                let in_page =
                    |fault: ScanFault| ScanFault { message: format!("Page {number}: {}", fault.message), ..fault };
                return Ok(Some(row.map(|draft| self.complete(draft)).map_err(in_page)));
            }
            if !self.open_next()? {
                return Ok(None);
            }
        }
    }

    fn next_surveyed(&mut self) -> Result<Option<Option<SurveyedFeature>>> {
        loop {
            if let Some(page) = &mut self.open
                && let Some(row) = page.next_surveyed()?
            {
                return Ok(Some(row));
            }
            if !self.open_next()? {
                return Ok(None);
            }
        }
    }

    fn locate(&self, place: FindingPlace, below: &str) -> FindingPlace {
        match &self.open {
            Some(page) => page.locate(place, below),
            None => place,
        }
    }

    fn table_remarks(&self) -> Option<TableRemarks> {
        let notes = self.remarks.notes.clone();
        Some(TableRemarks { notes, ..TableRemarks::default() })
    }
}
