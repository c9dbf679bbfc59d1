//! Builds and parses URLs. The base comes from the public URL, the headers of a trusted proxy, or `Host`.

use crate::config::Config;
use axum::http::{HeaderMap, header};
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

/// Scheme, host and prefix of every link of a response; no slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Arc<str>);

impl BaseUrl {
    /// The public URL if one is configured; else what a trusted proxy forwards; else the `Host` of the request.
    pub fn from_request(config: &Config, headers: &HeaderMap) -> Self {
        if let Some(url) = &config.public_url {
            return Self(url.as_str().into());
        }
        let forwarded = |name: &str| if config.trust_proxy { first_header_value(headers, name) } else { None };
        let scheme = forwarded("x-forwarded-proto").filter(|s| matches!(*s, "http" | "https")).unwrap_or("http");
        let host = forwarded("x-forwarded-host")
            .filter(|h| is_host(h))
            .or_else(|| first_header_value(headers, header::HOST.as_str()).filter(|h| is_host(h)));
        let prefix = forwarded("x-forwarded-prefix")
            .map(|p| p.trim_end_matches('/'))
            .filter(|p| is_prefix(p))
            .unwrap_or_default();
        match host {
            Some(host) => Self(format!("{scheme}://{host}{prefix}").into()),
            None => Self(format!("{scheme}://{}{prefix}", config.listen).into()),
        }
    }

    /// The base itself, without a path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme and host, as browsers write the origin of a page.
    pub fn origin(&self) -> &str {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        self.0[host..].find('/').map_or(&self.0, |at| &self.0[..host + at])
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Whether a password is safe on the way: over https, or on the machine itself.
    pub fn is_safe(&self) -> bool {
        let authority = self.origin().split_once("://").map_or("", |(_, a)| a);
        let host = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let host = host.map_or(authority, |(host, _)| host).trim_matches(['[', ']']);
        let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|a| a.is_loopback());
        self.is_https() || local
    }

    /// The address of a path that starts with a slash and is already encoded.
    pub fn with_path(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The address of `/api/` and these segments, each encoded.
    pub fn api_url(&self, segments: &[&str]) -> String {
        let mut url = self.with_path("/api");
        for segment in segments {
            url.push('/');
            percent_encode(segment, &mut url);
        }
        url
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
pub fn percent_encode(text: &str, out: &mut String) {
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing to a String does not fail.
            let _ = write!(out, "%{b:02X}");
        }
    }
}

/// A JSON pointer as a header may hold it: in printable ASCII, slashes as they are.
pub fn encode_pointer(at: &str) -> String {
    let mut out = String::new();
    for (i, part) in at.split('/').enumerate() {
        if i > 0 {
            out.push('/');
        }
        percent_encode(part, &mut out);
    }
    out
}

/// A query string with its question mark; empty when there are no pairs. Commas, colons and slashes stay readable.
pub fn format_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        out.push(if out.is_empty() { '?' } else { '&' });
        percent_encode(name, &mut out);
        out.push('=');
        for part in value.split_inclusive([',', ':', '/']) {
            let (text, mark) = match part.char_indices().next_back() {
                Some((at, c)) if matches!(c, ',' | ':' | '/') => (&part[..at], Some(c)),
                _ => (part, None),
            };
            percent_encode(text, &mut out);
            out.extend(mark);
        }
    }
    out
}

/// The pairs of a query string; `+` is a space. Pairs without a name are left out.
///
/// # Errors
/// The name (or the raw text) of the first pair that is not percent-encoded UTF-8.
pub fn parse_query_string(query: &str) -> Result<Vec<(String, String)>, String> {
    let parts = query.split('&').filter(|p| !p.is_empty()).map(|p| p.split_once('=').unwrap_or((p, "")));
    parts
        .map(|(name, value)| Ok((percent_decode(name, true).ok_or(name)?, percent_decode(value, true).ok_or(name)?)))
        .collect()
}

/// Decodes percent-encoding; in forms `+` is a space. `None` if the result is not UTF-8.
pub fn percent_decode(text: &str, form: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'%' => {
                let digit = |at: usize| char::from(*tail.get(at)?).to_digit(16);
                bytes.push((digit(0)? * 16 + digit(1)?) as u8);
                rest = &tail[2..];
            }
            b'+' if form => bytes.push(b' '),
            b => bytes.push(b),
        }
    }
    String::from_utf8(bytes).ok()
}

/// The first value of a comma-separated header: the one that the proxy nearest to the client wrote.
fn first_header_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()?.split(',').next().map(str::trim).filter(|v| !v.is_empty())
}

fn is_host(host: &str) -> bool {
    host.len() <= 255 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]_".contains(&b))
}

fn is_prefix(prefix: &str) -> bool {
    prefix.len() <= 255
        && prefix.starts_with('/')
        && !prefix.contains("//")
        && prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.-_~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    const FORWARDED: [(&str, &str); 4] = [
        ("host", "inner:8080"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "maps.example.org, cdn"),
        ("x-forwarded-prefix", "/centre/"),
    ];

    #[test]
    fn forwarded_addresses_are_believed_only_when_trusted() {
        let base = |trust_proxy| {
            BaseUrl::from_request(&Config { trust_proxy, ..Config::default() }, &headers(&FORWARDED)).with_path("/api")
        };
        assert_eq!(base(true), "https://maps.example.org/centre/api");
        assert_eq!(base(false), "http://inner:8080/api");
    }

    #[test]
    fn the_public_url_wins_over_everything() {
        let config = Config { trust_proxy: true, public_url: "https://x.org/p".parse().ok(), ..Config::default() };
        assert_eq!(
            BaseUrl::from_request(&config, &headers(&FORWARDED)).api_url(&["collections", "a b/c"]),
            "https://x.org/p/api/collections/a%20b%2Fc"
        );
    }

    #[test]
    fn a_host_that_is_none_falls_back_to_where_we_listen() {
        for host in ["<script>", "a/b", "x\"y"] {
            let base = BaseUrl::from_request(
                &Config::default(),
                &HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]),
            );
            assert_eq!(base.with_path(""), "http://127.0.0.1:8080");
        }
    }

    #[test]
    fn query_strings_go_there_and_back() {
        let given =
            [("bbox", "1,2,3,4"), ("name", "Čopova & co + 100%"), ("datetime", "2026-01-01T00:00:00Z/.."), ("", "x")];
        let text = format_query(given);
        assert!(text.contains("bbox=1,2,3,4") && text.contains("00:00:00Z/.."));
        let back = parse_query_string(&text[1..]).unwrap();
        assert_eq!(back, given.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn what_is_not_percent_encoded_utf8_is_named() {
        assert_eq!(parse_query_string("a=1&name=%ff"), Err("name".into()));
        assert_eq!(parse_query_string("limit=%2"), Err("limit".into()));
        assert_eq!(parse_query_string("a=%zz"), Err("a".into()));
    }
}
