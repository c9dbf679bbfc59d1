//! Tables keep their places and their rows, or say what they lack.

use crate::support::importing::{Job, Read};
use cityheart::feature::Geometry;

fn place_of(read: &Read, row: usize) -> Option<(f64, f64)> {
    match &read.features[row].geometry {
        Some(Geometry::Point(point)) => Some((point.x(), point.y())),
        Some(other) => panic!("{other:?}"),
        None => None,
    }
}

/// The sentence of the only warning.
fn warning(read: &Read) -> String {
    let warnings: Vec<_> = read.report.findings.details.iter().filter(|f| f.warning).collect();
    assert_eq!(warnings.len(), 1, "{:?}", read.report.findings.details);
    assert_eq!(warnings[0].kind.name(), "no-place");
    warnings[0].message.clone()
}

#[test]
fn a_place_that_is_certain_is_read() {
    let celje = Some((15.2675, 46.2311));
    for text in [
        "id;Geo Point\na;46.2311, 15.2675\n",
        "id;geo_point_2d;name\na;46.2311,15.2675;x\n",
        "id,Lat/Lon\na,\"46.2311, 15.2675\"\n",
        "id,location\na,\"(146.2311, -15.2675)\"\nb,\"(1.5, 2.5)\"\n",
        "id,lon_lat\na,15.2675 46.2311\n",
        "id,coordinates\na,\"[15.2675, 46.2311]\"\n",
        "id,Geo Shape\na,\"{\"\"coordinates\"\": [15.2675, 46.2311], \"\"type\"\": \"\"Point\"\"}\"\n",
        "id,shape\na,POINT (15.2675 46.2311)\n",
        "id,Geo Point,Geo Shape\na,\"1, 2\",\"{\"\"type\"\":\"\"Point\"\",\"\"coordinates\"\":[15.2675,46.2311]}\"\n",
        "id,Długość geograficzna,Szerokość geograficzna\na,15.2675,46.2311\n",
        "id,Zemljepisna širina,Zemljepisna dolžina\na,46.2311,15.2675\n",
        "id,Γεωγραφικό Μήκος,Γεωγραφικό Πλάτος\na,15.2675,46.2311\n",
        "id,Latitude (WGS84),Longitude (WGS84)\na,46.2311,15.2675\n",
        "id,X_WGS84,Y_WGS84\na,15.2675,46.2311\n",
        "id,Geografska dužina,Geografska širina\na,15.2675,46.2311\n",
    ] {
        let read = Job::csv(text).read();
        assert_eq!(read.report.findings.errors, 0, "{text}: {:?}", read.report.findings.details);
        let expected = if text.contains("146") { Some((146.2311, -15.2675)) } else { celje };
        assert_eq!(place_of(&read, 0), expected, "{text}");
        assert_eq!(read.report.findings.warnings, 0, "{text}: {:?}", read.report.findings.details);
    }
}

#[test]
fn columns_that_may_hold_a_place_are_named_with_the_flag_to_use() {
    for (text, sentences) in [
        (
            "id,KOORX,KOORY\na,520648.4,121273.9\n",
            ["'KOORX' and 'KOORY' look like coordinates in EPSG:3794", "Say --crs EPSG:3794"],
        ),
        ("id,Easting,Northing\na,520648.4,121273.9\n", ["'Easting' and 'Northing' look like", "Say --crs EPSG:"]),
        (
            "id,Rechtswert,Hochwert\na,15.2675,46.2311\nb,15.3,46.3\nTotal,see,note\n",
            ["longitude and latitude", "Name the columns lon and lat."],
        ),
        (
            "id,Länge,Breite\na,15.2675,46.2311\n",
            ["'Länge' and 'Breite' look like longitude and latitude.", "lon and lat"],
        ),
        (
            "id,coordinates\na,\"46.2311, 15.2675\"\n",
            ["'coordinates' looks like latitude and longitude.", "'lat, lon'"],
        ),
        ("id,position\na,\"520648.4, 121273.9\"\n", ["'position' looks like coordinates.", "--crs EPSG:n"]),
        (
            "id,start_lon,start_lat,end_lon,end_lat\na,15.2675,46.2311,15.3,46.3\n",
            ["'start_lon' and 'start_lat' look like longitude and latitude.", "'end_lon' and 'end_lat'"],
        ),
        ("id,name\na,x\n", ["No feature of the file has a place", "Name the columns of the coordinates lon and lat"]),
    ] {
        let read = Job::csv(text).read();
        assert_eq!(read.report.findings.errors, 0, "{text}");
        let message = warning(&read);
        assert!(sentences.iter().all(|s| message.contains(s)), "{text}: {message}");
        assert!(read.report.lines().iter().any(|l| l.starts_with("warning: ")), "{text}");
        assert_eq!(read.report.to_json()["findings"][0]["kind"], "no-place");
        assert_eq!(read.report.to_json()["warnings"], 1);
    }
}

#[test]
fn a_named_grid_makes_places_of_the_columns_of_its_axes() {
    for heading in ["KOORX,KOORY", "Easting,Northing", "X,Y", "x_coord,y_coord", "RD_X,RD_Y", "Rechtswert,Hochwert"] {
        let mut job = Job::csv(&format!("id,lat,lon,{heading}\na,1,2,520648.4,121273.9\n"));
        job.options.crs = cityheart::import::parse_crs(Some("EPSG:3794")).unwrap();
        let read = job.read();
        assert_eq!(read.report.findings.details, [], "{heading}");
        let (lon, lat) = place_of(&read, 0).unwrap();
        assert!((lon - 15.2675).abs() < 1e-2 && (lat - 46.2311).abs() < 1e-2, "{heading}: {lon}, {lat}");
    }
}

#[test]
fn a_collection_without_a_place_takes_places_later() {
    let first = Job::csv("id,name\na,x\n").read();
    let mut later = Job::csv("id,name,lon,lat\nb,y,15.2675,46.2311\n");
    later.present = Some(first.collection);
    let read = later.read();
    assert_eq!(read.report.findings.details, []);
    assert!(read.features[0].geometry.is_some());
}

#[test]
fn blank_rows_are_skipped_and_counted() {
    let read = Job::csv("id;lon;lat\r\na;1;2\r\n;;\r\n ; ; \r\n\r\nb;3;4\r\n;;;;\r\n").read();
    assert_eq!(read.report.findings.details, []);
    assert_eq!((read.features.len(), read.report.read, read.report.blank_rows), (2, 2, 3));
    assert!(read.report.lines().contains(&"3 blank rows were skipped.".to_owned()), "{:?}", read.report.lines());
    assert_eq!(read.report.to_json()["blank_rows"], 3);
}

#[test]
fn words_for_no_place_keep_the_row_when_the_import_is_lenient() {
    for absent in ["NA", "n/a", "-", "NULL", "NaN", "None", "#N/A", "k.A.", "—"] {
        for text in [
            format!("id,lon,lat\na,{absent},{absent}\nb,1,2\n"),
            format!("id,lon,lat\na,{absent},\nb,1,2\n"),
            format!("id,wkt\na,{absent}\nb,POINT(1 2)\n"),
            format!("id,geo point\na,{absent}\nb,2 1\n"),
        ] {
            let mut job = Job::csv(&text);
            let refused = job.read();
            let fault = refused.report.findings.first_error().unwrap();
            assert!(fault.message.contains("with --lenient"), "{text}: {fault}");
            job.options.lenient = true;
            let read = job.read();
            assert!(read.result.is_ok(), "{text}");
            assert_eq!((place_of(&read, 0), place_of(&read, 1)), (None, Some((1.0, 2.0))), "{text}");
            assert_eq!(read.report.left_out, 0);
            assert_eq!(warning(&read), format!("'{absent}' is no place. The row is imported without one."));
        }
    }
}

#[test]
fn an_index_column_without_a_heading_is_left_out_or_named_and_told() {
    let names = |text: &str| {
        let read = Job::csv(text).read();
        assert_eq!(read.report.findings.details, [], "{text}");
        assert_eq!(read.features.len(), 2, "{text}");
        let names: Vec<_> = read.collection.fields.iter().map(|f| f.name.clone()).collect();
        (names, read.report.notes.join(" "))
    };
    let left_out = "The first column has no heading and counts the rows. It was left out.";
    for text in [
        ",name,lon,lat\n0,a,1,2\n1,b,3,4\n",
        "\"\",\"name\",\"lon\",\"lat\"\n\"1\",\"a\",1,2\n\"2\",\"b\",3,4\n",
        "\"name\",\"lon\",\"lat\"\n\"1\",\"a\",1,2\n\"2\",\"b\",3,4\n",
    ] {
        assert_eq!(names(text), (vec!["name".to_owned()], left_out.to_owned()), "{text}");
    }
    let told = "The first column has no heading. It is stored as 'unnamed'.";
    assert_eq!(names(",lon,lat\nMazda RX4,1,2\nFiat 128,3,4\n"), (vec!["unnamed".to_owned()], told.to_owned()));
    assert_eq!(names(",lon,lat\n17,1,2\n4,3,4\n"), (vec!["unnamed".to_owned()], told.to_owned()));
}

#[test]
fn the_line_of_a_fault_is_that_of_the_file_whatever_ends_its_lines() {
    for end in ["\n", "\r\n"] {
        for (lines, line) in [
            (vec!["id,lon,lat", "a,1,2", "b,x,2", "c,3,4"], 3),
            (vec!["id,lon,lat", "a,1,2", "", "", "b,x,2"], 5),
            (vec!["sep=,", "id,lon,lat,note", "a,1,2,\"two\nlines\"", "b,x,2,"], 5),
            (vec!["", "id,lon,lat", "b,x,2"], 3),
            (vec!["id,lon,lat", ",,", "b,x,2"], 3),
        ] {
            for last in [end, ""] {
                let text = lines.join(end) + last;
                let read = Job::csv(&text).read();
                assert_eq!(read.report.findings.first_error().unwrap().place.line, Some(line), "{text:?}");
            }
        }
    }
}

#[test]
fn lenient_is_refused_and_not_recommended_where_nothing_is_left() {
    let bad = "id,lon,lat\na,x,2\nb,y,3\n";
    let mut job = Job::csv(bad);
    let outcome = |job: &Job| job.read().report.lines().pop().unwrap();
    assert_eq!(outcome(&job), "Nothing was imported: 2 of 2 features have faults. Correct the file.");
    job.options.lenient = true;
    assert!(job.read().result.is_err());
    assert_eq!(outcome(&job), "Nothing was imported: 2 of 2 features have faults. Correct the file.");
    let some = Job::csv(&format!("{bad}c,1,2\n"));
    assert!(outcome(&some).ends_with("or leave out features that have faults with --lenient."));
    let heading = Job::csv("id,lon,name\na,1,b\n");
    assert!(outcome(&heading).ends_with("Correct the file."), "{}", outcome(&heading));
}

#[test]
fn a_second_file_of_the_same_form_is_taken() {
    let forms = [
        (
            "x.csv",
            "id,Name,name,fid,geometry_,GEOM2\na,1,2,3,4,5\n",
            "id,Name,name,fid,geometry_,GEOM2\nb,6,7,8,9,10\n",
        ),
        ("x.csv", ",lon,lat\nMazda,1,2\nFiat,3,4\n", ",lon,lat\nOpel,1,2\nAudi,3,4\n"),
    ];
    for (name, first, second) in forms {
        let read = Job::from_bytes(name, first.as_bytes()).read();
        let mut job = Job::from_bytes(name, second.as_bytes());
        job.present = Some(read.collection.clone());
        let again = job.read();
        assert_eq!(again.report.findings.errors, 0, "{second}: {:?}", again.report.findings.details);
        assert!(again.features[0].values.iter().all(|v| !v.is_null()), "{second}: {:?}", again.features[0].values);
    }
    let text = |id: &str| {
        format!(
            r#"{{"type":"Feature","id":"{id}","geometry":null,"properties":{{"Name":"a","name":"b","fid":1,"":4,"a\"b":5}}}}"#
        )
    };
    let mut job = Job::new(&text("b"));
    job.present = Some(Job::new(&text("a")).read().collection);
    let again = job.read();
    assert_eq!(again.report.findings.errors, 0, "{:?}", again.report.findings.details);
    assert!(again.features[0].values.iter().all(|v| !v.is_null()), "{:?}", again.features[0].values);
}
