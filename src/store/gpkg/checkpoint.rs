//! Moves the write-ahead log into the file, and keeps what can be kept when the file is no longer what was opened.
//!
//! A plan that nobody edits is whole without its log, so that it can be copied as one file.

use super::file_mark::{self, MarkedBase};
use super::file_monitor::{FileFault, FileMonitor};
use super::leftover_wal;
use crate::error::{Error, Result};
use crate::store::file_identity::{FileIdentity, aside_path, with_suffix};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A checkpoint waits for the disk twice more: it happens not every few edits, but every 32 MiB of them, or when there
/// are no more.
const MAX_FRAMES: u32 = 8192;
/// How long nobody writes before the log is moved into the file.
const IDLE_TIME: Duration = Duration::from_secs(2);
/// When that is tried again, if another program was reading.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// The open file: whether it is still what was opened, and what is known of its log and its mark.
pub(super) struct WalCheckpointer {
    pub(super) monitor: FileMonitor,
    state: Mutex<CheckpointState>,
}

#[derive(Default)]
struct CheckpointState {
    /// What the mark in the file says.
    noted: Option<(MarkedBase, bool)>,
    /// Whether the file has the present number of the mark.
    settled: bool,
    /// The frames in the log before the last commit.
    frames: u32,
    /// The frames in the log when it was last moved, or that was tried.
    moved_frames: u32,
    /// When a checkpoint was last tried in vain, and how long the log was then.
    failed: Option<(Instant, u64)>,
    is_recovered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CheckpointMode {
    /// The next transaction begins the log again.
    Passive,
    /// The log is empty afterwards.
    Truncate,
}

impl WalCheckpointer {
    /// # Errors
    /// [`Error::Refused`] when the file is no longer at its path.
    pub(super) fn new(path: &Path, writable: bool) -> Result<Self> {
        Ok(Self { monitor: FileMonitor::new(path, writable)?, state: Mutex::default() })
    }

    /// Commits, unless the file is no longer what was opened, and notes in it which file the log continues.
    ///
    /// # Errors
    /// [`Error::Unavailable`], and those of the store.
    pub(super) fn commit_verified(&self, tx: Transaction<'_>) -> Result<()> {
        let status = self.monitor.check_file()?;
        let noted = {
            let mut state = self.lock();
            state.frames = status.frames;
            let noted = (status.base, state.settled);
            (state.noted != Some(noted)).then_some(noted)
        };
        if let Some((base, settled)) = noted {
            file_mark::note_base(&tx, base, settled)?;
        }
        tx.commit()?;
        if noted.is_some() {
            self.lock().noted = noted;
        }
        Ok(())
    }

    /// Keeps the log short, after a commit.
    pub(super) fn bound_log(&self, conn: &Connection) {
        let (frames, moved) = {
            let mut state = self.lock();
            state.moved_frames = state.moved_frames.min(state.frames);
            (state.frames, state.moved_frames)
        };
        if frames - moved >= MAX_FRAMES {
            log_failure(self.move_log(conn, CheckpointMode::Passive));
        }
    }

    /// Moves the log into the file as far as other programs allow, and begins it again.
    pub(super) fn empty_log(&self, conn: &Connection) {
        log_failure(self.move_log(conn, CheckpointMode::Truncate));
    }

    /// Whether nobody has written for a while, and the log is not in the file.
    pub(super) fn is_idle(&self) -> bool {
        let Ok(meta) = fs::metadata(with_suffix(self.monitor.real_path(), "-wal")) else { return false };
        let age = meta.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        let rests = self.lock().failed.is_some_and(|(at, _)| at.elapsed() < RETRY_INTERVAL);
        meta.len() > 0 && !rests && age.is_some_and(|age| age > IDLE_TIME)
    }

    /// Gives the mark a new number, so that the log from then on is told from every earlier one, and moves the log.
    fn move_log(&self, conn: &Connection, mode: CheckpointMode) -> Result<()> {
        let status = self.monitor.check_file()?;
        let wal_bytes = || fs::metadata(with_suffix(self.monitor.real_path(), "-wal")).map_or(0, |m| m.len());
        let is_renewed = self.lock().failed.is_some_and(|(_, bytes)| bytes == wal_bytes());
        if !is_renewed {
            let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
            file_mark::renew_mark(&tx, status.base, true)?;
            tx.commit()?;
            let mut state = self.lock();
            (state.settled, state.noted) = (false, None);
        }
        self.monitor.check_file()?;
        let complete = run_checkpoint(conn, mode)?;
        let mut state = self.lock();
        state.settled = complete;
        state.moved_frames = status.frames;
        state.failed = (!complete).then(|| (Instant::now(), wal_bytes()));
        Ok(())
    }

    /// When the file is no longer what was opened: keeps what can be kept, once.
    pub(super) fn recover(&self, conn: &Connection) {
        let Some(fault) = self.monitor.fault() else { return };
        if std::mem::replace(&mut self.lock().is_recovered, true) {
            return;
        }
        let path = self.monitor.path().display();
        match recover_file(conn, &self.monitor, fault) {
            Ok(sentence) => tracing::error!("{path}: {sentence}"),
            Err(e) => tracing::error!("{path}: what was saved last could not be kept: {e}"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, CheckpointState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the connection that writes, the last one. SQLite then moves the log into the file, unless the file at the
/// path is another one: nothing of ours may get into that.
pub(super) fn close_writer(conn: Connection, checkpointer: &WalCheckpointer) {
    let monitor = &checkpointer.monitor;
    let checked = monitor.check_file();
    checkpointer.recover(&conn);
    if monitor.fault().is_none() {
        if let Ok(status) = checked {
            log_failure(mark_closed(&conn, status.base));
        }
        return;
    }
    if let Err(e) = conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::error!("could not keep SQLite from writing to the file: {e}");
    }
    drop(conn);
    let real = monitor.real_path();
    if real.exists() {
        match leftover_wal::settle_leftover(real) {
            Ok(note) => note.iter().for_each(|note| tracing::warn!("{note}")),
            Err(e) => tracing::error!("{e}"),
        }
    }
}

fn mark_closed(conn: &Connection, base: MarkedBase) -> Result<()> {
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    file_mark::renew_mark(&tx, base, false)?;
    tx.commit()?;
    run_checkpoint(conn, CheckpointMode::Truncate).map(drop)
}

/// Whether all of the log is in the file now.
fn run_checkpoint(conn: &Connection, mode: CheckpointMode) -> Result<bool> {
    let sql = match mode {
        CheckpointMode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        CheckpointMode::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    // It does not wait for programs that read.
    conn.busy_timeout(Duration::ZERO)?;
    let done = conn.query_row(sql, [], |row| {
        let (busy, frames, moved): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(busy == 0 && frames == moved)
    });
    conn.busy_timeout(super::connection::BUSY_TIMEOUT)?;
    Ok(done?)
}

fn log_failure(done: Result<()>) {
    match done {
        Ok(()) | Err(Error::Unavailable(_)) => {}
        Err(e) => tracing::warn!("The write-ahead log of the plan's file could not be moved into it yet: {e}"),
    }
}

/// The connection still reads and writes the file that was opened, wherever it is now.
fn recover_file(conn: &Connection, monitor: &FileMonitor, fault: FileFault) -> Result<String> {
    let (path, real) = (monitor.path(), monitor.real_path());
    let is_alone = |suffix| FileIdentity::read_identity(&with_suffix(real, suffix)).is_none();
    match fault {
        FileFault::Overwritten | FileFault::WalOverwritten => Ok(
            "what was saved since the log was last moved into the file is in neither; the log is put aside when the server stops".into(),
        ),
        // Another program that has opened the file in the meantime has made a log of its own, and knows nothing of
        // ours.
        FileFault::WalRemoved if !(is_alone("-wal") || is_alone("-shm")) => save_copy(conn, path),
        FileFault::WalRemoved | FileFault::Removed | FileFault::Replaced => {
            let complete = run_checkpoint(conn, CheckpointMode::Truncate)?;
            if !complete || is_unlinked(real) {
                return save_copy(conn, path);
            }
            Ok("the file that was opened has everything that was saved, wherever it is now".into())
        }
    }
}

/// Writes what the connection reads to a new file beside the path.
fn save_copy(conn: &Connection, path: &Path) -> Result<String> {
    let to: PathBuf = aside_path(path);
    super::copy_file::copy_database(conn, &to)?;
    Ok(format!("everything that was saved is in {}", to.display()))
}

/// Whether the open file has no name any more.
#[cfg(target_os = "linux")]
fn is_unlinked(real: &Path) -> bool {
    let deleted = with_suffix(real, " (deleted)");
    let Ok(open) = fs::read_dir("/proc/self/fd") else { return true };
    open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).any(|target| target == deleted)
}

#[cfg(not(target_os = "linux"))]
fn is_unlinked(_: &Path) -> bool {
    true
}
