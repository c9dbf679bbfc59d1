//! Which columns of a table hold the places of its rows: by what the caller says, or else by names and content as for
//! any table. Proposes a reference system for coordinates in none that is known; takes none by itself.

use super::cell::{TableCell, TableRow};
use super::coordinate_text::{has_directions, normalise_coordinate};
use super::number_style::DecimalSign;
use super::question::{QuestionChoice, TableQuestion, quote_argument};
use crate::crs::{Crs, Projection};
use crate::feature::Geometry;
use crate::import::csv_columns::{CsvColumn, decide_columns, find_grid_axes};
use crate::intake::CityLocations;
use csv::ByteRecord;
use geo_types::{Coord, MultiPoint, Point};
use serde_json::{Value as Json, json};

/// The part of a place that a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceRole {
    Lon,
    Lat,
    Pair { latitude_first: bool },
    Geometry,
}

/// What was found of places.
#[derive(Debug, Default)]
pub struct FoundPlaces {
    /// Columns and their parts.
    pub roles: Vec<(usize, PlaceRole)>,
    pub question: Option<TableQuestion>,
    /// The columns that it is about.
    pub open_columns: Vec<usize>,
    /// The numbers of the rows, without a heading.
    pub row_numbers: Option<usize>,
    /// Sentences on columns that may hold places.
    pub candidates: Vec<String>,
}

/// What places are looked for in.
pub struct PlaceSearch<'a> {
    pub names: &'a [String],
    pub sample: &'a [TableRow],
    pub signs: &'a [DecimalSign],
    pub crs: Option<Crs>,
    pub cities: &'a CityLocations,
}

/// Names of roles in `--map COLUMN=ROLE`.
pub fn role_by_name(name: &str) -> Option<PlaceRole> {
    Some(match name.to_lowercase().as_str() {
        "lon" | "longitude" | "x" | "easting" => PlaceRole::Lon,
        "lat" | "latitude" | "y" | "northing" => PlaceRole::Lat,
        "wkt" | "geometry" | "geojson" => PlaceRole::Geometry,
        "lat lon" | "lat,lon" | "lat, lon" => PlaceRole::Pair { latitude_first: true },
        "lon lat" | "lon,lat" | "lon, lat" => PlaceRole::Pair { latitude_first: false },
        _ => return None,
    })
}

impl PlaceSearch<'_> {
    pub fn find(&self, is_without_place: bool) -> Result<FoundPlaces, String> {
        let mut found = FoundPlaces::default();
        if is_without_place {
            return Ok(found);
        }
        if let Some(column) = (0..self.names.len()).find(|at| self.is_directed(*at)) {
            found.roles.push((column, PlaceRole::Pair { latitude_first: true }));
            return Ok(found);
        }
        let heading: ByteRecord = self.names.iter().map(String::as_bytes).collect();
        let rows: Vec<ByteRecord> = self.sample.iter().map(|row| self.normalise(row)).collect();
        let decided = decide_columns(&heading, &rows, self.crs)?;
        for (at, column) in decided.columns.iter().enumerate() {
            let role = match column {
                CsvColumn::Lon => PlaceRole::Lon,
                CsvColumn::Lat => PlaceRole::Lat,
                CsvColumn::Pair { latitude_first } => PlaceRole::Pair { latitude_first: *latitude_first },
                CsvColumn::Geometry => PlaceRole::Geometry,
                CsvColumn::RowNumbers => {
                    found.row_numbers = Some(at);
                    continue;
                }
                CsvColumn::Property(_) | CsvColumn::Unnamed => continue,
            };
            found.roles.push((at, role));
        }
        found.candidates = decided.candidates;
        let axis = |wanted| found.roles.iter().find(|(_, role)| *role == wanted).map(|(at, _)| *at);
        let axes = axis(PlaceRole::Lon).zip(axis(PlaceRole::Lat)).or_else(|| find_grid_axes(&heading, &rows));
        if let Some((x, y)) = axes {
            let positions = positions_of(&rows, x, y);
            found.question = self.ask(x, y, &positions);
            if found.question.is_some() {
                found.roles.retain(|(at, _)| *at != x && *at != y);
                found.open_columns = vec![x, y];
            }
        }
        Ok(found)
    }

    fn is_directed(&self, at: usize) -> bool {
        let mut cells =
            self.sample.iter().filter_map(|row| row.cells.get(at)).filter(|cell| !cell.is_blank()).peekable();
        cells.peek().is_some() && cells.all(has_directions)
    }

    fn normalise(&self, row: &TableRow) -> ByteRecord {
        let cell = |at: usize| {
            let sign = self.signs.get(at).copied().unwrap_or(DecimalSign::Point);
            row.cells.get(at).map_or_else(String::new, |cell| match cell {
                TableCell::Text(text) if text.len() > 200 => text.to_string(),
                cell => normalise_coordinate(cell, sign),
            })
        };
        (0..self.names.len()).map(cell).collect()
    }

    /// What is open about two columns of coordinates.
    fn ask(&self, x: usize, y: usize, positions: &[Coord<f64>]) -> Option<TableQuestion> {
        let in_degrees = positions.iter().all(|c| c.x.abs() <= 180.0 && c.y.abs() <= 180.0);
        match self.crs {
            None if in_degrees || positions.is_empty() => None,
            None => Some(self.ask_system(x, y, positions)),
            Some(crs) => self.ask_order(crs, x, y, positions),
        }
    }

    fn ask_system(&self, x: usize, y: usize, positions: &[Coord<f64>]) -> TableQuestion {
        let guess = |positions: &[Coord<f64>]| -> Vec<Crs> {
            let all = Geometry::MultiPoint(MultiPoint(positions.iter().map(|c| Point(*c)).collect()));
            self.cities.likely_crs(&all).1.into_iter().filter(|crs| !crs.is_degrees()).take(3).collect()
        };
        let mut likely = guess(positions);
        let kept = without_outliers(positions);
        if likely.is_empty() {
            likely = guess(&kept);
        }
        let count = if kept.len() < positions.len() { "Most".to_owned() } else { format!("All {}", positions.len()) };
        let names = (&self.names[x], &self.names[y]);
        let reason = match likely.first() {
            Some(first) => {
                let west = first.area_of_use();
                format!(
                    "{count} lie in the area of {} ({first}), from {:.1}° to {:.1}° east.",
                    first.name(),
                    west[0],
                    west[2]
                )
            }
            None => "They are in no system that is known here.".to_owned(),
        };
        let choices = self.choose_system(&likely, x, y, positions);
        let inside = likely.first().map_or(0, |crs| count_inside(*crs, positions));
        TableQuestion {
            id: "crs",
            sentence: format!("Which reference system are '{}' and '{}' in? {reason}", names.0, names.1),
            default: (!likely.is_empty()).then_some(0),
            parameters: json!({
                "columns": [names.0, names.1],
                "places": positions.len(),
                "inside": inside,
                "code": likely.first().map(Crs::to_string),
                "name": likely.first().map(|crs| crs.name()),
            }),
            choices,
            cells: 2 * positions.len() as u64,
            columns: vec![x, y],
        }
    }

    fn choose_system(&self, likely: &[Crs], x: usize, y: usize, positions: &[Coord<f64>]) -> Vec<QuestionChoice> {
        let choice = |crs: &Crs| {
            let (id, option) = (crs.to_string(), self.swap_options(*crs, x, y, positions));
            let answer = json!({"crs": id, "map": self.swap_answer(*crs, x, y, positions)});
            QuestionChoice::new(id, crs.name(), format!("--crs {crs}{option}"), answer)
                .with_parameters(json!({"name": crs.name()}))
        };
        let mut choices: Vec<QuestionChoice> = likely.iter().map(choice).collect();
        if choices.is_empty() {
            choices.push(QuestionChoice::new("", "their reference system", "--crs EPSG:n", Json::Null));
        }
        choices.push(without_place());
        choices
    }

    /// What [`PlaceSearch::swap_options`] says, for a recipe.
    fn swap_answer(&self, crs: Crs, x: usize, y: usize, positions: &[Coord<f64>]) -> Json {
        if is_swapped(crs, positions) {
            json!({self.names[x].as_str(): "northing", self.names[y].as_str(): "easting"})
        } else {
            json!({})
        }
    }

    /// The options that say that the first column holds northings, when only that fits.
    fn swap_options(&self, crs: Crs, x: usize, y: usize, positions: &[Coord<f64>]) -> String {
        if !is_swapped(crs, positions) {
            return String::new();
        }
        let map = |at: usize, axis: &str| format!(" --map {}", quote_argument(&format!("{}={axis}", self.names[at])));
        map(x, "northing") + &map(y, "easting")
    }

    fn ask_order(&self, crs: Crs, x: usize, y: usize, positions: &[Coord<f64>]) -> Option<TableQuestion> {
        if !is_swapped(crs, positions) {
            return None;
        }
        let options = self.swap_options(crs, x, y, positions);
        let sentence = format!(
            "Is the northing in '{}' and the easting in '{}'? Only then do the places lie in the area of {crs}.",
            self.names[x], self.names[y]
        );
        let choices = vec![
            QuestionChoice::new("yes", "yes", options.trim(), json!({"map": self.swap_answer(crs, x, y, positions)})),
            without_place(),
        ];
        Some(TableQuestion {
            id: "axes",
            sentence,
            choices,
            default: Some(0),
            cells: 2 * positions.len() as u64,
            columns: vec![x, y],
            parameters: json!({"columns": [self.names[x], self.names[y]], "code": crs.to_string()}),
        })
    }
}

fn without_place() -> QuestionChoice {
    let label = "keep them as numbers, without places";
    QuestionChoice::new("none", label, "--crs none", json!({"crs": "none"}))
}

/// How many positions lie in the area of a system, whichever axis is first.
fn count_inside(crs: Crs, positions: &[Coord<f64>]) -> usize {
    let Ok(projection) = Projection::new(crs) else { return 0 };
    let lies = |c: Coord<f64>| projection.easting_first_to_lonlat(c).is_some_and(|d| crs.is_near_area_of_use(d));
    positions.iter().filter(|c| lies(**c) || lies(Coord { x: c.y, y: c.x })).count()
}

fn positions_of(rows: &[ByteRecord], x: usize, y: usize) -> Vec<Coord<f64>> {
    let number = |row: &ByteRecord, at| {
        std::str::from_utf8(row.get(at)?).ok()?.trim().parse::<f64>().ok().filter(|n| n.is_finite())
    };
    rows.iter().filter_map(|row| Some(Coord { x: number(row, x)?, y: number(row, y)? })).take(200).collect()
}

/// The positions that are not far from the others: a digit may be missing in some.
fn without_outliers(positions: &[Coord<f64>]) -> Vec<Coord<f64>> {
    let median = |mut numbers: Vec<f64>| {
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied().unwrap_or_default()
    };
    let middle = Coord {
        x: median(positions.iter().map(|c| c.x).collect()),
        y: median(positions.iter().map(|c| c.y).collect()),
    };
    let is_near = |c: &&Coord<f64>| (c.x - middle.x).abs() < 100_000.0 && (c.y - middle.y).abs() < 100_000.0;
    positions.iter().filter(is_near).copied().collect()
}

/// Whether positions lie in the area of a system only when their axes are exchanged.
fn is_swapped(crs: Crs, positions: &[Coord<f64>]) -> bool {
    let Ok(projection) = Projection::new(crs) else { return false };
    let lies = |c: Coord<f64>| projection.easting_first_to_lonlat(c).is_some_and(|d| crs.is_near_area_of_use(d));
    let positions = without_outliers(positions);
    let swapped = positions.iter().filter(|c| lies(Coord { x: c.y, y: c.x })).count();
    let straight = positions.iter().filter(|c| lies(**c)).count();
    !positions.is_empty() && straight == 0 && swapped * 10 >= positions.len() * 9
}
