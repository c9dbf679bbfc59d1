//! The files that a shapefile is made of: one name, several endings in any case.

use std::path::{Path, PathBuf};

/// The paths of a shapefile's files, as far as they are there.
#[derive(Debug, Clone, Default)]
pub struct ShapefileParts {
    pub shp: Option<PathBuf>,
    pub shx: Option<PathBuf>,
    pub dbf: Option<PathBuf>,
    pub prj: Option<PathBuf>,
    pub cpg: Option<PathBuf>,
}

impl ShapefileParts {
    /// The files beside one of them. `is_table`: the given one is the table.
    pub fn beside(path: &Path, is_table: bool) -> Self {
        let mut parts = Self::default();
        let stem = path.file_stem().map(|s| s.to_string_lossy().to_lowercase());
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut others: Vec<PathBuf> =
            std::fs::read_dir(folder).map_or_else(|_| vec![], |all| all.flatten().map(|e| e.path()).collect());
        // Of `a.prj` and `a.PRJ`, always the same one.
        others.sort();
        for other in others {
            if other.file_stem().map(|s| s.to_string_lossy().to_lowercase()) != stem || other.is_dir() {
                continue;
            }
            let ending = other.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
            match ending.as_str() {
                "shp" => parts.shp = Some(other),
                "shx" => parts.shx = Some(other),
                "dbf" => parts.dbf = Some(other),
                "prj" => parts.prj = Some(other),
                "cpg" => parts.cpg = Some(other),
                _ => {}
            }
        }
        if is_table {
            parts.dbf = Some(path.to_owned());
        } else {
            parts.shp = Some(path.to_owned());
        }
        parts
    }
}
