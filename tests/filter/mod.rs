//! CQL2: the official examples, the grammar, a brute-force evaluator, the JTS relate cases, the shapes that QGIS sends,
//! literals on the grid of stored features, exact integers, and hostile input.

mod brute;
mod derivation;
mod examples;
mod grammar;
mod grid;
mod hostile;
mod jts;
mod jts_pairs;
mod numbers;
mod qgis;
mod relations;
mod row;

use std::path::PathBuf;

/// A folder of fixtures beside the repository, when it is there.
fn fixtures(name: &str) -> Option<PathBuf> {
    let beside = std::env::var_os("CITYHEART_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let path = beside.join("data/fixtures").join(name);
    if !path.is_dir() {
        eprintln!("left out: {} is not there", path.display());
    }
    path.is_dir().then_some(path)
}
