//! Who may sign in, in a file of its own beside the plan, so that the plan can be handed on. Holds no secret: of passwords it has
//! slow hashes, of sessions and tokens quick ones.

use crate::access::{Print, Role, Token, Viewer};
use crate::error::{Error, Result};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

const TABLES: &str = "
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
const PATIENCE: Duration = Duration::from_secs(5);

/// The file, which is made when the first account is.
pub struct Accounts {
    path: PathBuf,
    /// `None` until there is a file.
    conn: Mutex<Option<Connection>>,
    found: Mutex<Found>,
}

/// Who was found under which print, and until when: good for as long as the file is as it was then.
#[derive(Default)]
struct Found {
    stamp: Option<Stamp>,
    holders: HashMap<(Secret, Print), (Viewer, i64)>,
}

/// What a print is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Secret {
    Session,
    Token,
}

/// So many are remembered; then it begins anew.
const MOST_FOUND: usize = 10_000;

impl Accounts {
    /// The accounts of a plan: `plan.access.db` beside `plan.gpkg`.
    #[must_use]
    pub fn beside(plan: &Path) -> Self {
        Self { path: plan.with_extension("access.db"), conn: Mutex::new(None), found: Mutex::default() }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// In the order of logins.
    pub fn users(&self) -> Result<Vec<Viewer>> {
        self.read(vec![], |conn| {
            let mut ask = conn.prepare_cached("SELECT login, name, role, cities FROM users ORDER BY login")?;
            ask.query_map([], viewer)?.collect()
        })
    }

    /// Whether nobody can sign in and no token is valid.
    pub fn is_empty(&self) -> Result<bool> {
        self.read(true, |conn| {
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
        self.write(|conn| {
            if conn.prepare_cached("SELECT 1 FROM tokens WHERE login=?1")?.exists([login])? {
                return Ok(0);
            }
            conn.execute(
                "INSERT OR IGNORE INTO users VALUES (?1, ?2, ?3, ?4, ?5)",
                params![login, user.name(), user.role().name(), user.cities().join(" "), password],
            )
        })
        .and_then(|count| taken(count, login))
    }

    /// Ends an account and its sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn remove_user(&self, login: &str) -> Result<()> {
        self.write(|conn| conn.execute("DELETE FROM users WHERE login=?1", [login]))
            .and_then(|count| missing(count, "user", login))
    }

    /// Changes what is kept of a password, and ends the sessions that began with the old one.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn set_password(&self, login: &str, password: &str) -> Result<()> {
        self.write(|conn| {
            conn.execute("DELETE FROM sessions WHERE login=?1", [login])?;
            conn.execute("UPDATE users SET password=?2 WHERE login=?1", [login, password])
        })
        .and_then(|count| missing(count, "user", login))
    }

    /// Who that is, and what is kept of their password.
    pub fn user(&self, login: &str) -> Result<Option<(Viewer, String)>> {
        self.read(None, |conn| {
            let mut ask =
                conn.prepare_cached("SELECT login, name, role, cities, password FROM users WHERE login=?1")?;
            ask.query_row([login], |row| Ok((viewer(row)?, row.get(4)?))).optional()
        })
    }

    /// Begins a session; forgets those that have ended.
    pub fn add_session(&self, print: &Print, login: &str, expires_s: i64, now_s: i64) -> Result<()> {
        self.write(|conn| {
            conn.execute("DELETE FROM sessions WHERE expires_s<=?1", [now_s])?;
            conn.execute("INSERT INTO sessions VALUES (?1, ?2, ?3)", params![print, login, expires_s])
        })
        .map(drop)
    }

    pub fn end_session(&self, print: &Print) -> Result<()> {
        self.write(|conn| conn.execute("DELETE FROM sessions WHERE print=?1", [print])).map(drop)
    }

    /// Who has a session under this print.
    pub fn in_session(&self, print: &Print, now_s: i64) -> Result<Option<Viewer>> {
        let sql = "SELECT login, name, role, cities, expires_s FROM sessions JOIN users USING (login) WHERE print=?1";
        self.holder(Secret::Session, print, now_s, sql)
    }

    /// # Errors
    /// [`Error::Refused`] when the name is taken.
    pub fn add_token(&self, print: &Print, token: &Token) -> Result<()> {
        let login = token.viewer.login().unwrap_or_default();
        self.write(|conn| {
            if conn.prepare_cached("SELECT 1 FROM users WHERE login=?1")?.exists([login])? {
                return Ok(0);
            }
            conn.execute(
                "INSERT OR IGNORE INTO tokens VALUES (?1, ?2, ?3, ?4, ?5)",
                params![print, login, token.viewer.role().name(), token.viewer.cities().join(" "), token.expires_s],
            )
        })
        .and_then(|count| taken(count, login))
    }

    /// In the order of names.
    pub fn tokens(&self) -> Result<Vec<Token>> {
        self.read(vec![], |conn| {
            let mut ask =
                conn.prepare_cached("SELECT login, '', role, cities, expires_s FROM tokens ORDER BY login")?;
            ask.query_map([], |row| Ok(Token { viewer: viewer(row)?, expires_s: row.get(4)? }))?.collect()
        })
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn revoke(&self, name: &str) -> Result<()> {
        self.write(|conn| conn.execute("DELETE FROM tokens WHERE login=?1", [name]))
            .and_then(|count| missing(count, "token", name))
    }

    /// Who holds a token under this print.
    pub fn with_token(&self, print: &Print, now_s: i64) -> Result<Option<Viewer>> {
        let sql = "SELECT login, '', role, cities, expires_s FROM tokens WHERE print=?1";
        self.holder(Secret::Token, print, now_s, sql)
    }

    /// Who holds a secret, out of the file only when it changed since somebody last asked.
    fn holder(&self, secret: Secret, print: &Print, now_s: i64, sql: &str) -> Result<Option<Viewer>> {
        let found = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.path);
        {
            let mut found = found();
            if found.stamp != stamp || found.holders.len() >= MOST_FOUND {
                *found = Found { stamp, ..Found::default() };
            }
            if let Some((viewer, until)) = found.holders.get(&(secret, *print)) {
                return Ok((*until > now_s).then(|| viewer.clone()));
            }
        }
        let holder = self.read(None, |conn| {
            conn.prepare_cached(sql)?.query_row([print], |row| Ok((viewer(row)?, row.get::<_, i64>(4)?))).optional()
        })?;
        let mut found = found();
        if let Some(holder) = holder.clone().filter(|_| stamp.is_some() && found.stamp == stamp) {
            found.holders.insert((secret, *print), holder);
        }
        Ok(holder.filter(|(_, until)| *until > now_s).map(|(viewer, _)| viewer))
    }

    /// Asks the file, or answers for one that is not there.
    fn read<T>(&self, without: T, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut held = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            if !self.path.exists() {
                return Ok(without);
            }
            *held = Some(self.open()?);
        }
        held.as_ref().map_or(Ok(without), |conn| ask(conn).map_err(|e| self.explained(&e)))
    }

    /// All or nothing, in a file that is made when it is not there.
    fn write<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut held = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            *held = Some(self.open()?);
        }
        let Some(conn) = held.as_mut() else { return Err(Error::internal("the accounts are not open")) };
        let act = || {
            let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let done = act(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        act().map_err(|e| self.explained(&e))
    }

    fn open(&self) -> Result<Connection> {
        if !self.path.exists() {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&self.path).map_err(|e| self.refused(&format!("cannot be made: {e}")))?;
        }
        let prepare = || {
            let conn = Connection::open(&self.path)?;
            conn.busy_timeout(PATIENCE)?;
            conn.pragma_update(None, "foreign_keys", true)?;
            if !conn.is_readonly(rusqlite::MAIN_DB)? {
                conn.execute_batch(TABLES)?;
            }
            Ok(conn)
        };
        prepare().map_err(|e| self.explained(&e))
    }

    fn explained(&self, error: &rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Error::Busy(format!("{} is being written by another program. Try again.", self.path.display()))
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                self.refused("is not a file of accounts. Move it away and make the accounts again")
            }
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                self.refused("cannot be written. May you write to it, and to its folder?")
            }
            _ => Error::internal(error),
        }
    }

    fn refused(&self, what: &str) -> Error {
        let end = if what.ends_with('?') { "" } else { "." };
        Error::Refused(format!("{} {what}{end}", self.path.display()))
    }
}

/// By what a file that was changed is told from what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    bytes: u64,
}

impl Stamp {
    /// Changes that follow each other too closely for the clock of the file system look like one.
    const CLOSE: Duration = Duration::from_secs(2);

    /// `None` for a file that is not there, or that changed just now: it may change again without a trace.
    fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::metadata(path).ok()?;
        let modified = meta.modified().ok()?;
        let settled = modified.elapsed().is_ok_and(|age| age > Self::CLOSE);
        settled.then_some(Self { modified, bytes: meta.len() })
    }
}

/// Reads login, name, role and cities, in this order.
fn viewer(row: &Row<'_>) -> rusqlite::Result<Viewer> {
    let (login, name, role, cities): (String, String, String, String) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    // A role that is not known here may do the least.
    Ok(Viewer::new(&login, &name, role.parse().unwrap_or(Role::Viewer), cities.split_whitespace()))
}

fn taken(count: usize, login: &str) -> Result<()> {
    if count > 0 {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "There is a user or a token '{login}' already. Choose another name, or remove that one first."
    )))
}

fn missing(count: usize, what: &str, login: &str) -> Result<()> {
    if count > 0 {
        return Ok(());
    }
    Err(Error::NotFound(format!("There is no {what} '{login}'.")))
}
