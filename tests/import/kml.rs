//! KML and KMZ: folders, data with and without types, tracks, and what is not read.

use crate::support::reading::{read_bytes, refusal, told};
use crate::support::shapefiles::zip;
use cityheart::crs::Crs;
use cityheart::feature::{FieldValue, Geometry};
use cityheart::import::SourceOptions;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const DOCUMENT: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><name>Moj zemljevid</name>
<Schema name="s" id="s1"><SimpleField type="int" name="floors"/><SimpleField type="string" name="code"/></Schema>
<Style id="x"><IconStyle/></Style>
<Folder><name>Trgovine</name>
 <Placemark id="p1"><name>Pekarna &amp; kavarna</name><description><![CDATA[<b>Odprto</b>]]></description>
  <ExtendedData><SchemaData schemaUrl="#s1"><SimpleData name="floors">2</SimpleData><SimpleData name="code">007</SimpleData></SchemaData></ExtendedData>
  <Point><coordinates> 15.26, 46.23 , 0 </coordinates></Point></Placemark>
 <Folder><name>Zaprte</name><Placemark><name>Brez mesta</name><address>Glavni trg 1, Celje</address></Placemark></Folder>
</Folder>
<Placemark><name>Pot</name><TimeSpan><begin>2026-03-01</begin></TimeSpan>
 <gx:MultiTrack><gx:Track><when>2026-01-01T10:00:00Z</when><gx:coord>15.2 46.2 250</gx:coord><gx:coord>15.3 46.3 250</gx:coord></gx:Track></gx:MultiTrack></Placemark>
<Placemark><name>Območje</name><Polygon><outerBoundaryIs><LinearRing><coordinates>15,46 15.1,46 15.1,46.1 15,46</coordinates></LinearRing></outerBoundaryIs>
 <innerBoundaryIs><LinearRing><coordinates>15.05,46.01 15.09,46.01 15.09,46.05 15.05,46.01</coordinates></LinearRing></innerBoundaryIs></Polygon></Placemark>
<NetworkLink><name>n</name><Link><href>http://example.org/x.kml</href></Link></NetworkLink>
<GroundOverlay><name>slika</name></GroundOverlay>
</Document></kml>"##;

fn options() -> SourceOptions {
    SourceOptions::default()
}

fn values(read: &crate::support::importing::Read, row: usize) -> Json {
    let names = read.collection.fields.iter().map(|f| f.name.clone());
    let values = read.features[row].values.iter().map(FieldValue::to_json);
    names.zip(values).filter(|(_, v)| !v.is_null()).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn placemarks_become_features_with_their_folder_and_their_data() {
    for (name, bytes) in [
        ("a.kml", DOCUMENT.as_bytes().to_vec()),
        ("a.kmz", zip(&[("doc.kml", DOCUMENT.as_bytes()), ("files/icon.png", b"x"), ("files/other.kml", b"<kml/>")])),
    ] {
        let read = read_bytes(name, &bytes, options()).unwrap();
        assert_eq!(read.report.findings.errors, 0, "{:?}", read.report.findings.details);
        assert_eq!(read.features.len(), 4);
        let wanted = json!({"name": "Pekarna & kavarna", "description": "<b>Odprto</b>", "folder": "Trgovine", "floors": 2, "code": "007"});
        assert_eq!(values(&read, 0), wanted);
        assert_eq!(values(&read, 1)["folder"], "Trgovine / Zaprte");
        assert!(read.features[1].geometry.is_none());
        assert!(matches!(&read.features[2].geometry, Some(Geometry::MultiLineString(m)) if m.0.len() == 1));
        assert!(matches!(&read.features[3].geometry, Some(Geometry::Polygon(p)) if p.interiors().len() == 1));
        assert_eq!(read.report.repairs.flattened, 1, "a height of 0 is none");
        let lines = told(&read);
        for words in [
            "1 × NetworkLink",
            "1 × GroundOverlay",
            "have an address and no coordinates; they are read without a place: 1.",
            "Descriptions are HTML; they are kept as text: 1.",
            "Tracks have times or measurements",
            "in CRS84 (WGS 84 (longitude, latitude)), as the format has it",
        ] {
            assert!(lines.contains(words), "{words}: {lines}");
        }
    }
}

#[test]
fn documents_in_other_encodings_are_read_and_those_with_entities_refused() {
    let place = |name: &str| {
        format!("<kml><Placemark><name>{name}</name><Point><coordinates>15,46</coordinates></Point></Placemark></kml>")
    };
    let declared = format!("<?xml version='1.0' encoding='windows-1250'?>{}", place("Kovačič"));
    let latin = encoding_rs::WINDOWS_1250.encode(&declared).0.into_owned();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(place("Kovačič").encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in [latin, utf16, place("Kova&#269;i&#x10D;").into_bytes()] {
        let read = read_bytes("a.kml", &bytes, options()).unwrap();
        assert_eq!(values(&read, 0)["name"], "Kovačič");
    }
    let undeclared = encoding_rs::WINDOWS_1250.encode(&place("Kovačič")).0.into_owned();
    assert!(refusal(read_bytes("a.kml", &undeclared, options())).contains("not well-formed"));
    let said = SourceOptions { encoding: Some("1250".into()), ..options() };
    assert_eq!(values(&read_bytes("a.kml", &undeclared, said).unwrap(), 0)["name"], "Kovačič");
    let bomb = "<!DOCTYPE kml [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><kml><Placemark><name>&b;</name></Placemark></kml>";
    let deep = format!("<kml>{}{}</kml>", "<Folder>".repeat(5000), "</Folder>".repeat(5000));
    for (text, words) in [
        (bomb, "type definition (<!DOCTYPE …>), which is not read"),
        (&place("&unknown;"), "An entity (&…;) is not one of XML's own"),
        (&deep, "nested more than 200 levels deep"),
        (&place("x")[..80], "ends too early"),
        (&place("x").replace("15,46", "15;46"), "'15;46' are no coordinates"),
        (&place("x").replace("</name>", "</nam>"), "not well-formed"),
    ] {
        let sentence = refusal(read_bytes("a.kml", text.as_bytes(), options()));
        assert!(sentence.contains(words), "{words}: {sentence}");
    }
    let grid = SourceOptions { crs: Crs::from_epsg(3794), ..options() };
    assert!(
        refusal(read_bytes("a.kml", place("x").as_bytes(), grid)).contains("as the format has it, not in EPSG:3794")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damaged_documents_never_end_in_a_panic(at in 0_usize..3000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = DOCUMENT.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        let _ = read_bytes("a.kml", &bytes, options());
    }
}
