//! Signing in: accounts out of their file, passwords and secrets held against what is kept of them.

use crate::access::{self, Role, Token, Viewer};
use crate::error::{Error, Result};
use crate::store;
use jiff::Timestamp;
use std::path::Path;

/// How long somebody stays signed in.
pub const SESSION_S: i64 = 12 * 3600;

/// The accounts of a plan. Blocking; a password takes some hundredths of a second on purpose.
pub struct Accounts {
    book: store::Accounts,
    /// What is kept of a password that nobody has: an unknown login takes as long as a wrong password.
    nobodys: String,
}

impl Accounts {
    /// The accounts beside a plan, whether there are any yet or not.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn beside(plan: &Path) -> Result<Self> {
        let nobodys = access::hash_password(&access::fresh_secret()?)?;
        Ok(Self { book: store::Accounts::beside(plan), nobodys })
    }

    /// Where they are kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.book.path()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> Result<bool> {
        self.book.is_empty()
    }

    /// Begins a session: who it is, and the secret that opens it. `None` when login and password do not go together.
    pub fn sign_in(&self, login: &str, password: &str) -> Result<Option<(Viewer, String)>> {
        let user = self.book.user(login)?;
        let kept = user.as_ref().map_or(&self.nobodys, |(_, kept)| kept);
        let right = access::is_password(kept, password);
        let Some((viewer, _)) = user.filter(|_| right) else { return Ok(None) };
        let secret = access::fresh_secret()?;
        let now = now_s();
        self.book.add_session(&access::print_of(&secret), login, now + SESSION_S, now)?;
        Ok(Some((viewer, secret)))
    }

    pub fn sign_out(&self, secret: &str) -> Result<()> {
        self.book.end_session(&access::print_of(secret))
    }

    /// Whose session this opens.
    pub fn in_session(&self, secret: &str) -> Result<Option<Viewer>> {
        self.book.in_session(&access::print_of(secret), now_s())
    }

    /// Whose token this is.
    pub fn with_token(&self, secret: &str) -> Result<Option<Viewer>> {
        self.book.with_token(&access::print_of(secret), now_s())
    }

    /// # Errors
    /// [`Error::Invalid`] for a login, a password or a set of cities that cannot be; [`Error::Refused`] when the login is taken.
    pub fn add_user(&self, user: &Viewer, password: &str) -> Result<()> {
        check(user)?;
        self.book.add_user(user, &access::hash_password(password)?)
    }

    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`].
    pub fn set_password(&self, login: &str, password: &str) -> Result<()> {
        self.book.set_password(login, &access::hash_password(password)?)
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn remove_user(&self, login: &str) -> Result<()> {
        self.book.remove_user(login)
    }

    pub fn users(&self) -> Result<Vec<Viewer>> {
        self.book.users()
    }

    /// Makes a token that is valid for so many days; returns the secret, which is not kept.
    ///
    /// # Errors
    /// As [`Accounts::add_user`].
    pub fn add_token(&self, viewer: &Viewer, days: u32) -> Result<String> {
        check(viewer)?;
        let secret = access::fresh_secret()?;
        let token = Token { viewer: viewer.clone(), expires_s: now_s() + i64::from(days) * 86_400 };
        self.book.add_token(&access::print_of(&secret), &token)?;
        Ok(secret)
    }

    /// Those that have ended, too.
    pub fn tokens(&self) -> Result<Vec<Token>> {
        self.book.tokens()
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn revoke(&self, name: &str) -> Result<()> {
        self.book.revoke(name)
    }
}

fn check(viewer: &Viewer) -> Result<()> {
    access::check_login(viewer.login().unwrap_or_default())?;
    if matches!(viewer.role(), Role::Contributor | Role::Editor) && viewer.cities().is_empty() {
        return Err(Error::invalid(
            "city",
            format!(
                "A{} {} works for a city. Say which, once for each: --city celje",
                if viewer.role() == Role::Editor { "n" } else { "" },
                viewer.role()
            ),
        ));
    }
    Ok(())
}

fn now_s() -> i64 {
    Timestamp::now().as_second()
}
