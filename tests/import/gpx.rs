//! GPX: waypoints, routes and tracks, all or one kind of them.

use crate::support::reading::{read_bytes, refusal, told};
use cityheart::feature::{FieldValue, Geometry};
use cityheart::import::SourceOptions;

const TRIP: &str = r#"<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">
<metadata><name>Izlet</name></metadata>
<wpt lat="46.23" lon="15.26"><ele>250.5</ele><name>Grad</name><link href="https://example.org"><text>x</text></link></wpt>
<rte><name>Pot</name><rtept lat="46.1" lon="15.1"/><rtept lat="46.2" lon="15.2"/></rte>
<trk><name>Sled</name><number>1</number><trkseg><trkpt lat="46.1" lon="15.1"><ele>1</ele><time>2026-01-01T10:00:00Z</time></trkpt><trkpt lat="46.2" lon="15.2"/></trkseg>
<trkseg><trkpt lat="46.3" lon="15.3"/></trkseg><trkseg><trkpt lat="46.4" lon="15.4"/><trkpt lat="46.5" lon="15.5"/></trkseg></trk></gpx>"#;

fn layer(name: Option<&str>) -> SourceOptions {
    SourceOptions { layer: name.map(str::to_owned), ..SourceOptions::default() }
}

#[test]
fn each_kind_is_told_by_a_field_and_can_be_read_alone() {
    let read = read_bytes("a.gpx", TRIP.as_bytes(), layer(None)).unwrap();
    assert_eq!(read.report.findings.errors, 0, "{:?}", read.report.findings.details);
    let kind = read.collection.field_index("kind").unwrap();
    let kinds: Vec<_> = read.features.iter().map(|f| f.values[kind].clone()).collect();
    assert_eq!(kinds, ["waypoint", "route", "track"].map(FieldValue::text));
    let ele = read.collection.field_index("ele").unwrap();
    assert_eq!(read.features[0].values[ele], FieldValue::Real(250.5));
    assert!(
        matches!(&read.features[2].geometry, Some(Geometry::MultiLineString(m)) if m.0.len() == 2),
        "a segment of one position is none"
    );
    assert!(
        told(&read).contains("Times of single positions are not kept, of routes and tracks: 1."),
        "{}",
        told(&read)
    );
    for (name, count) in [("waypoints", 1), ("Routes", 1), ("tracks", 1)] {
        assert_eq!(read_bytes("a.gpx", TRIP.as_bytes(), layer(Some(name))).unwrap().features.len(), count, "{name}");
    }
    let refused = refusal(read_bytes("a.gpx", TRIP.as_bytes(), layer(Some("photos"))));
    assert!(refused.contains("GPX has no layer 'photos': use waypoints, routes or tracks."), "{refused}");
}

#[test]
fn positions_without_numbers_are_refused_with_their_line() {
    let broken = TRIP.replace("lat=\"46.23\"", "lat=\"46,23\"");
    let sentence = refusal(read_bytes("a.gpx", broken.as_bytes(), layer(None)));
    assert!(sentence.contains("line 3, feature 1: A position has no numbers lat and lon."), "{sentence}");
    assert!(refusal(read_bytes("a.gpx", &TRIP.as_bytes()[..TRIP.len() - 20], layer(None))).contains("ends too early"));
}
