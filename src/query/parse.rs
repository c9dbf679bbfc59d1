//! Parses name/value pairs into a [`Query`]. Every error names its parameter and says what would be valid.

use super::{DEFAULT_LIMIT, MAX_LIMIT, Query, SortKey, bounding_box, queryables};
use crate::collection::Collection;
use crate::crs::Crs;
use crate::error::{Error, Result, shorten_text};
use crate::feature::time::{self, TimeSpan};
use crate::filter::{Filter, FilterLanguage};
use crate::query::PageCursor;
use std::sync::Arc;

/// The reference system of GeoJSON: longitude and latitude in degrees on WGS 84.
pub const CRS84_URI: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/// Parses pairs (already percent-decoded) as a query to this collection. `other_parameters` are names that the caller
/// reads itself; they are suggested for misspelt names.
///
/// # Errors
/// [`Error::Invalid`] at the name of a parameter that is unknown, repeated or invalid.
pub fn parse_query<'a>(
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    collection: &Collection,
    other_parameters: &[&str],
) -> Result<Query> {
    let mut query = Query::default();
    let mut cursor = None;
    let (mut bbox, mut bbox_crs) = (None, Crs::CRS84);
    let mut filter_parameters = FilterParameters::default();
    let mut names_seen: Vec<&str> = Vec::new();
    for (name, value) in pairs {
        if names_seen.contains(&name) {
            return Err(Error::invalid(name, "This parameter is given twice. Give it once."));
        }
        names_seen.push(name);
        match name {
            "bbox" => bbox = Some(bounding_box::parse_corners(value)?),
            "crs" => query.crs = parse_crs(name, value)?,
            "bbox-crs" => bbox_crs = parse_crs(name, value)?,
            "filter" | "filter-lang" | "filter-crs" => filter_parameters.read_parameter(name, value)?,
            "datetime" => query.time = Some(parse_datetime(value)?),
            "limit" => query.limit = parse_limit(value)?,
            "sortby" => query.sort = parse_sortby(value, collection)?,
            "properties" => query.properties = Some(parse_fields(name, value, collection)?),
            "exclude-properties" => {
                query.properties = Some(other_fields(&parse_fields(name, value, collection)?, collection));
            }
            "cursor" => cursor = Some(value),
            _ => query.equals.push(queryables::parse_equality(name, value, collection, other_parameters)?),
        }
    }
    if names_seen.contains(&"properties") && names_seen.contains(&"exclude-properties") {
        return Err(Error::invalid("exclude-properties", "Give either properties or exclude-properties, not both."));
    }
    query.filter = filter_parameters.bind_filter(collection)?.map(Arc::new);
    if let Some(corners) = bbox {
        query.restrict_to_box(corners, bbox_crs, collection)?;
    }
    query.after = cursor.map(|text| PageCursor::decode(text, &query.sort, collection)).transpose()?;
    Ok(query)
}

/// Parses the parameters of the list of collections: `bbox`, `datetime` and `limit`.
///
/// # Errors
/// [`Error::Invalid`] at the name of the parameter.
pub fn parse_overview<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Query> {
    let mut query = Query { limit: MAX_LIMIT, ..Query::default() };
    for (name, value) in pairs {
        match name {
            "bbox" => query.bbox = Some(bounding_box::parse_bbox(value)?),
            "datetime" => query.time = Some(parse_datetime(value)?),
            "limit" => query.limit = parse_limit(value)?,
            _ => return Err(Error::invalid(name, "There is no such parameter here.")),
        }
    }
    Ok(query)
}

/// A page size. A larger one than [`MAX_LIMIT`] is valid and means that (OGC API Features,
/// /req/core/fc-limit-response-1).
fn parse_limit(text: &str) -> Result<usize> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // Too many digits for a usize are a very large number.
    let number = if digits { text.parse().unwrap_or(usize::MAX) } else { 0 };
    if number == 0 {
        return Err(Error::invalid(
            "limit",
            format!(
                "'{}' is not a page size. Give a whole number from 1 to {MAX_LIMIT} (default: {DEFAULT_LIMIT}).",
                shorten_text(text)
            ),
        ));
    }
    Ok(number.min(MAX_LIMIT))
}

fn parse_crs(name: &str, uri: &str) -> Result<Crs> {
    Crs::parse(uri).map_err(|e| at_parameter(name, e))
}

/// The same error, at this parameter.
fn at_parameter(name: &str, error: Error) -> Error {
    match error {
        Error::Invalid(e) => Error::invalid(name, e.message),
        other => other,
    }
}

/// The parameters `filter`, `filter-lang` and `filter-crs`.
#[derive(Default)]
pub struct FilterParameters {
    text: Option<String>,
    lang: Option<FilterLanguage>,
    crs: Option<Crs>,
}

impl FilterParameters {
    /// Reads one of `filter`, `filter-lang`, `filter-crs`.
    ///
    /// # Errors
    /// [`Error::Invalid`] at the name of the parameter.
    pub fn read_parameter(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "filter" => self.text = Some(value.to_owned()),
            "filter-crs" => self.crs = Some(parse_crs(name, value)?),
            _ => {
                self.lang = Some(match value {
                    "cql2-text" => FilterLanguage::Text,
                    "cql2-json" => FilterLanguage::Json,
                    _ => {
                        let shown = shorten_text(value);
                        return Err(Error::invalid(
                            name,
                            format!("'{shown}' is not a supported filter language. Use cql2-text or cql2-json."),
                        ));
                    }
                });
            }
        }
        Ok(())
    }

    /// Whether `filter` was given.
    #[must_use]
    pub fn has_filter(&self) -> bool {
        self.text.is_some()
    }

    /// Binds the filter, if there is one, to this collection. Without `filter-lang`, text that begins with a brace is
    /// JSON.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn bind_filter(&self, collection: &Collection) -> Result<Option<Filter>> {
        let Some(text) = &self.text else { return Ok(None) };
        let guess = if text.trim_start().starts_with('{') { FilterLanguage::Json } else { FilterLanguage::Text };
        Filter::parse(text, self.lang.unwrap_or(guess), self.crs.unwrap_or(Crs::CRS84), collection).map(Some)
    }
}

impl Query {
    /// Restricts the query to a box. The sides of a box in a grid are curves in degrees, so that it becomes part of the
    /// filter.
    fn restrict_to_box(&mut self, [a, b, c, d]: [f64; 4], crs: Crs, collection: &Collection) -> Result<()> {
        if crs.is_geodetic_wgs84() {
            let [west, south, east, north] = if crs.is_north_first() { [b, a, d, c] } else { [a, b, c, d] };
            self.bbox = Some(bounding_box::bbox_from_degrees(west, south, east, north)?);
            return Ok(());
        }
        let box_filter = Filter::intersects_box([a, b, c, d], crs, collection).map_err(|e| at_parameter("bbox", e))?;
        self.filter = Some(Arc::new(match &self.filter {
            Some(filter) => filter.and(&box_filter, collection),
            None => box_filter,
        }));
        Ok(())
    }
}

/// Parses an instant, a day, or an interval of them, in which `..` or nothing is an open end.
pub(super) fn parse_datetime(text: &str) -> Result<TimeSpan> {
    let refusal = |message: String| Error::invalid("datetime", message);
    let read = |part: &str| {
        time::parse_time_span(part).ok_or_else(|| {
            refusal(format!("'{}' is not a date. Give a day (2026-03-01), an instant (2026-03-01T08:30:00Z) or an interval (2026-01-01/2026-12-31, 2026-01-01/.., ../2026-12-31).", shorten_text(part)))
        })
    };
    let Some((start, end)) = text.split_once('/') else { return read(text) };
    let open = |part: &str| part.is_empty() || part == "..";
    if open(start) && open(end) {
        return Err(refusal("Both ends are open. Omit datetime to get all times.".into()));
    }
    let start_ms = if open(start) { i64::MIN } else { read(start)?.start_ms };
    let end_ms = if open(end) { i64::MAX } else { read(end)?.end_ms };
    if start_ms > end_ms {
        return Err(refusal(format!("The interval '{}' ends before it starts. Swap its ends.", shorten_text(text))));
    }
    Ok(TimeSpan { start_ms, end_ms })
}

/// Parses `name`, `+name` or `-name`, separated by commas. A plus sign that was decoded to a space still counts as one.
fn parse_sortby(text: &str, collection: &Collection) -> Result<Vec<SortKey>> {
    let mut sort: Vec<SortKey> = Vec::new();
    for part in text.split(',') {
        let (descending, name) = match part.as_bytes().first() {
            Some(b'-') => (true, &part[1..]),
            Some(b'+' | b' ') => (false, &part[1..]),
            _ => (false, part),
        };
        let field =
            collection.field_index(name).filter(|&at| queryables::is_sortable(collection, at)).ok_or_else(|| {
                let known = (0..collection.fields.len()).filter(|&at| queryables::is_sortable(collection, at));
                queryables::unknown_name_error(
                    "sortby",
                    name,
                    "a sortable property",
                    known.map(|at| collection.fields[at].name.as_str()),
                )
            })?;
        if sort.iter().any(|s| s.field == field) {
            return Err(Error::invalid("sortby", format!("'{name}' is named twice.")));
        }
        sort.push(SortKey { field, descending });
    }
    Ok(sort)
}

/// Parses names of fields into positions, ascending. Id and geometry are always written, so that naming them changes
/// nothing.
fn parse_fields(parameter: &str, text: &str, collection: &Collection) -> Result<Vec<usize>> {
    let mut found = Vec::new();
    for name in text.split(',').filter(|name| !matches!(*name, "id" | "geometry")) {
        let at = collection.field_index(name).ok_or_else(|| {
            queryables::unknown_name_error(
                parameter,
                name,
                "a property of this collection",
                collection.fields.iter().map(|f| f.name.as_str()),
            )
        })?;
        if found.contains(&at) {
            return Err(Error::invalid(parameter, format!("'{name}' is named twice.")));
        }
        found.push(at);
    }
    found.sort_unstable();
    Ok(found)
}

fn other_fields(excluded: &[usize], collection: &Collection) -> Vec<usize> {
    (0..collection.fields.len()).filter(|at| !excluded.contains(at)).collect()
}

#[cfg(test)]
mod tests;
