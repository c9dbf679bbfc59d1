//! GDAL as a program that edits a GeoPackage: in a process of its own, as two SQLite libraries in one process would
//! undo each other's locks.

use super::python::python;
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Which GDAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GdalLibrary {
    /// The one that comes with pyogrio: a new one.
    Bundled,
    /// The one that is installed: `libgdal` beside `ogrinfo`. There may be none.
    Installed,
}

/// A process that runs steps such as `["sql", …]`, `["add", table, name, type]`, `["retype", table, name, type]`.
pub struct GdalProcess {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl GdalProcess {
    /// `None`, with a word about it, when that GDAL is not here.
    pub fn start(library: GdalLibrary) -> Option<Self> {
        let name = match library {
            GdalLibrary::Bundled => "bundled".to_owned(),
            GdalLibrary::Installed => installed_library()?,
        };
        let mut command = Command::new(python());
        command.env("OGR_SQLITE_SYNCHRONOUS", "OFF").args(["-c", include_str!("../python/gdal.py"), &name]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Some(Self { child, input, output })
    }

    /// Runs steps on a file that is opened for them and closed again; gives the errors.
    pub fn run(&mut self, path: &Path, steps: &[Json]) -> Vec<String> {
        writeln!(self.input, "{}", json!([path, steps])).unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e} in {line:?} after {steps:?}"))
    }
}

impl Drop for GdalProcess {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn installed_library() -> Option<String> {
    let find = "import ctypes.util; print(ctypes.util.find_library('gdal') or '')";
    let output = Command::new(python()).args(["-c", find]).output().unwrap();
    let name = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    if name.is_empty() {
        eprintln!("left out: GDAL is not installed, only the one of pyogrio is here");
        return None;
    }
    Some(name)
}
