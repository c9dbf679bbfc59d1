//! The id of a request: the response carries it, and so does every line of the log about it.

use crate::config::Config;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from a proxy.
const MAX_ID_BYTES: usize = 64;

/// Letters, digits and `-_.` only.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

/// Makes ids: a random prefix for each start of the server, and a number.
pub struct RequestIdSource {
    prefix: u32,
    next: AtomicU64,
}

impl RequestId {
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl RequestIdSource {
    pub fn new() -> Self {
        let mut random = [0; 4];
        if getrandom::fill(&mut random).is_err() {
            random = std::process::id().to_ne_bytes();
        }
        Self { prefix: u32::from_ne_bytes(random), next: AtomicU64::new(1) }
    }

    /// The id that a trusted proxy gave the request, if it is one; else a new one.
    pub fn identify(&self, config: &Config, headers: &HeaderMap) -> RequestId {
        let given = if config.trust_proxy { headers.get(REQUEST_ID).filter(|id| is_id(id.as_bytes())) } else { None };
        given.map_or_else(|| self.next_id(), |id| RequestId(id.clone()))
    }

    fn next_id(&self) -> RequestId {
        let mut text = [0u8; 25];
        let mut rest = &mut text[..];
        // 8 digits, a hyphen and at most 16 digits fit.
        let _ = write!(rest, "{:08x}-{:x}", self.prefix, self.next.fetch_add(1, Ordering::Relaxed));
        let length = 25 - rest.len();
        RequestId(HeaderValue::from_bytes(&text[..length]).unwrap_or(HeaderValue::from_static("-")))
    }
}

fn is_id(text: &[u8]) -> bool {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-_.".contains(b);
    (1..=MAX_ID_BYTES).contains(&text.len()) && text.iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_only_a_trusted_proxy_gives_them() {
        let source = RequestIdSource::new();
        let identify = |trust_proxy: bool, given: &'static str| {
            let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(given))]);
            source.identify(&Config { trust_proxy, ..Config::default() }, &headers).as_str().to_owned()
        };
        assert_eq!(identify(true, "1-67891233.a_b"), "1-67891233.a_b");
        let own = [identify(false, "abc"), identify(false, "abc"), identify(true, ""), identify(true, "a b")];
        assert!(own.iter().all(|id| is_id(id.as_bytes()) && id.len() >= 10 && id != "abc"), "{own:?}");
        assert!((1..4).all(|i| !own[..i].contains(&own[i])), "{own:?}");
    }
}
