//! Puts a copy of a plan in the place of a plan. What was there is kept beside it.

use super::Store;
use super::file_identity::{FileIdentity, aside_path, with_suffix};
use super::file_lock::is_locked_elsewhere;
use super::gpkg::{GeoPackage, check_integrity};
use crate::error::{Error, Result, disk_full_error};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a restored plan replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredPlan {
    pub collections: usize,
    /// The former plan; `None` when there was none.
    pub aside: Option<PathBuf>,
}

/// Checks that a copy can be restored: every page of it, and that it is a plan. Returns the number of its collections.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Refused`] with what is wrong with the copy.
pub fn verify_copy(copy: &Path) -> Result<usize> {
    let package = GeoPackage::open_read_only(copy)?;
    check_integrity(copy)?;
    Ok(package.list_collections()?.len())
}

/// Puts a copy in the place of a plan, as a whole or not at all. The former plan is kept, with its write-ahead log,
/// under another name; the accounts of the plan stay as they are.
///
/// # Errors
/// As [`verify_copy`], and [`Error::Refused`] when another program has the plan open.
pub fn restore_plan(copy: &Path, plan: &Path) -> Result<RestoredPlan> {
    // A plan that is a link stays one: what it leads to is replaced.
    let real = match fs::canonicalize(plan) {
        Ok(real) => real,
        Err(_) if fs::symlink_metadata(plan).is_ok() => {
            return Err(refuse(plan, "is a link that leads nowhere. Remove it"));
        }
        Err(_) => plan.to_owned(),
    };
    let former = FileIdentity::read_identity(&real);
    if former.is_some() && former == FileIdentity::read_identity(copy) {
        return Err(Error::invalid("COPY", "The copy and the plan are the same file. Name two files."));
    }
    if real.is_dir() {
        return Err(refuse(plan, "is a directory. Give the path of a plan in it"));
    }
    refuse_open_plan(plan, &real)?;
    let collections = verify_copy(copy)?;
    let staged = stage_copy(copy, &real)?;
    refuse_open_plan(plan, &real)?;
    let aside = if former.is_some() { Some(keep_former(&real).map_err(|e| explain(plan, &e))?) } else { None };
    fs::rename(&staged.0, &real).map_err(|e| explain(plan, &e))?;
    sync_directory(&real);
    Ok(RestoredPlan { collections, aside })
}

/// A file that is removed unless it was renamed.
struct StagedCopy(PathBuf);

impl Drop for StagedCopy {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn refuse_open_plan(plan: &Path, real: &Path) -> Result<()> {
    if !real.exists() || !is_locked_elsewhere(real) {
        return Ok(());
    }
    if File::options().read(true).write(true).open(real).is_err() {
        return Err(refuse(plan, "cannot be written to. Change its permissions"));
    }
    Err(refuse(plan, "is open in another program, such as a server or QGIS. Stop it, then restore the copy"))
}

/// Writes the copy, with what its own log holds, beside the plan, under a name that is free.
fn stage_copy(copy: &Path, real: &Path) -> Result<StagedCopy> {
    let staged = StagedCopy(aside_path(&with_suffix(real, ".restoring")));
    GeoPackage::open_read_only(copy)?.write_backup(&staged.0)?;
    let prepare = || {
        let permissions = fs::metadata(if real.exists() { real } else { copy })?.permissions();
        fs::set_permissions(&staged.0, permissions)?;
        File::options().write(true).open(&staged.0)?.sync_all()
    };
    prepare().map_err(|e| explain(&staged.0, &e))?;
    Ok(staged)
}

/// Keeps the former plan and its log under another name, where they still belong together.
fn keep_former(real: &Path) -> std::io::Result<PathBuf> {
    let aside = aside_path(real);
    // A link, so that there is a plan at the path at every moment. Some file systems have none.
    if fs::hard_link(real, &aside).is_err() {
        fs::rename(real, &aside)?;
    }
    for suffix in ["-wal", "-journal"] {
        ignore_missing(fs::rename(with_suffix(real, suffix), with_suffix(&aside, suffix)))?;
    }
    ignore_missing(fs::remove_file(with_suffix(real, "-shm")))?;
    Ok(aside)
}

fn ignore_missing(done: std::io::Result<()>) -> std::io::Result<()> {
    match done {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn sync_directory(real: &Path) {
    if let Some(Ok(dir)) = real.parent().map(File::open) {
        let _ = dir.sync_all();
    }
}

fn explain(path: &Path, error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::StorageFull => disk_full_error(),
        _ => refuse(path, &format!("cannot be replaced: {error}. Check the permissions of its directory")),
    }
}

fn refuse(path: &Path, what: &str) -> Error {
    Error::Refused(format!("{} {what}.", path.display()))
}
