//! How long a line with a comment may be. rustfmt holds the code and leaves comments alone; this test holds the
//! comments, of the web code too.

use crate::{Tree, read_tree};
use std::path::Path;

const MAX_COLUMNS: usize = 120;
/// In addresses and in orders to the linter of the web code, which must be on one line.
const UNWRAPPABLE: [&str; 2] = ["://", "biome-ignore"];
const FOLDERS: [&str; 7] =
    ["src", "tests", "benches", "web/src", "web/scripts", "web/maplibre-rs/src", "web/maplibre-rs/tests"];

#[test]
fn comments_keep_within_the_width_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let long: Vec<String> = FOLDERS
        .iter()
        .flat_map(|folder| {
            let tree = read_tree(&root.join(folder), &["rs", "ts", "tsx", "mjs"]);
            assert!(!tree.is_empty(), "{folder} was not found");
            long_comments(&tree).into_iter().map(move |place| format!("{folder}/{place}"))
        })
        .collect();
    assert!(long.is_empty(), "wrap these comments at {MAX_COLUMNS} columns:\n{}", long.join("\n"));
}

#[test]
fn every_planted_long_comment_is_found() {
    let (fill, wide) = ("word ".repeat(20), "word ".repeat(30));
    let found = |line: String| !long_comments(&Tree::from([("a.rs".to_owned(), line)])).is_empty();
    for line in [
        format!("/// {wide}"),
        format!("    // {wide}"),
        format!(" * {wide}"),
        format!("/* {wide} */"),
        format!("let x = \"a\"; // {wide}"),
    ] {
        assert!(found(line.clone()), "{line}");
    }
    for line in [
        format!("// {fill}"),
        format!("let x = \"{wide}\";"),
        format!("let x = \"{wide} // {wide}\";"),
        format!("/// | {wide} |"),
        format!("// https://example.org/{}", wide.replace(' ', "-")),
    ] {
        assert!(!found(line.clone()), "{line}");
    }
}

/// Lines longer than allowed that are comments or end in one. Tables, addresses and orders to a linter cannot be
/// wrapped.
fn long_comments(tree: &Tree) -> Vec<String> {
    let mut long = Vec::new();
    for (path, text) in tree {
        for (at, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            let is_table = line.trim_start_matches([' ', '/', '!', '*']).starts_with('|');
            if columns > MAX_COLUMNS
                && has_comment(line)
                && !is_table
                && !UNWRAPPABLE.iter().any(|mark| line.contains(mark))
            {
                long.push(format!("{path}:{} has {columns} columns", at + 1));
            }
        }
    }
    long
}

fn has_comment(line: &str) -> bool {
    let start = line.trim_start();
    let is_outside_strings = |before: &str| {
        before.replace("\\\"", "").matches('"').count().is_multiple_of(2)
            && before.matches('`').count().is_multiple_of(2)
    };
    ["//", "/*", "* "].iter().any(|mark| start.starts_with(mark))
        || line.match_indices(" // ").any(|(at, _)| is_outside_strings(&line[..at]))
}
