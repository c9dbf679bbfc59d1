//! Errors as HTTP responses: one table from domain errors to status codes, and problem details (RFC 9457).

use super::html;
use super::request_id::RequestId;
use crate::error::{Error, InvalidInput};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

/// An error response. It travels as an extension of an empty response up to the middleware, which knows whether the
/// client prefers pages and writes the body.
#[derive(Debug, Clone)]
pub struct ProblemDetails {
    pub status: StatusCode,
    /// What is wrong and what to do.
    pub detail: String,
    /// The parameter, JSON pointer or other place in the input; empty if there is none.
    pub at: String,
    /// Every fault with its place, if there are several.
    pub errors: Vec<InvalidInput>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log: what failed inside.
    pub cause: Option<Box<str>>,
}

impl ProblemDetails {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), at: String::new(), errors: vec![], headers: vec![], cause: None }
    }

    fn to_json(&self, id: Option<&RequestId>) -> Json {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.full_detail(),
        });
        if !self.errors.is_empty() {
            body["errors"] = self.errors.iter().map(|i| json!({"pointer": i.at, "detail": i.message})).collect();
        } else if !self.at.is_empty() {
            let place = if self.at.starts_with('/') { "pointer" } else { "parameter" };
            body["errors"] = json!([{place: self.at, "detail": self.detail}]);
        }
        if let Some(id) = id {
            body["request_id"] = id.as_str().into();
        }
        body
    }

    fn full_detail(&self) -> String {
        if self.at.is_empty() { self.detail.clone() } else { format!("{}: {}", self.at, self.detail) }
    }

    /// The response: JSON, or a page with a link to `home`. It says the request's id if the log has a line about it.
    /// JSON that refuses a viewer or an edit does not: it is equal to the byte, so that nothing is learned from two.
    pub fn to_response(&self, home: Option<&str>, id: Option<&RequestId>) -> Response {
        let (media, body) = if let Some(home) = home {
            let title = self.status.canonical_reason().unwrap_or("Error");
            (
                html::MEDIA,
                html::render_problem(self.status.as_u16(), title, &self.full_detail(), home, id.map(RequestId::as_str)),
            )
        } else {
            let is_refusal = matches!(self.status.as_u16(), 401 | 403 | 422);
            ("application/problem+json", self.to_json(id.filter(|_| !is_refusal)).to_string())
        };
        let mut response =
            (self.status, [(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, "no-store")], body).into_response();
        response.headers_mut().extend(self.headers.iter().cloned());
        response
    }
}

impl From<Error> for ProblemDetails {
    fn from(error: Error) -> Self {
        if let Error::AtPointer(at, error) = error {
            return Self { at, ..Self::from(*error) };
        }
        let sentence = error.to_string();
        let status = match &error {
            Error::Invalid(_) => StatusCode::BAD_REQUEST,
            Error::RuleViolations(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::AlreadyExists(_) => StatusCode::CONFLICT,
            Error::Gone(_) => StatusCode::GONE,
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Stale(_) => StatusCode::PRECONDITION_FAILED,
            Error::PermissionDenied(_) => StatusCode::FORBIDDEN,
            Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Error::TooMuchWork(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::StorageFull(_) => StatusCode::INSUFFICIENT_STORAGE,
            Error::Busy(_) | Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::AtPointer(..) | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        match error {
            Error::RuleViolations(all) => Self { errors: all, ..Self::new(status, sentence) },
            Error::Invalid(invalid) => Self { at: invalid.at, ..Self::new(status, invalid.message) },
            Error::Busy(_) => {
                let headers = vec![(header::RETRY_AFTER, HeaderValue::from_static("2"))];
                Self { headers, ..Self::new(status, sentence) }
            }
            Error::Internal(cause) => {
                let sentence =
                    "The server failed to answer; the request is not at fault. The server's log has the cause.";
                Self { cause: Some(cause.into()), ..Self::new(status, sentence) }
            }
            _ => Self::new(status, sentence),
        }
    }
}

impl IntoResponse for ProblemDetails {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        ProblemDetails::from(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_no_fault_of_the_request() {
        let problem = ProblemDetails::from(crate::error::disk_full_error());
        assert_eq!(problem.status, StatusCode::INSUFFICIENT_STORAGE);
        assert!(problem.detail.contains("Free some space"), "{}", problem.detail);
    }
}
