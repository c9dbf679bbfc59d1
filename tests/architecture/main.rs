//! The architecture, held by tests: layers, modules that must not know each other, which module may name which library,
//! no circle of files, and the width of comments.

#![allow(clippy::unwrap_used, reason = "what is unexpected in a test ends it")]

mod circles;
mod comment_width;
mod rust_files;
mod test_program;
mod web_files;

use std::collections::BTreeMap;
use std::path::Path;

type Tree = BTreeMap<String, String>;

/// Modules that may not use each other although one stands above the other.
const STRANGERS: [&[&str]; 9] = [
    // `config` is values that the other doors are opened with; `http` and `cli` read files through `import`.
    &["export", "http", "cli"],
    &["import", "export"],
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
/// What only the modules that define it and the intake may call: everything else asks the intake.
const INTAKE_CALLS: [(&str, &[&str]); 3] = [
    ("validate_properties(", &["plan", "intake"]),
    ("validate_id(", &["plan", "intake"]),
    ("validate_transition(", &["plan", "intake"]),
];
/// Words that belong to one module alone.
const OWNED: [(&str, &str); 6] = [
    ("ureq", "import"),
    ("axum", "http"),
    ("tower_http", "http"),
    ("rusqlite", "store"),
    ("rstar", "index"),
    ("clap", "cli"),
];
const SQL: [&str; 5] = ["SELECT ", "INSERT INTO", "CREATE TABLE", "PRAGMA ", "DELETE FROM"];
const GLOBALS: [&str; 6] = ["static mut ", "LazyLock", "OnceLock", "OnceCell", "lazy_static", "thread_local"];
const MAX_LINES: usize = 500;

#[test]
fn the_source_keeps_to_the_design() {
    let tree = read_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &["rs"]);
    assert!(tree.len() > 10, "the source was not found");
    assert_eq!(violations(&tree), Vec::<String>::new());
}

#[test]
fn every_planted_violation_is_found() {
    let lib = "pub mod error;\npub mod feature;\npub mod intake;\npub mod index;\npub mod store;\npub mod atlas;\npub mod import;\npub mod http;\npub mod cli;\n";
    let plant = |path: &str, text: &str| {
        let mut tree = Tree::from([("lib.rs".to_owned(), lib.to_owned())]);
        tree.insert(path.to_owned(), text.to_owned());
        violations(&tree)
    };
    for (path, text) in [
        ("atlas/mod.rs", "use crate::store::Store;\n"),
        ("atlas/mod.rs", "use crate::intake::FeatureIntake;\n"),
        ("http/mod.rs", "use crate::intake::FaultHandling;\n"),
        ("http/mod.rs", "use crate::import::ImportReview;\n"),
        ("intake/mod.rs", "use crate::feature::Feature;\n"),
    ] {
        assert_eq!(plant(path, text), Vec::<String>::new());
    }
    for (path, text, word) in [
        ("feature/mod.rs", "use crate::atlas::Atlas;\n", "points downward"),
        ("index/tree.rs", "let x = crate::http::serve();\n", "points downward"),
        ("intake/mod.rs", "use crate::index::Snapshot;\n", "points downward"),
        ("intake/mod.rs", "use crate::atlas::Atlas;\n", "points downward"),
        ("http/mod.rs", "let found = model.validate_properties(&id, &properties);\n", "instead of the intake"),
        ("store/mod.rs", "use crate::{error::Error, index::Index};\n", "strangers"),
        ("cli/mod.rs", "use crate::http::serve;\n", "strangers"),
        ("import/mod.rs", "use crate::http::serve;\n", "points downward"),
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

#[test]
fn no_files_use_each_other_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rust = rust_files::rust_graph(&read_tree(&root.join("src"), &["rs"]));
    let mut web = read_tree(&root.join("web/src"), &["ts", "tsx"]);
    web.retain(|path, _| !path.contains(".test."));
    let web = web_files::web_graph(&web);
    assert!(rust.values().flatten().count() > 500, "the uses between the Rust files were not found");
    assert!(web.values().flatten().count() > 300, "the imports between the web files were not found");
    assert_eq!(circles::circles(&rust), Vec::<Vec<String>>::new());
    assert_eq!(circles::circles(&web), Vec::<Vec<String>>::new());
}

#[test]
fn every_planted_circle_of_files_is_found() {
    let tree = |files: &[(&str, &str)]| files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect::<Tree>();
    let lib = ("lib.rs", "pub mod a;\npub mod b;\n");
    let of_rust = |files: &[(&str, &str)]| circles::circles(&rust_files::rust_graph(&tree(&[&[lib], files].concat())));
    let circle = |files: &[&str]| vec![files.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>()];
    let none = Vec::<Vec<String>>::new();

    // By `use`, by a path in code, inside a macro, through a group, and over a third file.
    for text in [
        "use crate::b::B;",
        "fn f() { crate::b::g() }",
        "fn f() { vec![super::b::g()]; }",
        "use crate::{b::{self, B}};",
    ] {
        assert_eq!(of_rust(&[("a.rs", text), ("b.rs", "use crate::a::A;")]), circle(&["a.rs", "b.rs"]), "{text}");
    }
    let three = [
        ("a/mod.rs", "mod c;\nuse c::C;\npub struct A;"),
        ("a/c.rs", "use crate::b::B;"),
        ("b.rs", "use crate::a::A;"),
    ];
    assert_eq!(of_rust(&three), circle(&["a/c.rs", "a/mod.rs", "b.rs"]));
    // A module that holds types for its children and uses them too.
    let both = [
        ("a/mod.rs", "mod c;\npub struct Floor;\nfn roof() { c::work() }"),
        ("a/c.rs", "use super::Floor;"),
        ("b.rs", ""),
    ];
    assert_eq!(of_rust(&both), circle(&["a/c.rs", "a/mod.rs"]));
    // A re-export leads to the file that defines the item, and is no use by itself.
    let through = [
        ("a/mod.rs", "mod c;\nmod d;\npub use c::C;"),
        ("a/c.rs", "pub struct C;"),
        ("a/d.rs", "use super::C;"),
        ("b.rs", ""),
    ];
    assert_eq!(of_rust(&through), none);
    let hidden = [
        ("a/mod.rs", "mod c;\nmod d;\npub use c::C;"),
        ("a/c.rs", "use super::d::D;\npub struct C;"),
        ("a/d.rs", "use super::C;\npub struct D;"),
        ("b.rs", ""),
    ];
    assert_eq!(of_rust(&hidden), circle(&["a/c.rs", "a/d.rs"]));
    // Comments, strings and unit tests do not count.
    for text in ["// crate::b::B", "const T: &str = \"crate::b::B\";", "#[cfg(test)]\nmod tests { use crate::b::B; }"] {
        assert_eq!(of_rust(&[("a.rs", text), ("b.rs", "use crate::a::A;")]), none, "{text}");
    }

    let of_web = |files: &[(&str, &str)]| circles::circles(&web_files::web_graph(&tree(files)));
    for text in [
        "import { B } from \"./b\";",
        "import type { B } from './b';",
        "export { B } from \"./b\";",
        "const b = await import(\"./b\");",
    ] {
        assert_eq!(
            of_web(&[("x/a.ts", text), ("x/b.tsx", "import \"../x/a\";")]),
            circle(&["x/a.ts", "x/b.tsx"]),
            "{text}"
        );
    }
    assert_eq!(of_web(&[("a.ts", "import { b } from \"./b\";"), ("b.ts", "import { h } from \"preact\";")]), none);
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
        for (call, modules) in INTAKE_CALLS {
            if !modules.contains(&module) && code.contains(call) {
                found.push(format!("{path} calls {call}…) itself instead of the intake"));
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

/// The files below `dir` with one of these endings: path below it → text.
fn read_tree(dir: &Path, endings: &[&str]) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| endings.iter().any(|ending| e == *ending)) {
                let name = path.strip_prefix(dir).unwrap().to_string_lossy().replace('\\', "/");
                tree.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    tree
}
