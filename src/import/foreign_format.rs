//! Formats that cannot be imported, by their first bytes, and how to convert them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of a table is looked at.
const MAX_TABLE_BYTES: u64 = 8 << 20;

/// A sentence for a file in a format that cannot be imported; `name` is its path.
pub fn describe_format(head: &[u8], name: &str) -> Option<String> {
    let convert = |what: &str, from: &str| Some(format!("{what}: ogr2ogr -t_srs EPSG:4326 out.geojson {from}."));
    if head.starts_with(b"SQLite format 3") {
        convert("This is a GeoPackage or another SQLite file. Convert the layer first", "in.gpkg LAYER")
    } else if head.starts_with(b"PK\x03\x04") {
        let shapefile = "A zipped shapefile: ogr2ogr -t_srs EPSG:4326 out.geojson /vsizip/in.zip (if letters come out wrong, name the encoding: --config SHAPE_ENCODING CP1250).";
        Some(format!(
            "This is a ZIP file. {shapefile} A KMZ: the same with in.kmz. A spreadsheet: save it as 'CSV UTF-8'."
        ))
    } else if head.starts_with(b"\x00\x00\x27\x0a") {
        Some(describe_shapefile(Path::new(name)))
    } else if is_dbase(head) {
        let sentence = "This is the table of a shapefile. Convert the .shp beside it";
        convert(sentence, "in.shp")
    } else if head.starts_with(b"fgb") {
        convert("This is FlatGeobuf. Convert it first", "in.fgb")
    } else if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        Some("The text is UTF-16. Save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8').".into())
    } else if head.iter().take(4096).any(|b| *b == 0) {
        Some("This is not a text file. Convert it to GeoJSON or CSV first.".into())
    } else if head.trim_ascii_start().starts_with(b"<") {
        convert("This looks like XML (KML, GML or HTML), not GeoJSON. Convert it first", "in.kml")
    } else {
        None
    }
}

/// As much of a file as tells its encoding.
fn read_start(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut start = vec![];
    File::open(path)?.take(MAX_TABLE_BYTES).read_to_end(&mut start)?;
    Ok(start)
}

/// How text in the tables of a shapefile is encoded, as far as its files say.
#[derive(Debug, PartialEq, Eq)]
enum TableEncoding {
    /// GDAL reads it right without help.
    Declared,
    /// The table names no encoding and has letters beyond ASCII.
    Unknown,
    /// The table has ASCII only, or is not there.
    Plain,
}

/// The advice for a shapefile. Text in its table is in the encoding that a `.cpg` names, or the language byte of the
/// `.dbf`; where neither does, GDAL takes it for ISO 8859-1, and letters of most languages come out wrong.
fn describe_shapefile(path: &Path) -> String {
    let file =
        path.file_name().filter(|_| path.is_file()).map_or_else(|| "in.shp".into(), |name| name.to_string_lossy());
    let convert = |option: &str| format!("ogr2ogr {option}-t_srs EPSG:4326 out.geojson {file}");
    let beside = |extension: &str| {
        let names = [extension.to_owned(), extension.to_uppercase()];
        names.iter().find_map(|name| read_start(&path.with_extension(name)).ok())
    };
    let projected = if path.is_file() && beside("prj").is_none() {
        " It has no .prj: name its reference system, too, with -s_srs EPSG:n."
    } else {
        ""
    };
    let table = beside("dbf").unwrap_or_default();
    let (encoding, hint) = match (read_code_page(&beside("cpg").unwrap_or_default()), examine_table(&table)) {
        (Some(page), TableEncoding::Unknown | TableEncoding::Declared) => {
            let option = format!("-oo ENCODING={page} ");
            return format!(
                "This is a shapefile whose text is in {page}, as its .cpg says. Convert it first: {}.{projected}",
                convert(&option)
            );
        }
        (_, TableEncoding::Declared) => (String::new(), String::new()),
        (_, TableEncoding::Plain) => {
            let hint = " If letters come out wrong, name their encoding: -oo ENCODING=CP1250 (central Europe), CP1252 (west), CP1253 (Greek), CP852 or CP850 (old DOS programs).";
            (String::new(), if table.is_empty() { hint.to_owned() } else { String::new() })
        }
        (_, TableEncoding::Unknown) => (
            format!("-oo ENCODING={} ", guess_code_page(&table)),
            " Its files name no encoding: look at the letters, and if they are wrong take another one of CP1250 (central Europe), CP1252 (west), CP1253 (Greek), CP852, CP850 or UTF-8.".to_owned(),
        ),
    };
    format!("This is a shapefile. Convert it first: {}.{hint}{projected}", convert(&encoding))
}

/// The content of a `.cpg` as GDAL knows it: `1250` and `ANSI 1250` are CP1250, `88592` is ISO-8859-2.
fn read_code_page(cpg: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(cpg).ok()?.trim_start_matches('\u{feff}').trim();
    let text = text.strip_prefix("ANSI ").or_else(|| text.strip_prefix("OEM ")).unwrap_or(text);
    let named = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let digits = text.chars().all(|c| c.is_ascii_digit());
    named.then(|| match text.strip_prefix("8859") {
        Some(part) if digits && !part.is_empty() => format!("ISO-8859-{part}"),
        _ if digits && text == "65001" => "UTF-8".to_owned(),
        _ if digits => format!("CP{text}"),
        _ => text.to_uppercase(),
    })
}

/// Looks at the language byte of a dBASE table and at its text.
fn examine_table(table: &[u8]) -> TableEncoding {
    let header_bytes = table.get(8..10).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    let records = table.get(header_bytes..).unwrap_or_default();
    if records.is_ascii() {
        return TableEncoding::Plain;
    }
    // GDAL knows what these stand for; 0x57 is "whatever this computer uses", which says nothing.
    match table.get(29) {
        Some(0 | 0x57) | None => TableEncoding::Unknown,
        Some(_) => TableEncoding::Declared,
    }
}

/// UTF-8 proves itself; the rest is only likely in the countries of the plans.
fn guess_code_page(table: &[u8]) -> &'static str {
    let header_bytes = table.get(8..10).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    let records = table.get(header_bytes..).unwrap_or_default();
    match std::str::from_utf8(records) {
        Ok(_) => "UTF-8",
        Err(e) if e.error_len().is_none() => "UTF-8",
        Err(_) => "CP1252",
    }
}

/// A dBASE III, IV or Visual FoxPro table: its version, a date, and a header whose length is what its fields take.
fn is_dbase(head: &[u8]) -> bool {
    let Some([version, _, month, day, ..]) = head.get(..32) else { return false };
    let header_bytes = u16::from_le_bytes([head[8], head[9]]);
    matches!(version, 0x03 | 0x30 | 0x31 | 0x83 | 0x8b | 0xf5)
        && (1..=12).contains(month)
        && (1..=31).contains(day)
        && header_bytes > 32
        && (header_bytes % 32 <= 1 || *version == 0x30)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table with one column and one row.
    fn table(language: u8, text: &[u8]) -> Vec<u8> {
        let mut table = vec![0; 65];
        (table[0], table[1], table[2], table[3], table[4]) = (3, 126, 11, 30, 1);
        (table[8], table[10], table[29]) = (65, 1 + text.len() as u8, language);
        table[32..36].copy_from_slice(b"NAME");
        (table[43], table[48], table[64]) = (b'C', text.len() as u8, 13);
        table.push(b' ');
        table.extend_from_slice(text);
        table
    }

    fn advice(cpg: Option<&str>, table: Option<Vec<u8>>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let shp = folder.path().join("ulice.shp");
        std::fs::write(&shp, b"\x00\x00\x27\x0a").unwrap();
        std::fs::write(folder.path().join("ulice.prj"), "x").unwrap();
        if let Some(cpg) = cpg {
            std::fs::write(folder.path().join("ulice.CPG"), cpg).unwrap();
        }
        if let Some(table) = table {
            assert!(is_dbase(&table));
            std::fs::write(folder.path().join("ulice.dbf"), table).unwrap();
        }
        describe_format(b"\x00\x00\x27\x0a", &shp.to_string_lossy()).unwrap()
    }

    #[test]
    fn the_advice_for_a_shapefile_names_the_encoding_of_its_text() {
        let latin2 = b"\x8Akofja Loka";
        let plain = "ogr2ogr -t_srs EPSG:4326 out.geojson ulice.shp.";
        for (cpg, table, words) in [
            (Some("1250"), table(0, latin2), "ogr2ogr -oo ENCODING=CP1250 -t_srs EPSG:4326 out.geojson ulice.shp."),
            (Some("ANSI 1250\r\n"), table(0x57, latin2), "-oo ENCODING=CP1250 "),
            (Some("UTF-8"), table(0, "Škofja".as_bytes()), "-oo ENCODING=UTF-8 "),
            (Some("88592"), table(0, latin2), "-oo ENCODING=ISO-8859-2 "),
            (Some("65001"), table(0, "Škofja".as_bytes()), "-oo ENCODING=UTF-8 "),
            (None, table(0xC8, latin2), plain),
            (None, table(0, b"Celje"), plain),
            (None, table(0, "Škofja".as_bytes()), "-oo ENCODING=UTF-8 "),
            (None, table(0x57, latin2), "Its files name no encoding: look at the letters"),
            (Some("what is this?"), table(0, latin2), "Its files name no encoding"),
        ] {
            let sentence = advice(cpg, Some(table));
            assert!(sentence.contains(words), "{cpg:?}: {sentence}");
        }
        assert!(advice(None, None).contains("If letters come out wrong, name their encoding: -oo ENCODING=CP1250"));
        let stream = describe_format(b"\x00\x00\x27\x0a", "standard input").unwrap();
        assert!(stream.contains("out.geojson in.shp."), "{stream}");
    }

    #[test]
    fn other_formats_are_told_by_their_first_bytes() {
        for (head, words) in [
            (&b"PK\x03\x04"[..], "/vsizip/in.zip"),
            (b"SQLite format 3\0", "in.gpkg LAYER"),
            (b"fgb\x03", "FlatGeobuf"),
            (b"  <kml>", "in.kml"),
            (b"a\0b", "not a text file"),
            (&table(0, b"x"), "the table of a shapefile"),
        ] {
            assert!(describe_format(head, "in").unwrap().contains(words), "{words}");
        }
        assert_eq!(describe_format(b"id,name\n1,a\n", "a.csv"), None);
    }
}
