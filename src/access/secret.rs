//! Secrets: passwords, and what opens sessions and tokens. What is kept of them opens nothing.

use crate::error::{Error, Result};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Passwords have this many characters at least, and this many bytes at most.
pub const MIN_PASSWORD_CHARS: usize = 10;
pub const MAX_PASSWORD_BYTES: usize = 1000;

/// What a session or a token is kept under: SHA-256 of its secret. The secret is random, so that nothing slower is needed.
pub type SecretDigest = [u8; 32];

/// Text that opens a session or a token: 256 random bits. It is shown once.
///
/// # Errors
/// [`Error::Internal`] when the system has no randomness to give.
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

/// A password that nobody chose: 20 letters and digits that cannot be taken for each other, about 98 bits.
///
/// # Errors
/// [`Error::Internal`] when the system has no randomness to give.
pub fn generate_password() -> Result<String> {
    // 32 signs, so that every byte gives one without preferring any.
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes.iter().map(|b| char::from(SIGNS[usize::from(b % 32)])).collect())
}

/// What is kept of a password: argon2id with 19 MiB, two passes and a salt of its own, in PHC form.
///
/// # Errors
/// [`Error::InvalidInput`] at `password` when it is too short or too long.
pub fn hash_password(password: &str) -> Result<String> {
    if password.chars().count() < MIN_PASSWORD_CHARS || password.len() > MAX_PASSWORD_BYTES {
        return Err(Error::invalid(
            "password",
            format!("A password has at least {MIN_PASSWORD_CHARS} characters, and at most {MAX_PASSWORD_BYTES} bytes."),
        ));
    }
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(Error::internal)
}

/// Whether this is the password that was hashed. Takes as long whether it is or not.
#[must_use]
pub fn verify_password(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// # Errors
/// [`Error::InvalidInput`] at `login`.
pub fn check_login(login: &str) -> Result<()> {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._@-".contains(&b);
    if login.is_empty() || login.len() > 64 || !login.bytes().all(good) {
        return Err(Error::invalid(
            "login",
            format!("'{login}' cannot be a login: use 1 to 64 lower-case letters, digits and . _ @ -"),
        ));
    }
    Ok(())
}
