//! A request for features of one collection, and what is worked out once for it: the key that its response is cached
//! by, the content coding, the links.

use super::link::WebLink;
use super::negotiate;
use super::problem::ProblemDetails;
use super::profile;
use super::request_context::{QueryPairs, RequestContext};
use super::response;
use super::response_cache::CachedResponse;
use super::response_format::{JSON, ResponseFormat};
use crate::atlas::{CollectionView, ContentCoding};
use crate::error::Result;
use crate::query::{self, Query};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use bytes::Bytes;
use std::fmt::Write as _;

pub struct FeatureRequest {
    pub context: RequestContext,
    pub view: CollectionView,
    /// Everything that the response depends on but its coding, so that an unchanged one is found without parsing the
    /// query.
    pub cache_key: String,
    pub coding: ContentCoding,
}

impl FeatureRequest {
    /// # Errors
    /// 404 for a collection that does not exist or that the viewer may not see.
    pub fn from_context(context: RequestContext) -> Result<Self, ProblemDetails> {
        let view = context.plan().collection_view(context.path_segment("collection"))?;
        let cache_key = build_cache_key(&context, &view);
        let coding = negotiate::choose_coding(&context.headers);
        Ok(Self { context, view, cache_key, coding })
    }

    /// The cached response to an equal request: 304 when the client has it.
    pub fn find_cached_response(&self) -> Option<Response> {
        let cached = self.context.app.response_cache.get(&self.cache_key, self.coding)?;
        let unchanged = cached.etag().and_then(|etag| response::check_not_modified(&self.context.headers, etag));
        Some(unchanged.unwrap_or_else(|| cached.to_response()))
    }

    /// Compresses a response, caches it, and answers with it.
    pub fn respond_and_cache(&self, headers: HeaderMap, body: impl Into<Bytes>) -> Response {
        let plain = CachedResponse::new(headers, body);
        self.context.app.response_cache.compress_and_insert(&self.cache_key, plain, self.coding).to_response()
    }

    /// The query against this collection's fields; `f` and `profile` belong to the response and not to it.
    pub fn parse_query(&self, pairs: &QueryPairs) -> Result<Query> {
        let rest = pairs.rest.iter().filter(|(name, _)| name != profile::PARAMETER);
        let rest = rest.map(|(n, v)| (n.as_str(), v.as_str()));
        query::parse_query(rest, self.view.collection(), &["f", profile::PARAMETER])
    }

    /// Links to this response, to its other formats, and to the collection.
    pub fn links(&self, forms: &[&ResponseFormat], form: &ResponseFormat, pairs: &QueryPairs) -> Vec<WebLink> {
        let mut links = self.context.alternates(forms, form, pairs);
        let collection = self.view.collection();
        let url = self.context.base_url().api_url(&["collections", collection.id.as_str()]);
        links.push(WebLink::new("collection", url, JSON.media).with_title(&collection.title));
        links
    }

    /// The address of the schema that the features conform to.
    pub fn schema_url(&self) -> String {
        self.context.base_url().api_url(&["collections", self.view.collection().id.as_str(), "schema"])
    }
}

fn build_cache_key(context: &RequestContext, view: &CollectionView) -> String {
    let (load_id, revision) = view.state_id();
    let (mask_key, base, address) = (view.mask_key(), context.base_url().as_str(), context.path_and_query());
    let mut key = String::with_capacity(128 + mask_key.len() + base.len() + address.len());
    // Writing to a String does not fail.
    let _ = write!(key, "{load_id:x} {revision} {mask_key} {base} {address}");
    for accepted in context.headers.get_all(header::ACCEPT) {
        let _ = write!(key, " {accepted:?}");
    }
    key
}
