//! A shapefile before its rows are read: its parts, the encoding of its text and its reference system.

use super::dbase::{DbaseHeading, DbaseType};
use super::parts::ShapefileParts;
use super::shapes::ShapeReader;
use crate::crs::{Crs, identify_wkt};
use crate::error::{Error, Result};
use crate::import::encoding_choice::{EncodingChoice, parse_encoding};
use crate::import::import_format::ImportFormat;
use crate::import::source_facts::{SourceFacts, SourceOptions, StatedCrs};
use crate::import::text_encoding::TextEncoding;
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The longest `.prj` or `.cpg` that is looked at.
const MAX_NOTE_BYTES: u64 = 64 << 10;

/// A shapefile that can be read.
#[derive(Debug, Clone)]
pub struct ShapefileLayer {
    pub parts: ShapefileParts,
    pub heading: Option<DbaseHeading>,
    /// The names of the columns, each once.
    pub names: Vec<String>,
    pub encoding: TextEncoding,
}

impl ShapefileLayer {
    /// Finds the parts beside a `.shp` or `.dbf`, and what they say.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a part is broken, when all shapes are bodies, or when the `.prj` is of a reference
    /// system that is not known and the caller names none.
    pub fn open(name: &str, parts: ShapefileParts, options: &SourceOptions) -> Result<(Self, SourceFacts)> {
        let refuse = |sentence: String| Error::invalid(name, sentence);
        if let Some(shp) = &parts.shp {
            let opened = ShapeReader::open(shp, None).map_err(|e| refuse(format!("The .shp cannot be read ({e}).")))?;
            let Some((_, kind)) = opened else {
                return Err(refuse("This is not a shapefile, or it is cut short. Export the file again.".into()));
            };
            if kind.is_multipatch() {
                let sentence = "The shapes are multipatches (bodies in space), which are not read. Export their footprints as polygons.";
                return Err(refuse(sentence.into()));
            }
        }
        let heading = parts.dbf.as_deref().map(DbaseHeading::read).transpose().map_err(refuse)?;
        let crs = read_crs(name, &parts, options)?;
        let mut facts = SourceFacts { format: Some(ImportFormat::Shapefile), ..SourceFacts::default() };
        facts.lacks_crs = parts.shp.is_some() && parts.prj.as_deref().and_then(read_note).is_none();
        let mut encoding = TextEncoding::UTF_8;
        let mut names = vec![];
        if let (Some(dbf), Some(heading)) = (&parts.dbf, &heading) {
            let choice = choose_encoding(dbf, heading, &parts, options, crs.as_ref().map(|own| own.crs))?;
            encoding = choice.encoding;
            names = name_columns(heading, encoding, &mut facts.notes);
            facts.encoding = Some(choice);
        }
        if parts.shp.is_some() && parts.dbf.is_none() {
            facts.notes.push("There is no .dbf beside the .shp, so that the shapes have no properties.".into());
        }
        facts.crs = crs;
        Ok((Self { parts, heading, names, encoding }, facts))
    }

    /// The bytes of its files that are read.
    pub fn len(&self) -> u64 {
        let size =
            |path: &Option<std::path::PathBuf>| path.as_ref().and_then(|p| p.metadata().ok()).map_or(0, |m| m.len());
        size(&self.parts.shp) + size(&self.parts.dbf)
    }
}

fn read_note(path: &Path) -> Option<Vec<u8>> {
    let mut text = vec![];
    File::open(path).ok()?.take(MAX_NOTE_BYTES).read_to_end(&mut text).ok()?;
    Some(text).filter(|text| !text.trim_ascii().is_empty())
}

/// What the `.prj` says.
fn read_crs(name: &str, parts: &ShapefileParts, options: &SourceOptions) -> Result<Option<StatedCrs>> {
    let Some(text) = parts.prj.as_deref().and_then(read_note) else { return Ok(None) };
    match identify_wkt(&String::from_utf8_lossy(&text)) {
        Ok(crs) => Ok(Some(StatedCrs { crs, reason: "by the parameters of its .prj".into() })),
        // What the caller says stands for what is not understood.
        Err(_) if options.crs.is_some() => Ok(None),
        Err(sentence) => {
            let remedy = "Say --crs EPSG:n if it is a grid that is known here, or convert the file first: ogr2ogr -t_srs EPSG:4326 out.geojson FILE.shp.";
            Err(Error::invalid(name, format!("The .prj: {sentence} {remedy}")))
        }
    }
}

fn choose_encoding(
    dbf: &Path,
    heading: &DbaseHeading,
    parts: &ShapefileParts,
    options: &SourceOptions,
    crs: Option<Crs>,
) -> Result<EncodingChoice> {
    let said = parse_encoding(options.encoding.as_deref())?;
    let page = parts.cpg.as_deref().and_then(read_note);
    let page = page.and_then(|text| TextEncoding::from_name(&String::from_utf8_lossy(&text)));
    let stated = page.map(|encoding| (encoding, "the .cpg"));
    let stated = stated.or_else(|| {
        TextEncoding::from_language_byte(heading.language).map(|encoding| (encoding, "the language byte of the .dbf"))
    });
    let sample = heading.sample_text(dbf).map_err(|e| crate::import::byte_reader::read_error(&e))?;
    Ok(EncodingChoice::decide(said, stated, &sample, crs.and_then(find_domain)))
}

/// The names of the columns; of equal ones, the later get a number. Columns that are not read are told.
fn name_columns(heading: &DbaseHeading, encoding: TextEncoding, notes: &mut Vec<String>) -> Vec<String> {
    let decode =
        |raw: &[u8]| encoding.decode(raw).map_or_else(|| String::from_utf8_lossy(raw).into_owned(), String::from);
    let mut used = HashSet::new();
    let mut names = vec![];
    for column in &heading.columns {
        let own = decode(&column.raw_name);
        let mut name = own.clone();
        for number in 2.. {
            if used.insert(name.clone()) {
                break;
            }
            name = format!("{own}_{number}");
        }
        if name != own {
            notes.push(format!("The table has several columns '{own}': one is read as '{name}'."));
        }
        names.push(name);
    }
    for (letter, raw) in &heading.unread {
        let what = if matches!(letter, 'M' | 'G' | 'P' | 'B') {
            "a memo, which is in another file"
        } else {
            "of a type that is not known"
        };
        notes.push(format!("The column '{}' is not read: it is {what}.", decode(raw)));
    }
    let overlong = heading.columns.iter().any(|c| c.kind == DbaseType::Text && c.length > 254);
    if overlong {
        notes.push("A column is wider than dBASE allows; its text is read as FoxPro writes it.".into());
    }
    names
}

/// The domain of the country whose grid it is, as far as its encoding depends on that.
fn find_domain(crs: Crs) -> Option<&'static str> {
    Some(match crs.epsg_code()? {
        3794 | 3912 | 3787 | 2170 => "si",
        3765 | 3766 | 3907 | 3908 | 8677 | 8678 | 31275 | 31276 => "hr",
        2172..=2180 | 3120 | 3328..=3335 => "pl",
        2100 | 4121 => "gr",
        2154 | 3942..=3950 | 9793 | 9794 | 27561..=27574 => "fr",
        31370 | 3812 | 31300 => "be",
        2157 | 29900..=29903 => "ie",
        25829..=25831 | 23029..=23031 => "es",
        3003 | 3004 | 3064 | 3065 | 6707..=6876 | 7791..=7795 => "it",
        3763 | 5018 | 20790 | 20791 | 27429..=27493 => "pt",
        5514 => "cz",
        23700 => "hu",
        3844 => "ro",
        31254..=31287 => "at",
        31466..=31469 => "de",
        _ => return None,
    })
}
