//! The names by which the columns of a table say that they hold places: longitude and latitude in the languages of
//! the map, the axes of national grids, and single columns with a whole place. Knows no cells.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longitude, as the name of a column.
pub const LON_NAMES: [&str; 19] = [
    "lon",
    "lng",
    "long",
    "longitude",
    "longitud",
    "longitudine",
    "lengtegraad",
    "dlugosc",
    "x",
    "x_coord",
    "xcoord",
    "point_x",
    "coord_x",
    "lon_wgs84",
    "dlugosc geograficzna",
    "geografska duzina",
    "zemljepisna dolzina",
    "geografske duzine",
    "γεωγραφικο μηκοσ",
];
/// Latitude, as the name of a column.
pub const LAT_NAMES: [&str; 19] = [
    "lat",
    "latitude",
    "latitud",
    "latitudine",
    "breedtegraad",
    "szerokosc",
    "zemljepisna_sirina",
    "y",
    "y_coord",
    "ycoord",
    "point_y",
    "coord_y",
    "lat_wgs84",
    "lati",
    "szerokosc geograficzna",
    "geografska sirina",
    "zemljepisna sirina",
    "geografske sirine",
    "γεωγραφικο πλατοσ",
];
/// A geometry in one column, the preferred names first.
pub const GEOMETRY_NAMES: [&str; 12] = [
    "geometry",
    "wkt",
    "geom",
    "the_geom",
    "wkt_geom",
    "geo_wkt",
    "geo shape",
    "geoshape",
    "geojson",
    "geometry_wkt",
    "geom_wkt",
    "wkt_geometry",
];
/// Latitude and longitude in one column.
pub const LAT_LON_NAMES: [&str; 23] = [
    "coordonnees geo",
    "geolocalisation",
    "geolocation",
    "geo coordinates",
    "geom x y",
    "geo point",
    "geo point 2d",
    "geopoint",
    "geopoint2d",
    "point geo",
    "latlon",
    "lat lon",
    "latlng",
    "lat lng",
    "lat long",
    "latlong",
    "latitude longitude",
    "latitud longitud",
    "latitudine longitudine",
    "gps",
    "coordonnees gps",
    "coordenadas gps",
    "gps coordinates",
];
/// Longitude and latitude in one column.
pub const LON_LAT_NAMES: [&str; 6] = ["lonlat", "lon lat", "lnglat", "lng lat", "longlat", "longitude latitude"];

/// What the first and the second axis are called: whole words, or the ends of one.
const GRID_AXES: [(&str, &str); 15] = [
    ("easting", "northing"),
    ("eastings", "northings"),
    ("east", "north"),
    ("rechtswert", "hochwert"),
    ("ostwert", "nordwert"),
    ("rw", "hw"),
    ("ost", "nord"),
    ("este", "norte"),
    ("est", "nord"),
    ("oost", "noord"),
    ("vzhod", "sever"),
    ("istok", "sjever"),
    ("wschod", "polnoc"),
    ("x", "y"),
    ("e", "n"),
];
const DEGREE_AXES: [(&str, &str); 8] = [
    ("longitude", "latitude"),
    ("longitud", "latitud"),
    ("longitudine", "latitudine"),
    ("lengtegraad", "breedtegraad"),
    ("dlugosc", "szerokosc"),
    ("lon", "lat"),
    ("lng", "lat"),
    ("long", "lat"),
];
/// These are also length and width.
const AMBIGUOUS_AXES: [(&str, &str); 4] =
    [("lange", "breite"), ("lengte", "breedte"), ("dolzina", "sirina"), ("duzina", "sirina")];

/// Two columns that are named as axes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxisPair {
    pub x: usize,
    pub y: usize,
    /// The names say that they are longitude and latitude.
    pub in_degrees: bool,
}

/// A name without case, accents and punctuation, its words a blank apart: `Koord_X` is `koord x`. An underscore at the
/// end stays: an import adds it to tell a property from a place.
pub fn fold_name(name: &str) -> String {
    let fold = |c: char| match c {
        'ł' => 'l',
        'đ' => 'd',
        'ς' => 'σ',
        c if c.is_alphanumeric() => c,
        _ => ' ',
    };
    let lower = name.to_lowercase();
    let spaced: String = lower.nfd().filter(|c| !is_combining_mark(*c)).map(fold).collect();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.ends_with('_') { words + "_" } else { words }
}

/// The position of the first of these names among the names of the columns.
pub fn find_name(names: &[String], wanted: &[&str]) -> Option<usize> {
    let is_named = |name: &str, wanted: &str| name == wanted || name == fold_name(wanted);
    wanted.iter().find_map(|w| names.iter().position(|name| is_named(name, w)))
}

/// Pairs of columns whose names differ as those of two axes do: `koorx` and `koory`, `easting` and `northing`. Those of
/// grids come first.
pub fn find_axis_pairs(names: &[String]) -> Vec<AxisPair> {
    let mut pairs: Vec<AxisPair> = vec![];
    let groups = [(&GRID_AXES[..], false), (&DEGREE_AXES[..], true), (&AMBIGUOUS_AXES[..], false)];
    for (axes, in_degrees) in groups {
        for (first, second) in axes {
            for (x, name) in names.iter().enumerate() {
                let others = other_axis_names(name, first, second);
                let partner = names.iter().position(|n| others.contains(n));
                if let Some(y) = partner.filter(|y| !pairs.iter().any(|pair| pair.x == x || pair.y == *y)) {
                    let in_degrees = in_degrees || name.contains("wgs") || name.contains("4326");
                    pairs.push(AxisPair { x, y, in_degrees });
                }
            }
        }
    }
    pairs
}

/// What the column of the other axis may be called, by a word of this name or by an end of one.
fn other_axis_names(name: &str, first: &str, second: &str) -> Vec<String> {
    let words: Vec<&str> = name.split(' ').collect();
    let mut others = vec![];
    for (i, word) in words.iter().enumerate() {
        let mut replaced = vec![];
        if *word == first {
            replaced.push(second.to_owned());
        } else if word.len() > first.len() && first != "e" {
            // A single letter inside a word is an axis only at the end of a word for coordinates.
            let is_axis_word = first.len() > 2 || COORDINATE_STEMS.iter().any(|stem| word.contains(stem));
            replaced.extend(word.strip_suffix(first).filter(|_| is_axis_word).map(|stem| format!("{stem}{second}")));
            replaced.extend(word.strip_prefix(first).filter(|_| is_axis_word).map(|stem| format!("{second}{stem}")));
        }
        for replacement in replaced {
            let mut other = words.clone();
            other[i] = &replacement;
            others.push(other.join(" "));
        }
    }
    others
}

/// Parts of the names of coordinates.
const COORDINATE_STEMS: [&str; 13] =
    ["koor", "coor", "utm", "geo", "point", "gk", "rd", "pos", "grid", "lambert", "wgs", "etrs", "map"];

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(names: &[&str]) -> Vec<(usize, usize, bool)> {
        let pairs = find_axis_pairs(&names.iter().map(|n| fold_name(n)).collect::<Vec<_>>());
        pairs.iter().map(|pair| (pair.x, pair.y, pair.in_degrees)).collect()
    }

    #[test]
    fn the_columns_of_two_axes_are_found_by_their_names() {
        for (x, y, in_degrees) in [
            ("KOORX", "KOORY", false),
            ("Easting", "Northing", false),
            ("X-Koordinate", "Y-Koordinate", false),
            ("xkoord", "ykoord", false),
            ("UTM_X", "UTM_Y", false),
            ("utm_easting", "utm_northing", false),
            ("Rechtswert", "Hochwert", false),
            ("E", "N", false),
            ("x_l93", "y_l93", false),
            ("Coordonnée X", "Coordonnée Y", false),
            ("Coord. Este", "Coord. Norte", false),
            ("Länge", "Breite", false),
            ("start_lon", "start_lat", true),
            ("Longitude (WGS84)", "Latitude (WGS84)", true),
            ("X_WGS84", "Y_WGS84", true),
            ("Longitud GPS", "Latitud GPS", true),
            ("GEOX", "GEOY", false),
        ] {
            assert_eq!(pairs(&["id", x, "name", y]), [(1, 3, in_degrees)], "{x} {y}");
        }
        assert_eq!(pairs(&["max", "may", "e_mail", "fax", "day", "best", "borders"]), []);
    }

    #[test]
    fn names_are_found_in_any_spelling() {
        let names: Vec<String> = ["Geo Point", "DŁUGOŚĆ", "Lat/Lon", "Γεωγραφικό Μήκος"].map(fold_name).to_vec();
        assert_eq!(find_name(&[fold_name("geometry_"), fold_name("Geometry")], &GEOMETRY_NAMES), Some(1));
        assert_eq!(find_name(&names, &LAT_LON_NAMES), Some(0));
        assert_eq!(find_name(&names, &["latitude", "lat lon"]), Some(2));
        assert_eq!(find_name(&names, &LON_NAMES), Some(1));
        assert_eq!(find_name(&names[2..], &LON_NAMES), Some(1));
    }
}
