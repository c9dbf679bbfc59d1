//! Shapefiles and archives that tests write byte by byte.

use std::io::Write;
use std::path::Path;

/// A column of a dBASE table: name, letter of its type, width, decimals.
pub type Column<'a> = (&'a str, u8, u8, u8);

/// A dBASE III table; each row is its cells as bytes, which are padded. A row that begins with `*` is deleted.
pub fn dbf(language: u8, columns: &[Column], rows: &[Vec<&[u8]>]) -> Vec<u8> {
    let heading = 32 + 32 * columns.len() + 1;
    let width: usize = 1 + columns.iter().map(|c| usize::from(c.2)).sum::<usize>();
    let mut out = vec![3, 126, 11, 30];
    out.extend((rows.len() as u32).to_le_bytes());
    out.extend((heading as u16).to_le_bytes());
    out.extend((width as u16).to_le_bytes());
    out.resize(32, 0);
    out[29] = language;
    for (name, letter, length, decimals) in columns {
        let mut field = name.as_bytes().to_vec();
        field.resize(32, 0);
        (field[11], field[16], field[17]) = (*letter, *length, *decimals);
        out.extend(field);
    }
    out.push(0x0d);
    for row in rows {
        let deleted = row.len() > columns.len();
        out.push(if deleted { b'*' } else { b' ' });
        for (cell, column) in row.iter().skip(usize::from(deleted)).zip(columns) {
            let mut cell = cell.to_vec();
            cell.resize(usize::from(column.2), b' ');
            out.extend(cell);
        }
    }
    out.push(0x1a);
    out
}

/// One shape: its type, and its paths (a point has one path with one position). An empty list is no place.
pub type Shape = (i32, Vec<Vec<[f64; 2]>>);

pub fn point(x: f64, y: f64) -> Shape {
    (1, vec![vec![[x, y]]])
}

/// A `.shp` of the type of its first shape, and its `.shx`.
pub fn shp(shapes: &[Shape]) -> (Vec<u8>, Vec<u8>) {
    let kind = shapes.iter().find(|s| !s.1.is_empty()).map_or(0, |s| s.0);
    let (mut body, mut index) = (vec![], vec![]);
    for (number, shape) in shapes.iter().enumerate() {
        let content = content_of(shape);
        index.extend((50 + body.len() as u32 / 2).to_be_bytes());
        index.extend((content.len() as u32 / 2).to_be_bytes());
        body.extend((number as u32 + 1).to_be_bytes());
        body.extend((content.len() as u32 / 2).to_be_bytes());
        body.extend(content);
    }
    (with_heading(kind, &body), with_heading(kind, &index))
}

fn with_heading(kind: i32, body: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0, 0x27, 0x0a];
    out.resize(24, 0);
    out.extend((50 + body.len() as u32 / 2).to_be_bytes());
    out.extend(1000_i32.to_le_bytes());
    out.extend(kind.to_le_bytes());
    out.resize(100, 0);
    out.extend(body);
    out
}

fn content_of((kind, paths): &Shape) -> Vec<u8> {
    let kind = if paths.is_empty() { 0 } else { *kind };
    let mut out = kind.to_le_bytes().to_vec();
    let numbers = |out: &mut Vec<u8>, c: &[f64; 2]| c.iter().for_each(|n| out.extend(n.to_le_bytes()));
    match kind {
        0 => {}
        1 => numbers(&mut out, &paths[0][0]),
        11 => {
            numbers(&mut out, &paths[0][0]);
            numbers(&mut out, &[250.0, 0.0]);
        }
        _ => {
            out.resize(36, 0);
            out.extend((paths.len() as u32).to_le_bytes());
            out.extend((paths.iter().map(Vec::len).sum::<usize>() as u32).to_le_bytes());
            let mut start = 0_u32;
            for path in paths {
                out.extend(start.to_le_bytes());
                start += path.len() as u32;
            }
            paths.iter().flatten().for_each(|c| numbers(&mut out, c));
        }
    }
    out
}

/// A ZIP archive of these members.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Writes the files of a shapefile into a directory.
pub fn write(folder: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// The `.prj` of the Slovene grid as ESRI writes it.
pub const SLOVENIA: &str = r#"PROJCS["Slovenia_1996_Slovene_National_Grid",GEOGCS["GCS_Slovenia_1996",DATUM["D_Slovenia_Geodetic_Datum_1996",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",-5000000.0],PARAMETER["Central_Meridian",15.0],PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
