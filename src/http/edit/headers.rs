//! The headers of an edit request: `If-Match`, `Prefer`, `Content-Crs`, `Content-Type`.

use super::entity_tag::parse_etags;
use super::media::{GEOJSON, MAX_BODY_BYTES, MERGE_PATCH, parse_edit_json};
use crate::atlas::{EditAction, EditPrecondition, EditRequest, FaultHandling};
use crate::crs::Crs;
use crate::error::Error;
use crate::http::fair_queue::JobKind;
use crate::http::problem::ProblemDetails;
use crate::http::request_body::{ParsedBody, UnreadBody};
use crate::http::request_context::RequestContext;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value as Json;

pub const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
pub const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

pub struct EditHeaders {
    pub matching: Option<EditPrecondition>,
    pub handling: FaultHandling,
    /// Whether the client prefers the feature in the response.
    pub representation: bool,
    pub crs: Crs,
    media: Option<String>,
    /// The preferences that are followed, as `Preference-Applied` repeats them.
    applied_preferences: Vec<&'static str>,
}

impl EditHeaders {
    /// Reads the headers; first of all refuses viewers who may change nothing in the collection.
    ///
    /// # Errors
    /// 403 when the viewer may not write; 400 for a query parameter, of which edits have none, and for an unknown
    /// reference system.
    pub fn from_request(context: &RequestContext) -> Result<Self, ProblemDetails> {
        if context.app.config.read_only {
            return Err(Error::PermissionDenied("This server is read-only.".into()).into());
        }
        context.plan().may_write(context.path_segment("collection"))?;
        context.parse_known_pairs(&[])?;
        Self::parse(&context.headers)
    }

    /// The same for a request that changes the feature of its path; refuses viewers who may not change it.
    ///
    /// # Errors
    /// As [`Self::from_request`]; 404 or 412 for a feature that the viewer may not see, 403 for one that they may not
    /// change.
    pub fn from_item_request(context: &RequestContext) -> Result<Self, ProblemDetails> {
        let parsed = Self::from_request(context)?;
        let (collection, id) = (context.path_segment("collection"), context.path_segment("feature"));
        context.plan().check_item_rights(collection, id, parsed.matching.as_ref())?;
        Ok(parsed)
    }

    /// The same for a request that restores the feature of its path, which may have been deleted: whether there is
    /// something to restore is decided later, and equally for a feature that the viewer may not see.
    ///
    /// # Errors
    /// As [`Self::from_item_request`], without 404.
    pub fn from_restore_request(context: &RequestContext) -> Result<Self, ProblemDetails> {
        let parsed = Self::from_request(context)?;
        let (collection, id) = (context.path_segment("collection"), context.path_segment("feature"));
        match context.plan().check_item_rights(collection, id, parsed.matching.as_ref()) {
            Ok(()) | Err(Error::NotFound(_)) => Ok(parsed),
            Err(e) => Err(e.into()),
        }
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

    /// The whole body as one edit.
    pub fn edit_request(&self, action: EditAction) -> EditRequest {
        EditRequest { at: String::new(), within: "", action, precondition: self.matching.clone() }
    }

    /// Reads the body of a create or replace.
    ///
    /// # Errors
    /// 415 for another media type, before anything is read; and as [`UnreadBody::parse`].
    pub async fn read_geojson(
        &self,
        context: &RequestContext,
        body: UnreadBody,
    ) -> Result<ParsedBody<Json>, ProblemDetails> {
        let known = [GEOJSON, "application/json", "application/vnd.geo+json"];
        self.require_media(&known, ACCEPT_POST, GEOJSON)?;
        body.parse(context, JobKind::Edit, MAX_BODY_BYTES, parse_edit_json).await
    }

    /// Reads the body of an update.
    ///
    /// # Errors
    /// As [`Self::read_geojson`].
    pub async fn read_merge_patch(
        &self,
        context: &RequestContext,
        body: UnreadBody,
    ) -> Result<ParsedBody<Json>, ProblemDetails> {
        self.require_media(&[MERGE_PATCH, "application/json"], ACCEPT_PATCH, MERGE_PATCH)?;
        body.parse(context, JobKind::Edit, MAX_BODY_BYTES, parse_edit_json).await
    }

    /// Reads a body of plain JSON of at most so many bytes, and makes a value of it.
    ///
    /// # Errors
    /// As [`Self::read_geojson`]; and what `read` returns.
    pub async fn read_json<T: Send + 'static>(
        &self,
        context: &RequestContext,
        body: UnreadBody,
        most_bytes: usize,
        read: impl FnOnce(Json) -> Result<T, Error> + Send + 'static,
    ) -> Result<ParsedBody<T>, ProblemDetails> {
        self.require_media(&["application/json"], ACCEPT_POST, "application/json")?;
        body.parse(context, JobKind::Edit, most_bytes, |bytes| read(parse_edit_json(bytes)?)).await
    }

    fn require_media(&self, known: &[&str], name: HeaderName, wanted: &'static str) -> Result<(), ProblemDetails> {
        if self.media.as_deref().is_some_and(|m| known.contains(&m)) {
            return Ok(());
        }
        let detail = match self.media.as_deref() {
            Some(media) => format!("The Content-Type is {media}. Send {wanted}."),
            None => format!("The request has no Content-Type. Send {wanted}."),
        };
        let headers = vec![(name, HeaderValue::from_static(wanted))];
        Err(ProblemDetails { headers, ..ProblemDetails::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail) })
    }

    /// Adds `Preference-Applied`.
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

/// `name=value` pairs in lower case, without quotes and parameters (RFC 7240, 2).
fn parse_preferences(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(PREFER).into_iter().filter_map(|v| v.to_str().ok());
    let all = lines.flat_map(|line| line.split(','));
    let plain = |p: &str| p.split(';').next().unwrap_or_default().replace([' ', '\t', '"'], "").to_ascii_lowercase();
    all.map(plain).filter(|p| !p.is_empty()).collect()
}

/// The standard writes the URI in angle brackets; QGIS sends it without.
fn parse_content_crs(headers: &HeaderMap) -> Result<Crs, ProblemDetails> {
    let Some(value) = headers.get(CONTENT_CRS) else { return Ok(Crs::CRS84) };
    let text = value.to_str().unwrap_or_default().trim();
    let text = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
    Crs::parse(text).map_err(|e| {
        let message = match e {
            Error::Invalid(invalid) => invalid.message,
            e => e.to_string(),
        };
        Error::invalid("Content-Crs", message).into()
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
    fn preferences_are_read_in_every_spelling_and_the_first_of_two_wins() {
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
            let parsed = parse_test_headers(lines).ok().unwrap();
            assert_eq!(
                (parsed.handling, parsed.applied_preferences.join(", ").as_str()),
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
}
