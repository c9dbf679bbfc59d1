//! Whether another process has a database open: SQLite holds locks on the file while it does.

use std::path::Path;

/// Whether another process holds a lock on the file. Locks of this process are not seen, and are lost, so this is asked
/// before the file is opened. A file that cannot be written to is taken for locked.
#[cfg(unix)]
pub(super) fn is_locked_elsewhere(path: &Path) -> bool {
    use rustix::fs::{FlockOperation, fcntl_lock};
    let Ok(file) = std::fs::File::options().read(true).write(true).open(path) else { return true };
    fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).is_err()
}

#[cfg(not(unix))]
pub(super) fn is_locked_elsewhere(path: &Path) -> bool {
    std::fs::File::options().read(true).write(true).open(path).is_err()
}
