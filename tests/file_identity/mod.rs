//! Files that are swapped, moved, deleted or damaged while they are served, or while nobody has them open: no answered
//! edit is lost without a word, and no file gets malformed by us. On the disk, and in memory (tmpfs).

mod accounts;
mod full_disk;
mod restoring;
mod running;
mod stopped;

use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A directory on a disk, and one in memory if this machine has one.
fn directories() -> Vec<TempDir> {
    let mut places = vec![PathBuf::from(env!("CARGO_TARGET_TMPDIR"))];
    if Path::new("/dev/shm").is_dir() {
        places.push("/dev/shm".into());
    } else {
        eprintln!("left out: there is no /dev/shm to test tmpfs in");
    }
    places.iter().map(|place| tempfile::tempdir_in(place).unwrap()).collect()
}

/// All files of a directory and below.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    let below = |path: PathBuf| if path.is_dir() && !path.is_symlink() { files(&path) } else { vec![path] };
    entries.flat_map(below).collect()
}

/// Every database of a directory is whole, read as any program reads it: with the log beside it.
fn assert_sound(dir: &Path, what: &str) {
    let is_database = |path: &PathBuf| std::fs::read(path).is_ok_and(|b| b.starts_with(b"SQLite format 3\0"));
    for path in files(dir).into_iter().filter(is_database) {
        let conn = Connection::open(&path).unwrap();
        let found = conn.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
        assert_eq!(found.as_deref(), Ok("ok"), "{what}: {}", path.display());
    }
}

/// The ids in a table of a plan.
fn ids(path: &Path, table: &str) -> Vec<String> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut statement = conn.prepare(&format!("SELECT id FROM {table} ORDER BY fid")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The files whose names contain this.
fn named(dir: &Path, part: &str) -> Vec<PathBuf> {
    let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().contains(part);
    files(dir).into_iter().filter(named).collect()
}
