//! Signing in: accounts out of their file, passwords and secrets held against what is kept of them.

use crate::access::{self, AccessRole, AccessToken, Viewer};
use crate::error::{Error, Result};
use crate::store;
use jiff::Timestamp;
use std::path::Path;

/// How long somebody stays signed in.
pub const SESSION_S: i64 = 12 * 3600;

/// The accounts of a plan. Blocking; a password takes some hundredths of a second on purpose.
pub struct AccountService {
    store: store::AccountStore,
    /// What is kept of a password that nobody has: an unknown login takes as long as a wrong password.
    dummy_hash: String,
}

impl AccountService {
    /// The accounts beside a plan, whether there are any yet or not.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no randomness to give.
    pub fn beside_plan(plan: &Path) -> Result<Self> {
        let dummy_hash = access::hash_password(&access::generate_secret()?)?;
        Ok(Self { store: store::AccountStore::beside_plan(plan), dummy_hash })
    }

    /// Where they are kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> Result<bool> {
        self.store.is_empty()
    }

    /// Begins a session: who it is, and the secret that opens it. `None` when login and password do not go together.
    pub fn sign_in(&self, login: &str, password: &str) -> Result<Option<(Viewer, String)>> {
        let user = self.store.find_user(login)?;
        let hash = user.as_ref().map_or(&self.dummy_hash, |(_, hash)| hash);
        let right = access::verify_password(hash, password);
        let Some((viewer, _)) = user.filter(|_| right) else { return Ok(None) };
        let secret = access::generate_secret()?;
        let now = now_s();
        self.store.add_session(&access::digest_secret(&secret), login, now + SESSION_S, now)?;
        Ok(Some((viewer, secret)))
    }

    pub fn sign_out(&self, secret: &str) -> Result<()> {
        self.store.end_session(&access::digest_secret(secret))
    }

    /// Whose session this opens.
    pub fn find_session_viewer(&self, secret: &str) -> Result<Option<Viewer>> {
        self.store.find_session_viewer(&access::digest_secret(secret), now_s())
    }

    /// Whose token this is.
    pub fn find_token_viewer(&self, secret: &str) -> Result<Option<Viewer>> {
        self.store.find_token_viewer(&access::digest_secret(secret), now_s())
    }

    /// # Errors
    /// [`Error::InvalidInput`] for a login, a password or a set of cities that cannot be; [`Error::Refused`] when the login is taken.
    pub fn add_user(&self, user: &Viewer, password: &str) -> Result<()> {
        check_account(user)?;
        self.store.add_user(user, &access::hash_password(password)?)
    }

    /// # Errors
    /// [`Error::NotFound`], [`Error::InvalidInput`].
    pub fn set_password(&self, login: &str, password: &str) -> Result<()> {
        self.store.set_password(login, &access::hash_password(password)?)
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn remove_user(&self, login: &str) -> Result<()> {
        self.store.remove_user(login)
    }

    pub fn list_users(&self) -> Result<Vec<Viewer>> {
        self.store.list_users()
    }

    /// Makes a token that is valid for so many days; returns the secret, which is not kept.
    ///
    /// # Errors
    /// As [`AccountService::add_user`].
    pub fn add_token(&self, viewer: &Viewer, days: u32) -> Result<String> {
        check_account(viewer)?;
        let secret = access::generate_secret()?;
        let token = AccessToken { viewer: viewer.clone(), expires_s: now_s() + i64::from(days) * 86_400 };
        self.store.add_token(&access::digest_secret(&secret), &token)?;
        Ok(secret)
    }

    /// Those that have ended, too.
    pub fn list_tokens(&self) -> Result<Vec<AccessToken>> {
        self.store.list_tokens()
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn revoke_token(&self, name: &str) -> Result<()> {
        self.store.revoke_token(name)
    }
}

fn check_account(viewer: &Viewer) -> Result<()> {
    access::check_login(viewer.login().unwrap_or_default())?;
    if matches!(viewer.role(), AccessRole::Contributor | AccessRole::Editor) && viewer.cities().is_empty() {
        return Err(Error::invalid(
            "city",
            format!(
                "A{} {} works for a city. Say which, once for each: --city celje",
                if viewer.role() == AccessRole::Editor { "n" } else { "" },
                viewer.role()
            ),
        ));
    }
    Ok(())
}

fn now_s() -> i64 {
    Timestamp::now().as_second()
}
