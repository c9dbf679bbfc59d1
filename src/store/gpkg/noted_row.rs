//! Rows as the triggers note them: the id, the fields and the columns that are no fields, as the SQL function `quote`
//! writes them, with commas between. A note has the columns that the layer had when its triggers were created.

use super::gpkg_layer::GpkgLayer;
use super::sql_literal::SqlLiteral;
use super::stored_row::StoredRow;
use crate::feature::FeatureId;
use rusqlite::types::ValueRef;

/// The row of a note. `origins` has, for each field and each further column of the layer, its position in the note.
pub(super) fn parse_row(
    layer: &GpkgLayer,
    origins: &[Option<usize>],
    key: i64,
    old: &str,
    geom: Option<&SqlLiteral>,
) -> Option<StoredRow> {
    let mut rest = old;
    let mut cells = vec![SqlLiteral::read_next(&mut rest)?];
    while let Some(more) = rest.strip_prefix(',') {
        rest = more;
        cells.push(SqlLiteral::read_next(&mut rest)?);
    }
    let id = id_from_literal(key, cells.first()?)?;
    let cell = |i: usize| {
        let noted = origins.get(i).copied().flatten().and_then(|at| cells.get(at + 1));
        noted.map_or(ValueRef::Null, SqlLiteral::as_cell)
    };
    Some(StoredRow::from_cells(layer, (key, id), geom.map_or(ValueRef::Null, SqlLiteral::as_cell), cell))
}

/// The id of a note.
pub(super) fn parse_old_id(key: i64, old: &str) -> Option<FeatureId> {
    id_from_literal(key, &SqlLiteral::read_next(&mut &*old)?)
}

fn id_from_literal(key: i64, literal: &SqlLiteral) -> Option<FeatureId> {
    match literal {
        SqlLiteral::Text(id) => FeatureId::new(std::str::from_utf8(id).ok()?).ok(),
        SqlLiteral::Integer(id) => FeatureId::new(&id.to_string()).ok(),
        _ => FeatureId::new(&key.to_string()).ok(),
    }
}
