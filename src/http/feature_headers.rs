//! The headers of responses with features.

use super::link::WebLink;
use super::response;
use super::response_format::ResponseFormat;
use crate::crs::Crs;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");
pub const NUMBER_MATCHED: HeaderName = HeaderName::from_static("ogc-numbermatched");
pub const NUMBER_RETURNED: HeaderName = HeaderName::from_static("ogc-numberreturned");

/// The headers of every response with features.
pub fn feature_headers(form: &ResponseFormat, etag: HeaderValue, crs: Crs, links: &[WebLink]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media));
    headers.insert(header::CACHE_CONTROL, response::REVALIDATE);
    headers.insert(header::ETAG, etag);
    headers.insert(CONTENT_CRS, response::ascii_header_value(&format!("<{}>", crs.uri())));
    response::add_link_header(&mut headers, links);
    headers
}

/// The number of features of a whole file.
pub fn add_counts(headers: &mut HeaderMap, count: u64) {
    headers.insert(NUMBER_MATCHED, count.into());
    headers.insert(NUMBER_RETURNED, count.into());
}
