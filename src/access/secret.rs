//! Secrets: passwords, and the secrets of sessions and tokens. What is stored of them cannot be used to sign in.

use crate::error::{Error, Result};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The limits of a password.
pub const MIN_PASSWORD_CHARS: usize = 10;
pub const MAX_PASSWORD_BYTES: usize = 1000;

/// The SHA-256 digest under which a session or a token is stored. Its secret is random, so that no slow hash is needed.
pub type SecretDigest = [u8; 32];

/// What a secret opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    Session,
    Token,
}

/// What a request proves its viewer with. The secret itself is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccessCredential {
    pub kind: SecretKind,
    pub digest: SecretDigest,
}

impl AccessCredential {
    #[must_use]
    pub fn from_secret(kind: SecretKind, secret: &str) -> Self {
        Self { kind, digest: digest_secret(secret) }
    }
}

/// The secret of a new session or token: 256 random bits. It is shown once.
///
/// # Errors
/// [`Error::Internal`] when the system has no random numbers.
pub fn generate_secret() -> Result<String> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(Error::internal)?;
    let mut text = String::from("cityheart_");
    for byte in bits {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[must_use]
pub fn digest_secret(secret: &str) -> SecretDigest {
    Sha256::digest(secret.as_bytes()).into()
}

/// A random password: 20 letters and digits that cannot be mistaken for each other, about 98 bits.
///
/// # Errors
/// [`Error::Internal`] when the system has no random numbers.
pub fn generate_password() -> Result<String> {
    // 32 characters, so that a random byte selects each with the same probability.
    const CHARACTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes.iter().map(|b| char::from(CHARACTERS[usize::from(b % 32)])).collect())
}

/// The hash of a password: Argon2id with 19 MiB, two passes and a random salt, as a PHC string.
///
/// # Errors
/// [`Error::Invalid`] at `password` when it is too short or too long.
pub fn hash_password(password: &str) -> Result<String> {
    if password.chars().count() < MIN_PASSWORD_CHARS || password.len() > MAX_PASSWORD_BYTES {
        return Err(Error::invalid(
            "password",
            format!(
                "The password must have {MIN_PASSWORD_CHARS} characters or more, and at most {MAX_PASSWORD_BYTES} bytes."
            ),
        ));
    }
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(Error::internal)
}

/// Whether this is the password that was hashed. Takes the same time for a wrong password.
#[must_use]
pub fn verify_password(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// # Errors
/// [`Error::Invalid`] at `login`.
pub fn check_login(login: &str) -> Result<()> {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._@-".contains(&b);
    if login.is_empty() || login.len() > 64 || !login.bytes().all(good) {
        return Err(Error::invalid(
            "login",
            format!(
                "The login '{login}' is invalid. Use 1 to 64 lower-case letters, digits and the characters . _ @ -"
            ),
        ));
    }
    Ok(())
}
