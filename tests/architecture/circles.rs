//! The graph of files: which file of `src` or `web/src` uses which other, and the circles in it.

use std::collections::{BTreeMap, BTreeSet};

/// Path of a file → paths of the files that it uses.
pub type FileGraph = BTreeMap<String, BTreeSet<String>>;

/// Every circle of files, each as its sorted members: the strongly connected components of more than one file.
pub fn circles(graph: &FileGraph) -> Vec<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> = graph.keys().map(|file| (file, reachable(graph, file))).collect();
    let mut found = BTreeSet::new();
    for (file, reached) in &reach {
        let circle: Vec<String> = reached
            .iter()
            .filter(|other| reach.get(**other).is_some_and(|back| back.contains(file)))
            .map(|other| (*other).clone())
            .collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

/// Everything that can be reached from `file` over at least one use.
fn reachable<'a>(graph: &'a FileGraph, file: &'a String) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<&String> = graph[file].iter().collect();
    while let Some(next) = waiting.pop() {
        if reached.insert(next) {
            waiting.extend(graph.get(next).into_iter().flatten());
        }
    }
    reached
}
