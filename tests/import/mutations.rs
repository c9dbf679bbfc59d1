//! Damaged files of every vector format: a sentence or features, never a panic, and no fault that the program takes for
//! its own. The damage is the same in every run.

use crate::support::python;
use crate::support::reading::{read_bytes, read_file, refusal};
use crate::support::shapefiles::{SLOVENIA, dbf, shp, write, zip};
use cityheart::crs::Crs;
use cityheart::error::Error;
use cityheart::import::SourceOptions;
use std::path::Path;

const KML: &str = r##"<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>Načrt</name><Schema name="s" id="s"><SimpleField type="int" name="n"/></Schema><Folder><name>Ulice</name>
<Placemark id="a"><name>Kovačičeva &amp; co</name><description><![CDATA[<b>x</b>]]></description><ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="n">1</SimpleData></SchemaData></ExtendedData><LineString><coordinates>15.1,46.1,3 15.2,46.2 15.3,46.3</coordinates></LineString></Placemark>
<Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>15,46 15.1,46 15.1,46.1 15,46</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Folder></Document></kml>"##;
const GPX: &str = r#"<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><metadata><name>Pot</name></metadata><wpt lat="46.1" lon="15.1"><ele>240</ele><name>Vodnjak</name></wpt>
<rte><name>r</name><rtept lat="46.1" lon="15.1"/><rtept lat="46.2" lon="15.2"/></rte><trk><name>t</name><trkseg><trkpt lat="46.1" lon="15.1"><time>2026-03-01T10:00:00Z</time></trkpt><trkpt lat="46.2" lon="15.2"/></trkseg></trk></gpx>"#;
const GML: &str = r#"<?xml version="1.0"?><wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" numberMatched="2" numberReturned="2"><wfs:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::3794"><gml:lowerCorner>520000 121000</gml:lowerCorner></gml:Envelope></wfs:boundedBy>
<wfs:member><t gml:id="t.1"><ime>Kovačičeva</ime><g><gml:MultiSurface srsName="urn:ogc:def:crs:EPSG::3794" srsDimension="2"><gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>520000 121000 520100 121000 520100 121100 520000 121000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></g></t></wfs:member>
<wfs:member><t gml:id="t.2"><g><gml:Point srsName="EPSG:3794"><gml:pos>520648 121273</gml:pos></gml:Point></g></t></wfs:member></wfs:FeatureCollection>"#;
const DXF: &str = "  0\nSECTION\n  2\nHEADER\n  9\n$DWGCODEPAGE\n  3\nANSI_1250\n  0\nENDSEC\n  0\nSECTION\n  2\nENTITIES\n  0\nLWPOLYLINE\n  8\nMEJA\n 90\n3\n 70\n1\n 10\n520000.0\n 20\n121000.0\n 42\n0.5\n 10\n520100.0\n 20\n121000.0\n 10\n520100.0\n 20\n121100.0\n  0\nTEXT\n  8\nIME\n 10\n520010.0\n 20\n121010.0\n  1\nGlavni trg\n  0\nARC\n 10\n520000.0\n 20\n121000.0\n 40\n5.0\n 50\n0.0\n 51\n90.0\n  0\nENDSEC\n  0\nEOF\n";

/// Writes a FlatGeobuf and a GeoPackage with points, a line, an area and a row without a place.
const WRITE: &str = r#"
import sys, numpy, pyogrio, shapely
folder = sys.stdin.read()
ring = [(520648, 121273), (520748, 121273), (520748, 121373), (520648, 121273)]
shapes = [shapely.Point(520648, 121273), shapely.LineString(ring[:2]), shapely.Polygon(ring), shapely.MultiPolygon([(ring, [])])]
fields = {"ime": ["Kovačičeva", "b", "c", "d"], "n": [1, 2, 3, 2**40], "r": [0.5, 0.1, 1e9, 2.25]}
for name, driver in [("a.fgb", "FlatGeobuf"), ("a.gpkg", "GPKG")]:
    pyogrio.raw.write(folder + "/" + name, shapely.to_wkb(numpy.array(shapes, dtype=object)), [numpy.array(v) for v in fields.values()], list(fields), layer="x", crs="EPSG:3794", geometry_type="Unknown", driver=driver)
"#;

/// What is put into files: numbers that are too large, marks that end or begin something, bytes of other encodings.
const PIECES: [&[u8]; 14] = [
    b"\0",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"999999999999999999999999",
    b"1e999",
    b"NaN",
    b"-",
    b"<",
    b"</kml>",
    b"&x;",
    b"]]>",
    b"\xc3\x28",
    b"\"",
    b"\n\n",
];

/// Numbers that are the same in every run (xorshift).
struct DamageSource(u64);

impl DamageSource {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }

    /// One to three damages.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for _ in 0..=self.next(3) {
            let at = self.next(out.len());
            let end = (at + 1 + self.next(40)).min(out.len());
            match self.next(6) {
                0 => out[at] = self.next(256) as u8,
                1 => out[at] ^= 1 << self.next(8),
                2 => out.truncate(at.max(8)),
                3 => drop(out.drain(at..end)),
                4 => {
                    let copied = out[at..end].to_vec();
                    out.splice(at..at, copied);
                }
                _ => {
                    let piece = PIECES[self.next(PIECES.len())];
                    out.splice(at..(at + piece.len() * self.next(2)).min(out.len()), piece.iter().copied());
                }
            }
            if out.len() < 8 {
                break;
            }
        }
        out
    }
}

fn options() -> SourceOptions {
    SourceOptions { crs: None, ..SourceOptions::default() }
}

/// Reads damaged copies of a file; `name` ends in its format's ending.
fn damage_and_read(name: &str, bytes: &[u8], said: &SourceOptions, rounds: u64) {
    let mut read_whole = 0;
    for round in 0..rounds {
        let damaged = DamageSource(0x9e37_79b9_7f4a_7c15 ^ (round + 1)).damage(bytes);
        check(&format!("{name}, round {round}"), read_bytes(name, &damaged, said.clone()), &mut read_whole);
    }
    // The sums of an archive refuse nearly every damage of what is in it.
    let is_archive = Path::new(name).extension().is_some_and(|ending| ending == "zip" || ending == "gz");
    assert!(
        read_whole > 0 || is_archive,
        "{name}: every damage was refused, so that nothing behind the heading was looked at"
    );
}

fn check(what: &str, read: cityheart::error::Result<crate::support::importing::Read>, read_whole: &mut u64) {
    let error = match read {
        Ok(read) => {
            *read_whole += u64::from(!read.features.is_empty());
            read.result.err()
        }
        Err(e) => Some(e),
    };
    if let Some(e) = error {
        let sentence = e.to_string();
        assert!(!matches!(e, Error::Internal(_)), "{what}: {sentence}");
        assert!(sentence.len() > 10 && sentence.contains(' '), "{what}: {sentence}");
    }
}

#[test]
fn damaged_documents_and_drawings_give_features_or_a_sentence() {
    damage_and_read("a.kml", KML.as_bytes(), &options(), 150);
    damage_and_read("a.gpx", GPX.as_bytes(), &options(), 150);
    damage_and_read("a.gml", GML.as_bytes(), &options(), 150);
    let slovene = SourceOptions { crs: Crs::from_epsg(3794), ..options() };
    damage_and_read("a.dxf", DXF.as_bytes(), &slovene, 150);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(KML.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    damage_and_read("a.kml", &utf16, &options(), 60);
}

#[test]
fn damaged_binary_files_give_features_or_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    python::run(WRITE, &folder.path().display().to_string());
    for name in ["a.fgb", "a.gpkg"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        damage_and_read(name, &bytes, &options(), 120);
    }
    let bytes = std::fs::read(folder.path().join("a.gpkg")).unwrap();
    // In the pages of its tables, and not only somewhere in 100 kB.
    let mut read_whole = 0;
    for round in 0..80_u64 {
        let mut damage = DamageSource(round + 77);
        let mut damaged = bytes.clone();
        for _ in 0..20 {
            let at = damage.next(damaged.len());
            damaged[at] = damage.next(256) as u8;
        }
        check(&format!("a.gpkg, scattered {round}"), read_bytes("a.gpkg", &damaged, options()), &mut read_whole);
    }
}

#[test]
fn damaged_shapefiles_and_archives_give_features_or_a_sentence() {
    let ring = vec![[0.0, 0.0], [0.0, 100.0], [100.0, 100.0], [0.0, 0.0]]
        .into_iter()
        .map(|[x, y]| [520_000.0 + x, 121_000.0 + y])
        .collect::<Vec<_>>();
    let (main, index) = shp(&[(5, vec![ring.clone()]), (5, vec![]), (5, vec![ring])]);
    let table = dbf(
        0xc8,
        &[("IME", b'C', 10, 0), ("N", b'N', 9, 2), ("DAN", b'D', 8, 0)],
        &[vec![b"Kova\xe8i\xe8", b"1.50", b"20260301"], vec![b"b", b"-", b""], vec![b"c", b"3", b"20260231"]],
    );
    let parts: [(&str, &[u8]); 5] =
        [("a.shp", &main), ("a.shx", &index), ("a.dbf", &table), ("a.prj", SLOVENIA.as_bytes()), ("a.cpg", b"1250")];
    let folder = tempfile::tempdir().unwrap();
    let mut read_whole = 0;
    for (at, (name, bytes)) in parts.iter().enumerate() {
        for round in 0..60 {
            let damaged = DamageSource(round * 31 + at as u64 + 1).damage(bytes);
            write(folder.path(), &parts);
            write(folder.path(), &[(*name, &damaged)]);
            check(
                &format!("{name}, round {round}"),
                read_file(&folder.path().join("a.shp"), options()),
                &mut read_whole,
            );
        }
    }
    assert!(read_whole > 50, "{read_whole}");
    damage_and_read("a.zip", &zip(&parts), &options(), 120);
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    std::io::Write::write_all(&mut packed, KML.as_bytes()).unwrap();
    damage_and_read("a.kml.gz", &packed.finish().unwrap(), &options(), 60);
}

#[test]
fn documents_that_would_grow_or_sink_are_refused() {
    let laughs: String = (1..10)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .collect::<Vec<_>>()
        .concat();
    let outside = r#"<!ENTITY x SYSTEM "file:///etc/passwd">"#;
    let deep = |name: &str| format!("{}{}", format!("<{name}>").repeat(100_000), format!("</{name}>").repeat(100_000));
    let many = (0..100_000).map(|n| format!(" a{n}='1'")).collect::<Vec<_>>().concat();
    for (ending, start, end) in [
        ("kml", "<kml><Placemark><name>", "</name></Placemark></kml>"),
        ("gpx", "<gpx><wpt lat='46' lon='15'><name>", "</name></wpt></gpx>"),
        (
            "gml",
            "<gml:FeatureCollection xmlns:gml='http://www.opengis.net/gml'><gml:featureMember><t><ime>",
            "</ime></t></gml:featureMember></gml:FeatureCollection>",
        ),
    ] {
        let name = format!("a.{ending}");
        for (prolog, text, words) in [
            (format!("<!DOCTYPE a [<!ENTITY l0 \"ha\">{laughs}]>"), "&l9;".to_owned(), "type definition"),
            (format!("<!DOCTYPE a [{outside}]>"), "&x;".to_owned(), "type definition"),
            (String::new(), deep("a"), "200 levels"),
            (String::new(), "\0".to_owned(), "NUL"),
            (String::new(), format!("<b{many}/>"), "Split it"),
        ]
        .into_iter()
        .chain((ending == "gpx").then(|| (String::new(), "x".repeat(65 << 20), "64 MB")))
        {
            let document = format!("<?xml version='1.0'?>{prolog}{start}{text}{end}");
            let read = read_bytes(&name, document.as_bytes(), options());
            // Very many attributes may also be taken: what counts is that they end.
            if let Ok(taken) = &read
                && taken.result.is_ok()
            {
                assert_eq!(words, "Split it", "{name}: {words}");
                continue;
            }
            let sentence = refusal(read);
            assert!(
                sentence.contains(words) || words == "Split it",
                "{name} {words}: {}",
                &sentence[..sentence.len().min(400)]
            );
        }
    }
}

#[test]
fn the_names_of_an_archive_lead_nowhere() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("planted.geojson");
    for name in [
        "../planted.geojson",
        "../../../../../../tmp/planted.geojson",
        "..\\planted.geojson",
        "a/../../planted.geojson",
        &target.display().to_string(),
        "C:planted.geojson",
        "//server/share/planted.geojson",
    ] {
        let sentence = refusal(read_bytes("a.zip", &zip(&[(name, KML.as_bytes())]), options()));
        assert!(sentence.contains("leads out of the archive"), "{name}: {sentence}");
    }
    assert!(!target.exists() && !Path::new("/tmp/planted.geojson").exists());
}
