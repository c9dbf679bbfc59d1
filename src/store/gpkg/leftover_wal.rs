//! A write-ahead log beside a file that nobody has open: whether it belongs to the file.
//!
//! After a crash it does, and SQLite replays it. When the file was replaced meanwhile, by a backup or another plan,
//! SQLite would replay it, too, and destroy the file. Such a log is put aside.

use super::connection::immutable_uri;
use super::file_mark::{FileMark, read_mark};
use super::wal_file::WalFile;
use crate::error::{Error, Result};
use crate::store::file_identity::{FileStamp, aside_path, file_name, with_suffix};
use crate::store::file_lock::is_locked_elsewhere;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Whether a log belongs to another file than the one that it is beside. `false` while another process has the file
/// open, as it then watches over both.
pub(super) fn is_foreign_wal(path: &Path) -> bool {
    let wal = with_suffix(path, "-wal");
    if fs::metadata(&wal).is_ok_and(|m| m.len() > 0) && !(path.exists() && is_locked_elsewhere(path)) {
        // What changes while it is judged is judged again.
        for _ in 0..5 {
            let stamps = || (FileStamp::read_stamp(path), FileStamp::read_stamp(&wal));
            let before = stamps();
            let foreign = judge_wal(path, &wal).unwrap_or_else(|e| {
                tracing::warn!("{} could not be compared with its write-ahead log: {e}", path.display());
                false
            });
            if !foreign || before == stamps() {
                return foreign;
            }
        }
    }
    false
}

/// Puts a log aside that belongs to another file, and returns a sentence about it. Real path of the file.
///
/// # Errors
/// [`Error::Refused`] when it can be neither put aside nor replayed.
pub(super) fn settle_leftover(path: &Path) -> Result<Option<String>> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if !is_foreign_wal(&real) {
        refuse_cut_file(&real)?;
        return Ok(note_missing_wal(&real));
    }
    let aside = put_wal_aside(&real).map_err(|e| {
        Error::Refused(format!(
            "{}-wal is the write-ahead log of another file, and cannot be put aside: {e}. Move it away; to open the plan with it would destroy the plan.",
            path.display()
        ))
    })?;
    Ok(Some(format!(
        "{name}-wal did not belong to {name}, which has been replaced since, so it was not applied. It is now {}, with the edits that came after the last checkpoint of the former file.",
        file_name(&aside),
        name = file_name(&real),
    )))
}

/// Renames the log, and removes the index of it.
fn put_wal_aside(path: &Path) -> std::io::Result<PathBuf> {
    let wal = with_suffix(path, "-wal");
    let aside = aside_path(&wal);
    fs::rename(&wal, &aside)?;
    match fs::remove_file(with_suffix(path, "-shm")) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(aside),
    }
}

/// What the file itself says, without its log.
enum BareMark {
    Marked(FileMark),
    Unmarked,
    /// It cannot be read without its log, which may be in the middle of being moved into it.
    Torn,
}

/// Refuses a file whose end is missing, before SQLite empties the log that has a part of it.
fn refuse_cut_file(path: &Path) -> Result<()> {
    let wal_path = with_suffix(path, "-wal");
    if !fs::metadata(&wal_path).is_ok_and(|m| m.len() > 0) || is_locked_elsewhere(path) {
        return Ok(());
    }
    let is_cut = || -> std::io::Result<bool> {
        let Some(wal) = WalFile::read_file(&wal_path)? else { return Ok(false) };
        if wal.completes(fs::metadata(path)?.len()) {
            return Ok(false);
        }
        Ok(!replay_copy(path, &wal_path)?.is_some_and(|copy| is_sound(&copy.1)))
    };
    match is_cut() {
        Ok(true) => Err(Error::Refused(format!(
            "{path} is corrupt: its end is missing. Restore your latest backup. {path}-wal has the edits since the last checkpoint, and is left as it is.",
            path = path.display()
        ))),
        _ => Ok(()),
    }
}

/// A sentence when the file was not closed and its log is missing: a log of nothing is there, and empty.
fn note_missing_wal(path: &Path) -> Option<String> {
    let wal = FileStamp::read_stamp(&with_suffix(path, "-wal"));
    if wal.is_some_and(|wal| wal.bytes > 0) || !path.exists() || is_locked_elsewhere(path) {
        return None;
    }
    let BareMark::Marked(mark) = read_bare_mark(path) else { return None };
    if wal.is_some_and(|wal| wal.identity.number() == mark.base.wal_inode) {
        return None;
    }
    let is_same = FileStamp::read_stamp(path).is_some_and(|s| s.identity.number() == mark.base.plan_inode);
    (mark.is_open && is_same).then(|| {
        format!(
            "{name} was not closed, and {name}-wal is missing: edits that were saved last may be lost. Compare the plan with your latest backup.",
            name = file_name(path)
        )
    })
}

fn judge_wal(path: &Path, wal_path: &Path) -> std::io::Result<bool> {
    let Some(wal) = WalFile::read_file(wal_path)? else { return Ok(false) };
    match read_page_bytes(path)? {
        Some(bytes) if bytes == wal.page_bytes => {}
        _ => return Ok(true),
    }
    let Some((_, last)) = wal.marks.last() else { return is_broken_by_wal(path, wal_path, true) };
    match read_bare_mark(path) {
        BareMark::Marked(own) => {
            let known = wal.marks.iter().any(|(_, m)| m.present == own.present || m.previous == own.present);
            if !known {
                return Ok(true);
            }
            // The log was being moved into the file.
            if last.present != own.present {
                return Ok(false);
            }
            let Some(stamp) = FileStamp::read_stamp(path) else { return Ok(false) };
            let base = last.base;
            let as_marked = stamp.identity.number() == base.plan_inode && stamp.modified_ns() <= base.plan_modified_ns;
            // Both were moved or copied together.
            let moved = FileStamp::read_stamp(wal_path).is_none_or(|w| w.identity.number() != base.wal_inode);
            Ok(!as_marked && !moved && !wal.shares_page(path)?)
        }
        // The first mark of a file may be in the log only.
        BareMark::Unmarked if wal.marks.first().is_some_and(|(_, first)| first.count > 1) => Ok(true),
        BareMark::Unmarked | BareMark::Torn => is_broken_by_wal(path, wal_path, false),
    }
}

/// The size of the pages of a database file; `None` when it is none, or there is no file.
fn read_page_bytes(path: &Path) -> std::io::Result<Option<usize>> {
    let mut head = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(18).read_to_end(&mut head)?,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    if head.len() < 18 || !head.starts_with(b"SQLite format 3\0") {
        return Ok(None);
    }
    Ok(Some(match u16::from_be_bytes([head[16], head[17]]) {
        1 => 65_536,
        bytes => usize::from(bytes),
    }))
}

fn read_bare_mark(path: &Path) -> BareMark {
    let read = || -> Result<Option<FileMark>> {
        let conn = open_bare(path)?;
        if !super::tables::table_exists(&conn, "cityheart_meta")? {
            return Ok(None);
        }
        read_mark(&conn)
    };
    match read() {
        Ok(Some(mark)) => BareMark::Marked(mark),
        Ok(None) => BareMark::Unmarked,
        Err(_) => BareMark::Torn,
    }
}

/// Opens the file without its log, and without locks.
fn open_bare(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(immutable_uri(path), flags)
}

/// Whether the file is sound without a log that breaks it, or makes another file of it. With `keeps_mark`, the log must
/// leave the mark as it is.
fn is_broken_by_wal(path: &Path, wal: &Path, keeps_mark: bool) -> std::io::Result<bool> {
    let Some(bare) = open_bare(path).ok().filter(is_sound) else { return Ok(false) };
    let kind = |conn: &Connection| {
        (super::tables::table_exists(conn, "gpkg_contents").ok(), keeps_mark.then(|| read_mark(conn).ok()))
    };
    let replayed = replay_copy(path, wal)?;
    Ok(!replayed.is_some_and(|copy| is_sound(&copy.1) && kind(&copy.1) == kind(&bare)))
}

/// Replays the log into a copy of the file. The directory of the copy ends with it.
fn replay_copy(path: &Path, wal: &Path) -> std::io::Result<Option<(tempfile::TempDir, Connection)>> {
    let beside = path.parent().and_then(|dir| tempfile::tempdir_in(dir).ok());
    let dir = beside.map_or_else(tempfile::tempdir, Ok)?;
    let copy = dir.path().join("copy");
    fs::copy(path, &copy)?;
    fs::copy(wal, with_suffix(&copy, "-wal"))?;
    Ok(Connection::open(&copy).ok().map(|conn| (dir, conn)))
}

fn is_sound(conn: &Connection) -> bool {
    let checked: rusqlite::Result<String> = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    checked.is_ok_and(|found| found == "ok")
}
