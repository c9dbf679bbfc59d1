//! The source text of a filter: checked against the limits, parsed, and indexed by name so that errors can state a
//! place. Knows no collection.

use super::limits::MAX_FILTER_BYTES;
use super::syntax::{NamePlaces, SyntaxTree, parse_json_filter, parse_text_filter};
use crate::error::{Error, Result};

pub(crate) use super::syntax::invalid_filter;

/// How a filter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterLanguage {
    /// `cql2-text`
    Text,
    /// `cql2-json`
    Json,
}

/// The places of names in the source text.
pub(crate) struct FilterSource {
    names: NamePlaces,
}

/// Parses a filter without looking up its names.
///
/// # Errors
/// [`Error::Invalid`] at `filter` with the place in the text, [`Error::TooLarge`] over a limit.
pub(crate) fn parse_filter(text: &str, lang: FilterLanguage) -> Result<(SyntaxTree, FilterSource)> {
    if text.len() > MAX_FILTER_BYTES {
        return Err(Error::TooLarge(format!(
            "The filter has {} bytes; the limit is {MAX_FILTER_BYTES}. Split it into several requests.",
            text.len()
        )));
    }
    let (tree, names) = match lang {
        FilterLanguage::Text => parse_text_filter(text)?,
        FilterLanguage::Json => parse_json_filter(text)?,
    };
    Ok((tree, FilterSource { names }))
}

impl FilterSource {
    /// The first place of a name, as the beginning of a message: `At character 14: `; empty when the text does not
    /// contain it.
    pub fn name_position(&self, name: &str) -> String {
        // The parser changes the case of operators.
        let same_name = |(n, _): &&(String, String)| n.eq_ignore_ascii_case(name);
        let found = self.names.iter().find(|(n, _)| n == name).or_else(|| self.names.iter().find(same_name));
        found.map_or_else(String::new, |(_, place)| format!("{place}: "))
    }
}
