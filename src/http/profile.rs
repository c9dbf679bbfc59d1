//! Profiles of JSON answers (OGC API Features Part 5, JSON-FG): the parameter `profile`, and the link that says which one was applied.

use super::link::WebLink;
use super::problem::ProblemDetails;
use super::request_context::QueryPairs;
use super::response_format::{GEOJSON, JSONFG, ResponseFormat};
use crate::encoding::jsonfg::JsonProfile;
use crate::error::Error;

pub const PARAMETER: &str = "profile";

/// The profile of an answer in this form; `None` where there are none. Of several that are wished the first that the form has is
/// taken; one that it does not have is no error, as the standard recommends.
///
/// # Errors
/// 400 for a name that is no profile of anything here.
pub fn choose_profile(pairs: &QueryPairs, form: &ResponseFormat) -> Result<Option<JsonProfile>, ProblemDetails> {
    let own = match *form {
        GEOJSON => JsonProfile::Rfc7946,
        JSONFG => JsonProfile::JsonFg,
        _ => return Ok(None),
    };
    let Some((_, requested)) = pairs.rest.iter().find(|(name, _)| name == PARAMETER) else { return Ok(Some(own)) };
    let mut known = Vec::new();
    for text in requested.split(',') {
        known.push(JsonProfile::parse(text).ok_or_else(|| unknown_profile(text))?);
    }
    // What asks for the type of JSON-FG gets JSON-FG.
    let fits = |profile: &JsonProfile| form == &GEOJSON || profile.is_json_fg();
    Ok(Some(known.into_iter().find(fits).unwrap_or(own)))
}

fn unknown_profile(text: &str) -> Error {
    let shown: String = text.chars().take(60).collect();
    let names = JsonProfile::ALL.map(JsonProfile::id).join(", ");
    Error::invalid(PARAMETER, format!("There is no profile '{shown}' here. Ask for one of: {names}."))
}

/// Says which profile was applied.
pub fn profile_link(profile: JsonProfile) -> WebLink {
    let title = match profile {
        JsonProfile::Rfc7946 => "GeoJSON as RFC 7946 has it",
        JsonProfile::JsonFg => "JSON-FG",
        JsonProfile::JsonFgPlus => "JSON-FG that readers of GeoJSON understand",
    };
    WebLink::new("profile", profile.uri(), "text/html").with_title(title)
}
