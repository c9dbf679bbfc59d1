//! National grids against PROJ.

use crate::support::python;
use cityheart::crs::{Crs, Projection};
use geo_types::Coord;

/// (EPSG code, longitude and latitude, easting and northing) as PROJ 9.5.1 has them, without grids, from EPSG:4326.
const CONTROL: &[(u16, [f64; 2], [f64; 2])] = &[
    (3794, [15.2677, 46.2309], [520648.42984, 121273.94526]),
    (3794, [13.6, 45.5], [390589.82624, 40962.15277]),
    (3794, [16.3, 46.7], [599414.42031, 174200.11065]),
    (2154, [2.3522, 48.8566], [652469.02271, 6862035.25942]),
    (2154, [-4.5, 48.4], [145709.78895, 6837422.08261]),
    (2154, [9.4, 42.0], [1230763.41153, 6121459.78028]),
    (31370, [4.5517, 50.4831], [162984.26269, 130270.31141]),
    (31370, [2.6, 51.1], [26116.83994, 200352.34990]),
    (31370, [6.2, 49.6], [282375.00057, 33662.46847]),
    (3812, [4.5517, 50.4831], [662988.58006, 630272.59122]),
    (3812, [2.6, 51.1], [526113.89535, 700337.75810]),
    (3812, [6.2, 49.6], [782389.86176, 533679.77954]),
    (2157, [-8.4761, 54.2766], [568992.40323, 836526.87534]),
    (2157, [-10.2, 51.6], [447601.38911, 540903.79243]),
    (2157, [-5.6, 54.7], [754686.85833, 886188.91315]),
    (25830, [-3.5986, 37.1773], [446862.58375, 4114708.86951]),
    (25830, [-5.9, 43.3], [264772.90995, 4798214.61635]),
    (25830, [-0.2, 36.1], [752069.29264, 3998670.67518]),
    (2178, [19.9445, 50.0614], [7424428.11967, 5547783.11458]),
    (2178, [20.9, 54.1], [7493458.65375, 5996589.47317]),
    (2178, [21.9, 49.4], [7565320.20742, 5474081.10866]),
    (2180, [19.9445, 50.0614], [567582.48200, 244220.28455]),
    (2180, [14.2, 53.9], [184816.09511, 681281.28642]),
    (2180, [23.8, 50.4], [840962.23651, 292446.81641]),
    (3765, [18.6955, 45.555], [671410.98477, 5048466.04422]),
    (3765, [13.6, 45.2], [272164.39927, 5010763.47127]),
    (3765, [17.2, 42.8], [557257.84198, 4740265.32928]),
    (3763, [-8.4265, 41.5454], [-24479.97674, 208491.26533]),
    (3763, [-9.4, 38.7], [-110210.17784, -106733.17669]),
    (3763, [-7.0, 37.1], [100729.43528, -284485.57818]),
    (2100, [22.434, 38.9], [364052.69722, 4306557.66827]),
    (2100, [20.0, 39.6], [156372.80144, 4390724.66818]),
    (2100, [27.8, 36.3], [841110.22487, 4023639.80647]),
    (7791, [12.2431, 44.1391], [759408.76209, 4892438.07912]),
    (7791, [7.7, 45.1], [397718.51404, 4994881.22083]),
    (7791, [11.9, 37.6], [756017.16512, 4165390.80972]),
    (25832, [12.2431, 44.1391], [759408.76209, 4892438.07912]),
    (25832, [7.1, 51.2], [367256.95446, 5673781.60216]),
    (25832, [10.4, 59.9], [578320.42806, 6641102.39773]),
    (6707, [12.2431, 44.1391], [759408.76209, 4892438.07912]),
    (6707, [7.7, 45.1], [397718.51404, 4994881.22083]),
    (6707, [11.9, 37.6], [756017.16512, 4165390.80972]),
    (3857, [2.3522, 48.8566], [261845.70624, 6250564.34954]),
    (3857, [-8.4761, 54.2766], [-943555.13591, 7222716.04063]),
    (3857, [22.434, 38.9], [2497341.45646, 4707357.53627]),
    (4258, [2.3522, 48.8566], [2.35220, 48.85660]),
    (4326, [2.3522, 48.8566], [2.35220, 48.85660]),
    (3035, [2.3522, 48.8566], [3760771.86484, 2889484.80190]),
    (3035, [-8.4761, 54.2766], [3132374.66206, 3616481.17460]),
    (3035, [22.434, 38.9], [5401032.74691, 1845347.64855]),
];

/// Two places in each area. The expected values are from PROJ 9.5.1, by the code of the system where PROJ chooses the
/// same shift of the datum there, and else by its PROJ string.
fn control_table() -> Vec<(u16, [f64; 2], [f64; 2])> {
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(';').collect();
        (cells[0].parse().unwrap(), [number(cells[1]), number(cells[2])], [number(cells[3]), number(cells[4])])
    };
    include_str!("crs/control.csv").lines().skip(1).map(line).collect()
}

#[test]
fn control_points_agree_with_proj_within_a_millimetre() {
    let table = control_table();
    let strict = CONTROL.iter().map(|line| (line, true));
    for (&(code, [lon, lat], [east, north]), is_strict) in strict.chain(table.iter().map(|line| (line, false))) {
        let crs = Crs::from_epsg(code).unwrap();
        let projection = Projection::new(crs).unwrap();
        let tolerance = if crs.is_degrees() { 1e-8 } else { 0.001 };
        let found = projection.lonlat_to_easting_first(Coord { x: lon, y: lat }).unwrap();
        assert!((found.x - east).abs() < tolerance && (found.y - north).abs() < tolerance, "{crs}: {found:?}");
        let back = projection.easting_first_to_lonlat(Coord { x: east, y: north }).unwrap();
        // A change of datum drops the height that it brings with it, in PROJ as here: 1.5 mm in Greece and Belgium.
        // The shifts of older datums bring more of it: two centimetres.
        let near = if is_strict || crs.shift_accuracy_m().is_none() { 2e-8 } else { 2e-7 };
        let returns = (back.x - lon).abs() < near && (back.y - lat).abs() < near;
        assert!(returns, "{crs} back: {back:?}");
    }
    assert!(
        Crs::all().filter_map(Crs::epsg_code).all(|code| CONTROL.iter().chain(&table).any(|c| c.0 == code)),
        "a system without a control point"
    );
}

#[test]
fn the_wire_has_the_axis_order_of_the_authority() {
    let krakow = Coord { x: 19.9445, y: 50.0614 };
    for (code, first) in [
        (2180, 244_220.28),
        (2178, 5_547_783.11),
        (3035, 3_020_000.0),
        (4326, 50.0614),
        (4258, 50.0614),
        (3857, 2_220_211.6),
    ] {
        let projection = Projection::new(Crs::from_epsg(code).unwrap()).unwrap();
        let wire = projection.from_lonlat(krakow).unwrap();
        assert!((wire.x - first).abs() < first / 50.0, "EPSG:{code}: {wire:?}");
        let back = projection.to_lonlat(wire).unwrap();
        assert!((back.x - krakow.x).abs() < 1e-9 && (back.y - krakow.y).abs() < 1e-9);
    }
}

#[test]
fn what_is_nowhere_is_refused_with_the_position() {
    let celje = Projection::new(Crs::from_epsg(3794).unwrap()).unwrap();
    for bad in [Coord { x: f64::NAN, y: 0.0 }, Coord { x: 1e300, y: 1e300 }, Coord { x: f64::INFINITY, y: 5.0 }] {
        let message = celje.geometry_to_lonlat(&geo_types::Point(bad).into()).unwrap_err().to_string();
        assert!(message.contains("cannot be in EPSG:3794 (easting first"), "{message}");
    }
}

/// The fixed values above hold without Python; this looks at many more points, with the PROJ that Python brings.
#[test]
fn a_grid_of_points_over_each_area_agrees_with_pyproj() {
    let script = r"
import json, sys, pyproj
asked = json.load(sys.stdin)
out = []
for code, proj, points in asked:
    crs = pyproj.CRS.from_epsg(code)
    axis = crs.axis_info[0].direction
    if proj:
        # PROJ chooses among several shifts of an old datum, by place: here it is held to the one that is used.
        crs = pyproj.CRS.from_proj4(proj + ' +units=m +no_defs')
    there = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    back = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
    grid = [there.transform(*p) for p in points]
    out.append([axis, grid, [back.transform(*p) for p in grid]])
json.dump(out, sys.stdout)
";
    let shifted = |crs: Crs| crs.shift_accuracy_m().map(|_| crs.proj_string());
    let asked: Vec<(u16, Option<&str>, Vec<[f64; 2]>)> =
        Crs::all().filter_map(|crs| Some((crs.epsg_code()?, shifted(crs), raster(crs.area_of_use())))).collect();
    let answer = python::run(script, &serde_json::to_string(&asked).unwrap());
    let answer: Vec<(String, Vec<[f64; 2]>, Vec<[f64; 2]>)> = serde_json::from_str(&answer).unwrap();
    for ((code, _, points), (axis, expected, returned)) in asked.iter().zip(&answer) {
        let crs = Crs::from_epsg(*code).unwrap();
        assert_eq!(crs.is_north_first(), axis == "north", "{crs}");
        let projection = Projection::new(crs).unwrap();
        for ((p, e), r) in points.iter().zip(expected).zip(returned) {
            let found = projection.lonlat_to_easting_first(Coord { x: p[0], y: p[1] }).unwrap();
            assert!(
                (found.x - e[0]).abs() < 0.001 && (found.y - e[1]).abs() < 0.001,
                "{crs} at {p:?}: {found:?}, PROJ {e:?}"
            );
            let back = projection.easting_first_to_lonlat(Coord { x: e[0], y: e[1] }).unwrap();
            // Far from its middle PROJ's way back from EPSG:3035 is 1.4 mm off the point that it came from; ours is
            // not.
            let near = |q: &[f64; 2]| (back.x - q[0]).abs() < 1e-8 && (back.y - q[1]).abs() < 1e-8;
            assert!(near(r) || near(p), "{crs} at {e:?}: {back:?}, PROJ {r:?}");
        }
    }
}

/// Seven by seven points well within an area; zones of UTM reach to the pole, which no city does.
fn raster([west, south, east, north]: [f64; 4]) -> Vec<[f64; 2]> {
    let (south, north) = (south.max(-80.0), north.min(70.0));
    let part = |low: f64, high: f64, i: u32| low + (high - low) * (f64::from(i) + 0.5) / 7.0;
    (0..49).map(|i| [part(west, east, i % 7), part(south, north, i / 7)]).collect()
}
