//! Which file a path leads to, and whether its content may have changed. Reads metadata only: to open and close a file
//! that SQLite has open in this process would drop its locks.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Tells one file from another that is put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileIdentity {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    pub(super) inode: u64,
    #[cfg(not(unix))]
    created: Option<SystemTime>,
}

impl FileIdentity {
    /// `None` when the file does not exist, or cannot be reached.
    pub(super) fn read_identity(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|meta| Self::from_metadata(&meta))
    }

    #[cfg(unix)]
    pub(super) fn from_metadata(meta: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: meta.dev(), inode: meta.ino() }
    }

    #[cfg(not(unix))]
    pub(super) fn from_metadata(meta: &Metadata) -> Self {
        Self { created: meta.created().ok() }
    }

    /// A number of the file that stays as long as it does; 0 where the system has none.
    #[cfg(unix)]
    pub(super) fn number(self) -> u64 {
        self.inode
    }

    #[cfg(not(unix))]
    pub(super) fn number(self) -> u64 {
        0
    }
}

/// Tells whether a file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileStamp {
    pub(super) identity: FileIdentity,
    pub(super) modified: SystemTime,
    pub(super) bytes: u64,
}

impl FileStamp {
    /// Two changes within this time may have the same timestamp.
    const SETTLE_TIME: Duration = Duration::from_secs(2);

    pub(super) fn from_metadata(meta: &Metadata) -> Self {
        let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Self { identity: FileIdentity::from_metadata(meta), modified, bytes: meta.len() }
    }

    /// `None` when the file does not exist.
    pub(super) fn read_stamp(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|meta| Self::from_metadata(&meta))
    }

    /// `None` also when the file has changed within the settle time: its next change may leave the stamp as it is.
    pub(super) fn read_settled(path: &Path) -> Option<Self> {
        Self::read_stamp(path).filter(|stamp| stamp.modified.elapsed().is_ok_and(|age| age > Self::SETTLE_TIME))
    }

    /// The time of the last change in nanoseconds since 1970.
    pub(super) fn modified_ns(self) -> u64 {
        self.modified.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
    }
}

/// The path with this text behind its name, such as `plan.gpkg-wal`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A name for what is put aside: `plan.gpkg-wal.aside-20261130T081500Z`, which no file has yet.
pub(super) fn aside_path(path: &Path) -> PathBuf {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let first = with_suffix(path, &format!(".aside-{now}"));
    let numbered = (2..100).map(|n| with_suffix(path, &format!(".aside-{now}-{n}")));
    std::iter::once(first.clone()).chain(numbered).find(|p| std::fs::symlink_metadata(p).is_err()).unwrap_or(first)
}

/// The last part of a path, for sentences.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
