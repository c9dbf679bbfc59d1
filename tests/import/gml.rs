//! GML of WFS and OGC API Features: geometries of versions 2 to 3.2, reference systems and their axes.

use crate::support::reading::{read_bytes, refusal, told};
use cityheart::feature::{FieldValue, Geometry};
use cityheart::import::SourceOptions;
use geo_types::Coord;

fn collection(root: &str, geometry: &str, more: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" {root}>
<wfs:member><app:ulica gml:id="ulica.1"><app:geom>{geometry}</app:geom><app:ime>Glavni trg</app:ime><app:oznaka>007</app:oznaka>{more}</app:ulica></wfs:member>
</wfs:FeatureCollection>"#
    )
}

fn read(geometry: &str) -> Geometry {
    let read = read_bytes("a.gml", collection("", geometry, "").as_bytes(), SourceOptions::default()).unwrap();
    assert_eq!(read.report.findings.errors, 0, "{geometry}: {:?}", read.report.findings.details);
    read.features[0].geometry.clone().unwrap()
}

fn first(geometry: &Geometry) -> (f64, f64) {
    use geo::CoordsIter;
    let Coord { x, y } = geometry.coords_iter().next().unwrap();
    ((x * 1e5).round() / 1e5, (y * 1e5).round() / 1e5)
}

#[test]
fn axes_come_in_the_order_of_the_spelling_of_the_reference_system() {
    for (name, position) in [
        ("urn:ogc:def:crs:EPSG::4326", "46.2309 15.2677"),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", "46.2309 15.2677"),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "15.2677 46.2309"),
        ("EPSG:4326", "15.2677 46.2309"),
        ("http://www.opengis.net/gml/srs/epsg.xml#4326", "15.2677 46.2309"),
        ("urn:ogc:def:crs:EPSG::3794", "520648.42984 121273.94526"),
    ] {
        let point = format!(r#"<gml:Point srsName="{name}"><gml:pos>{position}</gml:pos></gml:Point>"#);
        assert_eq!(first(&read(&point)), (15.2677, 46.2309), "{name}");
    }
    let northing =
        r#"<gml:Point srsName="urn:ogc:def:crs:EPSG::2180"><gml:pos>244220.28455 567582.482</gml:pos></gml:Point>"#;
    assert_eq!(first(&read(northing)), (19.9445, 50.0614));
    let bounded = collection("", "<gml:Point><gml:pos>46.2309 15.2677</gml:pos></gml:Point>", "").replace(
        "<wfs:member>",
        r#"<gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4326"><gml:lowerCorner>46 15</gml:lowerCorner></gml:Envelope></gml:boundedBy><wfs:member>"#,
    );
    let inherited = read_bytes("a.gml", bounded.as_bytes(), SourceOptions::default()).unwrap();
    assert_eq!(first(inherited.features[0].geometry.as_ref().unwrap()), (15.2677, 46.2309));
}

#[test]
fn lines_and_areas_of_every_version_are_read() {
    let ring = "<gml:LinearRing><gml:posList>0 0 1 0 1 1 0 0</gml:posList></gml:LinearRing>";
    for (geometry, kind) in [
        ("<gml:LineString><gml:coordinates>0,0 1,1</gml:coordinates></gml:LineString>".to_owned(), "LineString"),
        (r#"<gml:LineString><gml:posList srsDimension="3">0 0 5 1 1 5</gml:posList></gml:LineString>"#.into(), "LineString"),
        ("<gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>0 0 1 1</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve>".into(), "LineString"),
        (format!("<gml:Polygon><gml:exterior>{ring}</gml:exterior></gml:Polygon>"), "Polygon"),
        (format!("<gml:Polygon><gml:outerBoundaryIs>{ring}</gml:outerBoundaryIs></gml:Polygon>"), "Polygon"),
        (format!("<gml:Surface><gml:patches><gml:PolygonPatch><gml:exterior>{ring}</gml:exterior></gml:PolygonPatch></gml:patches></gml:Surface>"), "Polygon"),
        (format!("<gml:MultiSurface><gml:surfaceMember><gml:Polygon><gml:exterior>{ring}</gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface>"), "MultiPolygon"),
        ("<gml:MultiPoint><gml:pointMember><gml:Point><gml:pos>0 0</gml:pos></gml:Point></gml:pointMember></gml:MultiPoint>".into(), "MultiPoint"),
        ("<gml:MultiCurve><gml:curveMember><gml:LineString><gml:pos>0 0</gml:pos><gml:pos>1 1</gml:pos></gml:LineString></gml:curveMember></gml:MultiCurve>".into(), "MultiLineString"),
    ] {
        let read = read(&geometry);
        let found = cityheart::feature::GeometryTypeSet::from_geometry(&read).type_names();
        assert_eq!(found, kind, "{geometry}");
    }
}

#[test]
fn properties_keep_their_text_and_ids_are_those_of_the_features() {
    let more = "<app:naslov><app:kraj>Celje</app:kraj></app:naslov><app:raba>a</app:raba><app:raba>b</app:raba>";
    let text =
        collection(r#"numberMatched="25" numberReturned="1""#, "<gml:Point><gml:pos>15 46</gml:pos></gml:Point>", more);
    let read = read_bytes("a.xml", text.as_bytes(), SourceOptions::default()).unwrap();
    assert_eq!(read.features[0].id.as_str(), "ulica.1");
    let value = |name: &str| read.features[0].values[read.collection.field_index(name).unwrap()].clone();
    assert_eq!(value("ime"), FieldValue::text("Glavni trg"));
    assert_eq!(value("oznaka"), FieldValue::text("007"));
    assert_eq!(value("naslov.kraj"), FieldValue::text("Celje"));
    assert_eq!(value("raba").to_json(), serde_json::json!(["a", "b"]));
    assert!(told(&read).contains("a page of a longer answer: 1 of 25 features"), "{}", told(&read));
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    let arc = "<gml:Curve><gml:segments><gml:ArcString><gml:posList>0 0 1 1 2 0</gml:posList></gml:ArcString></gml:segments></gml:Curve>";
    for (geometry, words) in [
        (arc, "A curve has the segment 'ArcString', and only straight ones are read"),
        ("<gml:Solid/>", "A Solid is a body"),
        ("<gml:Point><gml:pos>15</gml:pos></gml:Point>", "'15' are no coordinates"),
        (
            r#"<gml:Point srsName="urn:ogc:def:crs:EPSG::1"><gml:pos>1 2</gml:pos></gml:Point>"#,
            "'urn:ogc:def:crs:EPSG::1' is not known here",
        ),
    ] {
        let sentence = refusal(read_bytes("a.gml", collection("", geometry, "").as_bytes(), SourceOptions::default()));
        assert!(sentence.contains(words), "{words}: {sentence}");
    }
}
