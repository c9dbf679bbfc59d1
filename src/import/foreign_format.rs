//! Formats that cannot be imported, by their first bytes, and what to do instead.

/// A sentence for a file in a format that cannot be imported; `name` is its path.
pub fn describe_format(head: &[u8], name: &str) -> Option<String> {
    let text = head.trim_ascii_start();
    let sentence = if head.starts_with(b"\x00\x00\x27\x0a") {
        "This is the index of a shapefile. Import the .shp beside it."
    } else if is_drawing(head) {
        "This is a DWG drawing, which is not read. Save it as DXF (in a CAD program, or with the ODA File Converter), and import that with --crs EPSG:n."
    } else if head.starts_with(b"AutoCAD Binary DXF") {
        "This is a binary DXF. Save it as text (ASCII) DXF."
    } else if head.starts_with(b"PARE") {
        "This Parquet file is encrypted. Ask for it without encryption."
    } else if head.starts_with(b"PK\x03\x04") || head.starts_with(b"Rar!") || head.starts_with(b"7z\xBC\xAF") {
        "This is an archive. Unpack it, and import what is in it."
    } else if head.starts_with(b"\xD0\xCF\x11\xE0") {
        "This is an old office document. Save the sheet as 'CSV UTF-8'."
    } else if head.starts_with(b"%PDF") {
        "This is a PDF, which has no features. Ask for the data that it was made from."
    } else if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        "The text is UTF-16. Save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')."
    } else if head.iter().take(4096).any(|b| *b == 0) {
        "This is not a text file. Convert it to GeoJSON or CSV first."
    } else if text.starts_with(b"<!DOCTYPE html") || text.starts_with(b"<html") {
        "This is a web page, perhaps with an error in the place of the file. Open it in a browser."
    } else if text.starts_with(b"<") && !name.to_ascii_lowercase().contains(".csv") {
        "This is XML, but neither KML, GPX nor GML. Convert it first: ogr2ogr -t_srs EPSG:4326 out.geojson FILE."
    } else {
        return None;
    };
    Some(sentence.to_owned())
}

/// `AC1032` and the like.
fn is_drawing(head: &[u8]) -> bool {
    head.len() > 6 && head.starts_with(b"AC1") && head[3..6].iter().all(u8::is_ascii_digit)
}

/// A dBASE III, IV or Visual FoxPro table: its version, a date, and a header whose length is what its fields take.
pub fn is_dbase(head: &[u8]) -> bool {
    let Some([version, _, month, day, ..]) = head.get(..32) else { return false };
    let header_bytes = u16::from_le_bytes([head[8], head[9]]);
    matches!(version, 0x03 | 0x04 | 0x30 | 0x31 | 0x32 | 0x83 | 0x8b | 0x8c | 0xf5)
        && (1..=12).contains(month)
        && (1..=31).contains(day)
        && header_bytes > 32
        && (header_bytes % 32 <= 1
            || matches!(version, 0x30..=0x32)
            || (matches!(version, 0x04 | 0x8c) && header_bytes % 48 == 69 % 48))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_told_by_their_first_bytes() {
        for (head, words) in [
            (&b"PK\x03\x04"[..], "an archive"),
            (b"\x00\x00\x27\x0a", "Import the .shp beside it"),
            (b"AC1032\0\0", "Save it as DXF"),
            (b"AutoCAD Binary DXF\r\n", "text (ASCII) DXF"),
            (b"PARE", "encrypted"),
            (b"  <html>", "web page"),
            (b"  <osm>", "neither KML, GPX nor GML"),
            (b"a\0b", "not a text file"),
        ] {
            assert!(describe_format(head, "in").unwrap().contains(words), "{words}");
        }
        assert_eq!(describe_format(b"id,name\n1,a\n", "a.csv"), None);
    }
}
