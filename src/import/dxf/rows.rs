//! The entities of a drawing as features, one after the other, with their layer. What is not read is counted by kind.

use super::drawing::DxfDrawing;
use super::entity::{DxfEntity, EntityOutcome, EntityShape};
use super::groups::{DxfGroup, DxfGroups};
use crate::crs::CrsGuesser;
use crate::error::{Error, Result, count_noun};
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{FaultKind, FeatureFault};
use crate::import::draft::FeatureDraft;
use crate::import::element_scanner::ScanFault;
use crate::import::encoding_choice::{EncodingChoice, parse_encoding};
use crate::import::finding::{FindingPlace, ImportFindingKind};
use crate::import::import_format::ImportFormat;
use crate::import::row_reader::{RowReader, TableRemarks};
use crate::import::source_facts::{SourceFacts, SourceOptions};
use crate::import::text_encoding::TextEncoding;
use std::collections::BTreeMap;
use std::io::Read;

/// How many guesses a sentence names.
const MAX_GUESSES: usize = 3;
/// The most groups of one entity, with its vertices.
const MAX_GROUPS: usize = 8_000_000;

/// Reads what a drawing says of itself.
///
/// # Errors
/// [`Error::Invalid`] when the caller names no reference system, with what its positions fit, and when it has no
/// entities.
pub fn read_facts(name: &str, input: Box<dyn Read + Send>, options: &SourceOptions) -> Result<SourceFacts> {
    let drawing = DxfDrawing::read(input)?;
    if !drawing.has_entities {
        return Err(Error::invalid(name, "The drawing has no entities. Export the model space as DXF."));
    }
    if options.crs.is_none() {
        let guesses = CrsGuesser::new().guess_crs(&drawing.positions, &[]);
        let named: Vec<String> =
            guesses.iter().take(MAX_GUESSES).map(|crs| format!("{crs} ({})", crs.name())).collect();
        let fits = if named.is_empty() {
            "Its positions fit none that is known here: it may be drawn around a point of its own.".to_owned()
        } else {
            format!("Its positions fit {}.", named.join(", or "))
        };
        let sentence = format!("A drawing does not say in which reference system it is. {fits} Say --crs EPSG:n.");
        return Err(Error::invalid(name, sentence));
    }
    let mut facts = SourceFacts { format: Some(ImportFormat::Dxf), lacks_crs: true, ..SourceFacts::default() };
    let said = parse_encoding(options.encoding.as_deref())?;
    facts.encoding = Some(EncodingChoice::decide(said, drawing.stated_encoding(), &drawing.sample, None));
    if let Some(unit) = drawing.other_unit() {
        facts.notes.push(format!("The drawing says that its unit is {unit}; its numbers were read as metres."));
    }
    Ok(facts)
}

pub struct DxfRows {
    groups: DxfGroups,
    encoding: TextEncoding,
    /// The group that begins the next entity.
    next: Option<DxfGroup>,
    in_entities: bool,
    number: u64,
    ended: bool,
    left_out: BTreeMap<String, u64>,
    with_arcs: u64,
}

impl DxfRows {
    pub fn new(input: Box<dyn Read + Send>, encoding: TextEncoding) -> Self {
        let (groups, left_out) = (DxfGroups::new(input), BTreeMap::new());
        Self { groups, encoding, next: None, in_entities: false, number: 0, ended: false, left_out, with_arcs: 0 }
    }

    /// The next entity of the section with entities; `None` at the end of the file.
    fn next_entity(&mut self) -> Result<Option<DxfEntity>> {
        while !self.in_entities {
            let Some(group) = self.groups.next_group()? else { return Ok(None) };
            if group.is(0, "SECTION") {
                let name = self.groups.next_group()?;
                self.in_entities = name.is_some_and(|g| g.is(2, "ENTITIES"));
            }
        }
        let Some(mut entity) = self.read_entity()? else { return Ok(None) };
        if entity.kind == "ENDSEC" || entity.kind == "EOF" {
            return Ok(None);
        }
        // Vertices follow a polyline, and attributes an insert that says so, until a mark ends them.
        let has_more =
            entity.kind == "POLYLINE" || (entity.kind == "INSERT" && entity.group(66).is_some_and(|g| g.flags() == 1));
        if has_more {
            self.read_parts(&mut entity)?;
        }
        Ok(Some(entity))
    }

    fn read_parts(&mut self, entity: &mut DxfEntity) -> Result<()> {
        let mut groups = entity.groups.len();
        loop {
            match self.read_entity()? {
                Some(part) if matches!(part.kind.as_str(), "VERTEX" | "ATTRIB") => {
                    groups += part.groups.len();
                    entity.below.push(part);
                }
                Some(end) if end.kind == "SEQEND" => break,
                Some(other) => {
                    self.next = Some(DxfGroup { code: 0, raw: other.kind.into_bytes() });
                    break;
                }
                None => break,
            }
            if groups > MAX_GROUPS {
                return Err(Error::TooLarge(format!("An entity has too many vertices, on line {}.", self.groups.line)));
            }
        }
        Ok(())
    }

    fn read_entity(&mut self) -> Result<Option<DxfEntity>> {
        let start = match self.next.take() {
            Some(group) => Some(group),
            None => self.groups.next_group()?,
        };
        let Some(start) = start.filter(|g| g.code == 0) else { return Ok(None) };
        let mut entity =
            DxfEntity { kind: String::from_utf8_lossy(&start.raw).to_ascii_uppercase(), groups: vec![], below: vec![] };
        while let Some(group) = self.groups.next_group()? {
            if group.code == 0 {
                self.next = Some(group);
                break;
            }
            if entity.groups.len() > MAX_GROUPS {
                return Err(Error::TooLarge(format!("An entity has too many vertices, on line {}.", self.groups.line)));
            }
            entity.groups.push(group);
        }
        Ok(Some(entity))
    }

    fn build_draft(&self, entity: &DxfEntity, shape: EntityShape, line: u64) -> FeatureDraft {
        let place = FindingPlace { line: Some(line), feature: Some(self.number), ..FindingPlace::default() };
        let mut draft = FeatureDraft { place, ..FeatureDraft::default() };
        let mut is_undecodable = shape.is_undecodable;
        let mut text_of = |group: Option<&DxfGroup>| {
            let text = group.map(|g| g.text(self.encoding));
            is_undecodable |= text == Some(None);
            text.flatten()
        };
        let properties = &mut draft.properties;
        properties.insert("layer".into(), text_of(entity.group(8)).into());
        properties.insert("entity".into(), entity.kind.to_ascii_lowercase().into());
        properties.insert("text".into(), shape.text.into());
        properties.insert("block".into(), shape.block.into());
        for attribute in entity.below.iter().filter(|part| part.kind == "ATTRIB") {
            if let Some(tag) = text_of(attribute.group(2)) {
                let value = text_of(attribute.group(1));
                if !properties.contains_key(&tag) {
                    properties.insert(tag, value.into());
                }
            }
        }
        let flattened = shape.has_height;
        draft.shape = shape.geometry.map(|geometry| ParsedGeometry { geometry, flattened });
        if is_undecodable {
            let message = format!("A text is not {}. Name its encoding with --encoding.", self.encoding.name());
            draft.faults.push((ImportFindingKind::Encoding, FeatureFault::new(FaultKind::WrongType, "", message)));
        }
        draft
    }
}

impl RowReader for DxfRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        while !self.ended {
            let line = self.groups.line;
            let Some(entity) = self.next_entity()? else {
                self.ended = true;
                break;
            };
            match entity.read(self.encoding) {
                EntityOutcome::LeftOut(kind) => *self.left_out.entry(kind).or_default() += 1,
                EntityOutcome::Shape(shape) => {
                    self.number += 1;
                    self.with_arcs += u64::from(shape.has_arcs);
                    return Ok(Some(Ok(self.build_draft(&entity, shape, line))));
                }
            }
        }
        Ok(None)
    }

    fn table_remarks(&self) -> Option<TableRemarks> {
        let mut notes = vec![];
        if !self.left_out.is_empty() {
            let kinds: Vec<String> = self.left_out.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            notes.push(format!("Left out, as they are no points, lines or areas: {}.", kinds.join(", ")));
        }
        if self.with_arcs > 0 {
            let count = count_noun(self.with_arcs, "entity");
            notes.push(format!("In {count}, arcs became lines that keep within 1 cm of them."));
        }
        Some(TableRemarks { notes, ..TableRemarks::default() })
    }
}
