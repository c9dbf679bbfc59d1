//! Where in a file a fault is: its own line and column, on one line and spread over many.

use crate::support::importing::Job;

/// A file with marks `»` where faults are, in the order of the findings; returns the file and the places of the marks.
fn take_marks(marked: &str) -> (String, Vec<(u64, u64)>) {
    let (mut text, mut places, mut line, mut column) = (String::new(), vec![], 1, 1);
    for c in marked.chars() {
        if c == '»' {
            places.push((line, column));
            continue;
        }
        text.push(c);
        (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    (text, places)
}

fn assert_places(marked: &str) {
    let (text, places) = take_marks(marked);
    let mut job = Job::new(&text);
    job.options.lenient = true;
    let read = job.read();
    let found: Vec<(u64, u64)> =
        read.report.findings.details.iter().filter_map(|f| Some((f.place.line?, f.place.column?))).collect();
    let listed: Vec<String> = read.report.findings.details.iter().map(ToString::to_string).collect();
    assert_eq!(found, places, "{text}\n{listed:#?}");
}

/// The same file as one line.
fn on_one_line(marked: &str) -> String {
    marked.lines().map(str::trim_start).collect()
}

#[test]
fn a_fault_is_placed_at_its_own_line_and_column() {
    for marked in [
        r#"{
          "type": "FeatureCollection",
          "name": "Bäume und Straßen",
          "features": [
            {
              "type": "Feature",
              "id": "Žalec–1",
              "properties": { "ime": "Šmarje", "b": 1 },
              "geometry": {
                "type": "Polygon",
                "coordinates": [
                  [ [0, 0], [9, 0], [9, 9], [0, 9], [0, 0] ],
                  »[ [1, 1], [2, 1], [2, 2] ]
                ]
              }
            },
            {
              "type": "Feature",
              "id": »"",
              "geometry": null,
              "properties": {}
            }
          ]
        }"#,
        r#"{
          "type": "FeatureCollection",
          "features": [
            { "type": "Feature", "properties": { "é": "é" },
              "geometry": { "type": "LineString", "coordinates": [
                [1, 2],
                »[500, 2],
                [3, 4]
              ] } },
            { "type": "Feature", "properties": {},
              "geometry": { "type": "MultiPolygon", "coordinates": [
                [[[0, 0], [1, 0], [1, 1], [0, 0]]],
                [»[[20, 20], [22, 22], [22, 20], [20, 22], [20, 20]]]
              ] } },
            { "type": "Feature", "properties": »[1], "geometry": null },
            { "type": "Feature", "id": »{}, "properties": null, "geometry": null },
            { "type": "Feature", "id": 5, "properties": null, "geometry": { "type": »"Circle" } },
            { "type": "Feature", "id": 6, "properties": null, "geometry": { "type": "Point",
              "coordinates": »[190, 95] } },
            »null,
            { "type": "Feature", "geometry": null, "properties": { "é": 1, »"é": 2 } }
          ]
        }"#,
        r#"{
          "features": [
            { "type": "Feature", "geometry": null, "properties": {} }
          ],
          "bbox": »[1, 2],
          "properties": »{},
          "type": "FeatureCollection"
        }"#,
    ] {
        assert_places(marked);
        assert_places(&on_one_line(marked));
        assert_places(&marked.replace('\n', "\r\n"));
    }
}

#[test]
fn a_broken_text_is_placed_where_it_breaks() {
    for marked in [
        // A bracket of the wrong kind, a missing colon, a word that is none, a bracket too few.
        "{\"type\": \"FeatureCollection\", \"features\": [\n {\"type\": \"Feature\", \"é\": [1, 2»}, \"b\": 1]\n]}",
        "{\"type\": \"FeatureCollection\",\n \"name\" »1, \"features\": []}",
        "{\"type\": \"FeatureCollection\",\n \"features\": [],\n \"ž\": n»öö}",
        "{\"type\": \"FeatureCollection\", \"features\": [\n  {\"type\": \"Feature\", \"a\": [1, 2»},\n  {\"b\": 1}\n]»}",
        "{\"type\": \"FeatureCollection\", \"features\": [\n  {\"type\": \"Feature\", \"geometry\": null,\n   \"properties\": {}}\n  »{\"type\": \"Feature\", \"geometry\": null, \"properties\": {}}\n]}",
        "{\"type\": \"FeatureCollection\", \"features\": []}\n\n »x",
    ] {
        assert_places(marked);
    }
}

#[test]
fn a_fault_of_a_sequence_is_placed_in_its_text() {
    assert_places(
        "{\"type\":\"Feature\",\"geometry\":null,\"properties\":{}}\n  {\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,»\"é\"]},\"properties\":{}}\n",
    );
    assert_places(
        "\u{1e}{\"type\":\"Feature\",\"geometry\":null,\"properties\":{}}\n\u{1e}{\n\"type\":\"Feature\",\"geometry\":\n{\"type\":\"Point\",\"coordinates\":[1,»\"é\"]},\"properties\":{}}\n",
    );
}

#[test]
fn the_place_is_in_the_report_for_people_and_for_programs() {
    let text = "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":\"a\",\"properties\":{},\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,\"2\"]}}]}";
    let report = Job::new(text).read().report;
    assert!(
        report.lines()[0].starts_with("error: line 1, feature 1 (id a), /geometry/coordinates/1, column 128: "),
        "{}",
        report.lines()[0]
    );
    let json = report.to_json();
    assert_eq!((&json["findings"][0]["line"], &json["findings"][0]["column"]), (&1.into(), &128.into()));
}
