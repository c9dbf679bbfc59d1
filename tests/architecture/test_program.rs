//! Every file of tests belongs to the program of tests: Cargo does not look for tests by itself here, and the compiler
//! says nothing of a file that no `mod` names.

use crate::{Tree, read_tree};
use std::path::Path;

#[test]
fn every_file_of_tests_is_part_of_the_program() {
    let mut tree = read_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &["rs"]);
    tree.retain(|path, _| !path.starts_with("architecture/"));
    assert!(tree.len() > 50, "the tests were not found");
    assert_eq!(orphans(&tree), Vec::<String>::new());
}

#[test]
fn every_planted_orphan_is_found() {
    let tree = |files: &[(&str, &str)]| files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect::<Tree>();
    let whole = [("main.rs", "mod a;\npub mod b;\n"), ("a.rs", ""), ("b/mod.rs", "    mod c;\n"), ("b/c.rs", "")];
    assert_eq!(orphans(&tree(&whole)), Vec::<String>::new());
    for (path, text) in [("d.rs", ""), ("d/mod.rs", ""), ("b/d.rs", ""), ("d/e.rs", "")] {
        assert_eq!(orphans(&tree(&[&whole[..], &[(path, text)]].concat())), [path]);
    }
}

/// Files that no `mod` line of the file above them names.
fn orphans(tree: &Tree) -> Vec<String> {
    let is_orphan = |path: &str| {
        let module = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        let (folder, name) = module.rsplit_once('/').unwrap_or(("", module));
        let above = if folder.is_empty() { "main.rs".to_owned() } else { format!("{folder}/mod.rs") };
        let declares = |line: &str| line.trim().trim_start_matches("pub ") == format!("mod {name};");
        !tree.get(&above).is_some_and(|text| text.lines().any(declares))
    };
    tree.keys().filter(|path| *path != "main.rs" && is_orphan(path)).cloned().collect()
}
