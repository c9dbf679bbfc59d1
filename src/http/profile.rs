//! Profiles of JSON responses (OGC API - Features - Part 5, JSON-FG): the parameter `profile`, and the link to the
//! applied profile.

use super::link::WebLink;
use super::problem::ProblemDetails;
use super::request_context::QueryPairs;
use super::response_format::{GEOJSON, JSONFG, ResponseFormat};
use crate::encoding::jsonfg::JsonProfile;
use crate::error::Error;

pub const PARAMETER: &str = "profile";

/// The profile of a response in this format; `None` for formats without profiles. Of several requested profiles, the
/// first that the format supports is applied; an unsupported one is not an error, as the standard recommends.
///
/// # Errors
/// 400 for an unknown profile.
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
    // The media type of JSON-FG is always JSON-FG.
    let fits = |profile: &JsonProfile| form == &GEOJSON || profile.is_json_fg();
    Ok(Some(known.into_iter().find(fits).unwrap_or(own)))
}

fn unknown_profile(text: &str) -> Error {
    let shown: String = text.chars().take(60).collect();
    let names = JsonProfile::ALL.map(JsonProfile::id).join(", ");
    Error::invalid(PARAMETER, format!("The profile '{shown}' is unknown. Choose one of: {names}."))
}

/// The link to the applied profile.
pub fn profile_link(profile: JsonProfile) -> WebLink {
    let title = match profile {
        JsonProfile::Rfc7946 => "GeoJSON (RFC 7946)",
        JsonProfile::JsonFg => "JSON-FG",
        JsonProfile::JsonFgPlus => "JSON-FG, readable as GeoJSON",
    };
    WebLink::new("profile", profile.uri(), "text/html").with_title(title)
}
