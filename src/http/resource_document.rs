//! Resources that are one JSON document and a page: every resource of the API except features and tiles.

use super::html::HtmlPage;
use super::link::WebLink;
use super::problem::ProblemDetails;
use super::request_context::{QueryPairs, RequestContext};
use super::response::{HttpResult, add_link_header, respond_hashed};
use super::response_format::{HTML, JSON, ResponseFormat};
use axum::http::header;
use axum::response::Response;
use serde_json::Value as Json;

/// A JSON document and its page.
pub struct ResourceDocument {
    pub json: Json,
    pub page: HtmlPage,
}

/// Responds with a JSON document or its page. `build` gets the `self` and `alternate` links.
pub fn respond_document(
    context: &RequestContext,
    json_form: &'static ResponseFormat,
    build: impl FnOnce(&[WebLink]) -> Result<ResourceDocument, ProblemDetails>,
) -> HttpResult {
    respond_document_with(context, json_form, &context.parse_known_pairs(&[])?, build)
}

/// Responds like [`respond_document`] for a resource with parameters of its own.
pub fn respond_document_with(
    context: &RequestContext,
    json_form: &'static ResponseFormat,
    pairs: &QueryPairs,
    build: impl FnOnce(&[WebLink]) -> Result<ResourceDocument, ProblemDetails>,
) -> HttpResult {
    let forms = [json_form, &HTML];
    let form = context.negotiate_format(&forms, pairs)?;
    let alternates = context.alternates(&forms, form, pairs);
    let document = build(&alternates)?;
    let body =
        if form == &HTML { document.page.render(context.base_url(), &alternates) } else { document.json.to_string() };
    let mut response = respond_hashed(&context.headers, form.media, body.into_bytes());
    if form == &HTML && document.page.has_api_viewer() {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, context.app.security_headers.api_viewer_policy());
    }
    add_link_header(response.headers_mut(), &alternates);
    Ok(response)
}

/// Responds with JSON that has no page.
pub fn respond_json(context: &RequestContext, json: &Json) -> Response {
    respond_hashed(&context.headers, JSON.media, json.to_string().into_bytes())
}
