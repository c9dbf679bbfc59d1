//! The tables of `docs/standards.md` are what is declared, proven, and came out of the official suites.

use super::conformance::proven;
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::path::Path;

const PAGE: &str = "docs/standards.md";
const BEGIN: &str = "<!-- conformance: written by a test -->";
const END: &str = "<!-- end of conformance -->";

/// Names of standards by the beginning of their classes.
const STANDARDS: [(&str, &str); 13] = [
    ("ogcapi-common-1/", "OGC API Common 1"),
    ("ogcapi-common-2/", "OGC API Common 2"),
    ("ogcapi-features-1/", "OGC API Features 1"),
    ("ogcapi-features-2/", "OGC API Features 2"),
    ("ogcapi-features-3/", "OGC API Features 3"),
    ("ogcapi-features-4/", "OGC API Features 4 (draft)"),
    ("ogcapi-features-5/", "OGC API Features 5"),
    ("ogcapi-features-6/", "OGC API Features 6 (draft)"),
    ("ogcapi-features-8/", "OGC API Features 8 (draft)"),
    ("cql2/", "CQL2"),
    ("json-fg-1/", "JSON-FG 1"),
    ("ogcapi-tiles-1/", "OGC API Tiles 1"),
    ("tms/2.0/", "Tile Matrix Set 2"),
];

fn conformance_tables() -> String {
    let results = std::fs::read_to_string(here("tests/conformance/results.json")).unwrap();
    let results: Json = serde_json::from_str(&results).unwrap();
    let mut out = "| official suite (`make conformance`) | passed | skipped | failed |\n|---|---|---|---|\n".to_owned();
    for suite in results.as_array().unwrap() {
        let sum =
            |key: &str| -> u64 { suite[key].as_array().unwrap().iter().map(|t| t["times"].as_u64().unwrap()).sum() };
        let name = format!("{}, {} {}", text(&suite["suite"]), text(&suite["name"]), text(&suite["version"]));
        writeln!(out, "| {name} | {} | {} | {} |", suite["passed"], sum("skipped"), sum("failed")).unwrap();
    }
    out += "\n| standard | class | proven by the test |\n|---|---|---|\n";
    for (class, test) in proven() {
        let (standard, rest) = class.split_once("/conf/").unwrap();
        let name = STANDARDS.iter().find(|(start, _)| class.starts_with(start)).map_or(standard, |(_, name)| name);
        writeln!(out, "| {name} | [{rest}](http://www.opengis.net/spec/{class}) | `{test}` |").unwrap();
    }
    out
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap()
}

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_tables_of_standards_are_what_is_declared_and_proven() {
    let page = std::fs::read_to_string(here(PAGE)).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page marks where the tables begin");
    let (found, after) = rest.split_once(END).expect("the page marks where the tables end");
    let wanted = format!("\n\n{}\n", conformance_tables());
    if std::env::var_os("CITYHEART_WRITE_STANDARDS").is_some() {
        std::fs::write(here(PAGE), format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
    } else {
        assert!(
            found == wanted,
            "run CITYHEART_WRITE_STANDARDS=1 cargo test --test suite standards, and commit {PAGE}"
        );
    }
}
