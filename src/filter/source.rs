//! The filter as somebody wrote it: kept within limits before the parser sees it, parsed by the `cql2` crate, and remembered so
//! that a refusal can name the place. Knows no collection.

use super::limits::{MAX_DEPTH, MAX_FILTER_BYTES, MAX_OPERATORS};
use crate::error::{Error, Result};
use cql2::Expr;
use serde_json::Value as Json;
use std::num::NonZeroUsize;

/// How a filter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterLanguage {
    /// `cql2-text`
    Text,
    /// `cql2-json`
    Json,
}

/// Steps that the parser may take. Reading 20 kB of the most usual filters takes up to 700,000; parentheses that do not fit
/// would double the steps with every level.
const MAX_PARSER_STEPS: usize = 1_000_000;

/// Coordinates are counted as operators from this sign after a comma on: `x y z` may all be negative.
const MAX_COORDINATE_SIGNS: usize = 3;

/// Where names stand.
pub(crate) struct FilterSource {
    names: Vec<(String, String)>,
}

/// Reads a filter without looking at what it names.
///
/// # Errors
/// [`Error::InvalidInput`] at `filter` with the place, [`Error::TooLarge`].
pub(crate) fn parse_filter(text: &str, lang: FilterLanguage) -> Result<(Expr, FilterSource)> {
    if text.len() > MAX_FILTER_BYTES {
        return Err(Error::TooLarge(format!(
            "The filter has {} bytes; at most {MAX_FILTER_BYTES} are read. Ask for less at once.",
            text.len()
        )));
    }
    match lang {
        FilterLanguage::Text => {
            let names = scan_names(text)?;
            // One setting for the whole process, always the same.
            pest::set_call_limit(NonZeroUsize::new(MAX_PARSER_STEPS));
            let expr = cql2::parse_text(text).map_err(|e| parse_error(text, &e))?;
            Ok((expr, FilterSource { names }))
        }
        FilterLanguage::Json => {
            let json: Json =
                serde_json::from_str(text).map_err(|e| invalid_filter(format!("This is not JSON: {e}.")))?;
            let mut names = vec![];
            scan_json_names(&json, &mut String::new(), 0, &mut names)?;
            let expr = Expr::try_from(json).map_err(|_| {
                invalid_filter("This is JSON, but no CQL2: an operation is written {\"op\": \"=\", \"args\": [{\"property\": \"status\"}, \"idea\"]}.")
            })?;
            Ok((expr, FilterSource { names }))
        }
    }
}

impl FilterSource {
    /// Where a name stands first, to be put before a sentence: `At character 14: `; empty when it was not written so.
    pub fn name_position(&self, name: &str) -> String {
        // The parser has its own spelling of operators.
        let written = |(n, _): &&(String, String)| n.eq_ignore_ascii_case(name);
        let found = self.names.iter().find(|(n, _)| n == name).or_else(|| self.names.iter().find(written));
        found.map_or_else(String::new, |(_, place)| format!("{place}: "))
    }
}

pub(crate) fn invalid_filter(message: impl Into<String>) -> Error {
    Error::invalid("filter", message)
}

fn too_deep_error() -> Error {
    Error::TooLarge(format!("The filter nests more than {MAX_DEPTH} levels deep. Write it flatter."))
}

fn too_many_error() -> Error {
    Error::TooLarge(format!(
        "The filter has more than {MAX_OPERATORS} operators. Ask for less at once, or use IN with a list."
    ))
}

/// Walks over the text once: names and their places, depth, number of operators.
fn scan_names(text: &str) -> Result<Vec<(String, String)>> {
    let mut names = vec![];
    let (mut depth, mut run, mut operators, mut signs) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' | '"' => {
                let quoted: String = chars.by_ref().map(|(_, c)| c).take_while(|&q| q != c).collect();
                if c == '"' {
                    names.push((quoted, format!("At character {}", at + 1)));
                }
                run = 0;
            }
            '(' => {
                depth += 1;
                signs = 0;
            }
            ')' => depth = depth.saturating_sub(1),
            ',' => signs = 0,
            '-' | '+'
                if chars.peek().is_some_and(|(_, next)| next.is_ascii_digit()) && signs < MAX_COORDINATE_SIGNS =>
            {
                signs += 1;
            }
            '-' => {
                operators += 1;
                run += 1;
            }
            '+' | '*' | '/' | '%' | '^' | '<' | '>' | '=' => operators += 1,
            c if c.is_alphabetic() => {
                let mut name = c.to_string();
                let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
                while let Some((_, c)) = chars.next_if(|(_, c)| part(*c)) {
                    name.push(c);
                }
                let word = |w: &&str| name.eq_ignore_ascii_case(w);
                operators += usize::from(["and", "or", "not", "div", "like", "in", "between", "is"].iter().any(word));
                run = if word(&"not") { run + 1 } else { 0 };
                names.push((name, format!("At character {}", at + 1)));
            }
            c if c.is_whitespace() => {}
            _ => run = 0,
        }
        if depth > MAX_DEPTH || run > MAX_DEPTH {
            return Err(too_deep_error());
        }
        if operators > MAX_OPERATORS {
            return Err(too_many_error());
        }
    }
    Ok(names)
}

/// The same for JSON; places are JSON pointers.
fn scan_json_names(json: &Json, at: &mut String, depth: usize, names: &mut Vec<(String, String)>) -> Result<()> {
    if depth > 2 * MAX_DEPTH {
        return Err(too_deep_error());
    }
    match json {
        Json::Object(members) => {
            for key in ["op", "property"] {
                if let Some(Json::String(name)) = members.get(key) {
                    names.push((name.clone(), format!("At {}", if at.is_empty() { "the top" } else { at.as_str() })));
                }
            }
            if names.len() > 2 * MAX_OPERATORS {
                return Err(too_many_error());
            }
            for (key, member) in members {
                with_pointer_step(at, key, |at| scan_json_names(member, at, depth + 1, names))?;
            }
        }
        Json::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                with_pointer_step(at, &i.to_string(), |at| scan_json_names(item, at, depth + 1, names))?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn with_pointer_step<T>(at: &mut String, step: &str, then: impl FnOnce(&mut String) -> T) -> T {
    let length = at.len();
    at.push('/');
    at.push_str(step);
    let found = then(at);
    at.truncate(length);
    found
}

/// The parser's error with its column, as a sentence.
fn parse_error(text: &str, error: &cql2::Error) -> Error {
    let message = error.to_string();
    let column = || {
        let (line, column) = message.split_once("--> ")?.1.lines().next()?.split_once(':')?;
        let (line, column): (usize, usize) = (line.trim().parse().ok()?, column.trim().parse().ok()?);
        let before: usize = text.split('\n').take(line.checked_sub(1)?).map(|l| l.chars().count() + 1).sum();
        Some(before + column.checked_sub(1)?)
    };
    let Some(at) = column() else {
        return invalid_filter(format!(
            "The filter cannot be read: {}.",
            message.lines().next().unwrap_or_default().trim_end_matches('.')
        ));
    };
    let rest: String = text.chars().skip(at).take(20).collect();
    let near =
        if rest.trim().is_empty() { "where the filter ends".to_owned() } else { format!("before '{}'", rest.trim()) };
    invalid_filter(format!(
        "At character {}: the filter cannot be read on, {near}. Text stands in 'single quotes', names with other than letters and digits in \"double quotes\".",
        at + 1
    ))
}
