//! Who may see and change what: roles, and the one policy that decides for every surface. Pure values; never HTTP, never the disk.
//!
//! A feature and a field each have a [`AccessLevel`]. A viewer reaches a level at each feature: everybody `public`, whoever has an account
//! `partners`, and the people of the feature's own city `internal`. What lies above it is not there for them: not hidden, absent.

mod edit;
mod policy;
mod secret;
mod viewer;

pub use policy::{AccessLevel, AccessScope, Policy};
pub use secret::{
    MAX_PASSWORD_BYTES, SecretDigest, check_login, digest_secret, generate_password, generate_secret, hash_password,
    verify_password,
};
pub use viewer::{AccessRole, AccessToken, Viewer};
