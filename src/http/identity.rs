//! Identifies the viewer of a request: a browser by the cookie of its session, a tool by `Authorization: Bearer`.
//!
//! A browser sends the cookie with every request, even with one that another site made it send. So a session counts
//! only when the browser says that the page is ours, and it changes data only with the header `X-Cityheart: 1`, which
//! neither a form nor a script of another site can add. Which routes change data is a property of the route:
//! `routes.rs`.

use super::app_state::AppState;
use super::client_address::{client_address, client_network};
use super::client_limits::ClientKey;
use super::problem::ProblemDetails;
use super::urls::BaseUrl;
use crate::access::{AccessCredential, SecretKind, Viewer};
use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

const SAME_ORIGIN_HEADER: HeaderName = HeaderName::from_static("x-cityheart");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Infallible;

    /// The middleware identifies the viewer before any handler runs; no client can set this extension.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::visitor))
    }
}

/// Marks a request whose viewer is known by a session's cookie.
#[derive(Debug, Clone, Copy)]
struct SessionCookie;

/// Identifies the viewer, unless a caller in this process has set one.
///
/// # Errors
/// 401 for an invalid token, 403 for a method other than reading that a browser sends from a page of another site.
pub async fn identify_viewer(app: &AppState, base: &BaseUrl, request: &mut Request) -> Result<Viewer, ProblemDetails> {
    if let Some(viewer) = request.extensions().get::<Viewer>() {
        return Ok(viewer.clone());
    }
    if app.atlas.accounts().is_none() {
        return Ok(Viewer::visitor());
    }
    let Some(credential) = find_credential(base, request.headers())? else { return Ok(Viewer::visitor()) };
    let Some(viewer) = app.find_viewer(credential).await? else {
        return match credential.kind {
            SecretKind::Token => Err(invalid_token()),
            SecretKind::Session => Ok(Viewer::visitor()),
        };
    };
    if credential.kind == SecretKind::Session {
        if !is_reading(request.method()) {
            check_same_origin(base, request.headers())?;
        }
        request.extensions_mut().insert(SessionCookie);
    }
    request.extensions_mut().insert(credential);
    Ok(viewer)
}

/// The credential of a request: its token, or else its session.
///
/// # Errors
/// 401 for an `Authorization` header without a token.
fn find_credential(base: &BaseUrl, headers: &HeaderMap) -> Result<Option<AccessCredential>, ProblemDetails> {
    if let Some(credentials) = headers.get(header::AUTHORIZATION) {
        let token = credentials
            .to_str()
            .ok()
            .and_then(|v| v.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (_, token) = token.ok_or_else(invalid_token)?;
        return Ok(Some(AccessCredential::from_secret(SecretKind::Token, token.trim())));
    }
    let session = find_cookie(headers, cookie_name(base));
    Ok(session.map(|secret| AccessCredential::from_secret(SecretKind::Session, secret)))
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The guard of every route that changes data: refuses a session's request without the header that only our own pages
/// send.
///
/// # Errors
/// 403 for it.
pub async fn require_change_header(request: Request, next: Next) -> Result<Response, ProblemDetails> {
    let by_session = request.extensions().get::<SessionCookie>().is_some();
    let is_ours = request.headers().get(&SAME_ORIGIN_HEADER).is_some_and(|v| v == "1");
    if by_session && !is_reading(request.method()) && !is_ours {
        return Err(ProblemDetails::new(
            StatusCode::FORBIDDEN,
            "A browser session changes data only with the header X-Cityheart: 1. Send the header, or send a token instead of the cookie.",
        ));
    }
    Ok(next.run(request).await)
}

fn invalid_token() -> ProblemDetails {
    let challenge = HeaderValue::from_static("Bearer realm=\"cityheart\", error=\"invalid_token\"");
    ProblemDetails {
        headers: vec![(header::WWW_AUTHENTICATE, challenge)],
        ..ProblemDetails::new(
            StatusCode::UNAUTHORIZED,
            "The token is invalid or has expired. Create one with 'cityheart token add' and send it as 'Authorization: Bearer TOKEN'.",
        )
    }
}

/// Refuses a request that the browser sends from a page of another site.
///
/// # Errors
/// 403 for it.
pub fn check_same_origin(base: &BaseUrl, headers: &HeaderMap) -> Result<(), ProblemDetails> {
    let text = |name: &HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    let ours = match (text(&FETCH_SITE), text(&header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin == base.origin(),
        (None, None) => true,
    };
    if ours {
        return Ok(());
    }
    Err(ProblemDetails::new(
        StatusCode::FORBIDDEN,
        "This request comes from a page of another site. Open the map itself and try again.",
    ))
}

/// `__Host-` ties a cookie to this very host and to https; browsers accept it over nothing else.
pub fn cookie_name(base: &BaseUrl) -> &'static str {
    if base.is_https() { "__Host-cityheart" } else { "cityheart" }
}

pub fn find_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    all.filter_map(|pair| pair.trim().split_once('=')).find(|(n, v)| *n == name && !v.is_empty()).map(|(_, v)| v)
}

/// What the request proved its viewer with; `None` for a visitor, and for a viewer that a caller in this process set.
pub struct ViewerCredential(pub Option<AccessCredential>);

impl<S: Sync> FromRequestParts<S> for ViewerCredential {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<AccessCredential>().copied()))
    }
}

/// The client of a request.
///
/// # Errors
/// 429 when this client sends more requests than it may.
pub fn check_request_rate(app: &AppState, viewer: &Viewer, request: &Request) -> Result<ClientKey, ProblemDetails> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let address = client_address(&app.config, request.headers(), peer);
    let client =
        viewer.login().map_or_else(|| ClientKey::Address(client_network(address)), |l| ClientKey::Login(l.to_owned()));
    match &app.request_limiter {
        Some(limiter) if !address.is_loopback() => limiter.take_token(&client).map_err(too_many_requests)?,
        _ => {}
    }
    Ok(client)
}

/// 429 with the seconds until the next request is allowed.
pub fn too_many_requests(wait: Duration) -> ProblemDetails {
    let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
    ProblemDetails {
        headers: vec![(header::RETRY_AFTER, seconds.into())],
        ..ProblemDetails::new(StatusCode::TOO_MANY_REQUESTS, format!("Too many requests. Try again in {seconds} s."))
    }
}

/// Tells a visitor who wants to change a plan without accounts what is missing.
pub fn no_accounts_message() -> String {
    "Nobody can change this plan yet, because it has no accounts. The server's administrator creates one with: cityheart user add LOGIN --role editor --city CITY --plan PLAN.gpkg".into()
}
