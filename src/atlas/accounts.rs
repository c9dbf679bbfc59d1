//! Accounts: signing in, sessions, access tokens, and their administration.

use crate::access::{self, AccessCredential, AccessRole, AccessToken, SecretKind, Viewer};
use crate::error::{Error, Result};
use crate::store;
use jiff::Timestamp;
use std::path::Path;

/// How long a session lasts.
pub const SESSION_S: i64 = 12 * 3600;

/// The accounts of a plan. Blocking; verifying a password takes some hundredths of a second on purpose.
pub struct AccountService {
    store: store::AccountStore,
    /// The hash of a password that nobody has: with it an unknown login takes as long as a wrong password.
    dummy_hash: String,
}

impl AccountService {
    /// The accounts beside a plan; their file need not exist yet.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system has no random numbers.
    pub fn beside_plan(plan: &Path) -> Result<Self> {
        let dummy_hash = access::hash_password(&access::generate_secret()?)?;
        Ok(Self { store: store::AccountStore::beside_plan(plan), dummy_hash })
    }

    /// The file of the accounts.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// Whether there is neither an account nor a token.
    pub fn is_empty(&self) -> Result<bool> {
        self.store.is_empty()
    }

    /// Starts a session: returns the viewer and the secret of the session; `None` for a wrong login or password.
    pub fn sign_in(&self, login: &str, password: &str) -> Result<Option<(Viewer, String)>> {
        let user = self.store.find_user(login)?;
        let hash = user.as_ref().map_or(&self.dummy_hash, |(_, hash)| hash);
        let verified = access::verify_password(hash, password);
        let Some((viewer, _)) = user.filter(|_| verified) else { return Ok(None) };
        let secret = access::generate_secret()?;
        let now = now_s();
        self.store.add_session(&access::digest_secret(&secret), login, now + SESSION_S, now)?;
        Ok(Some((viewer, secret)))
    }

    pub fn sign_out(&self, secret: &str) -> Result<()> {
        self.store.end_session(&access::digest_secret(secret))
    }

    /// The viewer that a credential stands for; `None` when it is invalid or has expired.
    pub fn find_viewer(&self, credential: &AccessCredential) -> Result<Option<Viewer>> {
        self.store.find_viewer(credential, now_s())
    }

    /// As [`AccountService::find_viewer`], from memory; `None` when the file of accounts must be read. Does not block.
    #[must_use]
    pub fn find_cached_viewer(&self, credential: &AccessCredential) -> Option<Option<Viewer>> {
        self.store.find_cached_viewer(credential, now_s())
    }

    /// # Errors
    /// [`Error::Invalid`] for an unusable login, password or set of cities; [`Error::Refused`] when the login is taken.
    pub fn add_user(&self, user: &Viewer, password: &str) -> Result<()> {
        check_account(user, SecretKind::Session)?;
        self.store.add_user(user, &access::hash_password(password)?)
    }

    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`].
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

    /// Creates a token that is valid for some days; returns its secret, of which only a digest is stored.
    ///
    /// # Errors
    /// As [`AccountService::add_user`].
    pub fn add_token(&self, viewer: &Viewer, days: u32) -> Result<String> {
        check_account(viewer, SecretKind::Token)?;
        let secret = access::generate_secret()?;
        let token = AccessToken { viewer: viewer.clone(), expires_s: now_s() + i64::from(days) * 86_400 };
        self.store.add_token(&access::digest_secret(&secret), &token)?;
        Ok(secret)
    }

    /// All tokens, including expired ones.
    pub fn list_tokens(&self) -> Result<Vec<AccessToken>> {
        self.store.list_tokens()
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn revoke_token(&self, name: &str) -> Result<()> {
        self.store.revoke_token(name)
    }
}

fn check_account(viewer: &Viewer, kind: SecretKind) -> Result<()> {
    access::check_login(viewer.login().unwrap_or_default())?;
    access::check_new_name(viewer.login().unwrap_or_default(), kind)?;
    if matches!(viewer.role(), AccessRole::Contributor | AccessRole::Editor) && viewer.cities().is_empty() {
        return Err(Error::invalid(
            "city",
            format!(
                "A{} {} needs at least one city. Give each with --city, such as --city celje.",
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
