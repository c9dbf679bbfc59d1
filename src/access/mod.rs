//! Access control: roles, and the one policy that decides who may see and change what. Pure values; never HTTP, never
//! the disk.
//!
//! Each feature and each field has an [`AccessLevel`]. Each viewer has a level at each feature: visitors `public`,
//! users `partners`, and users of the feature's own city `internal`. Features and fields of a higher level are absent
//! from everything that the viewer gets.

mod edit;
mod ownership;
mod policy;
mod secret;
mod viewer;

pub use ownership::{check_new_name, is_creator};
pub use policy::{AccessLevel, AccessScope, Policy};
pub use secret::{
    AccessCredential, MAX_PASSWORD_BYTES, SecretDigest, SecretKind, check_login, digest_secret, generate_password,
    generate_secret, hash_password, verify_password,
};
pub use viewer::{AccessRole, AccessToken, Viewer, ViewerAccount};
