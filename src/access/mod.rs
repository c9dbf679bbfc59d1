//! Who may see and change what: roles, and the one policy that decides for every surface. Pure values; never HTTP, never the disk.
//!
//! A feature and a field each have a [`Level`]. A viewer reaches a level at each feature: everybody `public`, whoever has an account
//! `partners`, and the people of the feature's own city `internal`. What lies above it is not there for them: not hidden, absent.

mod edit;
mod policy;
mod secret;
mod viewer;

pub use policy::{Level, Policy, Sight};
pub use secret::{
    MAX_PASSWORD_BYTES, Print, check_login, fresh_password, fresh_secret, hash_password, is_password, print_of,
};
pub use viewer::{Role, Token, Viewer};
