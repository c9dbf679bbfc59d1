//! Text of SQL statements.

/// A name as SQL quotes it.
pub(super) fn quote_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
