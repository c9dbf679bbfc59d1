//! Profiles of JSON answers (OGC API Features Part 5, JSON-FG): the parameter `profile`, and the link that says which one was applied.

use super::ask::Pairs;
use super::link::Link;
use super::negotiate::{Form, GEOJSON, JSONFG};
use super::problem::Problem;
use crate::encoding::jsonfg::Profile;
use crate::error::Error;

pub const PARAMETER: &str = "profile";

/// The profile of an answer in this form; `None` where there are none. Of several that are wished the first that the form has is
/// taken; one that it does not have is no error, as the standard recommends.
///
/// # Errors
/// 400 for a name that is no profile of anything here.
pub fn chosen(pairs: &Pairs, form: &Form) -> Result<Option<Profile>, Problem> {
    let own = match *form {
        GEOJSON => Profile::Rfc7946,
        JSONFG => Profile::JsonFg,
        _ => return Ok(None),
    };
    let Some((_, wished)) = pairs.rest.iter().find(|(name, _)| name == PARAMETER) else { return Ok(Some(own)) };
    let mut known = Vec::new();
    for text in wished.split(',') {
        known.push(Profile::find(text).ok_or_else(|| unknown(text))?);
    }
    // What asks for the type of JSON-FG gets JSON-FG.
    let fits = |profile: &Profile| form == &GEOJSON || profile.is_fg();
    Ok(Some(known.into_iter().find(fits).unwrap_or(own)))
}

fn unknown(text: &str) -> Error {
    let shown: String = text.chars().take(60).collect();
    let names = Profile::ALL.map(Profile::id).join(", ");
    Error::invalid(PARAMETER, format!("There is no profile '{shown}' here. Ask for one of: {names}."))
}

/// Says which profile was applied.
pub fn link(profile: Profile) -> Link {
    let title = match profile {
        Profile::Rfc7946 => "GeoJSON as RFC 7946 has it",
        Profile::JsonFg => "JSON-FG",
        Profile::JsonFgPlus => "JSON-FG that readers of GeoJSON understand",
    };
    Link::new("profile", profile.uri(), "text/html").titled(title)
}
