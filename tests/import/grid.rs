//! Files in national grids: read with `--crs`, refused without it in a sentence that names the likely one.

use crate::support::importing::{Job, point};
use cityheart::crs::Crs;
use cityheart::feature::Geometry;
use geo_types::Point;

const CELJE: (f64, f64) = (15.2677, 46.2309);
const KRAKOW: (f64, f64) = (19.9445, 50.0614);

fn job(text: &str, crs: Option<u16>, cities: &[(f64, f64)]) -> Job {
    let mut job = if text.starts_with('{') { Job::new(text) } else { Job::csv(text) };
    job.options.crs = crs.map(|code| Crs::from_epsg(code).unwrap());
    job.cities = cities.to_vec();
    job
}

/// The faults of a file.
fn fault(text: &str, crs: Option<u16>, cities: &[(f64, f64)]) -> String {
    let read = job(text, crs, cities).read();
    assert!(read.result.is_err(), "{text}");
    read.report.findings.details.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn coordinates_of_a_grid_become_degrees_within_a_millimetre() {
    for (text, crs, (lon, lat)) in [
        (point("a", 520_648.429_84, 121_273.945_26), 3794, CELJE),
        ("id,x,y\na,520648.42984,121273.94526\n".to_owned(), 3794, CELJE),
        ("id,wkt\na,SRID=3794;POINT(520648.42984 121273.94526)\n".to_owned(), 3794, CELJE),
        // Files have easting first even where the authority has northing first.
        (point("a", 567_582.482, 244_220.284_55), 2180, KRAKOW),
    ] {
        let read = job(&text, Some(crs), &[(lon, lat)]).read();
        assert_eq!(read.report.findings.details, [], "{text}");
        let Some(Geometry::Point(Point(c))) = read.features[0].geometry else { panic!("{text}") };
        assert!((c.x - lon).abs() < 1e-8 && (c.y - lat).abs() < 1e-8, "{text}: {c:?}");
    }
}

#[test]
fn metres_without_a_grid_are_refused_with_the_likely_one() {
    let metres = point("a", 520_648.4, 121_273.9);
    let refused = fault(&metres, None, &[CELJE]);
    assert!(
        refused.contains("The position 520648.4, 121273.9 is not on the globe. It fits EPSG:3794 (Slovenia 1996"),
        "{refused}"
    );
    assert!(refused.contains("Say --crs EPSG:3794 if it is that."), "{refused}");
    // Two countries are possible; the plan's cities say which is likelier.
    assert!(fault(&point("a", 567_582.5, 244_220.3), None, &[KRAKOW]).contains("It fits EPSG:2180"));
    let swapped = fault(&point("a", 121_273.9, 520_648.4), None, &[CELJE]);
    assert!(
        swapped.contains("EPSG:3794") && swapped.contains("with northing first: exchange the two numbers"),
        "{swapped}"
    );
}

#[test]
fn coordinates_that_do_not_fit_what_was_said_are_refused_with_what_fits() {
    let metres = point("a", 520_648.4, 121_273.9);
    let refused = fault(&metres, Some(2154), &[CELJE]);
    assert!(refused.contains("cannot be in EPSG:2154 (RGF93 v1 / Lambert-93). It fits EPSG:3794"), "{refused}");
    let degrees = fault(&point("a", CELJE.0, CELJE.1), Some(3794), &[CELJE]);
    assert!(degrees.contains("It fits longitude and latitude. Leave --crs out."), "{degrees}");
    let nowhere = fault(&point("a", 9e9, -9e9), Some(3794), &[CELJE]);
    assert!(nowhere.contains("fits no reference system that is known here"), "{nowhere}");
}

#[test]
fn what_a_file_says_of_its_grid_must_be_what_was_said() {
    let named = |name: &str, x: f64, y: f64| {
        let crs = format!(r#""crs":{{"type":"name","properties":{{"name":"{name}"}}}}"#);
        format!(r#"{{"type":"FeatureCollection",{crs},"features":[{}]}}"#, point("a", x, y))
    };
    for name in ["urn:ogc:def:crs:EPSG::3794", "EPSG:3794", "http://www.opengis.net/def/crs/EPSG/0/3794"] {
        let file = named(name, 520_648.4, 121_273.9);
        assert_eq!(job(&file, Some(3794), &[CELJE]).read().report.findings.details, [], "{name}");
        assert!(
            fault(&file, None, &[CELJE])
                .contains("it is in EPSG:3794 (Slovenia 1996 / Slovene National Grid). Say --crs EPSG:3794.")
        );
        assert!(fault(&file, Some(2154), &[CELJE]).contains("not in EPSG:2154. Say --crs EPSG:3794."));
    }
    for name in ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326"] {
        let file = named(name, CELJE.0, CELJE.1);
        assert_eq!(job(&file, None, &[CELJE]).read().report.findings.details, [], "{name}");
        assert!(fault(&file, Some(3794), &[CELJE]).contains("Leave --crs out."), "{name}");
    }
    assert!(fault(&named("urn:ogc:def:crs:EPSG::31700", 1.0, 1.0), None, &[]).contains("is not known here"));
}
