//! CQL2 text and CQL2 JSON to one syntax tree. Knows no collection: names are looked up when the tree is bound.

mod syntax_tree;
mod lexer;
mod token_cursor;
mod wkt;
mod text;
mod json;

pub(crate) use json::parse_json_filter;
pub(crate) use syntax_tree::{NamePlaces, SyntaxTree, invalid_filter};
pub(crate) use text::parse_text_filter;
