//! The source text of a filter: checked against the limits before it is parsed, parsed by the `cql2` crate, and indexed
//! by name so that errors can state a place. Knows no collection.

use super::limits::{MAX_DEPTH, MAX_FILTER_BYTES, MAX_OPERATORS};
use crate::error::{Error, Result};
use crate::feature::geojson::{describe_json_error, parse_unique_json};
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

/// The most steps of the parser. Usual filters of 20 kB take up to 700,000; unbalanced parentheses double the steps
/// with every level.
const MAX_PARSER_STEPS: usize = 1_000_000;

/// So many signs after a comma count as those of coordinates (`x y z` may all be negative), any more as operators.
const MAX_COORDINATE_SIGNS: usize = 3;

/// The places of names in the source text.
pub(crate) struct FilterSource {
    /// Names with their places, in the order of the text: `At character 14`, `At /args/0`.
    names: Vec<(String, String)>,
}

/// Parses a filter without looking up its names.
///
/// # Errors
/// [`Error::Invalid`] at `filter` with the place in the text, [`Error::TooLarge`] over a limit.
pub(crate) fn parse_filter(text: &str, lang: FilterLanguage) -> Result<(Expr, FilterSource)> {
    if text.len() > MAX_FILTER_BYTES {
        return Err(Error::TooLarge(format!(
            "The filter has {} bytes; the limit is {MAX_FILTER_BYTES}. Split it into several requests.",
            text.len()
        )));
    }
    match lang {
        FilterLanguage::Text => {
            let names = scan_names(text)?;
            // The limit is global to the process; it is always set to the same value.
            pest::set_call_limit(NonZeroUsize::new(MAX_PARSER_STEPS));
            let expr = cql2::parse_text(text).map_err(|e| parse_error(text, &e))?;
            Ok((expr, FilterSource { names }))
        }
        FilterLanguage::Json => {
            let json = parse_unique_json(text.as_bytes())
                .map_err(|e| invalid_filter(format!("This {}.", describe_json_error(&e))))?;
            let mut names = vec![];
            scan_json_names(&json, &mut String::new(), 0, &mut names)?;
            let expr = Expr::try_from(json).map_err(|_| {
                invalid_filter("This is JSON but not CQL2. Write an operation as {\"op\": \"=\", \"args\": [{\"property\": \"status\"}, \"idea\"]}.")
            })?;
            Ok((expr, FilterSource { names }))
        }
    }
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

/// [`Error::Invalid`] at the parameter `filter`.
pub(crate) fn invalid_filter(message: impl Into<String>) -> Error {
    Error::invalid("filter", message)
}

fn too_deep_error() -> Error {
    Error::TooLarge(format!("The filter is nested more than {MAX_DEPTH} levels deep. Flatten it."))
}

fn too_many_error() -> Error {
    Error::TooLarge(format!(
        "The filter has more than {MAX_OPERATORS} operators. Split it into several requests, or use IN with a list."
    ))
}

/// Scans the text once: collects names with their places, and checks depth and number of operators.
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

/// Scans JSON in the same way; places are JSON pointers.
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

/// The parser's error as a sentence with its place.
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
            "The filter cannot be parsed: {}.",
            message.lines().next().unwrap_or_default().trim_end_matches('.')
        ));
    };
    let rest: String = text.chars().skip(at).take(20).collect();
    let near = if rest.trim().is_empty() {
        "at the end of the filter".to_owned()
    } else {
        format!("before '{}'", rest.trim())
    };
    invalid_filter(format!(
        "At character {}: syntax error {near}. Put text in 'single quotes', and names with characters other than letters and digits in \"double quotes\".",
        at + 1
    ))
}
