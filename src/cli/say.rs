//! What people are told, on stderr; what programs are told, on stdout. Colour only on a terminal, and not with NO_COLOR.

use crate::error::Error;
use std::io::{IsTerminal, Write};

/// One line for people.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// An error, as a sentence; what is inside stays in the log.
pub fn error(e: &Error) {
    let text = match e {
        Error::Internal(cause) => {
            format!("Something went wrong inside the program ({cause}). The plan is as it was. Please report this.")
        }
        other => other.to_string(),
    };
    line(&format!("{} {text}", paint("error:", "31;1")));
}

/// A finding's line with its severity painted.
pub fn hint(text: &str) {
    let painted = match text.split_once(": ") {
        Some(("error", rest)) => format!("{} {rest}", paint("error:", "31;1")),
        Some(("warning", rest)) => format!("{} {rest}", paint("warning:", "33;1")),
        _ => text.to_owned(),
    };
    line(&painted);
}

/// A line on stdout, for programs and for what was asked for.
pub fn output(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A JSON text on stdout.
pub fn json(json: &serde_json::Value) {
    output(&serde_json::to_string_pretty(json).unwrap_or_default());
}

fn paint(text: &str, code: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || !std::io::stderr().is_terminal();
    if plain { text.to_owned() } else { format!("\x1b[{code}m{text}\x1b[0m") }
}
