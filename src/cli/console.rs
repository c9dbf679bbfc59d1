//! Output: messages for people go to stderr, results for programs to stdout. Colour only on a terminal, and not with
//! NO_COLOR.

use crate::error::Error;
use std::io::{IsTerminal, Write};

/// Writes one line for people to stderr.
pub fn print_line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes an error to stderr, as a sentence.
pub fn print_error(e: &Error) {
    let text = match e {
        Error::Internal(cause) => {
            format!("Internal error: {cause}. The plan is unchanged. Please report this.")
        }
        other => other.to_string(),
    };
    print_line(&format!("{} {text}", paint_text("error:", "31;1")));
}

/// Writes a finding to stderr, with its severity in colour.
pub fn print_finding(text: &str) {
    let painted = match text.split_once(": ") {
        Some(("error", rest)) => format!("{} {rest}", paint_text("error:", "31;1")),
        Some(("warning", rest)) => format!("{} {rest}", paint_text("warning:", "33;1")),
        _ => text.to_owned(),
    };
    print_line(&painted);
}

/// Writes a result to stdout.
pub fn print_output(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Writes a JSON document to stdout.
pub fn print_json(json: &serde_json::Value) {
    print_output(&serde_json::to_string_pretty(json).unwrap_or_default());
}

fn paint_text(text: &str, code: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || !std::io::stderr().is_terminal();
    if plain { text.to_owned() } else { format!("\x1b[{code}m{text}\x1b[0m") }
}
