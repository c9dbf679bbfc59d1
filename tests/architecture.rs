//! The house as the design draws it, held by a test: layers, strangers, and who may name what.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Tree = BTreeMap<String, String>;

/// Modules that may not use each other although one stands above the other.
const STRANGERS: [&[&str]; 8] = [
    // `config` is values that the other doors are opened with.
    &["import", "export", "http", "cli"],
    &["index", "store"],
    &["tile", "store"],
    &["question", "store"],
    &["question", "tile"],
    &["access", "index"],
    &["access", "tile"],
    &["access", "question"],
];
/// Doors reach these only through `atlas`.
const INNER: [&str; 3] = ["store", "index", "tile"];
const DOORS: [&str; 5] = ["config", "import", "export", "http", "cli"];
/// Words that belong to one module alone.
const OWNED: [(&str, &str); 5] =
    [("axum", "http"), ("tower_http", "http"), ("rusqlite", "store"), ("rstar", "index"), ("clap", "cli")];
const SQL: [&str; 5] = ["SELECT ", "INSERT INTO", "CREATE TABLE", "PRAGMA ", "DELETE FROM"];
const GLOBALS: [&str; 6] = ["static mut ", "LazyLock", "OnceLock", "OnceCell", "lazy_static", "thread_local"];
const MAX_LINES: usize = 500;

#[test]
fn the_source_keeps_to_the_design() {
    let mut tree = Tree::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut tree);
    assert!(tree.len() > 10, "the source was not found");
    assert_eq!(violations(&tree), Vec::<String>::new());
}

#[test]
fn every_planted_violation_is_found() {
    let lib = "pub mod error;\npub mod feature;\npub mod index;\npub mod store;\npub mod atlas;\npub mod http;\npub mod cli;\n";
    let plant = |path: &str, text: &str| {
        let mut tree = Tree::from([("lib.rs".to_owned(), lib.to_owned())]);
        tree.insert(path.to_owned(), text.to_owned());
        violations(&tree)
    };
    assert_eq!(plant("atlas/mod.rs", "use crate::store::Store;\n"), Vec::<String>::new());
    for (path, text, word) in [
        ("feature/mod.rs", "use crate::atlas::Atlas;\n", "points downward"),
        ("index/tree.rs", "let x = crate::http::serve();\n", "points downward"),
        ("store/mod.rs", "use crate::{error::Error, index::Index};\n", "strangers"),
        ("cli/mod.rs", "use crate::http::serve;\n", "strangers"),
        ("http/mod.rs", "use crate::store::Store;\n", "through atlas"),
        ("atlas/mod.rs", "use axum::Router;\n", "only http names axum"),
        ("atlas/mod.rs", "let q = \"SELECT id FROM areas\";\n", "SQL outside store"),
        ("feature/mod.rs", "use rstar::RTree;\n", "only index names rstar"),
        ("index/mod.rs", "static CACHE: LazyLock<u8> = x;\n", "global"),
        ("index/mod.rs", "#[cfg(feature = \"fast\")]\n", "cargo feature"),
        ("stray/mod.rs", "\n", "not a module of lib.rs"),
    ] {
        let found = plant(path, text);
        assert!(found.iter().any(|v| v.contains(word)), "{path} with {text:?} should break '{word}', found {found:?}");
    }
    assert!(plant("index/mod.rs", &"x\n".repeat(501)).iter().any(|v| v.contains("501 lines")));
}

/// Every broken rule in a source tree (path below `src` → text).
fn violations(tree: &Tree) -> Vec<String> {
    let order = layers(&tree["lib.rs"]);
    let mut found = Vec::new();
    for (path, text) in tree {
        if text.lines().count() > MAX_LINES {
            found.push(format!("{path} has {} lines, over {MAX_LINES}", text.lines().count()));
        }
        if text.contains("cfg(feature") {
            found.push(format!("{path} uses a cargo feature"));
        }
        let code = code_of(text);
        found.extend(GLOBALS.iter().filter(|g| code.contains(**g)).map(|g| format!("{path} has a global: {g}")));
        if path == "lib.rs" || path == "main.rs" {
            continue;
        }
        let module = path.split(['/', '.']).next().unwrap_or_default();
        let Some(place) = order.iter().position(|m| m == module) else {
            found.push(format!("{path} is not a module of lib.rs"));
            continue;
        };
        for used in uses(&code) {
            let Some(other) = order.iter().position(|m| *m == used) else { continue };
            if other > place {
                found.push(format!("{path} points downward to {used}"));
            }
            if used != module && STRANGERS.iter().any(|s| s.contains(&module) && s.contains(&used.as_str())) {
                found.push(format!("{path} uses {used}, but they are strangers"));
            }
            if DOORS.contains(&module) && INNER.contains(&used.as_str()) {
                found.push(format!("{path} uses {used}, which doors reach only through atlas"));
            }
        }
        for (name, owner) in OWNED {
            if module != owner && (code.contains(&format!("{name}::")) || code.contains(&format!("use {name};"))) {
                found.push(format!("{path}: only {owner} names {name}"));
            }
        }
        if module != "store" && SQL.iter().any(|s| code.contains(s)) {
            found.push(format!("{path} has SQL outside store"));
        }
    }
    found
}

/// The modules of `lib.rs` in the order of their lines.
fn layers(lib: &str) -> Vec<String> {
    lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.split(';').next().map(str::to_owned)).collect()
}

/// The text without comments and without its tests.
fn code_of(text: &str) -> String {
    let body = text.split("#[cfg(test)]").next().unwrap_or_default();
    body.lines().map(|l| l.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Top-level modules named as `crate::x` or in `crate::{x…, y…}`.
fn uses(code: &str) -> Vec<String> {
    let name = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut start = true;
            for (i, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => start = true,
                    c if start && c.is_alphabetic() => {
                        used.push(name(&group[i..]));
                        start = false;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            used.push(name(rest));
        }
    }
    used
}

fn collect(dir: &Path, tree: &mut Tree) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, tree);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            tree.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}
