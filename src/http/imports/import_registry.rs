//! Files that are being reviewed, in a directory of their own each. So many for each account, so many in all; forgotten
//! after an hour without a request, when their account says so, and when the server stops.

use crate::access::Viewer;
use crate::collection::CollectionId;
use crate::config::ServerLimits;
use crate::error::Error;
use crate::http::problem::ProblemDetails;
use crate::import::{ImportAnswers, ImportReview};
use axum::http::StatusCode;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The imports of one server.
pub struct ImportRegistry {
    most: usize,
    most_of_account: usize,
    idle: Duration,
    state: Mutex<RegistryState>,
}

#[derive(Default)]
struct RegistryState {
    imports: HashMap<String, KnownImport>,
    /// Places that are taken by uploads, by owner.
    uploads: HashMap<String, usize>,
}

struct KnownImport {
    import: Arc<StoredImport>,
    last_used: Instant,
}

/// A place for an import, until this is dropped or filled.
pub struct ImportPlace {
    registry: Arc<ImportRegistry>,
    owner: String,
}

/// A file that was uploaded; its directory is removed with it.
pub struct StoredFile {
    pub folder: TempDir,
    /// What its owner calls it.
    pub name: String,
    pub bytes: u64,
}

/// A file with what was understood of it.
pub struct StoredImport {
    pub id: String,
    owner: String,
    pub file: StoredFile,
    pub into: CollectionId,
    state: Mutex<ImportState>,
    /// Held by the request that answers or saves, so that one waits for the other.
    pub turn: tokio::sync::Mutex<()>,
}

/// What changes of an import.
#[derive(Clone)]
pub struct ImportState {
    pub answers: ImportAnswers,
    pub review: Arc<ImportReview>,
    pub is_committed: bool,
}

/// Who an import belongs to.
pub fn owner_of(viewer: &Viewer) -> Option<String> {
    let account = viewer.account().map(|account| format!("account {}", account.id.as_str()));
    account.or_else(|| viewer.login().map(|login| format!("login {login}")))
}

impl ImportRegistry {
    pub fn new(limits: &ServerLimits) -> Arc<Self> {
        Arc::new(Self {
            most: limits.imports,
            most_of_account: limits.imports_per_account,
            idle: limits.import_idle,
            state: Mutex::default(),
        })
    }

    /// Takes a place before a file is received.
    ///
    /// # Errors
    /// 429 when the account has as many as it may, 503 when all places are taken.
    pub fn take_place(self: &Arc<Self>, owner: &str) -> Result<ImportPlace, ProblemDetails> {
        let mut state = self.lock();
        state.forget_idle(Instant::now(), self.idle);
        let own = state.imports.values().filter(|known| known.import.owner == owner).count();
        let own = own + state.uploads.get(owner).copied().unwrap_or(0);
        if own >= self.most_of_account {
            let detail = format!("You are bringing in {own} files at once. Save or cancel one of them first.");
            return Err(ProblemDetails::new(StatusCode::TOO_MANY_REQUESTS, detail));
        }
        if state.imports.len() + state.uploads.values().sum::<usize>() >= self.most {
            let message = "The server has no place for another file at the moment. Try again in a few minutes.";
            return Err(Error::Busy(message.into()).into());
        }
        *state.uploads.entry(owner.to_owned()).or_default() += 1;
        Ok(ImportPlace { registry: self.clone(), owner: owner.to_owned() })
    }

    /// An import of this owner.
    ///
    /// # Errors
    /// 404 when there is none, and equally when it is somebody else's.
    pub fn find(&self, id: &str, owner: Option<&str>) -> Result<Arc<StoredImport>, ProblemDetails> {
        let mut state = self.lock();
        let now = Instant::now();
        state.forget_idle(now, self.idle);
        let known = state.imports.get_mut(id).filter(|known| Some(known.import.owner.as_str()) == owner);
        let missing = || {
            Error::NotFound("There is no such import: it was forgotten, or never there. Send the file again.".into())
        };
        let known = known.ok_or_else(missing)?;
        known.last_used = now;
        Ok(known.import.clone())
    }

    /// The imports of an owner, the oldest first.
    pub fn list(&self, owner: Option<&str>) -> Vec<Arc<StoredImport>> {
        let mut state = self.lock();
        state.forget_idle(Instant::now(), self.idle);
        let own = state.imports.values().filter(|known| Some(known.import.owner.as_str()) == owner);
        let mut own: Vec<_> = own.map(|known| known.import.clone()).collect();
        // The ids begin with the time.
        own.sort_by(|a, b| a.id.cmp(&b.id));
        own
    }

    pub fn forget(&self, id: &str) {
        let removed = self.lock().imports.remove(id);
        // The directory is removed without the lock.
        drop(removed);
    }

    /// Forgets all.
    pub fn clear(&self) {
        let removed = std::mem::take(&mut self.lock().imports);
        drop(removed);
    }

    fn store(self: &Arc<Self>, import: Arc<StoredImport>) {
        let id = import.id.clone();
        self.lock().imports.insert(id.clone(), KnownImport { import, last_used: Instant::now() });
        tokio::spawn(forget_when_idle(Arc::downgrade(self), id));
    }

    /// How long an import may still be idle; `None` when it is forgotten.
    fn time_left(&self, id: &str) -> Option<Duration> {
        let mut state = self.lock();
        let now = Instant::now();
        state.forget_idle(now, self.idle);
        let known = state.imports.get(id)?;
        Some(self.idle.saturating_sub(now.saturating_duration_since(known.last_used)))
    }

    fn lock(&self) -> MutexGuard<'_, RegistryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets an import in time when no request comes.
async fn forget_when_idle(registry: Weak<ImportRegistry>, id: String) {
    loop {
        let Some(left) = registry.upgrade().and_then(|registry| registry.time_left(&id)) else { return };
        tokio::time::sleep(left + Duration::from_millis(10)).await;
    }
}

impl RegistryState {
    fn forget_idle(&mut self, now: Instant, idle: Duration) {
        self.imports.retain(|_, known| now.saturating_duration_since(known.last_used) < idle);
    }
}

impl ImportPlace {
    /// Keeps a file that was received and reviewed.
    pub fn fill(self, file: StoredFile, into: CollectionId, state: ImportState) -> Arc<StoredImport> {
        let import = Arc::new(StoredImport {
            id: uuid::Uuid::now_v7().simple().to_string(),
            owner: self.owner.clone(),
            file,
            into,
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::default(),
        });
        self.registry.store(import.clone());
        import
    }
}

impl Drop for ImportPlace {
    fn drop(&mut self) {
        let mut state = self.registry.lock();
        if let Some(count) = state.uploads.get_mut(&self.owner) {
            *count -= 1;
            if *count == 0 {
                state.uploads.remove(&self.owner);
            }
        }
    }
}

impl StoredFile {
    /// Where the file of a directory is.
    pub fn path_in(folder: &TempDir) -> PathBuf {
        folder.path().join("file")
    }

    pub fn path(&self) -> PathBuf {
        Self::path_in(&self.folder)
    }
}

impl StoredImport {
    pub fn state(&self) -> ImportState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_state(&self, state: ImportState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// The import document.
    pub fn to_json(&self) -> Json {
        let state = self.state();
        let mut document = self.describe(&state);
        for (name, value) in &state.review.document {
            if name != "format" {
                document.insert(name.clone(), value.clone());
            }
        }
        Json::Object(document)
    }

    /// The import in a list.
    pub fn to_entry(&self) -> Json {
        Json::Object(self.describe(&self.state()))
    }

    fn describe(&self, state: &ImportState) -> Map<String, Json> {
        let progress = match (state.is_committed, state.review.open_questions) {
            (true, _) => "committed",
            (false, 0) => "ready",
            (false, _) => "asking",
        };
        let format = state.review.document.get("format");
        let mut document = Map::new();
        document.insert("id".into(), self.id.as_str().into());
        document.insert("state".into(), progress.into());
        document.insert("file".into(), json!({"name": self.file.name, "bytes": self.file.bytes, "format": format}));
        document.insert("into".into(), self.into.as_str().into());
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(registry: &Arc<ImportRegistry>, owner: &str) -> Arc<StoredImport> {
        let review = ImportReview::empty(crate::plan::PlanModel::load().unwrap().collections().next().unwrap().clone());
        let state = ImportState { answers: ImportAnswers::default(), review: Arc::new(review), is_committed: false };
        let file = StoredFile { folder: tempfile::tempdir().unwrap(), name: "a.csv".into(), bytes: 1 };
        std::fs::write(file.path(), "x").unwrap();
        registry.take_place(owner).ok().unwrap().fill(file, CollectionId::new("areas").unwrap(), state)
    }

    #[tokio::test]
    async fn a_file_is_forgotten_after_its_time_without_a_request_and_its_directory_is_removed() {
        let registry = ImportRegistry::new(&ServerLimits::default());
        let import = stored(&registry, "login ana");
        let (id, path) = (import.id.clone(), import.file.path());
        drop(import);
        let idle = registry.idle;
        let later = |by: Duration| registry.lock().forget_idle(Instant::now() + by, idle);
        later(idle.saturating_sub(Duration::from_secs(5)));
        assert!(registry.find(&id, Some("login ana")).is_ok());
        assert!(path.exists());
        later(idle);
        assert!(registry.find(&id, Some("login ana")).is_err());
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn an_import_belongs_to_its_owner_and_places_are_limited() {
        let limits = ServerLimits { imports: 3, imports_per_account: 2, ..ServerLimits::default() };
        let registry = ImportRegistry::new(&limits);
        let first = stored(&registry, "login ana");
        assert!(registry.find(&first.id, Some("login bo")).is_err());
        assert!(registry.find(&first.id, None).is_err());
        let upload = registry.take_place("login ana").ok().unwrap();
        let status = |owner: &str| registry.take_place(owner).err().map(|problem| problem.status.as_u16());
        assert_eq!(status("login ana"), Some(429));
        stored(&registry, "login bo");
        assert_eq!(status("login cy"), Some(503));
        drop(upload);
        assert_eq!(status("login ana"), None, "an upload that ended gives its place back");
        registry.forget(&first.id);
        assert_eq!(registry.list(Some("login ana")).len(), 0);
        registry.clear();
        assert_eq!(registry.list(Some("login bo")).len(), 0);
    }
}
