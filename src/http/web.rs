//! The files of the web app: everything that no other route answers.

use super::app_state::AppState;
use super::fair_queue::JobOwner;
use super::problem::ProblemDetails;
use super::response::HttpResult;
use super::urls;
use crate::error::Error;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use std::sync::Arc;

/// Serves a file of the web app for every path that no other route answers.
pub async fn get_file(State(app): State<Arc<AppState>>, method: Method, uri: Uri, headers: HeaderMap) -> HttpResult {
    let missing =
        || Error::NotFound(format!("There is no resource at {}.", uri.path().chars().take(200).collect::<String>()));
    let path = resolve_path(uri.path()).ok_or_else(missing)?;
    let read = {
        let (app, path) = (app.clone(), path.clone());
        move || app.web_app.read_file(&path)
    };
    let file = match app.web_app.cached_file(&path) {
        Some(cached) => cached,
        None => app.pool.run(&JobOwner::server(), move |_| read()).await?.ok_or_else(missing)?,
    };
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(ProblemDetails::new(StatusCode::METHOD_NOT_ALLOWED, ""));
    }
    Ok(file.respond(&path, &headers))
}

/// The path below the app's folder; `None` for a path that could lead out of it or to a hidden file.
fn resolve_path(path: &str) -> Option<String> {
    let path = path.strip_prefix('/')?;
    if path.is_empty() {
        return Some("index.html".into());
    }
    let path = urls::percent_decode(path, false)?;
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0']);
    path.split('/').all(plain).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::resolve_path;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        for path in [
            "/../x",
            "/a/../../x",
            "/%2e%2e/x",
            "/..%2fx",
            "/a//b",
            "/.git/config",
            "/a%00b",
            "/c:/x",
            "/a%5c..%5cb",
            "//etc/passwd",
            "/%ff",
        ] {
            assert_eq!(resolve_path(path), None, "{path}");
        }
        assert_eq!(resolve_path("/"), Some("index.html".into()));
        assert_eq!(resolve_path("/assets/app-1a+b.js"), Some("assets/app-1a+b.js".into()));
    }
}
