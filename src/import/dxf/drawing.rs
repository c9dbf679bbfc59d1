//! What a drawing says of itself, and where it begins: its version, code page and unit, and a few of its positions.

use super::groups::DxfGroups;
use crate::error::Result;
use crate::import::text_encoding::TextEncoding;
use geo_types::Coord;
use std::io::Read;

/// How many positions a guess of the grid needs.
const MAX_POSITIONS: usize = 16;

/// How much of a drawing is looked at, and how much of its text decides the encoding.
const MAX_GROUPS: usize = 4_000_000;
const SAMPLE_BYTES: usize = 64 << 10;

/// What is known of a drawing before its entities are read.
#[derive(Debug, Clone, Default)]
pub struct DxfDrawing {
    /// `AC1015` and the like.
    version: String,
    code_page: Option<String>,
    pub unit: i64,
    /// The first positions of its entities.
    pub positions: Vec<Coord<f64>>,
    pub has_entities: bool,
    /// Texts with letters beyond ASCII, a line each.
    pub sample: Vec<u8>,
}

impl DxfDrawing {
    /// Reads the beginning of a drawing.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(input: Box<dyn Read + Send>) -> Result<Self> {
        let mut groups = DxfGroups::new(input);
        let mut drawing = Self::default();
        let (mut variable, mut is_section, mut x) = (String::new(), false, None);
        for _ in 0..MAX_GROUPS {
            let Some(group) = groups.next_group()? else { break };
            if !group.raw.is_ascii() && drawing.sample.len() < SAMPLE_BYTES {
                drawing.sample.extend_from_slice(&group.raw);
                drawing.sample.push(b'\n');
            }
            let word = || String::from_utf8_lossy(&group.raw).to_ascii_uppercase();
            match group.code {
                0 => {
                    is_section = group.is(0, "SECTION");
                    if drawing.has_entities && group.is(0, "ENDSEC") {
                        break;
                    }
                }
                2 if is_section => drawing.has_entities = group.is(2, "ENTITIES"),
                9 => variable = word(),
                1 if variable == "$ACADVER" => drawing.version = word(),
                3 if variable == "$DWGCODEPAGE" => drawing.code_page = Some(word()),
                70 if variable == "$INSUNITS" => drawing.unit = group.flags(),
                10 if drawing.has_entities => x = group.number(),
                20 if drawing.has_entities && drawing.positions.len() < MAX_POSITIONS => {
                    drawing.positions.extend(x.take().zip(group.number()).map(|(x, y)| Coord { x, y }));
                }
                _ => {}
            }
            if group.code == 0 {
                variable.clear();
            }
        }
        Ok(drawing)
    }

    /// The encoding that the drawing states, and where: since 2007, all are UTF-8.
    pub fn stated_encoding(&self) -> Option<(TextEncoding, &'static str)> {
        if self.version.as_str() >= "AC1021" {
            return Some((TextEncoding::UTF_8, "its version"));
        }
        let page = self.code_page.as_deref()?;
        let name = page.replace("ANSI_", "CP").replace("DOS", "CP").replace("ISO8859-", "ISO-8859-");
        TextEncoding::from_name(&name).map(|encoding| (encoding, "its $DWGCODEPAGE"))
    }

    /// The unit when it is stated and is not the metre.
    pub fn other_unit(&self) -> Option<&'static str> {
        match self.unit {
            1 => Some("inches"),
            2 => Some("feet"),
            4 => Some("millimetres"),
            5 => Some("centimetres"),
            7 => Some("kilometres"),
            _ => None,
        }
    }
}
