//! What the columns of a table hold, by the heading and by the first rows: places, properties, or the numbers of the
//! rows. Reads a place only where it is certain; names the columns that may hold one.

use super::csv_cells::{looks_like_geometry, says_absent, split_pair};
use super::csv_names::{
    AxisPair, GEOMETRY_NAMES, LAT_LON_NAMES, LAT_NAMES, LON_LAT_NAMES, LON_NAMES, find_axis_pairs, find_name, fold_name,
};
use crate::crs::{Crs, CrsGuesser};
use csv::ByteRecord;
use geo_types::Coord;

/// The content of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CsvColumn {
    Lon,
    Lat,
    /// Both in one cell.
    Pair {
        latitude_first: bool,
    },
    /// Well-known text or GeoJSON.
    Geometry,
    Property(String),
    /// The numbers of the rows, without a heading: not kept.
    RowNumbers,
    /// A column without a heading; its cells must be empty.
    Unnamed,
}

/// The columns of a table.
#[derive(Debug, Default)]
pub struct CsvColumns {
    pub columns: Vec<CsvColumn>,
    pub has_place: bool,
    /// Sentences on columns that may hold places.
    pub candidates: Vec<String>,
    /// Sentences on columns that are not kept, or are kept by another name.
    pub notes: Vec<String>,
}

/// What a column without a heading is called.
const UNNAMED: &str = "unnamed";

/// The heading and the first rows.
struct TableHead<'a> {
    names: &'a [String],
    folded: Vec<String>,
    rows: &'a [ByteRecord],
}

/// Decides what the columns hold; `crs` is the declared reference system.
///
/// # Errors
/// A sentence on the heading.
pub fn decide_columns(heading: &ByteRecord, rows: &[ByteRecord], crs: Option<Crs>) -> Result<CsvColumns, String> {
    let mut names = read_names(heading)?;
    let has_row_names =
        rows.len() > 1 && rows.iter().all(|row| row.len() == names.len() + 1) && are_row_numbers(rows, 0);
    if has_row_names {
        // R writes no heading at all over the names of the rows.
        names.insert(0, String::new());
    }
    let head = TableHead { names: &names, folded: names.iter().map(|n| fold_name(n)).collect(), rows };
    let mut decided = CsvColumns::default();
    let place = head.find_place(crs)?;
    decided.has_place = !place.is_empty();
    if place.is_empty() {
        decided.candidates = head.name_candidates(crs);
    }
    for (at, name) in names.iter().enumerate() {
        let role = place.iter().find(|(column, _)| *column == at).map(|(_, role)| role.clone());
        decided.columns.push(match role {
            Some(role) => role,
            None if !name.is_empty() => CsvColumn::Property(name.clone()),
            None if at == 0 && head.cells(0).next().is_some() => head.name_index_column(&mut decided.notes),
            None => CsvColumn::Unnamed,
        });
    }
    Ok(decided)
}

fn read_names(heading: &ByteRecord) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = vec![];
    for cell in heading {
        let name = std::str::from_utf8(cell)
            .map_err(|_| "The heading is not UTF-8. Save the table as 'CSV UTF-8'.".to_owned())?;
        names.push(name.trim().to_owned());
    }
    if names.iter().all(String::is_empty) {
        return Err("The table is empty. Name the columns in the first line.".into());
    }
    for (i, name) in names.iter().enumerate() {
        if !name.is_empty() && names[..i].contains(name) {
            return Err(format!("Two columns are named '{name}'. Rename one."));
        }
    }
    Ok(names)
}

/// Whether a column of this name may hold a place.
pub fn is_place_name(name: &str) -> bool {
    let folded = [fold_name(name)];
    let lists: [&[&str]; 5] = [&LON_NAMES, &LAT_NAMES, &GEOMETRY_NAMES, &LAT_LON_NAMES, &LON_LAT_NAMES];
    lists.iter().any(|names| find_name(&folded, names).is_some())
}

/// The first two columns that are named as axes are, and hold mostly numbers.
pub fn find_grid_axes(heading: &ByteRecord, rows: &[ByteRecord]) -> Option<(usize, usize)> {
    let names = read_names(heading).ok()?;
    let head = TableHead { names: &names, folded: names.iter().map(|n| fold_name(n)).collect(), rows };
    head.numeric_pairs().next().map(|pair| (pair.x, pair.y))
}

/// Whether the cells of a column count the rows, from 0 or from 1.
fn are_row_numbers(rows: &[ByteRecord], at: usize) -> bool {
    let numbers = rows.iter().map(|row| std::str::from_utf8(row.get(at)?).ok()?.trim().parse::<u64>().ok());
    let numbers: Option<Vec<u64>> = numbers.collect();
    numbers.is_some_and(|n| n.first().is_some_and(|first| *first <= 1) && n.windows(2).all(|w| w[1] == w[0] + 1))
}

type PlaceColumns = Vec<(usize, CsvColumn)>;

impl TableHead<'_> {
    /// The cells of a column that are not empty.
    fn cells(&self, at: usize) -> impl Iterator<Item = &str> {
        let cell = move |row| std::str::from_utf8(ByteRecord::get(row, at)?).ok();
        self.rows.iter().filter_map(cell).map(str::trim).filter(|cell| !cell.is_empty())
    }

    /// The cells of a column that have a value, if all of them pass.
    fn all_cells(&self, at: usize, passes: impl Fn(&str) -> bool) -> bool {
        let mut values = self.cells(at).filter(|cell| !says_absent(cell)).peekable();
        values.peek().is_some() && values.all(passes)
    }

    fn name_index_column(&self, notes: &mut Vec<String>) -> CsvColumn {
        if are_row_numbers(self.rows, 0) {
            notes.push("The first column has no heading and counts the rows. It was left out.".into());
            return CsvColumn::RowNumbers;
        }
        let mut name = UNNAMED.to_owned();
        while self.names.contains(&name) {
            name.push('_');
        }
        notes.push(format!("The first column has no heading. It is stored as '{name}'."));
        CsvColumn::Property(name)
    }

    /// The columns that hold the place for certain.
    fn find_place(&self, crs: Option<Crs>) -> Result<PlaceColumns, String> {
        let points = |(x, y)| vec![(x, CsvColumn::Lon), (y, CsvColumn::Lat)];
        let named = find_name(&self.folded, &GEOMETRY_NAMES);
        let holds_geometry = |at: &usize| self.all_cells(*at, looks_like_geometry);
        if let Some(at) = named.filter(holds_geometry) {
            return Ok(vec![(at, CsvColumn::Geometry)]);
        }
        if let Some(pair) = self.numeric_pairs().next().filter(|_| crs.is_some()) {
            return Ok(points((pair.x, pair.y)));
        }
        let (lon, lat) = (find_name(&self.folded, &LON_NAMES), find_name(&self.folded, &LAT_NAMES));
        if let Some(pair) = lon.zip(lat) {
            return Ok(points(pair));
        }
        let mut in_degrees = self.numeric_pairs().filter(|pair| pair.in_degrees && self.fits_degrees(*pair));
        if let (Some(pair), None) = (in_degrees.next(), in_degrees.next()) {
            return Ok(points((pair.x, pair.y)));
        }
        let geometry = (0..self.names.len()).find(holds_geometry).map(|at| (at, CsvColumn::Geometry));
        let single = geometry.or_else(|| self.find_pair_column());
        // A column that is named so holds the geometry even when its cells do not look like it: each is reported.
        if let Some(single) = single.or_else(|| named.map(|at| (at, CsvColumn::Geometry))) {
            return Ok(vec![single]);
        }
        let (there, missing) = match (lon, lat) {
            (Some(_), _) => ("longitude", "latitude"),
            (_, Some(_)) => ("latitude", "longitude"),
            _ => return Ok(vec![]),
        };
        Err(format!("There is a column for the {there} but not for the {missing}. Name the columns lon and lat."))
    }

    /// A column with both numbers, in an order that its name or its values tell.
    fn find_pair_column(&self) -> Option<(usize, CsvColumn)> {
        let in_range = |limit_a: f64, limit_b: f64| {
            move |cell: &str| split_pair(cell).is_some_and(|(a, b)| a.abs() <= limit_a && b.abs() <= limit_b)
        };
        let pair = |at, latitude_first| Some((at, CsvColumn::Pair { latitude_first }));
        for (names, latitude_first) in [(&LAT_LON_NAMES[..], true), (&LON_LAT_NAMES[..], false)] {
            let limits = if latitude_first { (90.0, 180.0) } else { (180.0, 90.0) };
            if let Some(at) =
                find_name(&self.folded, names).filter(|at| self.all_cells(*at, in_range(limits.0, limits.1)))
            {
                return pair(at, latitude_first);
            }
        }
        (0..self.names.len()).find_map(|at| {
            let latitude_first = self.all_cells(at, in_range(90.0, 180.0));
            let longitude_first = self.all_cells(at, in_range(180.0, 90.0));
            let is_geojson =
                self.folded[at].ends_with("coordinates") && self.all_cells(at, |cell| cell.starts_with('['));
            match (latitude_first, longitude_first) {
                (_, true) if is_geojson => pair(at, false),
                (true, false) if self.has_fractions(at) => pair(at, true),
                (false, true) if self.has_fractions(at) => pair(at, false),
                _ => None,
            }
        })
    }

    /// Whether all numbers of a column of pairs have a fraction, as degrees do.
    fn has_fractions(&self, at: usize) -> bool {
        self.all_cells(at, |cell| split_pair(cell).is_some_and(|(a, b)| a.fract() != 0.0 && b.fract() != 0.0))
    }

    /// Pairs of columns that are named as axes are, and hold mostly numbers.
    fn numeric_pairs(&self) -> impl Iterator<Item = AxisPair> {
        let is_number = |cell: &&str| cell.replace(',', ".").parse::<f64>().is_ok_and(f64::is_finite);
        let is_numeric = move |at| {
            let (numbers, cells) = (self.cells(at).filter(is_number).count(), self.cells(at).count());
            numbers * 2 > cells
        };
        find_axis_pairs(&self.folded).into_iter().filter(move |pair| is_numeric(pair.x) && is_numeric(pair.y))
    }

    fn fits_degrees(&self, pair: AxisPair) -> bool {
        let within = |at, limit: f64| self.all_cells(at, |cell| cell.parse::<f64>().is_ok_and(|n| n.abs() <= limit));
        within(pair.x, 180.0) && within(pair.y, 90.0)
    }

    fn name_candidates(&self, crs: Option<Crs>) -> Vec<String> {
        let mut candidates: Vec<String> = self.numeric_pairs().map(|pair| self.describe_pair(pair)).collect();
        for at in (0..self.names.len()).filter(|at| self.all_cells(*at, |cell| split_pair(cell).is_some())) {
            let in_degrees = self.has_fractions(at)
                && self.all_cells(at, |c| split_pair(c).is_some_and(|(a, b)| a.abs() <= 180.0 && b.abs() <= 180.0));
            if in_degrees && crs.is_none() {
                candidates.push(format!(
                    "'{}' looks like latitude and longitude. Name the column 'lat, lon', or 'lon, lat' if the longitude is first.",
                    self.names[at]
                ));
            } else if self.has_fractions(at) {
                candidates.push(format!(
                    "'{}' looks like coordinates. Split it into the columns x and y, and name their reference system: --crs EPSG:n.",
                    self.names[at]
                ));
            }
        }
        candidates
    }

    fn describe_pair(&self, AxisPair { x, y, .. }: AxisPair) -> String {
        let numbers = |at| self.cells(at).filter_map(|cell| cell.replace(',', ".").parse::<f64>().ok());
        let positions: Vec<Coord<f64>> = numbers(x).zip(numbers(y)).take(32).map(Coord::from).collect();
        let names = format!("'{}' and '{}' look like", self.names[x], self.names[y]);
        if positions.iter().all(|c| c.x.abs() <= 180.0 && c.y.abs() <= 90.0) {
            return format!("{names} longitude and latitude. Name the columns lon and lat.");
        }
        let likely: Vec<Crs> =
            CrsGuesser::new().guess_crs(&positions, &[]).into_iter().filter(|crs| !crs.is_degrees()).take(3).collect();
        let Some(first) = likely.first() else {
            return format!("{names} coordinates. Name their reference system: --crs EPSG:n.");
        };
        let systems: Vec<String> = likely.iter().map(|crs| format!("{crs} ({})", crs.name())).collect();
        format!("{names} coordinates in {}. Say --crs {first} if it is that.", systems.join(", or "))
    }
}
