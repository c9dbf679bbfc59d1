//! ZIP archives: which member is to be imported, and its copy on disk. Never writes where a member's name says; never
//! writes more than a limit.

use super::byte_reader::read_error;
use crate::error::{Error, Result, shorten_text};
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use tempfile::TempDir;
use zip::ZipArchive;

/// The most members.
const MAX_MEMBERS: usize = 50_000;
/// The most bytes that one import unpacks.
pub const MAX_UNPACKED_BYTES: u64 = 16 << 30;
/// From here on, a member must not be packed more tightly than [`MAX_RATIO`].
const RATIO_FREE_BYTES: u64 = 64 << 20;
/// No table packs its blanks much more tightly.
const MAX_RATIO: u64 = 400;
/// How many layers a sentence names.
const MAX_NAMED: usize = 20;

/// What a shapefile is read from.
const SHAPEFILE_PARTS: [&str; 5] = ["shp", "shx", "dbf", "prj", "cpg"];
/// What is imported when it is there.
const LAYER_ENDINGS: [&str; 19] = [
    "shp", "gpkg", "kml", "fgb", "gpx", "gml", "dxf", "geojson", "geojsonl", "ndjson", "geojsons", "csv", "tsv", "pbf",
    "xlsx", "xlsm", "xls", "ods", "parquet",
];
/// What is often only information on the rest.
const DOUBTFUL_ENDINGS: [&str; 3] = ["json", "xml", "txt"];

/// A member that was copied to a directory of its own.
pub struct UnpackedMember {
    /// The path in the archive.
    pub name: String,
    /// Where the copy is, which is removed with this.
    pub folder: TempDir,
    /// The copy's name there.
    pub file: String,
    /// `--layer` chose this member, so that it chooses nothing inside it.
    pub is_chosen: bool,
    /// Sentences on members that are not read.
    pub notes: Vec<String>,
}

struct ArchiveMember {
    index: usize,
    path: String,
    encrypted: bool,
}

/// Copies the member to import out of an archive. `layer` is the one that was asked for;
/// `most_bytes` is how much a member may unpack to.
///
/// # Errors
/// [`Error::Invalid`] with a sentence that names the member: an archive that cannot be read, or has nothing to import,
/// or several layers and none is asked for; members that are encrypted, that would unpack without end, that are
/// archives, or whose names lead out of the archive.
pub fn unpack_archive(
    name: &str,
    input: impl Read + Seek,
    layer: Option<&str>,
    most_bytes: u64,
) -> Result<UnpackedMember> {
    let mut archive =
        ZipArchive::new(input).map_err(|e| refuse(name, &format!("The ZIP file cannot be read ({e}).")))?;
    let members = list_members(name, &mut archive)?;
    if is_office_document(&members) {
        return Err(refuse(name, OFFICE));
    }
    let candidates = find_candidates(name, &members);
    let (chosen, is_chosen) = choose_member(name, &members, &candidates, layer)?;
    let mut notes = vec![];
    if candidates.len() > 1 && !is_chosen {
        let rest =
            candidates.iter().filter(|m| m.index != chosen.index).map(|m| format!("'{}'", shorten_text(&m.path)));
        notes.push(format!("Of the archive, {} was not read.", rest.take(MAX_NAMED).collect::<Vec<_>>().join(", ")));
    }
    let folder = tempfile::tempdir().map_err(Error::internal)?;
    let file = copy_member(name, &mut archive, chosen, (folder.path(), most_bytes))?;
    for part in parts_of(&members, chosen) {
        copy_member(name, &mut archive, part, (folder.path(), most_bytes))?;
    }
    Ok(UnpackedMember { name: chosen.path.clone(), folder, file, is_chosen, notes })
}

fn refuse(name: &str, sentence: &str) -> Error {
    Error::invalid(name, sentence)
}

fn list_members<R: Read + Seek>(name: &str, archive: &mut ZipArchive<R>) -> Result<Vec<ArchiveMember>> {
    if archive.len() > MAX_MEMBERS {
        return Err(refuse(name, &format!("The ZIP file has more than {MAX_MEMBERS} members. Unpack it.")));
    }
    let mut members = vec![];
    for index in 0..archive.len() {
        let Ok(file) = archive.by_index_raw(index) else { continue };
        let path = String::from_utf8_lossy(file.name_raw()).replace('\\', "/");
        let leads_out = path.starts_with('/') || path.split('/').any(|p| p == "..") || path.contains(['\0', ':']);
        if leads_out {
            let shown = shorten_text(&path);
            let sentence = format!("The name of the member '{shown}' leads out of the archive. Pack the files again.");
            return Err(refuse(name, &sentence));
        }
        let is_hidden = path.split('/').any(|p| p == "__MACOSX" || p.starts_with('.'));
        if file.is_file() && !is_hidden {
            members.push(ArchiveMember { index, path, encrypted: file.encrypted() });
        }
    }
    Ok(members)
}

/// The members that are layers: the main file of a KMZ, or all that have a known ending.
fn find_candidates<'m>(name: &str, members: &'m [ArchiveMember]) -> Vec<&'m ArchiveMember> {
    let with = |endings: &[&str]| -> Vec<&ArchiveMember> {
        members.iter().filter(|m| endings.contains(&ending_of(&m.path).as_str())).collect()
    };
    let kml = with(&["kml"]);
    let main = kml.iter().find(|m| m.path.eq_ignore_ascii_case("doc.kml"));
    if let Some(main) = main.or_else(|| kml.first().filter(|_| ending_of(name) == "kmz")) {
        return vec![main];
    }
    let layers = with(&LAYER_ENDINGS);
    if layers.is_empty() { with(&DOUBTFUL_ENDINGS) } else { layers }
}

fn choose_member<'m>(
    name: &str,
    members: &[ArchiveMember],
    candidates: &[&'m ArchiveMember],
    layer: Option<&str>,
) -> Result<(&'m ArchiveMember, bool)> {
    let is_named = |m: &ArchiveMember, layer: &str| {
        [m.path.as_str(), stem_of(&m.path), file_of(&m.path)].iter().any(|n| n.to_lowercase() == layer.to_lowercase())
    };
    let named: Vec<&&ArchiveMember> =
        layer.map_or_else(Vec::new, |layer| candidates.iter().filter(|m| is_named(m, layer)).collect());
    match (candidates, &named[..], layer) {
        ([], ..) => Err(refuse(name, &describe_strange_archive(members))),
        (_, [one], _) => Ok((one, true)),
        ([one], ..) => Ok((one, false)),
        (_, several, layer) => {
            // The whole path tells members of one name apart.
            let listed: Vec<String> = candidates
                .iter()
                .take(MAX_NAMED)
                .map(|m| {
                    let alone = candidates.iter().filter(|o| stem_of(&o.path) == stem_of(&m.path)).count() == 1;
                    shorten_text(if alone { stem_of(&m.path) } else { &m.path })
                })
                .collect();
            let asked = match layer {
                Some(layer) if several.is_empty() => format!("The archive has no layer '{}'", shorten_text(layer)),
                _ => "The archive has several layers".to_owned(),
            };
            Err(refuse(name, &format!("{asked}: choose one of {} with --layer NAME.", listed.join(", "))))
        }
    }
}

const OFFICE: &str = "This is a document of an office program, and not a workbook. Copy its table into a spreadsheet.";

fn is_office_document(members: &[ArchiveMember]) -> bool {
    members.iter().any(|m| matches!(m.path.as_str(), "[Content_Types].xml" | "content.xml"))
}

/// Why there is nothing to import.
fn describe_strange_archive(members: &[ArchiveMember]) -> String {
    let archive =
        members.iter().find(|m| ["zip", "kmz", "7z", "rar", "tar", "gz", "tgz"].contains(&ending_of(&m.path).as_str()));
    let drawing = members.iter().find(|m| ending_of(&m.path) == "dwg");
    match (archive, drawing) {
        (Some(inner), _) => format!(
            "The member '{}' is an archive in the archive, which is not unpacked. Unpack it, and import what is in it.",
            shorten_text(&inner.path)
        ),
        (None, Some(drawing)) => {
            format!("The member '{}' is a DWG drawing. Save it as DXF, and import that.", shorten_text(&drawing.path))
        }
        (None, None) => "The ZIP file has no file that can be imported: a shapefile (.shp), GeoPackage, KML, GML, GPX, FlatGeobuf, GeoParquet, DXF, GeoJSON or CSV.".to_owned(),
    }
}

/// The other files of a shapefile.
fn parts_of<'m>(members: &'m [ArchiveMember], chosen: &ArchiveMember) -> Vec<&'m ArchiveMember> {
    if ending_of(&chosen.path) != "shp" {
        return vec![];
    }
    let base = |path: &str| path[..path.len() - 4].to_lowercase();
    let is_part = |m: &&ArchiveMember| {
        m.index != chosen.index
            && SHAPEFILE_PARTS[1..].contains(&ending_of(&m.path).as_str())
            && base(&m.path) == base(&chosen.path)
    };
    members.iter().filter(is_part).collect()
}

fn copy_member<R: Read + Seek>(
    name: &str,
    archive: &mut ZipArchive<R>,
    member: &ArchiveMember,
    (folder, most_bytes): (&Path, u64),
) -> Result<String> {
    let shown = shorten_text(&member.path);
    if member.encrypted {
        let sentence = format!("The member '{shown}' is encrypted. Unpack it with its password first.");
        return Err(refuse(name, &sentence));
    }
    let unreadable = |e: &dyn std::fmt::Display| {
        refuse(name, &format!("The member '{shown}' cannot be unpacked ({e}). Pack the files again."))
    };
    let mut packed = archive.by_index(member.index).map_err(|e| unreadable(&e))?;
    let packed_bytes = packed.compressed_size();
    // The name in the archive is not used: only its ending says what the file is.
    let name_there = format!("layer.{}", ending_of(&member.path));
    let mut file = File::create(folder.join(&name_there)).map_err(Error::internal)?;
    copy_bounded(&mut packed, &mut file, |bytes| bytes > most_bytes || bytes > packed_bytes.saturating_mul(MAX_RATIO))
        .map_err(|e| match e {
            CopyFault::Read(e) => unreadable(&e),
            CopyFault::TooLarge => refuse(name, &bomb_sentence(&format!("The member '{shown}'"))),
            CopyFault::Write(e) => Error::Refused(format!("The member '{shown}' of {name} cannot be unpacked: {e}.")),
        })?;
    Ok(name_there)
}

fn bomb_sentence(subject: &str) -> String {
    format!("{subject} would unpack to far more than a map's data is packed to. Unpack it, and import the file.")
}

enum CopyFault {
    Read(std::io::Error),
    Write(std::io::Error),
    TooLarge,
}

/// Copies until there is more than a limit.
fn copy_bounded(
    from: &mut dyn Read,
    to: &mut dyn std::io::Write,
    is_too_tight: impl Fn(u64) -> bool,
) -> Result<u64, CopyFault> {
    let (mut buffer, mut total) = (vec![0; 256 << 10], 0);
    loop {
        let got = match from.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(got) => got,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(CopyFault::Read(e)),
        };
        total += got as u64;
        if total > MAX_UNPACKED_BYTES || (total > RATIO_FREE_BYTES && is_too_tight(total)) {
            return Err(CopyFault::TooLarge);
        }
        to.write_all(&buffer[..got]).map_err(CopyFault::Write)?;
    }
}

/// Copies what a gzip file unpacks to, for a format that is not read from its start to its end.
///
/// # Errors
/// [`Error::Invalid`] when it would unpack without end.
pub fn spool_unpacked(name: &str, packed_bytes: u64, mut input: impl Read) -> Result<tempfile::NamedTempFile> {
    let mut spool = tempfile::NamedTempFile::new().map_err(Error::internal)?;
    let copied = copy_bounded(&mut input, &mut spool, |bytes| bytes > packed_bytes.saturating_mul(MAX_RATIO));
    copied.map_err(|e| match e {
        CopyFault::Read(e) => read_error(&e),
        CopyFault::Write(e) => Error::Refused(format!("{name} cannot be unpacked: {e}.")),
        CopyFault::TooLarge => refuse(name, &bomb_sentence("The file")),
    })?;
    Ok(spool)
}

fn file_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn stem_of(path: &str) -> &str {
    let file = file_of(path);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

fn ending_of(path: &str) -> String {
    file_of(path).rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_ascii_lowercase())
}
