//! The placemarks of KML as features, one after the other; folders become a field. What is not read is counted.

use super::placemark::{KmlCounts, KmlSchemas, KmlType, read_placemark};
use crate::error::Result;
use crate::import::byte_reader::read_error;
use crate::import::draft::FeatureDraft;
use crate::import::element_scanner::ScanFault;
use crate::import::finding::FindingPlace;
use crate::import::row_reader::{RowReader, TableRemarks};
use crate::import::text_encoding::TextEncoding;
use crate::import::xml::{XmlElement, XmlFault, XmlStream, XmlTag};
use std::collections::BTreeMap;
use std::io::Read;

/// What is in a document beside placemarks, and is told.
const UNREAD: [&str; 5] = ["NetworkLink", "GroundOverlay", "ScreenOverlay", "PhotoOverlay", "Tour"];

pub struct KmlRows {
    xml: XmlStream,
    /// The names of the folders around; `None` for an element around that is no folder.
    folders: Vec<Option<String>>,
    schemas: KmlSchemas,
    counts: KmlCounts,
    unread: BTreeMap<&'static str, u64>,
    number: u64,
    ended: bool,
}

impl KmlRows {
    pub fn new(input: Box<dyn Read + Send>, said: Option<TextEncoding>) -> Result<Self> {
        let xml = XmlStream::new(input, said).map_err(|e| read_error(&e))?;
        let (schemas, counts, unread) = (KmlSchemas::default(), KmlCounts::default(), BTreeMap::new());
        Ok(Self { xml, folders: vec![], schemas, counts, unread, number: 0, ended: false })
    }

    fn read_next(&mut self) -> Result<Option<FeatureDraft>, XmlFault> {
        loop {
            let element = match self.xml.next_tag()? {
                XmlTag::Open(element) => element,
                XmlTag::Close => {
                    self.folders.pop();
                    continue;
                }
                XmlTag::End => return Ok(None),
            };
            let line = self.xml.line();
            match element.name.as_str() {
                // Each has its place in the list, so that its end takes its own name away.
                "kml" | "Document" | "Update" | "Create" => self.folders.push(None),
                "Folder" => self.folders.push(Some(String::new())),
                "name" => self.name_folder(element)?,
                "Placemark" => return self.read_placemark(element, line).map(Some),
                "Schema" => self.read_schema(element)?,
                other => {
                    if let Some(known) = UNREAD.iter().find(|name| **name == other) {
                        *self.unread.entry(known).or_default() += 1;
                    }
                    self.xml.skip_element()?;
                }
            }
        }
    }

    fn read_placemark(&mut self, opened: XmlElement, line: u64) -> Result<FeatureDraft, XmlFault> {
        let element = self.xml.read_element(opened)?;
        self.number += 1;
        let place = FindingPlace { line: Some(line), feature: Some(self.number), ..FindingPlace::default() };
        let named = self.folders.iter().flatten().filter(|name| !name.is_empty()).map(String::as_str);
        let folder = named.collect::<Vec<_>>().join(" / ");
        Ok(read_placemark(&element, place, &folder, &self.schemas, &mut self.counts))
    }

    fn name_folder(&mut self, opened: XmlElement) -> Result<(), XmlFault> {
        let name = self.xml.read_element(opened)?;
        if let Some(Some(folder)) = self.folders.last_mut() {
            name.text.trim().clone_into(folder);
        }
        Ok(())
    }

    fn read_schema(&mut self, opened: XmlElement) -> Result<(), XmlFault> {
        let schema = self.xml.read_element(opened)?;
        let id = schema.attribute("id").or_else(|| schema.attribute("name")).unwrap_or_default().to_owned();
        let field = |f: &XmlElement| Some((f.attribute("name")?.to_owned(), KmlType::from_name(f.attribute("type")?)));
        let fields = schema.children_named("SimpleField").filter_map(field).collect();
        self.schemas.insert(id, fields);
        Ok(())
    }
}

impl RowReader for KmlRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        if self.ended {
            return Ok(None);
        }
        match self.read_next() {
            Ok(draft) => Ok(draft.map(Ok)),
            Err(fault) => {
                self.ended = true;
                Ok(Some(Err(fault.into_scan_fault())))
            }
        }
    }

    fn table_remarks(&self) -> Option<TableRemarks> {
        let counts = &self.counts;
        let mut notes: Vec<String> = self
            .unread
            .iter()
            .map(|(name, count)| format!("Not read, as they hold no features: {count} × {name}."))
            .collect();
        for (count, sentence) in [
            (counts.with_address_only, "Placemarks have an address and no coordinates; they are read without a place"),
            (counts.without_place, "Placemarks have no coordinates; they are read without a place"),
            (counts.html, "Descriptions are HTML; they are kept as text"),
            (counts.models, "Placemarks have a 3D model, which is not read"),
            (counts.track_values, "Tracks have times or measurements for their positions, which are not kept"),
        ] {
            if count > 0 {
                notes.push(format!("{sentence}: {count}."));
            }
        }
        Some(TableRemarks { notes, ..TableRemarks::default() })
    }
}
