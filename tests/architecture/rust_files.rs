//! Which Rust file uses which: paths are read from the tokens of a file (so that comments and strings do not count),
//! followed through the module tree and through re-exports to the file that defines the item. Unit tests do not count,
//! nor does a `mod` line or a re-export by itself.

use crate::circles::FileGraph;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};

type Tree = BTreeMap<String, String>;
type ModulePath = Vec<String>;

/// One file: the imports that name what it uses, and the paths in its code.
#[derive(Default)]
struct RustFile {
    path: String,
    /// Name in this file → path from the crate's root.
    imports: BTreeMap<String, ModulePath>,
    /// Modules whose every public item this file re-exports.
    globs: Vec<ModulePath>,
    /// Names that this file defines.
    items: BTreeSet<String>,
    paths: Vec<ModulePath>,
}

/// The graph of the files of a crate; `tree` maps paths below `src` to their text.
pub fn rust_graph(tree: &Tree) -> FileGraph {
    let mut files: BTreeMap<ModulePath, RustFile> = BTreeMap::new();
    for path in tree.keys() {
        files.insert(module_path(path), RustFile { path: path.clone(), ..RustFile::default() });
    }
    let modules: BTreeSet<ModulePath> = files.keys().cloned().collect();
    for (module, file) in &mut files {
        let tokens: TokenStream = tree[&file.path].parse().unwrap_or_else(|e| panic!("{}: {e}", file.path));
        read_tokens(tokens, module, file);
        // A path may begin with a child module.
        for child in modules.iter().filter(|m| m.len() == module.len() + 1 && m.starts_with(module)) {
            file.imports.entry(child[module.len()].clone()).or_insert_with(|| child.clone());
        }
    }
    let mut graph = FileGraph::new();
    for (module, file) in &files {
        let used = file.paths.iter().filter_map(|path| {
            let full = match path[0].as_str() {
                "crate" | "self" | "super" => absolute(path, module)?,
                first => {
                    let import = file.imports.get(first)?;
                    [import.as_slice(), &path[1..]].concat()
                }
            };
            definer(&files, &full, 0)
        });
        graph.insert(file.path.clone(), used.filter(|other| *other != file.path).collect());
    }
    graph
}

/// `atlas/edit/mod.rs` → `["atlas", "edit"]`; the roots `lib.rs` and `main.rs` are `[]` and `["main"]`.
fn module_path(path: &str) -> ModulePath {
    let stem = path.trim_end_matches(".rs").trim_end_matches("/mod");
    if stem == "lib" { vec![] } else { stem.split('/').map(str::to_owned).collect() }
}

/// A path that begins with `crate`, `self` or `super`, from the crate's root.
fn absolute(path: &[String], module: &[String]) -> Option<ModulePath> {
    let mut base = match path[0].as_str() {
        "crate" => vec![],
        _ => module.to_vec(),
    };
    let mut rest = &path[usize::from(path[0] != "super")..];
    while rest.first().is_some_and(|s| s == "super") {
        base.pop()?;
        rest = &rest[1..];
    }
    base.extend_from_slice(rest);
    Some(base)
}

/// The file that defines what a full path names; `None` for a path that ends at a module.
fn definer(files: &BTreeMap<ModulePath, RustFile>, full: &[String], depth: usize) -> Option<String> {
    let known = (0..=full.len()).rev().find(|n| files.contains_key(&full[..*n]))?;
    let file = &files[&full[..known]];
    let name = full.get(known)?;
    if depth < 8 && !file.items.contains(name) {
        if let Some(target) = file.imports.get(name) {
            return definer(files, &[target.as_slice(), &full[known + 1..]].concat(), depth + 1);
        }
        let from_glob = file.globs.iter().find_map(|glob| {
            let path = [glob.as_slice(), &full[known..]].concat();
            files.get(glob).filter(|f| f.items.contains(name))?;
            definer(files, &path, depth + 1)
        });
        if from_glob.is_some() {
            return from_glob;
        }
    }
    Some(file.path.clone())
}

const ITEM_WORDS: [&str; 9] = ["fn", "struct", "enum", "trait", "type", "const", "static", "union", "macro_rules"];

fn read_tokens(tokens: TokenStream, module: &[String], file: &mut RustFile) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    let mut public = false;
    while at < tokens.len() {
        if is_test_attribute(&tokens, at) {
            at = after_item(&tokens, at + 2);
            continue;
        }
        match &tokens[at] {
            TokenTree::Ident(word) if *word == "pub" => {
                public = true;
                at += 1;
                if matches!(tokens.get(at), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis) {
                    at += 1;
                }
                continue;
            }
            TokenTree::Ident(word) if *word == "use" => {
                let end = (at..tokens.len()).find(|i| is_punct(&tokens, *i, ';')).unwrap_or(tokens.len());
                read_use(&tokens[at + 1..end], &[], module, public, file);
                at = end;
            }
            TokenTree::Ident(word) => {
                if ITEM_WORDS.iter().any(|w| *word == *w)
                    && let Some(TokenTree::Ident(name)) = tokens.get(at + 1)
                {
                    file.items.insert(name.to_string());
                }
                let path = path_at(&tokens, at);
                at += (path.len() - 1) * 3;
                if path.len() > 1 {
                    file.paths.push(path);
                }
            }
            TokenTree::Group(group) => read_tokens(group.stream(), module, file),
            _ => {}
        }
        public = false;
        at += 1;
    }
}

/// The names of a `use` tree, and the paths that it names.
fn read_use(tokens: &[TokenTree], prefix: &[String], module: &[String], public: bool, file: &mut RustFile) {
    let mut path = prefix.to_vec();
    let mut alias = None;
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) if *word == "as" => {
                alias = tokens.get(at + 1).map(ToString::to_string);
                at += 1;
            }
            TokenTree::Ident(word) => path.push(word.to_string()),
            TokenTree::Punct(p) if p.as_char() == '*' => {
                if let Some(full) = full_path(&path, module) {
                    file.globs.push(full);
                }
                return;
            }
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for part in inner.split(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ',')) {
                    if !part.is_empty() {
                        read_use(part, &path, module, public, file);
                    }
                }
                return;
            }
            _ => {}
        }
        at += 1;
    }
    if path.last().is_some_and(|s| s == "self") {
        path.pop();
    }
    let Some(full) = full_path(&path, module) else { return };
    let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
    if !public {
        file.paths.push([vec!["crate".to_owned()], full.clone()].concat());
    }
    file.imports.insert(name, full);
}

/// A path of a `use` line from the crate's root; `None` for another crate's.
fn full_path(path: &[String], module: &[String]) -> Option<ModulePath> {
    match path.first()?.as_str() {
        "crate" | "self" | "super" => absolute(path, module),
        // A child module by its bare name; another crate's name finds no file later.
        _ => Some([module, path].concat()),
    }
}

/// The path that begins at a word: `a::b::c`, one word when it is none.
fn path_at(tokens: &[TokenTree], mut at: usize) -> ModulePath {
    let mut path = vec![tokens[at].to_string()];
    while is_punct(tokens, at + 1, ':') && is_punct(tokens, at + 2, ':') {
        let Some(TokenTree::Ident(word)) = tokens.get(at + 3) else { break };
        path.push(word.to_string());
        at += 3;
    }
    path
}

fn is_punct(tokens: &[TokenTree], at: usize, mark: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == mark)
}

/// `#[cfg(test)]`.
fn is_test_attribute(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens, at, '#')
        && matches!(tokens.get(at + 1), Some(TokenTree::Group(g)) if g.stream().to_string().replace(' ', "") == "cfg(test)")
}

/// Behind the item that begins at `at`: its block or its semicolon.
fn after_item(tokens: &[TokenTree], at: usize) -> usize {
    let ends = |i: &usize| {
        is_punct(tokens, *i, ';') || matches!(&tokens[*i], TokenTree::Group(g) if g.delimiter() == Delimiter::Brace)
    };
    (at..tokens.len()).find(ends).map_or(tokens.len(), |i| i + 1)
}
