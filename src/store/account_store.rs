//! Who may sign in, in a file of its own beside the plan, so that the plan can be handed on. Holds no secret: of passwords it has
//! slow hashes, of sessions and tokens quick ones.

use crate::access::{AccessRole, AccessToken, SecretDigest, Viewer};
use crate::error::{Error, Result};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

const CREATE_TABLES: &str = "
CREATE TABLE IF NOT EXISTS users (
    login TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, cities TEXT NOT NULL, password TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (
    print BLOB PRIMARY KEY, login TEXT NOT NULL UNIQUE, role TEXT NOT NULL, cities TEXT NOT NULL, expires_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    print BLOB PRIMARY KEY, login TEXT NOT NULL REFERENCES users ON DELETE CASCADE, expires_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_by_login ON sessions (login);";

/// How long one waits for another program that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The file, which is made when the first account is.
pub struct AccountStore {
    path: PathBuf,
    /// `None` until there is a file.
    conn: Mutex<Option<Connection>>,
    holder_cache: Mutex<HolderCache>,
}

/// Who was found under which print, and until when: good for as long as the file is as it was then.
#[derive(Default)]
struct HolderCache {
    stamp: Option<FileStamp>,
    holders: HashMap<(SecretKind, SecretDigest), (Viewer, i64)>,
}

/// What a print is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum SecretKind {
    Session,
    Token,
}

/// So many are remembered; then it begins anew.
const MAX_CACHED_HOLDERS: usize = 10_000;

impl AccountStore {
    /// The accounts of a plan: `plan.access.db` beside `plan.gpkg`.
    #[must_use]
    pub fn beside_plan(plan: &Path) -> Self {
        Self { path: plan.with_extension("access.db"), conn: Mutex::new(None), holder_cache: Mutex::default() }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// In the order of logins.
    pub fn list_users(&self) -> Result<Vec<Viewer>> {
        self.run_query(vec![], |conn| {
            let mut statement = conn.prepare_cached("SELECT login, name, role, cities FROM users ORDER BY login")?;
            statement.query_map([], read_viewer)?.collect()
        })
    }

    /// Whether nobody can sign in and no token is valid.
    pub fn is_empty(&self) -> Result<bool> {
        self.run_query(true, |conn| {
            conn.query_row("SELECT NOT EXISTS (SELECT 1 FROM users) AND NOT EXISTS (SELECT 1 FROM tokens)", [], |row| {
                row.get(0)
            })
        })
    }

    /// Adds a user with what is kept of the password.
    ///
    /// # Errors
    /// [`Error::Refused`] when the login is taken.
    pub fn add_user(&self, user: &Viewer, password: &str) -> Result<()> {
        let login = user.login().unwrap_or_default();
        self.run_transaction(|conn| {
            if conn.prepare_cached("SELECT 1 FROM tokens WHERE login=?1")?.exists([login])? {
                return Ok(0);
            }
            conn.execute(
                "INSERT OR IGNORE INTO users VALUES (?1, ?2, ?3, ?4, ?5)",
                params![login, user.name(), user.role().name(), user.cities().join(" "), password],
            )
        })
        .and_then(|count| require_free_name(count, login))
    }

    /// Ends an account and its sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn remove_user(&self, login: &str) -> Result<()> {
        self.run_transaction(|conn| conn.execute("DELETE FROM users WHERE login=?1", [login]))
            .and_then(|count| require_found(count, "user", login))
    }

    /// Changes what is kept of a password, and ends the sessions that began with the old one.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn set_password(&self, login: &str, password: &str) -> Result<()> {
        self.run_transaction(|conn| {
            conn.execute("DELETE FROM sessions WHERE login=?1", [login])?;
            conn.execute("UPDATE users SET password=?2 WHERE login=?1", [login, password])
        })
        .and_then(|count| require_found(count, "user", login))
    }

    /// Who that is, and what is kept of their password.
    pub fn find_user(&self, login: &str) -> Result<Option<(Viewer, String)>> {
        self.run_query(None, |conn| {
            let mut statement =
                conn.prepare_cached("SELECT login, name, role, cities, password FROM users WHERE login=?1")?;
            statement.query_row([login], |row| Ok((read_viewer(row)?, row.get(4)?))).optional()
        })
    }

    /// Begins a session; forgets those that have ended.
    pub fn add_session(&self, digest: &SecretDigest, login: &str, expires_s: i64, now_s: i64) -> Result<()> {
        self.run_transaction(|conn| {
            conn.execute("DELETE FROM sessions WHERE expires_s<=?1", [now_s])?;
            conn.execute("INSERT INTO sessions VALUES (?1, ?2, ?3)", params![digest, login, expires_s])
        })
        .map(drop)
    }

    pub fn end_session(&self, digest: &SecretDigest) -> Result<()> {
        self.run_transaction(|conn| conn.execute("DELETE FROM sessions WHERE print=?1", [digest])).map(drop)
    }

    /// Who has a session under this print.
    pub fn find_session_viewer(&self, digest: &SecretDigest, now_s: i64) -> Result<Option<Viewer>> {
        let sql = "SELECT login, name, role, cities, expires_s FROM sessions JOIN users USING (login) WHERE print=?1";
        self.find_holder(SecretKind::Session, digest, now_s, sql)
    }

    /// # Errors
    /// [`Error::Refused`] when the name is taken.
    pub fn add_token(&self, digest: &SecretDigest, token: &AccessToken) -> Result<()> {
        let login = token.viewer.login().unwrap_or_default();
        self.run_transaction(|conn| {
            if conn.prepare_cached("SELECT 1 FROM users WHERE login=?1")?.exists([login])? {
                return Ok(0);
            }
            conn.execute(
                "INSERT OR IGNORE INTO tokens VALUES (?1, ?2, ?3, ?4, ?5)",
                params![digest, login, token.viewer.role().name(), token.viewer.cities().join(" "), token.expires_s],
            )
        })
        .and_then(|count| require_free_name(count, login))
    }

    /// In the order of names.
    pub fn list_tokens(&self) -> Result<Vec<AccessToken>> {
        self.run_query(vec![], |conn| {
            let mut statement =
                conn.prepare_cached("SELECT login, '', role, cities, expires_s FROM tokens ORDER BY login")?;
            statement
                .query_map([], |row| Ok(AccessToken { viewer: read_viewer(row)?, expires_s: row.get(4)? }))?
                .collect()
        })
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn revoke_token(&self, name: &str) -> Result<()> {
        self.run_transaction(|conn| conn.execute("DELETE FROM tokens WHERE login=?1", [name]))
            .and_then(|count| require_found(count, "token", name))
    }

    /// Who holds a token under this print.
    pub fn find_token_viewer(&self, digest: &SecretDigest, now_s: i64) -> Result<Option<Viewer>> {
        let sql = "SELECT login, '', role, cities, expires_s FROM tokens WHERE print=?1";
        self.find_holder(SecretKind::Token, digest, now_s, sql)
    }

    /// Who holds a secret, out of the file only when it changed since somebody last asked.
    fn find_holder(&self, secret: SecretKind, digest: &SecretDigest, now_s: i64, sql: &str) -> Result<Option<Viewer>> {
        let found = || self.holder_cache.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = FileStamp::read_stamp(&self.path);
        {
            let mut found = found();
            if found.stamp != stamp || found.holders.len() >= MAX_CACHED_HOLDERS {
                *found = HolderCache { stamp, ..HolderCache::default() };
            }
            if let Some((viewer, until)) = found.holders.get(&(secret, *digest)) {
                return Ok((*until > now_s).then(|| viewer.clone()));
            }
        }
        let holder = self.run_query(None, |conn| {
            conn.prepare_cached(sql)?
                .query_row([digest], |row| Ok((read_viewer(row)?, row.get::<_, i64>(4)?)))
                .optional()
        })?;
        let mut found = found();
        if let Some(holder) = holder.clone().filter(|_| stamp.is_some() && found.stamp == stamp) {
            found.holders.insert((secret, *digest), holder);
        }
        Ok(holder.filter(|(_, until)| *until > now_s).map(|(viewer, _)| viewer))
    }

    /// Asks the file, or answers for one that is not there.
    fn run_query<T>(&self, without: T, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut guard = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.is_none() {
            if !self.path.exists() {
                return Ok(without);
            }
            *guard = Some(self.open_connection()?);
        }
        guard.as_ref().map_or(Ok(without), |conn| query(conn).map_err(|e| self.explain_error(&e)))
    }

    /// All or nothing, in a file that is made when it is not there.
    fn run_transaction<T>(&self, operation: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut guard = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.is_none() {
            *guard = Some(self.open_connection()?);
        }
        let Some(conn) = guard.as_mut() else { return Err(Error::internal("the accounts are not open")) };
        let operation = || {
            let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let done = operation(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        operation().map_err(|e| self.explain_error(&e))
    }

    fn open_connection(&self) -> Result<Connection> {
        if !self.path.exists() {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&self.path).map_err(|e| self.refuse_file(&format!("cannot be made: {e}")))?;
        }
        let prepare = || {
            let conn = Connection::open(&self.path)?;
            conn.busy_timeout(BUSY_TIMEOUT)?;
            conn.pragma_update(None, "foreign_keys", true)?;
            if !conn.is_readonly(rusqlite::MAIN_DB)? {
                conn.execute_batch(CREATE_TABLES)?;
            }
            Ok(conn)
        };
        prepare().map_err(|e| self.explain_error(&e))
    }

    fn explain_error(&self, error: &rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Error::Busy(format!("{} is being written by another program. Try again.", self.path.display()))
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                self.refuse_file("is not a file of accounts. Move it away and make the accounts again")
            }
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                self.refuse_file("cannot be written. May you write to it, and to its folder?")
            }
            _ => Error::internal(error),
        }
    }

    fn refuse_file(&self, what: &str) -> Error {
        let end = if what.ends_with('?') { "" } else { "." };
        Error::Refused(format!("{} {what}{end}", self.path.display()))
    }
}

/// By what a file that was changed is told from what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileStamp {
    modified: SystemTime,
    bytes: u64,
}

impl FileStamp {
    /// Changes that follow each other too closely for the clock of the file system look like one.
    const SETTLE_TIME: Duration = Duration::from_secs(2);

    /// `None` for a file that is not there, or that changed just now: it may change again without a trace.
    fn read_stamp(path: &Path) -> Option<Self> {
        let meta = std::fs::metadata(path).ok()?;
        let modified = meta.modified().ok()?;
        let settled = modified.elapsed().is_ok_and(|age| age > Self::SETTLE_TIME);
        settled.then_some(Self { modified, bytes: meta.len() })
    }
}

/// Reads login, name, role and cities, in this order.
fn read_viewer(row: &Row<'_>) -> rusqlite::Result<Viewer> {
    let (login, name, role, cities): (String, String, String, String) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    // A role that is not known here may do the least.
    Ok(Viewer::new(&login, &name, role.parse().unwrap_or(AccessRole::Viewer), cities.split_whitespace()))
}

fn require_free_name(count: usize, login: &str) -> Result<()> {
    if count > 0 {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "There is a user or a token '{login}' already. Choose another name, or remove that one first."
    )))
}

fn require_found(count: usize, what: &str, login: &str) -> Result<()> {
    if count > 0 {
        return Ok(());
    }
    Err(Error::NotFound(format!("There is no {what} '{login}'.")))
}
