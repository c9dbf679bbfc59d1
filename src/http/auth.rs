//! Who asks: a browser with the cookie of its session, or a tool with `Authorization: Bearer`.
//!
//! A cookie comes along by itself, whoever made the browser ask. So it counts for more than reading only when the request says
//! `X-Cityheart: 1`, which no form and no foreign script can, and when the browser says that the page it came from is ours.

use super::AppState;
use super::problem::ProblemDetails;
use super::rate_limiter::{RateLimiter, client_network};
use super::request_context::RequestContext;
use super::response::HttpResult;
use super::urls::BaseUrl;
use crate::access::{MAX_PASSWORD_BYTES, Viewer};
use crate::atlas::SESSION_S;
use crate::config::Config;
use crate::error::Error;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value as Json, json};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

/// The largest body of a sign-in.
pub const MAX_BODY_BYTES: usize = MAX_PASSWORD_BYTES + 4096;
const SAME_ORIGIN_HEADER: HeaderName = HeaderName::from_static("x-cityheart");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How often passwords may be tried: by login, and by address.
pub struct LoginLimiter {
    logins: RateLimiter<String>,
    addresses: RateLimiter<IpAddr>,
}

impl LoginLimiter {
    pub fn new() -> Self {
        Self { logins: RateLimiter::new(1.0 / 30.0, 10.0), addresses: RateLimiter::new(1.0 / 5.0, 40.0) }
    }
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Infallible;

    /// The frame has found out who asks before any route is reached; nobody else can have put this extension there.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::visitor))
    }
}

/// Finds out who asks, unless whoever called us in this process has said so.
///
/// # Errors
/// 401 for a token that is not valid, 403 for a change that may not be the person's own wish.
pub fn identify_viewer(app: &AppState, request: &Request) -> Result<Viewer, ProblemDetails> {
    if let Some(viewer) = request.extensions().get::<Viewer>() {
        return Ok(viewer.clone());
    }
    let headers = request.headers();
    let Some(accounts) = app.atlas.accounts() else { return Ok(Viewer::visitor()) };
    if let Some(given) = headers.get(header::AUTHORIZATION) {
        let token = given
            .to_str()
            .ok()
            .and_then(|v| v.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let viewer = token.map(|(_, token)| accounts.find_token_viewer(token.trim())).transpose()?.flatten();
        return viewer.ok_or_else(|| ProblemDetails {
            headers: vec![(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"cityheart\", error=\"invalid_token\""),
            )],
            ..ProblemDetails::new(
                StatusCode::UNAUTHORIZED,
                "This token is not valid, or not any more. Send 'Authorization: Bearer TOKEN' with one that 'cityheart token add' made.",
            )
        });
    }
    let base = BaseUrl::from_request(&app.config, headers);
    let Some(secret) = find_cookie(headers, cookie_name(&base)) else { return Ok(Viewer::visitor()) };
    let Some(viewer) = accounts.find_session_viewer(secret)? else { return Ok(Viewer::visitor()) };
    let reading = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !reading {
        check_same_origin(&base, headers)?;
        // A question changes nothing, however it is sent.
        if !request.uri().path().ends_with("/execution") && headers.get(&SAME_ORIGIN_HEADER).is_none_or(|v| v != "1") {
            return Err(ProblemDetails::new(
                StatusCode::FORBIDDEN,
                "Whoever is signed in with a browser changes things with the header X-Cityheart: 1. Other tools send a token.",
            ));
        }
    }
    Ok(viewer)
}

/// What a browser tells about the page that a request came from: it must be one of ours.
fn check_same_origin(base: &BaseUrl, headers: &HeaderMap) -> Result<(), ProblemDetails> {
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
        "This came from a page of another site. Open the map itself and try again.",
    ))
}

/// Who you are.
pub async fn get_current_viewer(context: RequestContext) -> HttpResult {
    context.parse_known_pairs(&[])?;
    Ok(describe_viewer(context.viewer(), &[]))
}

/// Begins a session.
pub async fn create_session(
    context: RequestContext,
    PeerAddress(peer): PeerAddress,
    body: Result<Bytes, BytesRejection>,
) -> HttpResult {
    context.parse_known_pairs(&[])?;
    let base = context.base_url();
    if !base.is_safe() {
        let sentence = "A password is taken over https only, or on the server's own machine. Put a proxy with TLS before it and name its address with --public-url.";
        return Err(ProblemDetails::new(StatusCode::FORBIDDEN, sentence));
    }
    check_same_origin(&base, &context.headers)?;
    let is_json = context
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.trim_start().starts_with("application/json"));
    if !is_json {
        return Err(ProblemDetails::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Send login and password as application/json.",
        ));
    }
    let body =
        body.map_err(|e| ProblemDetails::new(e.status(), "The request could not be read whole, or is too large."))?;
    let (login, password) = parse_credentials(&body)?;
    if context.app.atlas.accounts().is_none_or(|a| a.is_empty().unwrap_or(false)) {
        return Err(Error::PermissionDenied(no_accounts_message()).into());
    }
    let (app, address) =
        (context.app.clone(), client_network(client_address(&context.app.config, &context.headers, peer)));
    let now = Instant::now();
    let limiter = &app.login_limiter;
    limiter
        .addresses
        .take_token(address, now)
        .and_then(|()| limiter.logins.take_token(login.clone(), now))
        .map_err(too_many_requests)?;
    let signed = {
        let (app, login) = (app.clone(), login.clone());
        let work = move || app.atlas.accounts().map_or(Ok(None), |a| a.sign_in(&login, &password));
        context.app.password_pool.run(work).await??
    };
    let Some((viewer, secret)) = signed else {
        return Err(ProblemDetails::new(
            StatusCode::UNAUTHORIZED,
            "Login and password do not go together. Try again, or ask an admin for a new password.",
        ));
    };
    limiter.addresses.return_token(&address);
    limiter.logins.return_token(&login);
    Ok(describe_viewer(&viewer, &[format_cookie(&base, &secret, SESSION_S)]))
}

/// Ends the session.
pub async fn delete_session(context: RequestContext) -> HttpResult {
    context.parse_known_pairs(&[])?;
    let base = context.base_url();
    if let (Some(secret), Some(accounts)) =
        (find_cookie(&context.headers, cookie_name(&base)), context.app.atlas.accounts())
    {
        accounts.sign_out(secret)?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, format_cookie(&base, "", 0)), (header::CACHE_CONTROL, NO_STORE)])
        .into_response())
}

/// What a visitor is told who wants to change a plan without accounts.
pub fn no_accounts_message() -> String {
    "Nobody can change this plan yet, because it has no accounts. Whoever runs the server makes one with: cityheart user add LOGIN --role editor --city CITY --plan PLAN.gpkg".into()
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

fn describe_viewer(viewer: &Viewer, cookies: &[HeaderValue]) -> axum::response::Response {
    let body: Json = match viewer.login() {
        None => json!({"role": viewer.role().name()}),
        Some(login) => {
            json!({"login": login, "name": viewer.name(), "role": viewer.role().name(), "cities": viewer.cities()})
        }
    };
    let head =
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json")), (header::CACHE_CONTROL, NO_STORE)];
    let mut response = (head, body.to_string()).into_response();
    cookies.iter().for_each(|c| _ = response.headers_mut().append(header::SET_COOKIE, c.clone()));
    response
}

fn parse_credentials(body: &[u8]) -> Result<(String, String), ProblemDetails> {
    let json: Json =
        serde_json::from_slice(body).map_err(|e| Error::invalid("", format!("The body is not JSON ({e}).")))?;
    let text = |name: &str| {
        json.get(name)
            .and_then(Json::as_str)
            .filter(|t| t.len() <= MAX_PASSWORD_BYTES)
            .map(str::to_owned)
            .ok_or_else(|| Error::invalid(format!("/{name}"), "Send {\"login\": \"…\", \"password\": \"…\"}."))
    };
    Ok((text("login")?, text("password")?))
}

/// `__Host-` ties a cookie to this very host and to https; a browser takes it over nothing else.
fn cookie_name(base: &BaseUrl) -> &'static str {
    if base.is_https() { "__Host-cityheart" } else { "cityheart" }
}

fn format_cookie(base: &BaseUrl, secret: &str, age_s: i64) -> HeaderValue {
    let secure = if base.is_https() { "; Secure" } else { "" };
    let name = cookie_name(base);
    super::response::ascii_header_value(&format!(
        "{name}={secret}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}"
    ))
}

fn find_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    all.filter_map(|pair| pair.trim().split_once('=')).find(|(n, v)| *n == name && !v.is_empty()).map(|(_, v)| v)
}

/// The address that a request came from; none when nobody connected (a request made in this process).
pub struct PeerAddress(pub Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for PeerAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip())))
    }
}

/// Whose request this is: what a trusted proxy appended last, else who connected.
pub fn client_address(config: &Config, headers: &HeaderMap, peer: Option<IpAddr>) -> IpAddr {
    let forwarded = || {
        let last = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim();
        last.parse().ok()
    };
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    if config.trust_proxy { forwarded().unwrap_or(peer) } else { peer }
}

/// Somebody whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClientKey {
    Login(String),
    Address(IpAddr),
}

/// # Errors
/// 429 when this client asks more often than it may.
pub fn check_request_rate(app: &AppState, viewer: &Viewer, request: &Request) -> Result<(), ProblemDetails> {
    let Some(rate) = &app.request_limiter else { return Ok(()) };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let address = client_address(&app.config, request.headers(), peer);
    if address.is_loopback() {
        return Ok(());
    }
    let client =
        viewer.login().map_or_else(|| ClientKey::Address(client_network(address)), |l| ClientKey::Login(l.to_owned()));
    rate.take_token(client, Instant::now()).map_err(too_many_requests)
}

/// 429 with the seconds until it is possible again.
pub fn too_many_requests(wait: Duration) -> ProblemDetails {
    let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
    ProblemDetails {
        headers: vec![(header::RETRY_AFTER, seconds.into())],
        ..ProblemDetails::new(StatusCode::TOO_MANY_REQUESTS, format!("Too often. Try again in {seconds} s."))
    }
}
