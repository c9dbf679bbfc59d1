//! On which terms an edit is asked for, out of its headers: `If-Match`, `Prefer`, `Content-Crs`, `Content-Type`.

use super::{ACCEPT_PATCH, ACCEPT_POST, GEOJSON, MERGE_PATCH, RequestBody, parse_body, parse_etags};
use crate::atlas::{EditAction, EditPrecondition, EditRequest, FaultHandling};
use crate::crs::Crs;
use crate::error::Error;
use crate::http::problem::ProblemDetails;
use crate::http::request_context::RequestContext;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value as Json;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

pub struct EditHeaders {
    pub matching: Option<EditPrecondition>,
    pub handling: FaultHandling,
    /// Whether the client wants the feature back.
    pub representation: bool,
    pub crs: Crs,
    media: Option<String>,
    /// The preferences that are followed, as they are said back.
    applied_preferences: Vec<&'static str>,
}

impl EditHeaders {
    /// Who may not write at all learns it here, before anything else.
    ///
    /// # Errors
    /// 403; 400 for parameters, which there are none of, and for a reference system that is not known here.
    pub fn from_request(context: &RequestContext) -> Result<Self, ProblemDetails> {
        if context.app.config.read_only {
            return Err(Error::PermissionDenied("This server only reads. Nothing can be changed here.".into()).into());
        }
        context.plan().may_write(context.path_segment("collection"))?;
        context.parse_known_pairs(&[])?;
        Self::parse(&context.headers)
    }

    fn parse(headers: &HeaderMap) -> Result<Self, ProblemDetails> {
        let mut parsed = Self {
            matching: parse_if_match(headers),
            handling: FaultHandling::Usual,
            representation: false,
            crs: parse_content_crs(headers)?,
            media: headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(media_essence),
            applied_preferences: vec![],
        };
        for preference in parse_preferences(headers) {
            match preference.as_str() {
                "handling=strict" => parsed.set_handling(FaultHandling::Strict, "handling=strict"),
                "handling=lenient" => parsed.set_handling(FaultHandling::Lenient, "handling=lenient"),
                "return=representation" => {
                    parsed.representation = true;
                    parsed.applied_preferences.push("return=representation");
                }
                "return=minimal" => parsed.applied_preferences.push("return=minimal"),
                _ => {}
            }
        }
        Ok(parsed)
    }

    fn set_handling(&mut self, handling: FaultHandling, name: &'static str) {
        // Of two that contradict each other the first is followed (RFC 7240, 2).
        if self.handling == FaultHandling::Usual {
            self.handling = handling;
            self.applied_preferences.push(name);
        }
    }

    pub fn edit_request(&self, operation: EditAction) -> EditRequest {
        EditRequest { at: String::new(), within: "", action: operation, precondition: self.matching.clone() }
    }

    /// The body of a create or replace.
    ///
    /// # Errors
    /// 415 for any other type, 400 for what is no JSON.
    pub fn parse_geojson(&self, body: RequestBody) -> Result<(Json, usize), ProblemDetails> {
        let known = [GEOJSON, "application/json", "application/vnd.geo+json"];
        self.require_media(&known, ACCEPT_POST, GEOJSON)?;
        parse_body(body)
    }

    /// The body of an update.
    ///
    /// # Errors
    /// As [`Self::geojson`].
    pub fn parse_merge_patch(&self, body: RequestBody) -> Result<(Json, usize), ProblemDetails> {
        self.require_media(&[MERGE_PATCH, "application/json"], ACCEPT_PATCH, MERGE_PATCH)?;
        parse_body(body)
    }

    /// # Errors
    /// As [`Self::geojson`].
    pub fn parse_json(&self, body: RequestBody) -> Result<(Json, usize), ProblemDetails> {
        self.require_media(&["application/json"], ACCEPT_POST, "application/json")?;
        parse_body(body)
    }

    fn require_media(&self, known: &[&str], name: HeaderName, wanted: &'static str) -> Result<(), ProblemDetails> {
        if self.media.as_deref().is_some_and(|m| known.contains(&m)) {
            return Ok(());
        }
        let given = self.media.as_deref().unwrap_or("nothing");
        let detail = format!("The Content-Type says {given}. Send {wanted}.");
        let headers = vec![(name, HeaderValue::from_static(wanted))];
        Err(ProblemDetails { headers, ..ProblemDetails::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail) })
    }

    /// Says back which preferences were followed.
    pub fn confirm_preferences(&self, mut response: Response) -> Response {
        if !self.applied_preferences.is_empty()
            && let Ok(value) = HeaderValue::from_str(&self.applied_preferences.join(", "))
        {
            response.headers_mut().insert(PREFERENCE_APPLIED, value);
        }
        response
    }
}

fn media_essence(media: &str) -> String {
    media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn parse_if_match(headers: &HeaderMap) -> Option<EditPrecondition> {
    let lines: Vec<&str> =
        headers.get_all(header::IF_MATCH).into_iter().map(|v| v.to_str().unwrap_or_default()).collect();
    (!lines.is_empty()).then(|| parse_etags(&lines.join(",")))
}

/// `name=value` pairs, in small letters, without quotes and parameters (RFC 7240, 2).
fn parse_preferences(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(PREFER).into_iter().filter_map(|v| v.to_str().ok());
    let all = lines.flat_map(|line| line.split(','));
    let plain = |p: &str| p.split(';').next().unwrap_or_default().replace([' ', '\t', '"'], "").to_ascii_lowercase();
    all.map(plain).filter(|p| !p.is_empty()).collect()
}

/// The standard writes the address in angle brackets; QGIS sends it bare.
fn parse_content_crs(headers: &HeaderMap) -> Result<Crs, ProblemDetails> {
    let Some(value) = headers.get(CONTENT_CRS) else { return Ok(Crs::CRS84) };
    let text = value.to_str().unwrap_or_default().trim();
    let text = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
    Crs::parse(text).map_err(|e| {
        let sentence = match e {
            Error::Invalid(invalid) => invalid.message,
            e => e.to_string(),
        };
        Error::invalid("Content-Crs", sentence).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_test_headers(pairs: &[(&'static str, &'static str)]) -> Result<EditHeaders, ProblemDetails> {
        let pairs = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)));
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        EditHeaders::parse(&headers)
    }

    #[test]
    fn preferences_are_read_however_they_are_written_and_the_first_of_two_wins() {
        for (lines, handling, applied) in [
            (&[("prefer", "handling=strict")][..], FaultHandling::Strict, "handling=strict"),
            (&[("prefer", "respond-async, Handling = \"lenient\"; x=1")], FaultHandling::Lenient, "handling=lenient"),
            (
                &[("prefer", "return=minimal"), ("prefer", "handling=lenient")],
                FaultHandling::Lenient,
                "return=minimal, handling=lenient",
            ),
            (&[("prefer", "handling=strict, handling=lenient")], FaultHandling::Strict, "handling=strict"),
            (&[("prefer", "handling=loose")], FaultHandling::Usual, ""),
        ] {
            let terms = parse_test_headers(lines).ok().unwrap();
            assert_eq!(
                (terms.handling, terms.applied_preferences.join(", ").as_str()),
                (handling, applied),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_reference_system_is_read_with_and_without_angle_brackets() {
        let wanted = Crs::parse("http://www.opengis.net/def/crs/EPSG/0/3794").unwrap();
        for text in ["<http://www.opengis.net/def/crs/EPSG/0/3794>", "http://www.opengis.net/def/crs/EPSG/0/3794"] {
            assert_eq!(parse_test_headers(&[("content-crs", text)]).ok().unwrap().crs, wanted);
        }
        assert_eq!(parse_test_headers(&[]).ok().unwrap().crs, Crs::CRS84);
        assert!(parse_test_headers(&[("content-crs", "http://www.opengis.net/def/crs/EPSG/0/1")]).is_err());
    }

    #[test]
    fn strong_tags_of_any_representation_match_and_weak_ones_never() {
        let states = |tags: &str| match parse_etags(tags) {
            EditPrecondition::Any => vec!["*".to_owned()],
            EditPrecondition::States(states) => states,
        };
        assert_eq!(states("*"), ["*"]);
        assert_eq!(states("\"ab\""), ["ab"]);
        assert_eq!(states("\"ab-12\", W/\"cd\" ,\"ef\""), ["ab", "ef"]);
        assert_eq!(states("nonsense"), Vec::<String>::new());
    }
}
