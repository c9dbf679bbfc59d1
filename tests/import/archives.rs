//! ZIP and gzip files around what is imported: members are chosen or asked about; what would do harm is refused by its
//! name.

use crate::support::reading::{read_bytes, refusal};
use crate::support::shapefiles::zip;
use cityheart::import::SourceOptions;
use std::io::Write;

const POINT: &[u8] =
    br#"{"type":"Feature","id":"a","geometry":{"type":"Point","coordinates":[15.26,46.23]},"properties":{}}"#;

fn options() -> SourceOptions {
    SourceOptions::default()
}

#[test]
fn the_one_file_that_can_be_imported_is_taken() {
    let table = b"lon,lat\n15.26,46.23\n";
    for members in [
        vec![("points.geojson", POINT), ("readme.txt", b"hello"), ("__MACOSX/._points.geojson", b"x")],
        vec![("a/b/table.csv", &table[..]), ("table.xml", b"<metadata/>")],
        vec![("data.json", POINT)],
    ] {
        let read = read_bytes("in.zip", &zip(&members), options()).unwrap();
        assert_eq!((read.features.len(), read.report.findings.errors), (1, 0), "{members:?}");
    }
    let two = zip(&[("x/a.geojson", POINT), ("y/a.geojson", POINT)]);
    assert!(refusal(read_bytes("in.zip", &two, options())).contains("choose one of x/a.geojson, y/a.geojson"));
    let layer = SourceOptions { layer: Some("y/a.geojson".into()), ..options() };
    assert_eq!(read_bytes("in.zip", &two, layer).unwrap().features.len(), 1);
}

#[test]
fn what_would_do_harm_is_refused_by_the_name_of_the_member() {
    let packed = zip(&[("a.geojson", POINT)]);
    let mut encrypted = packed.clone();
    for at in 0..encrypted.len() - 10 {
        // The flag is at byte 6 of the local heading and at byte 8 of the one in the directory.
        match encrypted[at..at + 4] {
            [b'P', b'K', 3, 4] => encrypted[at + 6] |= 1,
            [b'P', b'K', 1, 2] => encrypted[at + 8] |= 1,
            _ => {}
        }
    }
    let bomb = zip(&[("a.csv", &vec![b' '; 80 << 20])]);
    for (bytes, words) in [
        (zip(&[("../../etc/a.geojson", POINT)]), "'../../etc/a.geojson' leads out of the archive"),
        (zip(&[("/a.geojson", POINT)]), "leads out of the archive"),
        (zip(&[("C:\\a.geojson", POINT)]), "leads out of the archive"),
        (zip(&[("inner.zip", &packed)]), "'inner.zip' is an archive in the archive"),
        (zip(&[("plan.dwg", b"AC1032")]), "'plan.dwg' is a DWG drawing"),
        (zip(&[("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<a/>")]), "a spreadsheet"),
        (zip(&[("photo.jpg", b"x")]), "no file that can be imported"),
        (zip(&[]), "no file that can be imported"),
        (encrypted, "'a.geojson' is encrypted"),
        (bomb, "'a.csv' would unpack to far more"),
        (packed[..packed.len() - 30].to_vec(), "cannot be read"),
    ] {
        let sentence = refusal(read_bytes("in.zip", &bytes, options()));
        assert!(sentence.contains(words), "{words}: {sentence}");
    }
}

#[test]
fn gzip_is_unpacked_for_formats_that_are_read_at_any_place_too() {
    let (main, _) = crate::support::shapefiles::shp(&[crate::support::shapefiles::point(15.26, 46.23)]);
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    packed.write_all(&main).unwrap();
    assert_eq!(read_bytes("a.shp.gz", &packed.finish().unwrap(), options()).unwrap().features.len(), 1);
    let mut nested = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    nested.write_all(&zip(&[("a.geojson", POINT)])).unwrap();
    assert!(refusal(read_bytes("a.zip.gz", &nested.finish().unwrap(), options())).contains("an archive"));
}
