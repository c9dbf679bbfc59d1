//! Sessions of browsers: signing in, signing out, and the current viewer.

use super::client_address::{PeerAddress, client_address, client_network};
use super::fair_queue::JobKind;
use super::identity::{check_same_origin, cookie_name, find_cookie, no_accounts_message, too_many_requests};
use super::problem::ProblemDetails;
use super::request_body::UnreadBody;
use super::request_context::RequestContext;
use super::response::HttpResult;
use super::urls::BaseUrl;
use crate::access::{MAX_PASSWORD_BYTES, Viewer};
use crate::atlas::SESSION_S;
use crate::error::Error;
use crate::feature::geojson::{describe_json_error, parse_unique_json};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value as Json, json};

/// The largest body of a sign-in.
const MAX_BODY_BYTES: usize = MAX_PASSWORD_BYTES + 4096;
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The current viewer's login, name, role and cities.
pub async fn get_current_viewer(context: RequestContext) -> HttpResult {
    context.parse_known_pairs(&[])?;
    Ok(describe_viewer(context.viewer(), &[]))
}

/// Verifies login and password and begins a session.
pub async fn create_session(context: RequestContext, PeerAddress(peer): PeerAddress, body: UnreadBody) -> HttpResult {
    context.parse_known_pairs(&[])?;
    let base = context.base_url();
    if !base.is_safe() {
        let sentence = "The server accepts passwords only over https or from its own machine. Put a proxy with TLS in front of it and set its address with --public-url.";
        return Err(ProblemDetails::new(StatusCode::FORBIDDEN, sentence));
    }
    check_same_origin(base, &context.headers)?;
    check_json_type(&context.headers)?;
    if !context.app.has_accounts().await? {
        return Err(Error::PermissionDenied(no_accounts_message()).into());
    }
    let app = context.app.clone();
    let network = client_network(client_address(&app.config, &context.headers, peer));
    let limiter = &app.login_limiter;
    limiter.take_network_token(network).map_err(too_many_requests)?;
    let credentials =
        body.parse(&context, JobKind::Edit, MAX_BODY_BYTES, parse_credentials).await.inspect_err(|e| {
            // What cannot be understood is no attempt; what does not come is one.
            if e.status == StatusCode::BAD_REQUEST {
                limiter.return_network_token(network);
            }
        })?;
    let (login, password) = credentials.value;
    limiter.take_login_token(&login, network).map_err(too_many_requests)?;
    let session = {
        let (app, login) = (app.clone(), login.clone());
        let sign_in = move || app.atlas.accounts().map_or(Ok(None), |a| a.sign_in(&login, &password));
        context.app.password_pool.run_to_end(&context.job_owner(JobKind::Edit), move |_| sign_in()).await??
    };
    let Some((viewer, secret)) = session else {
        return Err(ProblemDetails::new(
            StatusCode::UNAUTHORIZED,
            "Wrong login or password. Try again, or ask an administrator for a new password.",
        ));
    };
    limiter.return_tokens(&login, network);
    Ok(describe_viewer(&viewer, &[format_cookie(base, &secret, SESSION_S)]))
}

/// Ends the session and removes its cookie.
pub async fn delete_session(context: RequestContext) -> HttpResult {
    context.parse_known_pairs(&[])?;
    let base = context.base_url();
    if let Some(secret) = find_cookie(&context.headers, cookie_name(base)).map(str::to_owned) {
        let atlas = context.app.atlas.clone();
        let sign_out = move || atlas.accounts().map_or(Ok(()), |accounts| accounts.sign_out(&secret));
        context.app.account_pool.run_to_end(&context.job_owner(JobKind::Edit), move |_| sign_out()).await??;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, format_cookie(base, "", 0)), (header::CACHE_CONTROL, NO_STORE)])
        .into_response())
}

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

fn check_json_type(headers: &HeaderMap) -> Result<(), ProblemDetails> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    if media.is_some_and(|v| v.trim_start().starts_with("application/json")) {
        return Ok(());
    }
    Err(ProblemDetails::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send login and password as application/json."))
}

fn parse_credentials(body: &[u8]) -> Result<(String, String), Error> {
    let json =
        parse_unique_json(body).map_err(|e| Error::invalid("", format!("The body {}.", describe_json_error(&e))))?;
    let text = |name: &str| {
        json.get(name)
            .and_then(Json::as_str)
            .filter(|t| t.len() <= MAX_PASSWORD_BYTES)
            .map(str::to_owned)
            .ok_or_else(|| Error::invalid(format!("/{name}"), "Send {\"login\": \"…\", \"password\": \"…\"}."))
    };
    Ok((text("login")?, text("password")?))
}

fn format_cookie(base: &BaseUrl, secret: &str, age_s: i64) -> HeaderValue {
    let secure = if base.is_https() { "; Secure" } else { "" };
    let name = cookie_name(base);
    super::response::ascii_header_value(&format!(
        "{name}={secret}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}"
    ))
}
