//! What surrounds every handler: path normalisation, limits, identification, OPTIONS, CORS, compression, panics, error
//! bodies, metrics.

use super::app_state::AppState;
use super::client_address::client_address;
use super::held_response;
use super::identity;
use super::negotiate;
use super::problem::ProblemDetails;
use super::request_counts::RouteGroup;
use super::request_id::REQUEST_ID;
use super::request_log::{LoggedRequest, is_logged, log_response};
use super::response::empty_response;
use super::urls::BaseUrl;
use crate::access::Viewer;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tower::util::MapRequestLayer;
use tower::{Layer, ServiceBuilder};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// Headers that scripts of other sites may read.
const EXPOSED_HEADERS: &str = "Content-Crs, ETag, Link, Location, OGC-NumberMatched, OGC-NumberReturned, Allow, Accept-Patch, Accept-Post, Preference-Applied, Retry-After, Tile-Left-Out, Tile-Dropped, Edit-Left-Out, Cityheart-Next-Cursor, Cityheart-Not-Held, X-Request-Id";
const ALLOWED_METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// Wraps the routes.
pub fn wrap_routes(routes: Router<Arc<AppState>>, app: Arc<AppState>) -> Router {
    let compression = CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(
        SizeAbove::new(512)
            .and(NotForContentType::IMAGES)
            .and(NotForContentType::const_new("font/"))
            // Compressed as they are.
            .and(NotForContentType::const_new("application/zip"))
            .and(NotForContentType::const_new("application/vnd.openxmlformats"))
            .and(NotForContentType::const_new("application/vnd.oasis"))
            .and(NotForContentType::const_new("application/vnd.apache.parquet"))
            .and(NotForContentType::SSE),
    );
    let prefix: Arc<str> = app.config.public_url.as_ref().map_or("", |u| u.prefix()).into();
    let inner = routes.with_state(app.clone()).layer(
        ServiceBuilder::new()
            .layer(compression)
            .layer(from_fn_with_state(app, handle_request))
            .layer(CatchPanicLayer::custom(respond_to_panic)),
    );
    let normalize = MapRequestLayer::new(move |request: Request| normalize_path(request, &prefix));
    Router::new().fallback_service(normalize.layer(inner))
}

/// Removes the public prefix, for proxies that leave it in the path, and the slash at the end of an API path.
fn normalize_path(mut request: Request, prefix: &str) -> Request {
    let path = request.uri().path();
    let inner = path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(path);
    let inner = if inner.starts_with("/api/") { inner.trim_end_matches('/') } else { inner };
    if inner.len() != path.len() {
        let inner = if inner.is_empty() { "/" } else { inner };
        let whole = request.uri().query().map_or_else(|| inner.to_owned(), |q| format!("{inner}?{q}"));
        let mut parts = request.uri().clone().into_parts();
        if let Ok(whole) = whole.parse::<PathAndQuery>() {
            parts.path_and_query = Some(whole);
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
    }
    request
}

async fn handle_request(State(app): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    let kind = RouteGroup::from_path(request.uri().path());
    let mut logged = describe_request(&app, &request);
    request.extensions_mut().insert(logged.id.clone());
    let base = BaseUrl::from_request(&app.config, request.headers());
    // A browser gets its errors as pages, with a link to the start.
    let home = negotiate::prefers_html(request.headers()).then(|| base.with_path("/api"));
    let is_sign_in = logged.method == Method::POST && logged.uri.path() == "/auth/login";
    let preflight =
        logged.method == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);

    let mut signed_in = false;
    let is_safe = base.is_safe();
    let mut response = match admit_request(&app, &base, &mut request).await {
        Err(problem) => problem.into_response(),
        Ok(_) if preflight => empty_response(StatusCode::NO_CONTENT),
        Ok(viewer) => {
            signed_in = viewer.login().is_some();
            logged.account = viewer.account().map(|account| account.id.clone());
            request.extensions_mut().insert(viewer);
            request.extensions_mut().insert(base);
            next.run(request).await
        }
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = answer_other_method(&logged.method, &response);
    }
    if let Some(mut problem) = response.extensions_mut().remove::<ProblemDetails>() {
        if problem.status == StatusCode::FORBIDDEN && !signed_in && !app.has_accounts().await.unwrap_or(true) {
            problem.detail = identity::no_accounts_message();
        }
        app.request_log.log_problem(&logged, &problem);
        response = problem.to_response(home.as_deref(), Some(&logged.id).filter(|_| is_logged(problem.status)));
        if logged.method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
    }
    set_common_headers(response.headers_mut(), preflight);
    app.security_headers.set(response.headers_mut(), is_safe);
    vary_by_viewer(response.headers_mut(), signed_in);
    response.headers_mut().insert(REQUEST_ID, logged.id.to_header());
    if is_sign_in {
        app.request_counts.record_sign_in(response.status());
    }
    app.request_counts.record(kind, response.status(), logged.start.elapsed());
    log_response(&logged, response.status());
    held_response::note_plain_size(&mut response);
    response
}

/// What the log says of a request, as far as it is known before the viewer is.
fn describe_request(app: &AppState, request: &Request) -> LoggedRequest {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    LoggedRequest {
        id: app.request_ids.identify(&app.config, request.headers()),
        method: request.method().clone(),
        uri: request.uri().clone(),
        address: client_address(&app.config, request.headers(), peer),
        account: None,
        start: Instant::now(),
    }
}

/// The viewer of a request that is within the limits and has valid credentials, if any.
async fn admit_request(app: &AppState, base: &BaseUrl, request: &mut Request) -> Result<Viewer, ProblemDetails> {
    if let Some(problem) = check_host(request).or_else(|| check_request_size(app, request)) {
        return Err(problem);
    }
    normalize_content_coding(request)?;
    // A request with a wrong token counts against its address.
    let viewer = identity::identify_viewer(app, base, request).await;
    let client = identity::check_request_rate(app, viewer.as_ref().unwrap_or(&Viewer::visitor()), request)?;
    request.extensions_mut().insert(client);
    viewer
}

/// Refuses an HTTP/1.1 request without `Host`, or with more than one (RFC 9112, 3.2). Requests of callers in this
/// process come over no connection and need none.
fn check_host(request: &Request) -> Option<ProblemDetails> {
    request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let detail = match hosts {
        0 if request.version() >= Version::HTTP_11 => "The request has no Host header. Send one.",
        0 | 1 => return None,
        _ => "The request has more than one Host header. Send one.",
    };
    Some(ProblemDetails::new(StatusCode::BAD_REQUEST, detail))
}

/// Refuses a request by the length of its address and of its body.
fn check_request_size(app: &AppState, request: &Request) -> Option<ProblemDetails> {
    let limits = &app.config.limits;
    let uri = request.uri().path_and_query().map_or(0, |p| p.as_str().len());
    if uri > limits.uri_bytes {
        let detail = format!(
            "The URL has {uri} bytes; {} are allowed. Shorten the query, or send a smaller filter.",
            limits.uri_bytes
        );
        return Some(ProblemDetails::new(StatusCode::URI_TOO_LONG, detail));
    }
    let length = request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse::<u64>().ok()?;
    let is_file = request.method() == Method::POST && request.uri().path() == "/api/imports";
    let most = if is_file { limits.import_bytes } else { limits.body_bytes };
    (length > most).then(|| {
        let detail = if is_file {
            format!("The file has {length} bytes; {most} are allowed. Import it by the command line, or split it.")
        } else {
            format!("The body has {length} bytes; {most} are allowed. Split it into several requests.")
        };
        ProblemDetails::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })
}

/// Refuses a body in a content coding other than gzip (RFC 9110, 8.4), and spells that one as it is looked for.
fn normalize_content_coding(request: &mut Request) -> Result<(), ProblemDetails> {
    let given = request.headers().get_all(header::CONTENT_ENCODING);
    let codings: Vec<String> = given
        .iter()
        .flat_map(|line| line.to_str().unwrap_or("?").split(','))
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    match &codings[..] {
        [] => {
            request.headers_mut().remove(header::CONTENT_ENCODING);
        }
        [only] if matches!(only.as_str(), "gzip" | "x-gzip") => {
            request.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        _ => {
            let shown: String = codings.join(", ").chars().take(60).collect();
            let detail = format!("The body is in the content coding '{shown}'. Send it as gzip, or as it is.");
            let headers = vec![(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, identity"))];
            return Err(ProblemDetails { headers, ..ProblemDetails::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail) });
        }
    }
    Ok(())
}

/// Answers OPTIONS with the allowed methods, and any other method that a resource does not have with 405 and the same
/// list.
fn answer_other_method(method: &Method, refusal: &Response) -> Response {
    let listed = refusal.headers().get(header::ALLOW).and_then(|a| a.to_str().ok()).filter(|a| !a.is_empty());
    let allowed = format!("{}, OPTIONS", listed.unwrap_or("GET,HEAD").split(',').collect::<Vec<_>>().join(", "));
    let allow = (header::ALLOW, super::response::ascii_header_value(&allowed));
    if method == Method::OPTIONS {
        return (StatusCode::OK, [allow]).into_response();
    }
    let detail = format!("This resource does not support {method}. Use one of: {allowed}.");
    ProblemDetails { headers: vec![allow], ..ProblemDetails::new(StatusCode::METHOD_NOT_ALLOWED, detail) }
        .into_response()
}

/// The headers of every response, errors included: scripts of any site may read what any visitor may read.
fn set_common_headers(headers: &mut HeaderMap, preflight: bool) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(ALLOWED_METHODS));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(
                "Accept, Accept-Language, Content-Type, Content-Crs, If-None-Match, If-Match, Prefer, Authorization",
            ),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    } else {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    }
    if !headers.contains_key(header::VARY) {
        headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    }
}

/// The response depends on the viewer, so no shared cache may serve one viewer's response to another.
fn vary_by_viewer(headers: &mut HeaderMap, signed_in: bool) {
    headers.append(header::VARY, HeaderValue::from_static("Authorization, Cookie"));
    if signed_in && headers.get(header::CACHE_CONTROL).is_some_and(|c| *c == super::response::REVALIDATE) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=0, must-revalidate"));
    }
}

fn respond_to_panic(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    ProblemDetails::from(crate::error::Error::Internal(format!("a handler panicked: {}", text.unwrap_or("no message"))))
        .into_response()
}
