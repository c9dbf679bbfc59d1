//! What people are told, on stderr; what programs are told, on stdout. Colour only on a terminal, and not with NO_COLOR.

use crate::error::Error;
use std::io::{IsTerminal, Write};

/// One line for people.
pub fn print_line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// An error, as a sentence; what is inside stays in the log.
pub fn print_error(e: &Error) {
    let text = match e {
        Error::Internal(cause) => {
            format!("Something went wrong inside the program ({cause}). The plan is as it was. Please report this.")
        }
        other => other.to_string(),
    };
    print_line(&format!("{} {text}", paint_text("error:", "31;1")));
}

/// A finding's line with its severity painted.
pub fn print_finding(text: &str) {
    let painted = match text.split_once(": ") {
        Some(("error", rest)) => format!("{} {rest}", paint_text("error:", "31;1")),
        Some(("warning", rest)) => format!("{} {rest}", paint_text("warning:", "33;1")),
        _ => text.to_owned(),
    };
    print_line(&painted);
}

/// A line on stdout, for programs and for what was asked for.
pub fn print_output(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A JSON text on stdout.
pub fn print_json(json: &serde_json::Value) {
    print_output(&serde_json::to_string_pretty(json).unwrap_or_default());
}

fn paint_text(text: &str, code: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || !std::io::stderr().is_terminal();
    if plain { text.to_owned() } else { format!("\x1b[{code}m{text}\x1b[0m") }
}
