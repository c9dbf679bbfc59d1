//! Geometries of CQL2 text: well-known text. Heights and measures are read and left out.

use super::lexer::TokenKind;
use super::syntax_tree::nested_collections_error;
use super::token_cursor::TokenCursor;
use crate::error::Result;
use crate::feature::Geometry;
use crate::filter::limits::MAX_COLLECTION_DEPTH;
use geo_types::{
    Coord, Geometry as G, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
};

const GEOMETRY_NAMES: [&str; 7] =
    ["POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"];

/// Parses the geometry that begins here; `None` when none does. A point of no coordinates becomes an empty collection.
pub(super) fn parse_geometry(cursor: &mut TokenCursor<'_>, depth: usize) -> Result<Option<Geometry>> {
    let Some(kind) = find_geometry_name(cursor) else { return Ok(None) };
    if depth > MAX_COLLECTION_DEPTH {
        return Err(nested_collections_error());
    }
    cursor.advance();
    if dimension_words().iter().any(|word| cursor.take_word(word)) && cursor.take_word("EMPTY") {
        return Ok(Some(empty_geometry()));
    }
    if cursor.take_word("EMPTY") {
        return Ok(Some(empty_geometry()));
    }
    Ok(Some(match kind {
        "POINT" => {
            cursor.expect_sign("(")?;
            let position = parse_position(cursor)?;
            cursor.expect_sign(")")?;
            G::Point(Point(position))
        }
        "LINESTRING" => G::LineString(parse_positions(cursor)?),
        "POLYGON" => parse_polygon(cursor)?.map_or_else(empty_geometry, G::Polygon),
        "MULTIPOINT" => {
            G::MultiPoint(MultiPoint(parse_list(cursor, parse_member_point)?.into_iter().flatten().collect()))
        }
        "MULTILINESTRING" => G::MultiLineString(MultiLineString(parse_list(cursor, parse_positions)?)),
        "MULTIPOLYGON" => {
            G::MultiPolygon(MultiPolygon(parse_list(cursor, parse_polygon)?.into_iter().flatten().collect()))
        }
        _ => G::GeometryCollection(GeometryCollection(parse_list(cursor, |c| match parse_geometry(c, depth + 1)? {
            Some(member) => Ok(member),
            None => Err(c.syntax_error()),
        })?)),
    }))
}

/// The type of the geometry that begins here: a name before a bracket, `EMPTY`, or a dimension and one of these. `Z`
/// may stand beside the name.
fn find_geometry_name(cursor: &TokenCursor<'_>) -> Option<&'static str> {
    let Some(TokenKind::Name(name)) = cursor.peek() else { return None };
    let kind = GEOMETRY_NAMES.into_iter().find(|kind| {
        name.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind)) && {
            let rest = &name[kind.len()..];
            rest.is_empty() || dimension_words().iter().any(|word| rest.eq_ignore_ascii_case(word))
        }
    })?;
    let is_begin =
        |count| matches!(cursor.peek_ahead(count), Some(TokenKind::Sign("("))) || cursor.is_word_ahead(count, "EMPTY");
    let has_dimension = dimension_words().iter().any(|word| cursor.is_word_ahead(1, word));
    (is_begin(1) || (has_dimension && is_begin(2))).then_some(kind)
}

fn dimension_words() -> [&'static str; 3] {
    ["ZM", "Z", "M"]
}

fn empty_geometry() -> Geometry {
    G::GeometryCollection(GeometryCollection(vec![]))
}

/// One or more members in brackets, or `EMPTY`.
fn parse_list<T>(
    cursor: &mut TokenCursor<'_>,
    mut member: impl FnMut(&mut TokenCursor<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    if cursor.take_word("EMPTY") {
        return Ok(vec![]);
    }
    cursor.expect_sign("(")?;
    let mut found = vec![member(cursor)?];
    while cursor.take_sign(",") {
        found.push(member(cursor)?);
    }
    cursor.expect_sign(")")?;
    Ok(found)
}

fn parse_positions(cursor: &mut TokenCursor<'_>) -> Result<LineString<f64>> {
    parse_list(cursor, parse_position).map(LineString)
}

/// `None` without an exterior ring.
fn parse_polygon(cursor: &mut TokenCursor<'_>) -> Result<Option<Polygon<f64>>> {
    let mut rings = parse_list(cursor, parse_positions)?.into_iter().filter(|ring| !ring.0.is_empty());
    Ok(rings.next().map(|exterior| Polygon::new(exterior, rings.collect())))
}

/// `(1 2)` or `1 2`; `None` for `EMPTY`.
fn parse_member_point(cursor: &mut TokenCursor<'_>) -> Result<Option<Point<f64>>> {
    if cursor.take_word("EMPTY") {
        return Ok(None);
    }
    let has_bracket = cursor.take_sign("(");
    let position = parse_position(cursor)?;
    if has_bracket {
        cursor.expect_sign(")")?;
    }
    Ok(Some(Point(position)))
}

/// Two to four numbers.
fn parse_position(cursor: &mut TokenCursor<'_>) -> Result<Coord<f64>> {
    let position = Coord { x: cursor.take_signed_number()?, y: cursor.take_signed_number()? };
    for _ in 0..2 {
        if !cursor.is_at_sign(",") && !cursor.is_at_sign(")") {
            cursor.take_signed_number()?;
        }
    }
    Ok(position)
}
