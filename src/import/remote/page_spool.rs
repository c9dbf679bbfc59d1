//! Where the pages of a layer are kept until the plan has them: a directory beside the plan. An import that is
//! interrupted goes on behind the last page that is there.

use crate::digest::hash_content;
use crate::error::{Error, Result};
use crate::import::progress::ImportProgress;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Older pages are not mixed with new ones.
const MAX_AGE: Duration = Duration::from_hours(24);
const STATE_FILE: &str = "pages.json";
const LOCK_FILE: &str = "lock";

/// A page that was kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SpooledPage {
    pub file: String,
    pub url: String,
    pub features: u64,
    pub bytes: u64,
    /// The hash of the first feature: pages that begin alike are one page that was given twice.
    pub first: Option<String>,
}

/// What is known of a layer between two pages.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SpoolState {
    /// What was asked; another request does not go on with these pages.
    request: String,
    begun_s: u64,
    /// The address of the next page; `None` when all are there.
    pub next: Option<String>,
    pub pages: Vec<SpooledPage>,
    /// How many features the server said there are.
    pub matched: Option<u64>,
    /// The reference system of the first answer, as the server named it.
    pub crs: Option<String>,
}

/// A directory with pages, which only one import uses at a time.
#[derive(Debug)]
pub struct PageSpool {
    folder: PathBuf,
    _lock: File,
    pub state: SpoolState,
    /// Pages that an earlier import left.
    pub resumed: usize,
    is_complete: bool,
    progress: Arc<ImportProgress>,
}

impl PageSpool {
    /// Opens the directory of a request beside a plan; one that is too old begins anew.
    ///
    /// # Errors
    /// [`Error::Refused`] when another import uses it, or nothing can be written there.
    pub fn open(plan: &Path, request: &str, progress: Arc<ImportProgress>) -> Result<Self> {
        let mut name = plan.file_name().unwrap_or_default().to_owned();
        name.push(format!(".import-{}", &format!("{:032x}", hash_content(request.as_bytes()))[..12]));
        let folder = plan.with_file_name(name);
        let failed = |e: std::io::Error| {
            Error::Refused(format!(
                "The pages cannot be kept in {}: {e}. Make the directory writable.",
                folder.display()
            ))
        };
        create_private_dir(&folder).map_err(failed)?;
        let lock = File::create(folder.join(LOCK_FILE)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let sentence = "Another import of this address into this plan is running. Wait for its end.";
                return Err(Error::Refused(sentence.into()));
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        let kept = std::fs::read(folder.join(STATE_FILE)).ok();
        let kept = kept.and_then(|json| serde_json::from_slice::<SpoolState>(&json).ok());
        let kept = kept.filter(|state| state.request == request && state.is_usable(&folder));
        let resumed = kept.as_ref().map_or(0, |state| state.pages.len());
        let state = kept.unwrap_or_else(|| SpoolState {
            request: request.to_owned(),
            begun_s: now_s(),
            ..SpoolState::default()
        });
        Ok(Self { folder, _lock: lock, state, resumed, is_complete: false, progress })
    }

    /// A file for what is being fetched.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create_part(&self) -> Result<(File, PathBuf)> {
        let path = self.folder.join("part");
        let file = File::create(&path).map_err(|e| self.describe(&e))?;
        Ok((file, path))
    }

    /// Keeps what was fetched as the next page.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_page(&mut self, mut page: SpooledPage, next: Option<String>) -> Result<()> {
        page.file = format!("page-{:06}", self.state.pages.len() + 1);
        std::fs::rename(self.folder.join("part"), self.folder.join(&page.file)).map_err(|e| self.describe(&e))?;
        self.state.pages.push(page);
        self.state.next = next;
        self.save()
    }

    fn save(&self) -> Result<()> {
        let json = serde_json::to_vec(&self.state).map_err(Error::internal)?;
        let path = self.folder.join(STATE_FILE);
        let part = self.folder.join("pages.part");
        let written = File::create(&part).and_then(|mut file| file.write_all(&json));
        written.and_then(|()| std::fs::rename(&part, &path)).map_err(|e| self.describe(&e))
    }

    fn describe(&self, e: &std::io::Error) -> Error {
        Error::StorageFull(format!("The pages cannot be kept in {}: {e}. Free some space.", self.folder.display()))
    }

    /// All is there: the directory goes when the import ends, unless it was stopped.
    pub fn complete(&mut self) {
        self.is_complete = true;
    }

    pub fn path_of(&self, page: &SpooledPage) -> PathBuf {
        self.folder.join(&page.file)
    }

    pub fn bytes(&self) -> u64 {
        self.state.pages.iter().map(|page| page.bytes).sum()
    }

    pub fn features(&self) -> u64 {
        self.state.pages.iter().map(|page| page.features).sum()
    }
}

impl SpoolState {
    fn is_usable(&self, folder: &Path) -> bool {
        let is_there = |page: &SpooledPage| {
            let is_own = !page.file.contains(['/', '\\']);
            is_own && std::fs::metadata(folder.join(&page.file)).is_ok_and(|m| m.len() == page.bytes)
        };
        let age_s = now_s().checked_sub(self.begun_s);
        age_s.is_some_and(|age| age < MAX_AGE.as_secs()) && !self.pages.is_empty() && self.pages.iter().all(is_there)
    }
}

impl Drop for PageSpool {
    fn drop(&mut self) {
        let keeps = !self.state.pages.is_empty() && (!self.is_complete || self.progress.is_stopped());
        if !keeps {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Only for whom the import runs: layers may be asked for with a key in their address.
fn create_private_dir(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        done => done,
    }
}
