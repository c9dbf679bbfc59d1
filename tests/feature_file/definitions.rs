//! The definitions of reference systems that are written into files, read by PROJ.

use crate::support::python;
use cityheart::crs::{Crs, Projection};
use geo_types::Coord;
use serde_json::{Value as Json, json};

const TRANSFORM: &str = r"
import json, sys
import pyproj

def code_of(crs):
    # A datum shift makes a system that is bound to WGS 84.
    text = crs.to_json_dict()
    return text.get('source_crs', text)['id']['code']

answer = []
for code, wkt, projjson, lon, lat in json.load(sys.stdin):
    row = [code]
    for crs in (pyproj.CRS.from_wkt(wkt), pyproj.CRS.from_json_dict(projjson)):
        # Without a datum shift, which the definitions cannot all name: the projection itself.
        row.append(pyproj.Proj(crs)(lon, lat) if crs.is_projected else [lon, lat])
    row.append([code_of(pyproj.CRS.from_wkt(wkt)), code_of(pyproj.CRS.from_json_dict(projjson))])
    answer.append(row)
print(json.dumps(answer))
";

#[test]
fn every_written_definition_means_the_grid_that_it_names() {
    let mut asked = vec![];
    let mut wanted = vec![];
    for crs in Crs::all() {
        let [west, south, east, north] = crs.area_of_use();
        // Not on the grid's axis, where a wrong parameter would not show.
        let (lon, lat) = (west + (east - west) * 0.3, south + (north - south) * 0.4);
        asked.push(json!([crs.to_string(), crs.to_wkt(), crs.to_projjson(), lon, lat]));
        let shift_free = crs.shift_accuracy_m().is_none();
        let position = Projection::new(crs).unwrap().lonlat_to_easting_first(Coord { x: lon, y: lat });
        wanted.push((crs, position.filter(|_| shift_free)));
    }
    let answer: Vec<Json> = serde_json::from_str(&python::run(TRANSFORM, &json!(asked).to_string())).unwrap();
    for (row, (crs, position)) in answer.iter().zip(wanted) {
        assert_eq!(row[0], crs.to_string());
        if let Some(code) = crs.epsg_code() {
            assert_eq!(row[3], json!([code, code]), "{crs}: {}", crs.to_wkt());
        }
        for text in [1, 2] {
            let number = |axis: usize| row[text][axis].as_f64().unwrap();
            if let Some(c) = position {
                let off = (number(0) - c.x).hypot(number(1) - c.y);
                assert!(off < 0.01, "{crs}: {off} m, {:?} instead of {c:?}", row[text]);
            }
        }
    }
}
