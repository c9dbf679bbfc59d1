//! CQL2: the official examples, a brute-force evaluator, the JTS relate cases, the shapes that QGIS sends, and hostile
//! input.

mod brute;
mod examples;
mod hostile;
mod jts;
mod qgis;
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
