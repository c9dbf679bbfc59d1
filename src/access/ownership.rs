//! Whose a feature is: it belongs to the account that created it, not to a name. A name may be given to somebody else.

use super::secret::SecretKind;
use super::viewer::Viewer;
use crate::change::FeatureCreator;
use crate::error::{Error, Result};
use jiff::Timestamp;

/// Names under which programs and visitors appear in the history. Nobody may sign in as one of them.
const RESERVED_NAMES: [&str; 9] =
    ["import", "file", "system", "program", "cityheart", "visitor", "somebody", "nobody", "anonymous"];
/// Names of programs that people use. A token may have one: it stands for the program.
const PROGRAM_NAMES: [&str; 1] = ["qgis"];

/// Whether a viewer created a feature.
///
/// Lines of the change log from before accounts had ids name the author only. They count for the account that has this
/// name and is older than the line; the age of accounts from that time is not known.
#[must_use]
pub fn is_creator(viewer: &Viewer, creator: &FeatureCreator) -> bool {
    let own = viewer.account();
    if let Some(id) = &creator.author.account {
        return own.is_some_and(|own| own.id == *id);
    }
    let is_older = |since_s: i64| creator.at.parse::<Timestamp>().is_ok_and(|at| since_s <= at.as_second());
    let name = creator.author.name.as_str();
    viewer.login() == Some(name)
        && !RESERVED_NAMES.contains(&name)
        && own.is_none_or(|own| own.since_s == 0 || is_older(own.since_s))
}

/// Refuses names of new accounts and tokens that would be mistaken for those of programs.
///
/// # Errors
/// [`Error::Invalid`] at `login`.
pub fn check_new_name(name: &str, kind: SecretKind) -> Result<()> {
    if RESERVED_NAMES.contains(&name) || (kind == SecretKind::Session && PROGRAM_NAMES.contains(&name)) {
        return Err(Error::invalid(
            "login",
            format!("The name '{name}' is reserved: the history shows programs under such names. Choose another one."),
        ));
    }
    Ok(())
}
