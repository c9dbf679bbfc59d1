//! Notices when the open file is no longer what was opened: deleted, moved, replaced, overwritten, or parted from its
//! write-ahead log. SQLite notices none of this, and goes on writing.
//!
//! Other programs may write to the file, through SQLite. They change it only when they move the log into it, which the
//! index of the log shows. A file that changes while its log stands still was written by something else.

use super::file_mark::MarkedBase;
use super::wal_index::{WalIndexReader, WalIndexState, WalProgress};
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

/// The file as its paths lead to it, when nothing is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileStatus {
    pub base: MarkedBase,
    /// The frames in the log.
    pub frames: u32,
}

/// The file as it was opened, and as it was last checked.
pub(super) struct FileMonitor {
    path: PathBuf,
    real: PathBuf,
    plan: FileIdentity,
    /// `None` when the file is open for reading only, or has no log.
    log: Option<WalMonitor>,
    observed: Mutex<ObservedState>,
}

struct WalMonitor {
    wal_path: PathBuf,
    wal: FileIdentity,
    shm_path: PathBuf,
    shm: FileIdentity,
    index: WalIndexReader,
}

struct ObservedState {
    stamp: FileStamp,
    progress: Option<WalProgress>,
    fault: Option<FileFault>,
}

impl FileMonitor {
    /// A monitor of a file that is open. With `writable` its log is watched, too.
    ///
    /// # Errors
    /// [`Error::Refused`] when the file is not at its path.
    pub(super) fn new(path: &Path, writable: bool) -> Result<Self> {
        let gone = |e| Error::Refused(format!("{} cannot be found any more: {e}.", path.display()));
        let real = fs::canonicalize(path).map_err(gone)?;
        let stamp = FileStamp::from_metadata(&fs::metadata(path).map_err(gone)?);
        let log = if writable { WalMonitor::new(&real) } else { None };
        let progress = log.as_ref().and_then(|log| log.index.read_state()).map(|state| state.progress);
        let observed = Mutex::new(ObservedState { stamp, progress, fault: None });
        Ok(Self { path: path.to_owned(), real, plan: stamp.identity, log, observed })
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
        self.lock_observed().fault
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
    pub(super) fn check_file(&self) -> Result<FileStatus> {
        let mut observed = self.lock_observed();
        if let Some(fault) = observed.fault {
            return Err(fault.to_error());
        }
        let mut before = self.read_index();
        // While another program writes, what is read in turn may not fit together: it is read again until it stands
        // still.
        for _ in 0..20 {
            let plan =
                self.read_plan().map_err(|e| e.unwrap_or_else(|fault| self.record_fault(&mut observed, fault)))?;
            let stamp = FileStamp::from_metadata(&plan);
            let status =
                |frames| FileStatus { base: MarkedBase::new(stamp, self.log.as_ref().map(|log| log.wal)), frames };
            let Some(log) = &self.log else { return Ok(status(0)) };
            let Some(fault) = detect_fault(&observed, log, before, stamp) else {
                let Some(state) = before else { return Ok(status(0)) };
                (observed.stamp, observed.progress) = (stamp, Some(state.progress));
                return Ok(status(state.frames));
            };
            let after = self.read_index();
            if after == before {
                return Err(self.record_fault(&mut observed, fault));
            }
            before = after;
        }
        Err(Error::Busy("Another program is writing to the plan's file. Try again in a moment.".into()))
    }

    fn read_index(&self) -> Option<WalIndexState> {
        self.log.as_ref()?.index.read_state()
    }

    /// The file at the path, if it is the one that was opened and may be written to.
    fn read_plan(&self) -> std::result::Result<Metadata, std::result::Result<Error, FileFault>> {
        let unavailable = |what: &str| Err(Ok(Error::Unavailable(format!("The plan's file {what}"))));
        match fs::metadata(&self.path) {
            Ok(plan) if FileIdentity::from_metadata(&plan) != self.plan => Err(Err(FileFault::Replaced)),
            Ok(plan) if self.log.is_some() && plan.permissions().readonly() => unavailable(
                "has been made read-only, so nothing is saved. Ask the administrator to make it writable again.",
            ),
            Ok(plan) => Ok(plan),
            Err(e) if e.kind() == ErrorKind::NotFound => Err(Err(FileFault::Removed)),
            Err(e) => {
                tracing::error!("{} cannot be reached: {e}", self.path.display());
                unavailable(
                    "cannot be reached, so nothing is saved. Ask the administrator whether its disk or network share is there.",
                )
            }
        }
    }

    fn record_fault(&self, observed: &mut ObservedState, fault: FileFault) -> Error {
        observed.fault = Some(fault);
        tracing::error!(
            "{}: {}. Edits are refused until the server is started again.",
            self.path.display(),
            fault.describe()
        );
        fault.to_error()
    }

    fn lock_observed(&self) -> MutexGuard<'_, ObservedState> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What seems to be wrong with the log, or with the file as the index of the log tells it. An index that is being
/// written tells nothing.
fn detect_fault(
    observed: &ObservedState,
    log: &WalMonitor,
    state: Option<WalIndexState>,
    stamp: FileStamp,
) -> Option<FileFault> {
    let wal = FileStamp::read_stamp(&log.wal_path).filter(|wal| wal.identity == log.wal);
    let Some(wal) = wal.filter(|_| FileIdentity::read_identity(&log.shm_path) == Some(log.shm)) else {
        return Some(FileFault::WalRemoved);
    };
    let state = state?;
    if !log.index.agrees_with_wal(&state, wal.bytes) {
        return Some(FileFault::WalOverwritten);
    }
    let is_explained = (stamp.modified, stamp.bytes) == (observed.stamp.modified, observed.stamp.bytes)
        || observed.progress != Some(state.progress)
        || state.progress.is_moving();
    (!is_explained).then_some(FileFault::Overwritten)
}

impl WalMonitor {
    /// `None` when the file has no log: some file systems cannot share memory.
    fn new(real: &Path) -> Option<Self> {
        let (wal_path, shm_path) = (with_suffix(real, "-wal"), with_suffix(real, "-shm"));
        Some(Self {
            wal: FileIdentity::read_identity(&wal_path)?,
            shm: FileIdentity::read_identity(&shm_path)?,
            index: WalIndexReader::open_files(&wal_path, &shm_path)?,
            wal_path,
            shm_path,
        })
    }
}
