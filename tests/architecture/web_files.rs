//! Which file of the web app uses which: relative `import`, `export … from` and `import()` lines, type-only ones
//! included. Tests do not count.

use crate::circles::FileGraph;
use std::collections::BTreeMap;

/// The graph of the files of `web/src`; `tree` maps paths below it to their text.
pub fn web_graph(tree: &BTreeMap<String, String>) -> FileGraph {
    let used = |path: &str, text: &str| {
        specifiers(text).filter_map(|specifier| resolve(tree, path, specifier)).filter(|other| other != path).collect()
    };
    tree.iter().map(|(path, text)| (path.clone(), used(path, text))).collect()
}

/// What stands behind `from` and `import` in quotes and begins with a dot.
fn specifiers(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(['"', '\'']).filter_map(move |(at, quote)| {
        let before = text[..at].trim_end();
        let named = before.ends_with("from") || before.ends_with("import") || before.ends_with("import(");
        let inner = &text[at + 1..];
        (named && inner.starts_with('.')).then(|| inner.split(quote).next().unwrap_or_default())
    })
}

/// The file that a specifier means, seen from the file at `path`.
fn resolve(tree: &BTreeMap<String, String>, path: &str, specifier: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let base = parts.join("/");
    let candidates = [base.clone(), format!("{base}.ts"), format!("{base}.tsx"), format!("{base}/index.ts")];
    candidates.into_iter().find(|candidate| tree.contains_key(candidate))
}
