//! Notices when the open file is no longer what was opened: deleted, moved, replaced, overwritten, or parted from its
//! write-ahead log. SQLite notices none of this, and goes on writing.
//!
//! Other programs may write to the file, through SQLite. They change it only when they move the log into it, which the
//! index of the log shows. A file that changes while its log stands still was written by something else.

use super::file_mark::MarkedBase;
use super::wal_index::{WalIndexReader, WalProgress};
use crate::error::{Error, Result};
use crate::store::file_identity::{FileIdentity, FileStamp, with_suffix};
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What happened to the file for good, as long as it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileFault {
    /// Nothing is at its path.
    Removed,
    /// Another file is at its path.
    Replaced,
    /// The file was written, but not by SQLite.
    Overwritten,
    /// The log, or the index of the log, is no longer at its path.
    WalRemoved,
    /// The log was written, but not by SQLite.
    WalOverwritten,
}

impl FileFault {
    fn describe(self) -> &'static str {
        match self {
            Self::Removed => "The plan's file was deleted, moved or renamed while the server had it open",
            Self::Replaced => "The plan's file was replaced by another file while the server had it open",
            Self::Overwritten => "The plan's file was overwritten by another program while the server had it open",
            Self::WalRemoved => "A file that belongs to the plan's file (-wal or -shm) was deleted or replaced",
            Self::WalOverwritten => "The write-ahead log of the plan's file (-wal) was overwritten by another program",
        }
    }

    fn to_error(self) -> Error {
        Error::Unavailable(format!(
            "{}, so nothing is saved any more. What is shown was read before. Ask the administrator to stop the server, to put the right file in place with 'cityheart restore', and to start the server again; the log says what was kept.",
            self.describe()
        ))
    }
}

/// What the paths of the file lead to, when nothing is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileGlance {
    pub base: MarkedBase,
    /// The frames in the log.
    pub frames: u32,
}

/// The file as it was opened, and as it was seen last.
pub(super) struct FileWitness {
    path: PathBuf,
    real: PathBuf,
    plan: FileIdentity,
    /// `None` when the file is open for reading only, or has no log.
    log: Option<LogWitness>,
    seen: Mutex<SeenState>,
}

struct LogWitness {
    wal: FileIdentity,
    shm: FileIdentity,
    index: WalIndexReader,
}

struct SeenState {
    stamp: FileStamp,
    progress: Option<WalProgress>,
    fault: Option<FileFault>,
}

impl FileWitness {
    /// A witness of a file that is open. With `writable` its log is watched, too.
    ///
    /// # Errors
    /// [`Error::Refused`] when the file is not at its path.
    pub(super) fn new(path: &Path, writable: bool) -> Result<Self> {
        let gone = |e| Error::Refused(format!("{} cannot be found any more: {e}.", path.display()));
        let real = fs::canonicalize(path).map_err(gone)?;
        let stamp = FileStamp::from_metadata(&fs::metadata(path).map_err(gone)?);
        let log = if writable { LogWitness::new(&real) } else { None };
        let progress = log.as_ref().and_then(|log| log.index.read_state()).map(|state| state.progress);
        let seen = Mutex::new(SeenState { stamp, progress, fault: None });
        Ok(Self { path: path.to_owned(), real, plan: stamp.identity, log, seen })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The path without links.
    pub(super) fn real_path(&self) -> &Path {
        &self.real
    }

    /// What has been found to be wrong for good.
    pub(super) fn fault(&self) -> Option<FileFault> {
        self.lock_seen().fault
    }

    /// # Errors
    /// [`Error::Unavailable`] when a fault has been found. Does not look for one.
    pub(super) fn check_known_fault(&self) -> Result<()> {
        self.fault().map_or(Ok(()), |fault| Err(fault.to_error()))
    }

    /// Looks at the file. Takes some microseconds.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(super) fn look(&self) -> Result<FileGlance> {
        let mut seen = self.lock_seen();
        if let Some(fault) = seen.fault {
            return Err(fault.to_error());
        }
        let plan = match fs::metadata(&self.path) {
            Ok(plan) => plan,
            Err(e) if e.kind() == ErrorKind::NotFound => return Err(self.convict(&mut seen, FileFault::Removed)),
            Err(e) => {
                tracing::error!("{} cannot be reached: {e}", self.path.display());
                return Err(Error::Unavailable(
                    "The plan's file cannot be reached, so nothing is saved. Ask the administrator whether its disk or network share is there.".into(),
                ));
            }
        };
        if FileIdentity::from_metadata(&plan) != self.plan {
            return Err(self.convict(&mut seen, FileFault::Replaced));
        }
        match self.inspect_log(&mut seen, &plan) {
            Ok(frames) => {
                let wal = self.log.as_ref().map(|log| log.wal);
                Ok(FileGlance { base: MarkedBase::new(FileStamp::from_metadata(&plan), wal), frames })
            }
            Err(Some(fault)) => Err(self.convict(&mut seen, fault)),
            Err(None) => Err(Error::Unavailable(
                "The plan's file has been made read-only, so nothing is saved. Ask the administrator to make it writable again.".into(),
            )),
        }
    }

    /// The frames in the log; the fault, or `None` when the file was made read-only.
    fn inspect_log(&self, seen: &mut SeenState, plan: &Metadata) -> std::result::Result<u32, Option<FileFault>> {
        let Some(log) = &self.log else { return Ok(0) };
        if plan.permissions().readonly() {
            return Err(None);
        }
        let wal = fs::metadata(with_suffix(&self.real, "-wal")).ok();
        let Some(wal) = wal.filter(|meta| FileIdentity::from_metadata(meta) == log.wal) else {
            return Err(Some(FileFault::WalRemoved));
        };
        if FileIdentity::read_identity(&with_suffix(&self.real, "-shm")) != Some(log.shm) {
            return Err(Some(FileFault::WalRemoved));
        }
        let stamp = FileStamp::from_metadata(plan);
        // An index that another program is writing is read the next time.
        let Some(state) = log.index.read_state() else { return Ok(0) };
        if !log.index.agrees_with_wal(&state, wal.len()) {
            return Err(Some(FileFault::WalOverwritten));
        }
        let unchanged = (stamp.modified, stamp.bytes) == (seen.stamp.modified, seen.stamp.bytes);
        if !unchanged && seen.progress == Some(state.progress) {
            return Err(Some(FileFault::Overwritten));
        }
        (seen.stamp, seen.progress) = (stamp, Some(state.progress));
        Ok(state.frames)
    }

    fn convict(&self, seen: &mut SeenState, fault: FileFault) -> Error {
        seen.fault = Some(fault);
        tracing::error!("{}: {}. Edits are refused until the server is started again.", self.path.display(), fault.describe());
        fault.to_error()
    }

    fn lock_seen(&self) -> MutexGuard<'_, SeenState> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogWitness {
    /// `None` when the file has no log: some file systems cannot share memory.
    fn new(real: &Path) -> Option<Self> {
        let (wal, shm) = (with_suffix(real, "-wal"), with_suffix(real, "-shm"));
        Some(Self {
            wal: FileIdentity::read_identity(&wal)?,
            shm: FileIdentity::read_identity(&shm)?,
            index: WalIndexReader::open_files(&wal, &shm)?,
        })
    }
}
