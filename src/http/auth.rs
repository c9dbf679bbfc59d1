//! Who asks, out of HTTP.

use super::ask::Ask;
use super::present::Answer;
use crate::access::Viewer;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use serde_json::{Value as Json, json};
use std::convert::Infallible;

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Infallible;

    /// Whoever stood before the routes has found out who asks; nobody else can have put this extension there.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(Self::visitor))
    }
}

/// Who you are.
pub async fn me(ask: Ask) -> Answer {
    ask.only(&[])?;
    let body = described(ask.viewer()).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body).into_response())
}

fn described(viewer: &Viewer) -> Json {
    match viewer.login() {
        None => json!({"role": viewer.role().name()}),
        Some(login) => json!({
            "login": login, "name": viewer.name(), "role": viewer.role().name(), "cities": viewer.cities(),
        }),
    }
}
