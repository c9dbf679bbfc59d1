//! The file of accounts beside the plan, so that the plan can be passed on without them. Contains no secrets: only slow
//! hashes of passwords, and SHA-256 digests of session and token secrets.

use super::disk_space::is_disk_full;
use super::file_identity::FileStamp;
use crate::access::{AccessCredential, AccessRole, AccessToken, SecretDigest, SecretKind, Viewer, ViewerAccount};
use crate::change::AccountId;
use crate::error::{Error, Result, disk_full_error};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const CREATE_TABLES: &str = "
CREATE TABLE IF NOT EXISTS users (
    login TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, cities TEXT NOT NULL, password TEXT NOT NULL,
    id TEXT, since_s INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (
    print BLOB PRIMARY KEY, login TEXT NOT NULL UNIQUE, role TEXT NOT NULL, cities TEXT NOT NULL, expires_s INTEGER NOT NULL,
    id TEXT, since_s INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    print BLOB PRIMARY KEY, login TEXT NOT NULL REFERENCES users ON DELETE CASCADE, expires_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_by_login ON sessions (login);";

/// Files from before accounts had ids get them: the accounts that are there then are of unknown age.
const ADD_IDS: &str = "
ALTER TABLE users ADD COLUMN id TEXT;
ALTER TABLE users ADD COLUMN since_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN id TEXT;
ALTER TABLE tokens ADD COLUMN since_s INTEGER NOT NULL DEFAULT 0;
UPDATE users SET id=lower(hex(randomblob(16)));
UPDATE tokens SET id=lower(hex(randomblob(16)));";

/// The id and the age of a new account, in SQL.
const NEW_ID: &str = "lower(hex(randomblob(16))), unixepoch()";

/// How long a connection waits for another program that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// The file of accounts. It is created with the first account. A file that is put in its place is read from then on;
/// without a file nobody has an account.
pub struct AccountStore {
    path: PathBuf,
    /// `None` until the file exists.
    conn: Mutex<Option<OpenFile>>,
    holder_cache: Mutex<HolderCache>,
}

/// A connection, and the file that it reads as it was after the last operation. SQLite does not always notice that a
/// file was overwritten, and would go on with what it remembers of it.
struct OpenFile {
    conn: Connection,
    stamp: Option<FileStamp>,
}

/// The viewers that were found by digest, with their expiry. Valid as long as the file does not change.
#[derive(Default)]
struct HolderCache {
    stamp: Option<FileStamp>,
    holders: HashMap<AccessCredential, (Viewer, i64)>,
}

/// The most holders in the cache; it is cleared when it is full.
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

    /// All users in the order of logins.
    pub fn list_users(&self) -> Result<Vec<Viewer>> {
        self.run_query(vec![], |conn| {
            let mut statement =
                conn.prepare_cached("SELECT login, name, role, cities, id, since_s FROM users ORDER BY login")?;
            statement.query_map([], read_viewer)?.collect()
        })
    }

    /// Whether there is neither a user nor a token.
    pub fn is_empty(&self) -> Result<bool> {
        self.run_query(true, |conn| {
            conn.query_row("SELECT NOT EXISTS (SELECT 1 FROM users) AND NOT EXISTS (SELECT 1 FROM tokens)", [], |row| {
                row.get(0)
            })
        })
    }

    /// Adds a user with the hash of the password.
    ///
    /// # Errors
    /// [`Error::Refused`] when the login is taken.
    pub fn add_user(&self, user: &Viewer, password_hash: &str) -> Result<()> {
        let login = user.login().unwrap_or_default();
        self.run_transaction(|conn| {
            if conn.prepare_cached("SELECT 1 FROM tokens WHERE login=?1")?.exists([login])? {
                return Ok(0);
            }
            conn.execute(
                &format!("INSERT OR IGNORE INTO users (login, name, role, cities, password, id, since_s) VALUES (?1, ?2, ?3, ?4, ?5, {NEW_ID})"),
                params![login, user.name(), user.role().name(), user.cities().join(" "), password_hash],
            )
        })
        .and_then(|count| require_free_name(count, login))
    }

    /// Ends an account and its sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn remove_user(&self, login: &str) -> Result<()> {
        self.change_existing(|conn| conn.execute("DELETE FROM users WHERE login=?1", [login]))
            .and_then(|count| require_found(count, "user", login))
    }

    /// Changes the hash of a password, and ends all sessions of the user.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn set_password(&self, login: &str, password_hash: &str) -> Result<()> {
        self.change_existing(|conn| {
            conn.execute("DELETE FROM sessions WHERE login=?1", [login])?;
            conn.execute("UPDATE users SET password=?2 WHERE login=?1", [login, password_hash])
        })
        .and_then(|count| require_found(count, "user", login))
    }

    /// The user with this login, and the hash of the password.
    pub fn find_user(&self, login: &str) -> Result<Option<(Viewer, String)>> {
        self.run_query(None, |conn| {
            let mut statement = conn
                .prepare_cached("SELECT login, name, role, cities, id, since_s, password FROM users WHERE login=?1")?;
            statement.query_row([login], |row| Ok((read_viewer(row)?, row.get(6)?))).optional()
        })
    }

    /// Adds a session; deletes expired ones.
    pub fn add_session(&self, digest: &SecretDigest, login: &str, expires_s: i64, now_s: i64) -> Result<()> {
        self.run_transaction(|conn| {
            conn.execute("DELETE FROM sessions WHERE expires_s<=?1", [now_s])?;
            conn.execute("INSERT INTO sessions VALUES (?1, ?2, ?3)", params![digest, login, expires_s])
        })
        .map(drop)
    }

    pub fn end_session(&self, digest: &SecretDigest) -> Result<()> {
        self.change_existing(|conn| conn.execute("DELETE FROM sessions WHERE print=?1", [digest])).map(drop)
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
                &format!("INSERT OR IGNORE INTO tokens (print, login, role, cities, expires_s, id, since_s) VALUES (?1, ?2, ?3, ?4, ?5, {NEW_ID})"),
                params![digest, login, token.viewer.role().name(), token.viewer.cities().join(" "), token.expires_s],
            )
        })
        .and_then(|count| require_free_name(count, login))
    }

    /// All tokens in the order of names.
    pub fn list_tokens(&self) -> Result<Vec<AccessToken>> {
        self.run_query(vec![], |conn| {
            let mut statement = conn
                .prepare_cached("SELECT login, '', role, cities, id, since_s, expires_s FROM tokens ORDER BY login")?;
            statement
                .query_map([], |row| Ok(AccessToken { viewer: read_viewer(row)?, expires_s: row.get(6)? }))?
                .collect()
        })
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn revoke_token(&self, name: &str) -> Result<()> {
        self.change_existing(|conn| conn.execute("DELETE FROM tokens WHERE login=?1", [name]))
            .and_then(|count| require_found(count, "token", name))
    }

    /// The viewer that a credential stands for; reads the file unless the cache knows.
    pub fn find_viewer(&self, credential: &AccessCredential, now_s: i64) -> Result<Option<Viewer>> {
        if let Some(cached) = self.find_cached_viewer(credential, now_s) {
            return Ok(cached);
        }
        let sql = match credential.kind {
            SecretKind::Session => {
                "SELECT login, name, role, cities, id, since_s, expires_s FROM sessions JOIN users USING (login) WHERE print=?1"
            }
            SecretKind::Token => "SELECT login, '', role, cities, id, since_s, expires_s FROM tokens WHERE print=?1",
        };
        let stamp = FileStamp::read_settled(&self.path);
        let holder = self.run_query(None, |conn| {
            conn.prepare_cached(sql)?
                .query_row([credential.digest], |row| Ok((read_viewer(row)?, row.get::<_, i64>(6)?)))
                .optional()
        })?;
        let mut cache = self.lock_cache();
        if let Some(holder) = holder.clone().filter(|_| stamp.is_some() && cache.stamp == stamp) {
            cache.holders.insert(*credential, holder);
        }
        Ok(holder.filter(|(_, until)| *until > now_s).map(|(viewer, _)| viewer))
    }

    /// What the cache knows of a credential; `None` when only the file knows. Never waits for the file.
    pub fn find_cached_viewer(&self, credential: &AccessCredential, now_s: i64) -> Option<Option<Viewer>> {
        let stamp = FileStamp::read_settled(&self.path);
        let mut cache = self.lock_cache();
        if cache.stamp != stamp || cache.holders.len() >= MAX_CACHED_HOLDERS {
            *cache = HolderCache { stamp, ..HolderCache::default() };
        }
        cache.holders.get(credential).map(|(viewer, until)| (*until > now_s).then(|| viewer.clone()))
    }

    fn lock_cache(&self) -> MutexGuard<'_, HolderCache> {
        self.holder_cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a query; returns `without` when the file does not exist.
    fn run_query<T>(&self, without: T, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut open = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        self.follow_file(&mut open);
        if open.is_none() {
            if !self.path.exists() {
                return Ok(without);
            }
            *open = Some(self.open_file()?);
        }
        open.as_ref().map_or(Ok(without), |file| query(&file.conn).map_err(|e| self.explain_error(&e)))
    }

    /// As [`AccountStore::run_transaction`], without creating the file: without a file there is nothing to change.
    fn change_existing(&self, operation: impl FnOnce(&Connection) -> rusqlite::Result<usize>) -> Result<usize> {
        if self.path.exists() { self.run_transaction(operation) } else { Ok(0) }
    }

    /// Runs an operation in a transaction, and creates the file if it does not exist.
    fn run_transaction<T>(&self, operation: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut open = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        self.follow_file(&mut open);
        if open.is_none() {
            *open = Some(self.open_file()?);
        }
        let Some(OpenFile { conn, stamp }) = open.as_mut() else {
            return Err(Error::internal("the accounts are not open"));
        };
        let operation = || {
            let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let done = operation(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        let done = operation().map_err(|e| self.explain_error(&e));
        *stamp = FileStamp::read_stamp(&self.path);
        done
    }

    /// Closes the connection when the file at the path is another one, or has been written since.
    fn follow_file(&self, open: &mut Option<OpenFile>) {
        if open.as_ref().is_some_and(|file| FileStamp::read_stamp(&self.path) != file.stamp) {
            *open = None;
        }
    }

    fn open_file(&self) -> Result<OpenFile> {
        let conn = self.open_connection()?;
        Ok(OpenFile { conn, stamp: FileStamp::read_stamp(&self.path) })
    }

    fn open_connection(&self) -> Result<Connection> {
        if !self.path.exists() {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&self.path).map_err(|e| match e.kind() {
                ErrorKind::StorageFull => disk_full_error(),
                _ => self.refuse_file(&format!("cannot be created: {e}")),
            })?;
        }
        let prepare = || {
            let conn = Connection::open(&self.path)?;
            conn.busy_timeout(BUSY_TIMEOUT)?;
            conn.pragma_update(None, "foreign_keys", true)?;
            prepare_tables(&conn)?;
            Ok(conn)
        };
        prepare().map_err(|e| self.explain_error(&e))
    }

    fn explain_error(&self, error: &rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Error::Busy(format!("Another program is writing to {}. Try again in a moment.", self.path.display()))
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Error::Unavailable(format!(
                "{} is not a file of accounts, or is corrupt. Restore a backup, or move it away and add the accounts again.",
                self.path.display()
            )),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                self.refuse_file("cannot be written to. Check the permissions of the file and of its directory")
            }
            _ if is_disk_full(error) => disk_full_error(),
            _ => Error::internal(error),
        }
    }

    fn refuse_file(&self, what: &str) -> Error {
        Error::Refused(format!("{} {what}.", self.path.display()))
    }
}

/// Creates the tables, or brings them up to date. A file that cannot be written to is read as it is: its accounts get
/// no ids.
fn prepare_tables(conn: &Connection) -> rusqlite::Result<()> {
    let read_only = conn.is_readonly(rusqlite::MAIN_DB)?;
    if !read_only {
        conn.execute_batch(CREATE_TABLES)?;
    }
    if conn.prepare("SELECT id FROM users").is_ok() {
        return Ok(());
    }
    if !read_only {
        return conn.execute_batch(&format!("BEGIN IMMEDIATE; {ADD_IDS} COMMIT"));
    }
    conn.execute_batch(
        "CREATE TEMP VIEW users AS SELECT *, NULL AS id, 0 AS since_s FROM main.users;
         CREATE TEMP VIEW tokens AS SELECT *, NULL AS id, 0 AS since_s FROM main.tokens",
    )
}

/// Reads a viewer from the columns login, name, role, cities, id and the time of creation.
fn read_viewer(row: &Row<'_>) -> rusqlite::Result<Viewer> {
    let (login, name, role, cities): (String, String, String, String) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    let (id, since_s): (Option<String>, i64) = (row.get(4)?, row.get(5)?);
    // An unknown role gets the fewest rights.
    let viewer = Viewer::new(&login, &name, role.parse().unwrap_or(AccessRole::Viewer), cities.split_whitespace());
    Ok(match id {
        Some(id) => viewer.with_account(ViewerAccount { id: AccountId::new(&id), since_s }),
        None => viewer,
    })
}

fn require_free_name(count: usize, login: &str) -> Result<()> {
    if count > 0 {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "The name '{login}' is already used by a user or a token. Choose another name, or remove that one first."
    )))
}

fn require_found(count: usize, what: &str, login: &str) -> Result<()> {
    if count > 0 {
        return Ok(());
    }
    Err(Error::NotFound(format!("There is no {what} '{login}'.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::digest_secret;

    #[test]
    fn a_full_disk_is_told_and_signs_nobody_in() {
        let dir = tempfile::tempdir().unwrap();
        let accounts = AccountStore::beside_plan(&dir.path().join("plan.gpkg"));
        accounts.add_user(&Viewer::new("ana", "Ana", AccessRole::Editor, ["celje"]), "hash").unwrap();
        {
            let guard = accounts.conn.lock().unwrap();
            guard.as_ref().unwrap().conn.query_row("PRAGMA max_page_count=1", [], |_| Ok(())).unwrap();
        }
        let mut digests = (0..2_000_u32).map(|i| digest_secret(&i.to_string()));
        let refused = digests.find_map(|digest| accounts.add_session(&digest, "ana", i64::MAX, 0).err());
        let Some(Error::StorageFull(sentence)) = refused else { panic!("{refused:?}") };
        assert!(sentence.contains("disk is full"), "{sentence}");
    }
}
