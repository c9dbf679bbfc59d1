//! The documentation leads somewhere: links of Markdown files are followed to files and headings of the repository,
//! never to the net; files, types and `make` targets that are named exist; the index of decisions is complete; what
//! `console` blocks show is what their commands print.

mod console;

use console::{Workspace, console_commands, fits};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// Path below the repository → text.
type MarkdownFiles = BTreeMap<String, String>;

/// Folders that hold no documentation of ours.
const SKIPPED_FOLDERS: [&str; 5] = [".git", "node_modules", "target", "dist", ".cache"];
/// Where a file may be that a sentence names; a folder of the text itself is tried first.
const SOURCE_FOLDERS: [&str; 4] = ["", "src", "web/src", "web"];
const SOURCE_ENDINGS: [&str; 7] = [".rs", ".ts", ".tsx", ".mjs", ".md", ".css", ".toml"];
/// These tell of files as they were.
const HISTORY: [&str; 2] = ["CHANGELOG.md", "docs/decisions/"];
const README_MAX_LINES: usize = 120;

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let files = markdown_files();
    assert!(files.len() > 10, "the documentation was not found");
    assert_eq!(broken_links(&files, &|path| repository().join(path).exists()), Vec::<String>::new());
}

#[test]
fn every_planted_broken_link_is_found() {
    let plant = |text: &str| {
        let files = MarkdownFiles::from([
            ("README.md".to_owned(), "# Title\n\n## Two words, `code`!\n\n## Twice\n\n## Twice\n".to_owned()),
            ("docs/page.md".to_owned(), text.to_owned()),
        ]);
        broken_links(&files, &|path| files.contains_key(path) || path == "docs/image.png" || path == "docs")
    };
    for good in [
        "[a](../README.md)",
        "[a](../README.md#two-words-code) [b](../README.md#twice-1)",
        "# Here\n\n[a](#here)",
        "![a](image.png) <img src=\"image.png\" alt=\"\">",
        "[a](https://example.org/none.md)",
        "```md\n[a](none.md)\n```\n`[a](none.md)`",
        "[a]: ../README.md \"title\"",
    ] {
        assert_eq!(plant(good), Vec::<String>::new(), "{good}");
    }
    for (bad, found) in [
        ("[a](none.md)", "docs/page.md:1 leads to none.md, which is not there"),
        ("\n![a](none.png)", "docs/page.md:2 leads to none.png, which is not there"),
        ("<img src=\"none.png\">", "docs/page.md:1 leads to none.png, which is not there"),
        (
            "[a](../README.md#three-words)",
            "docs/page.md:1 leads to ../README.md#three-words, which has no such heading",
        ),
        ("# Here\n\n[a](#there)", "docs/page.md:3 leads to #there, which has no such heading"),
        ("[a](../../outside.md)", "docs/page.md:1 leads to ../../outside.md, which is not there"),
        ("[a](/README.md)", "docs/page.md:1 leads to /README.md, which is not there"),
        ("[a]: none.md", "docs/page.md:1 leads to none.md, which is not there"),
    ] {
        assert_eq!(plant(bad), [found], "{bad}");
    }
}

#[test]
fn files_and_make_targets_that_are_named_exist() {
    let makefile = std::fs::read_to_string(repository().join("Makefile")).unwrap();
    let mut missing = Vec::new();
    for (path, text) in markdown_files().iter().filter(|(path, _)| !HISTORY.iter().any(|h| path.starts_with(h))) {
        let folder = Path::new(path).parent().unwrap();
        for (line, code) in inline_code(text) {
            if let Some(target) = code.strip_prefix("make ").and_then(|rest| rest.split(' ').next())
                && !makefile.lines().any(|l| l.strip_prefix(target).is_some_and(|rest| rest.starts_with(':')))
            {
                missing.push(format!("{path}:{line} names make {target}"));
            }
            let is_file = SOURCE_ENDINGS.iter().any(|e| code.ends_with(e)) && code.contains('/');
            let is_plain = code.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            let mut places = SOURCE_FOLDERS.iter().map(PathBuf::from).chain([folder.to_owned()]);
            if is_file && is_plain && !places.any(|p| repository().join(p).join(&code).exists()) {
                missing.push(format!("{path}:{line} names {code}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_index_of_decisions_is_complete() {
    let files = markdown_files();
    let mut expected = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("docs/decisions/0")) {
        let name = path.strip_prefix("docs/decisions/").unwrap();
        let number = name[..4].parse::<u32>().unwrap();
        let title = text.lines().next().unwrap().strip_prefix(&format!("# {number}. ")).expect("a number and a title");
        let date = text.lines().find_map(|l| l.strip_prefix("Date: ")).expect("a date");
        let headings: Vec<_> = text.lines().filter(|l| l.starts_with("## ")).collect();
        assert_eq!(headings, ["## Context", "## Decision", "## Consequences"], "{path}");
        expected.push(format!("| [{}]({name}) | {title} | {date} |", &name[..4]));
    }
    let index = &files["docs/decisions/README.md"];
    let rows: Vec<_> = index.lines().filter(|l| l.starts_with("| [")).collect();
    assert_eq!(rows, expected);
}

#[test]
fn every_console_block_prints_what_it_shows() {
    let workspace = Workspace::new(repository());
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in markdown_files() {
        for (command, shown) in console_commands(&text) {
            count += 1;
            let printed = workspace.run(&command);
            if !fits(&shown, &printed) {
                wrong.push(format!("{path}: $ {command}\nshows\n{shown}\nprints\n{printed}"));
            }
        }
    }
    assert!(count > 5, "the blocks were not found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_block_that_shows_something_else_is_found() {
    assert!(fits("2 features, 1 left out (0.1 s, 25 a second).\n", "2 features, 1 left out (0.25 s, 8 a second).\n"));
    assert!(fits("{\"a\":1, …}\n", "{\"a\":1,\"b\":2}"));
    assert!(!fits("{\"a\":1, …}\n", "{\"a\":2,\"b\":2}"));
    assert!(!fits("one\n", "one\ntwo\n"));
    assert!(!fits("3 features (0.1 s)\n", "2 features (0.1 s)\n"));
}

#[test]
fn types_of_the_glossary_are_in_the_source() {
    let mut source = String::new();
    collect(&repository().join("src"), "rs", &mut |_, text| source += &text);
    let words: BTreeSet<&str> = source.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let glossary = markdown_files().remove("docs/glossary.md").unwrap();
    let is_type = |code: &str| code.starts_with(char::is_uppercase) && code.chars().all(char::is_alphanumeric);
    let named: Vec<_> = glossary.lines().filter_map(|l| l.strip_suffix(" |")?.rsplit_once(" | ")).collect();
    let types: Vec<_> =
        named.iter().flat_map(|(_, last)| inline_code(last)).filter(|(_, code)| is_type(code)).collect();
    assert!(types.len() > 40, "the types were not found");
    let missing: Vec<_> =
        types.into_iter().map(|(_, code)| code).filter(|code| !words.contains(code.as_str())).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_readme_is_short() {
    let lines = markdown_files()["README.md"].lines().count();
    assert!(lines <= README_MAX_LINES, "README.md has {lines} lines, over {README_MAX_LINES}");
}

/// Every link that does not lead to a file of the repository, or to a heading of it.
fn broken_links(files: &MarkdownFiles, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in files {
        for (line, link) in links(text) {
            let (file, anchor) =
                link.split_once('#').map_or((link.as_str(), None), |(file, anchor)| (file, Some(anchor)));
            if file.contains("://") || file.starts_with("mailto:") {
                continue;
            }
            let target = if file.is_empty() { Some(path.clone()) } else { resolve(path, file) };
            match (target.filter(|t| exists(t)), anchor) {
                (None, _) => broken.push(format!("{path}:{line} leads to {link}, which is not there")),
                (Some(target), Some(anchor)) if !files.get(&target).is_some_and(|t| anchors(t).contains(anchor)) => {
                    broken.push(format!("{path}:{line} leads to {link}, which has no such heading"));
                }
                _ => {}
            }
        }
    }
    broken
}

/// The path below the repository that a link of this file leads to; `None` outside.
fn resolve(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for component in Path::new(link).components() {
        match component {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// Targets of links and pictures, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(&line);
        for opening in ["](", "src=\"", "href=\""] {
            let end = if opening == "](" { [')', ' '] } else { ['"', '"'] };
            found.extend(
                line.split(opening).skip(1).filter_map(|rest| Some((number, rest.split(end).next()?.to_owned()))),
            );
        }
        if let Some(rest) = line.strip_prefix('[').and_then(|l| l.split_once("]: ")) {
            found.extend(rest.1.split(' ').next().map(|target| (number, target.to_owned())));
        }
    }
    found
}

/// The anchors that GitHub gives headings: lower case, hyphens for spaces, no signs, a number when a name repeats.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut times = BTreeMap::<String, usize>::new();
    let headings = prose(text)
        .into_iter()
        .filter(|(_, line)| line.trim_start_matches('#').starts_with(' ') && line.starts_with('#'));
    headings
        .map(|(_, line)| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let anchor: String = title
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect();
            let seen = times.entry(anchor.clone()).or_default();
            *seen += 1;
            if *seen == 1 { anchor } else { format!("{anchor}-{}", *seen - 1) }
        })
        .collect()
}

/// What stands between backticks in a line, with its line.
fn inline_code(text: &str) -> Vec<(usize, String)> {
    let code = |(number, line): (usize, String)| {
        line.split('`').skip(1).step_by(2).map(|c| (number, c.to_owned())).collect::<Vec<_>>()
    };
    prose(text).into_iter().flat_map(code).collect()
}

fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// The lines outside of blocks of code, with their numbers.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push((number + 1, line.to_owned()));
        }
    }
    lines
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn markdown_files() -> MarkdownFiles {
    let mut files = MarkdownFiles::new();
    collect(repository(), "md", &mut |path, text| drop(files.insert(path, text)));
    files
}

/// Shows `visit` the path below the repository and the text of every file with this extension.
fn collect(folder: &Path, extension: &str, visit: &mut dyn FnMut(String, String)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && !SKIPPED_FOLDERS.contains(&&*name) {
            collect(&path, extension, visit);
        } else if path.is_file() && path.extension().is_some_and(|e| e == extension) {
            let below = path.strip_prefix(repository()).unwrap().to_string_lossy().replace('\\', "/");
            visit(below, std::fs::read_to_string(&path).unwrap());
        }
    }
}
