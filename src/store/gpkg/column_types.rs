//! Types of columns: what a field is declared as, and what a column of another program may hold, by its declared type,
//! SQLite's rules of affinity, and its values.

use super::sql_text::quote_name;
use crate::collection::FieldType;
use crate::error::Result;
use rusqlite::{Connection, OptionalExtension, params};

/// A column as SQLite describes it.
#[derive(Debug, Clone)]
pub(super) struct TableColumn {
    pub name: String,
    /// In upper case, without length and quotes: `VARCHAR` for `varchar(20)`.
    pub declared: String,
    /// The most characters that its text may have: 20 for `varchar(20)`.
    pub max_length: Option<u32>,
    /// The position in the primary key; 0 for other columns.
    pub primary: i64,
}

impl TableColumn {
    /// The declared type as layouts have it: with the length of text.
    pub(super) fn full_type(&self) -> String {
        match self.max_length {
            Some(length) => format!("{}({length})", self.declared),
            None => self.declared.clone(),
        }
    }
}

/// Declared types that hold no value which a property can represent: pictures, and further geometries.
const OPAQUE_TYPES: [&str; 18] = [
    "BLOB",
    "GEOMETRY",
    "POINT",
    "LINESTRING",
    "POLYGON",
    "MULTIPOINT",
    "MULTILINESTRING",
    "MULTIPOLYGON",
    "GEOMETRYCOLLECTION",
    "CIRCULARSTRING",
    "COMPOUNDCURVE",
    "CURVEPOLYGON",
    "MULTICURVE",
    "MULTISURFACE",
    "POLYHEDRALSURFACE",
    "TIN",
    "JSONB",
    "VARBINARY",
];

/// The declared type of a field's column.
pub(super) fn column_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text | FieldType::Json => "TEXT",
        FieldType::Integer => "INTEGER",
        FieldType::Real | FieldType::Decimal => "REAL",
        FieldType::Boolean => "BOOLEAN",
        FieldType::Date => "DATE",
        FieldType::DateTime => "DATETIME",
    }
}

/// Whether no property can hold values of a declared type.
pub(super) fn is_opaque_type(declared: &str) -> bool {
    OPAQUE_TYPES.contains(&declared)
}

/// The columns of a table or view, in order; none when it does not exist.
pub(super) fn read_columns(conn: &Connection, table: &str) -> Result<Vec<TableColumn>> {
    let mut statement = conn.prepare_cached("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid")?;
    let column = |row: &rusqlite::Row<'_>| {
        let declared: String = row.get(1)?;
        let max_length = declared_length(&declared);
        Ok(TableColumn { name: row.get(0)?, declared: plain_type(&declared), max_length, primary: row.get(2)? })
    };
    Ok(statement.query_map([table], column)?.collect::<rusqlite::Result<_>>()?)
}

/// The type of the field that a column becomes; `None` when no property can represent its values.
pub(super) fn field_type(conn: &Connection, table: &str, column: &TableColumn) -> Result<Option<FieldType>> {
    if is_json_column(conn, table, &column.name)? {
        return Ok(Some(FieldType::Json));
    }
    if is_opaque_type(&column.declared) {
        return Ok(None);
    }
    if let Some(kind) = declared_field_type(&column.declared) {
        return Ok(Some(kind));
    }
    // DECIMAL, NUMERIC, NUM …, no type, and types that SQLite does not know: the values decide.
    let held = held_types(conn, table, &column.name)?;
    let only = |types: &[&str]| held.iter().all(|h| types.contains(&h.as_str()));
    let numeric = is_numeric_type(&column.declared);
    Ok(match held.as_slice() {
        [] if numeric => Some(FieldType::Real),
        [] => Some(FieldType::Text),
        [blob] if blob == "blob" => None,
        // Numbers beyond 2^53 are whole numbers, or they would lose digits.
        _ if only(&["integer"]) => Some(whole_or_real(conn, table, column, numeric)?),
        _ if numeric || only(&["integer", "real"]) => Some(FieldType::Real),
        _ => Some(FieldType::Text),
    })
}

/// The type that a declared type means whatever its values are.
fn declared_field_type(declared: &str) -> Option<FieldType> {
    let has = |word: &str| declared.contains(word);
    Some(match declared {
        "BOOLEAN" | "BOOL" => FieldType::Boolean,
        "DATE" => FieldType::Date,
        "JSON" => FieldType::Json,
        "UUID" | "STRING" | "GUID" | "TIME" => FieldType::Text,
        t if t.starts_with("DATETIME") || t.starts_with("TIMESTAMP") => FieldType::DateTime,
        _ if has("REAL") || has("FLOA") || has("DOUB") => FieldType::Real,
        _ if has("INT") => FieldType::Integer,
        _ if has("CHAR") || has("CLOB") || has("TEXT") => FieldType::Text,
        _ => return None,
    })
}

fn is_numeric_type(declared: &str) -> bool {
    ["DEC", "NUM", "MONEY", "CURRENCY"].iter().any(|word| declared.contains(word))
}

/// A column of whole numbers: declared as decimal it is real, unless a double cannot hold them.
fn whole_or_real(conn: &Connection, table: &str, column: &TableColumn, numeric: bool) -> Result<FieldType> {
    let sql = format!("SELECT max(abs({c})) FROM {t}", c = quote_name(&column.name), t = quote_name(table));
    let largest: Option<f64> = conn.query_row(&sql, [], |row| row.get(0)).unwrap_or(Some(f64::MAX));
    let exact = largest.is_none_or(|n| n < 9_007_199_254_740_992.0);
    Ok(if numeric && exact { FieldType::Real } else { FieldType::Integer })
}

/// The most characters of a text whose column is declared so; SQLite itself takes any length.
pub(super) fn declared_length(declared: &str) -> Option<u32> {
    let (kind, rest) = declared.split_once('(')?;
    let kind = kind.to_uppercase();
    let digits = rest.trim_start().split(|c: char| !c.is_ascii_digit()).next()?;
    let is_text = ["CHAR", "TEXT", "CLOB"].iter().any(|word| kind.contains(word));
    digits.parse().ok().filter(|length| is_text && *length > 0)
}

/// `TEXT` for `"text"(20)`.
pub(super) fn plain_type(declared: &str) -> String {
    let upper = declared.replace(['"', '\'', '`', '[', ']'], "").to_uppercase();
    upper.split('(').next().unwrap_or_default().trim().to_owned()
}

pub(super) fn is_json_column(conn: &Connection, table: &str, column: &str) -> Result<bool> {
    if !conn.prepare_cached("SELECT 1 FROM sqlite_master WHERE lower(name)='gpkg_data_columns'")?.exists([])? {
        return Ok(false);
    }
    let mut statement = conn.prepare_cached(
        "SELECT mime_type FROM gpkg_data_columns WHERE lower(table_name)=lower(?1) AND lower(column_name)=lower(?2)",
    )?;
    let mime: Option<Option<String>> = statement.query_row(params![table, column], |row| row.get(0)).optional()?;
    Ok(mime.flatten().as_deref() == Some("application/json"))
}

/// The storage classes in a column, except null.
fn held_types(conn: &Connection, table: &str, column: &str) -> Result<Vec<String>> {
    let (column, table) = (quote_name(column), quote_name(table));
    let sql = format!("SELECT DISTINCT typeof({column}) FROM {table} WHERE {column} IS NOT NULL");
    Ok(conn.prepare(&sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_by_what_their_type_means() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE t (a DECIMAL(10,2), b NUMERIC(18,0), c VARCHAR(20), d TIMESTAMP, e \"FLOATING POINT\", f POINT,
               g UNSIGNED_BIG_INT, h, i NVARCHAR(10), j BLOB, k DECIMAL(10,2), l STRING, m, n, o TINYINT(1), p DATETIME(3),
               q \"DOUBLE PRECISION\", r NUM, s BOOL, t UNKNOWN);
             INSERT INTO t (a, b, h, m, n, t) VALUES (12.75, 982465736527485300, 1.5, 7, x'00', 'x');",
        )
        .unwrap();
        let lengths: Vec<(String, u32)> =
            read_columns(&conn, "t").unwrap().into_iter().filter_map(|c| Some((c.name, c.max_length?))).collect();
        assert_eq!(lengths, [("c".to_owned(), 20), ("i".to_owned(), 10)]);
        let kinds: Vec<Option<FieldType>> =
            read_columns(&conn, "t").unwrap().iter().map(|c| field_type(&conn, "t", c).unwrap()).collect();
        use FieldType::{Boolean, DateTime, Integer, Real, Text};
        let expected = [
            Some(Real),
            Some(Integer),
            Some(Text),
            Some(DateTime),
            Some(Real),
            None,
            Some(Integer),
            Some(Real),
            Some(Text),
            None,
            Some(Real),
            Some(Text),
            Some(Integer),
            None,
            Some(Integer),
            Some(DateTime),
            Some(Real),
            Some(Real),
            Some(Boolean),
            Some(Text),
        ];
        assert_eq!(kinds, expected);
    }
}
