//! Addresses of the web, taken apart once: what is checked is what is asked.

use std::fmt;

/// An address with a host, as `http` or `https`. Its text is made of its parts again, so that no other reader can take
/// it apart in another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebUrl {
    pub is_secure: bool,
    /// In lower case; an IPv6 address is in brackets.
    pub host: String,
    pub port: u16,
    /// Begins with `/`.
    pub path: String,
    pub query: Option<String>,
}

impl WebUrl {
    /// Whether a text is meant as an address of the web.
    #[must_use]
    pub fn is_web_address(text: &str) -> bool {
        text.split_once("://").is_some_and(|(scheme, _)| {
            !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        })
    }

    /// Takes an address apart. What stands behind `#` is left out, as it is never sent.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("It has no scheme. Begin it with https://.".into());
        };
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("Only http and https are asked. Download the file, and import that.".into()),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, behind) = rest.split_at(end);
        let (host, port) = parse_authority(authority, if is_secure { 443 } else { 80 })?;
        let (path, query) = match behind.split_once('?') {
            Some((path, query)) => (path, Some(encode_text(query))),
            None => (behind, None),
        };
        let path = if path.is_empty() { "/".to_owned() } else { remove_dots(&encode_text(path)) };
        Ok(Self { is_secure, host, port, path, query })
    }

    /// The address that a reference in a document at this one means.
    ///
    /// # Errors
    /// As [`WebUrl::parse`].
    pub fn join(&self, reference: &str) -> Result<Self, String> {
        let reference = reference.trim().split('#').next().unwrap_or_default();
        if Self::is_web_address(reference) {
            return Self::parse(reference);
        }
        let scheme = if self.is_secure { "https" } else { "http" };
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::parse(&format!("{scheme}://{rest}"));
        }
        let (path, query) = match reference.split_once('?') {
            Some((path, query)) => (path, Some(encode_text(query))),
            None => (reference, None),
        };
        if path.split('/').next().unwrap_or_default().contains(':') {
            return Err("Only http and https are asked.".into());
        }
        let (path, query) = match path {
            "" => (self.path.clone(), query.or_else(|| self.query.clone())),
            _ if path.starts_with('/') => (remove_dots(&encode_text(path)), query),
            _ => {
                let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                (remove_dots(&encode_text(&format!("{folder}/{path}"))), query)
            }
        };
        Ok(Self { path, query, ..self.clone() })
    }

    /// The value of a parameter, whatever the case of its name; as it is written.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The same address with this parameter, which replaces those of its name in any case.
    #[must_use]
    pub fn with_parameter(&self, name: &str, value: &str) -> Self {
        self.with_written_parameter(name, &encode_value(value))
    }

    /// As [`WebUrl::with_parameter`], with a value that is escaped already.
    #[must_use]
    pub fn with_written_parameter(&self, name: &str, value: &str) -> Self {
        let mut query = String::new();
        for (n, v) in self.without_parameter(name).parameters() {
            query.extend([n, "=", v, "&"]);
        }
        query.extend([name, "=", value]);
        Self { query: Some(query), ..self.clone() }
    }

    /// The same address without a parameter.
    #[must_use]
    pub fn without_parameter(&self, name: &str) -> Self {
        let kept: Vec<String> =
            self.parameters().filter(|(n, _)| !n.eq_ignore_ascii_case(name)).map(|(n, v)| format!("{n}={v}")).collect();
        Self { query: (!kept.is_empty()).then(|| kept.join("&")), ..self.clone() }
    }

    /// The same address with another path, without parameters.
    #[must_use]
    pub fn with_path(&self, path: String) -> Self {
        Self { path, query: None, ..self.clone() }
    }

    /// Whether both are answered by one server.
    #[must_use]
    pub fn is_same_server(&self, other: &Self) -> bool {
        // A server often sends the callers of http to its https.
        let is_upgrade = !other.is_secure && other.port == 80 && self.is_secure && self.port == 443;
        self.host == other.host && (is_upgrade || self.port == other.port)
    }

    fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let query = self.query.as_deref().unwrap_or_default();
        query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.is_secure { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != usual {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)?;
        self.query.as_ref().map_or(Ok(()), |query| write!(f, "?{query}"))
    }
}

fn parse_authority(authority: &str, usual_port: u16) -> Result<(String, u16), String> {
    if authority.contains('@') {
        return Err("It has a user name or password, which would be kept with the data. Leave it out.".into());
    }
    let (host, port) = match authority.rfind(':').filter(|at| *at > authority.rfind(']').unwrap_or(0)) {
        Some(at) => (&authority[..at], &authority[at + 1..]),
        None => (authority, ""),
    };
    let port = match port {
        "" => usual_port,
        _ => port.parse().ok().filter(|p| *p > 0).ok_or("Its port is not a number between 1 and 65535.")?,
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_literal = host.starts_with('[') && host.ends_with(']');
    let allowed =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_') || (is_literal && b":[]".contains(&b));
    if host.is_empty() {
        return Err("It names no host.".into());
    }
    if !host.is_ascii() {
        return Err("Its host has letters beyond a to z. Write it in the form that begins with xn--.".into());
    }
    if !host.bytes().all(allowed) || (is_literal && host[1..host.len() - 1].parse::<std::net::Ipv6Addr>().is_err()) {
        return Err("Its host is not well-formed.".into());
    }
    Ok((host, port))
}

/// Escapes what must not stand in an address, and leaves the rest as it is written.
fn encode_text(text: &str) -> String {
    escape(text, |b| {
        b > b' ' && b < 0x7f && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
    })
}

/// Escapes a value of a parameter. Colons, commas and slashes stay, as some servers know them only so.
fn encode_value(text: &str) -> String {
    escape(text, |b| b.is_ascii_alphanumeric() || b"-._~:,/".contains(&b))
}

fn escape(text: &str, stays: impl Fn(u8) -> bool) -> String {
    use fmt::Write;
    let mut out = String::new();
    for byte in text.bytes() {
        if stays(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Resolves `.` and `..`.
fn remove_dots(path: &str) -> String {
    let mut kept: Vec<&str> = vec![];
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    for (at, part) in parts.iter().enumerate() {
        let is_last = at + 1 == parts.len();
        match *part {
            "." if is_last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if is_last {
                    kept.push("");
                }
            }
            part => kept.push(part),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_and_written_again() {
        for (text, written) in [
            ("https://example.org", "https://example.org/"),
            ("HTTP://Example.ORG:8080/a b?x=č#part", "http://example.org:8080/a%20b?x=%C4%8D"),
            ("https://example.org:443/a/../b/./c", "https://example.org/b/c"),
            ("http://[2001:DB8::1]:81?a=1", "http://[2001:db8::1]:81/?a=1"),
            ("http://0x7f.1/", "http://0x7f.1/"),
        ] {
            assert_eq!(WebUrl::parse(text).unwrap().to_string(), written, "{text}");
        }
        for text in [
            "ftp://example.org/",
            "http://",
            "http:///a",
            "http://a:b@example.org/",
            "http://example.org:0/",
            "http://example.org:99999/",
            "http://exa mple.org/",
            "http://[::1/",
            "http://[x]/",
            "https://čšž.si/",
            "http://example.org\\@127.0.0.1/",
            "example.org/a",
        ] {
            assert!(WebUrl::parse(text).is_err(), "{text}");
        }
        assert!(WebUrl::is_web_address("https://a.b/c") && WebUrl::is_web_address("ftp://a"));
        assert!(!WebUrl::is_web_address("a/b.geojson") && !WebUrl::is_web_address("://x"));
    }

    #[test]
    fn references_are_joined_as_in_a_browser() {
        let base = WebUrl::parse("https://example.org/a/collections/b/items?limit=10").unwrap();
        for (reference, joined) in [
            ("https://other.org/x", "https://other.org/x"),
            ("//other.org/x", "https://other.org/x"),
            ("/x?y=1", "https://example.org/x?y=1"),
            ("items?offset=10", "https://example.org/a/collections/b/items?offset=10"),
            ("?offset=10", "https://example.org/a/collections/b/items?offset=10"),
            ("../c", "https://example.org/a/collections/c"),
            ("../../../../../x", "https://example.org/x"),
        ] {
            assert_eq!(base.join(reference).unwrap().to_string(), joined, "{reference}");
        }
        assert!(base.join("file:///etc/passwd").is_err() && base.join("data:text/plain,x").is_err());
    }

    #[test]
    fn parameters_are_replaced_whatever_their_case() {
        let url = WebUrl::parse("http://example.org/wfs?SERVICE=WFS&map=a%20b&TypeName=x&count=1").unwrap();
        let asked =
            url.without_parameter("typename").with_parameter("count", "10").with_parameter("srsName", "EPSG:3794");
        assert_eq!(asked.query.as_deref(), Some("SERVICE=WFS&map=a%20b&count=10&srsName=EPSG:3794"));
        assert_eq!(url.parameter("service"), Some("WFS"));
    }
}
