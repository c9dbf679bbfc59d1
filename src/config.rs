//! The settings that a server needs before the store opens: address, public URL, limits. Everything else is data in the
//! plan. Reads no files and no environment variables; the command line does.

use crate::error::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct Config {
    pub listen: SocketAddr,
    /// The URL that users open, if it differs from the listening address; every link starts with it.
    pub public_url: Option<PublicUrl>,
    /// Whether `X-Forwarded-Proto`, `-Host`, `-Prefix` and `-For` are trusted. Safe only behind a proxy that sets or
    /// removes them itself: a client that can send them decides where links lead.
    pub trust_proxy: bool,
    pub read_only: bool,
    /// A directory with a built web app, instead of the one in the program.
    pub web: Option<PathBuf>,
    /// The style of another base map, instead of the built-in one.
    pub basemap: Option<StyleUrl>,
    /// Other sites that this style loads tiles, fonts and symbols from.
    pub basemap_origins: Vec<SiteOrigin>,
    /// Which sites may show the map in a frame.
    pub frame_ancestors: FrameAncestors,
    pub limits: ServerLimits,
}

/// Limits of sizes, times and numbers.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// Maximum length of path and query.
    pub uri_bytes: usize,
    /// Maximum size of a request body.
    pub body_bytes: u64,
    /// Memory for cached responses about features; 0 disables the cache.
    pub response_cache_bytes: u64,
    /// Time to compute a response, waiting included.
    pub deadline: Duration,
    /// Requests computed at once.
    pub max_running: usize,
    /// Requests that may wait in the queue; more are refused.
    pub max_waiting: usize,
    /// Work units of one request, each of about 10 ns.
    pub work_units: u64,
    /// Memory that the work for one request may reserve.
    pub work_bytes: usize,
    /// Memory that the work for all requests together may reserve.
    pub total_work_bytes: usize,
    /// Connections at once; more are refused.
    pub connections: usize,
    /// Time for a client to send the head of a request, and time that a connection may be idle.
    pub header: Duration,
    /// Connections that the clients of one network (an IPv4 address, or an IPv6 /64) may have at once. With
    /// `trust_proxy`, the connections are those of a proxy, and this does not apply.
    pub connections_per_client: usize,
    /// Time without progress that a request body may take.
    pub body: Duration,
    /// Time that a request body may take.
    pub body_time: Duration,
    /// The least rate at which a client may send a body on average, and read a response.
    pub transfer_bytes_per_second: u64,
    /// Time before the average of a body counts, and over which that of a response is taken.
    pub transfer_window: Duration,
    /// Memory that the values of one JSON body may take, beside their text. An edit of 10,000 features, or a geometry
    /// of 300,000 positions, takes about this much.
    pub body_value_bytes: usize,
    /// Memory that all request bodies and their values may take; half of it those of one client.
    pub total_body_bytes: usize,
    /// Memory that all responses may take that their clients have not read yet; half of it those of one client.
    pub total_response_bytes: usize,
    /// Requests per second that one client may make on average; `None` for no limit. A client is a signed-in user, or
    /// an address. The machine itself is not limited, as a proxy on it sends the requests of all clients.
    pub requests_per_second: Option<f64>,
    /// Requests that one client may make in a burst.
    pub burst: f64,
    /// Open event streams at once.
    pub listeners: usize,
    /// Open event streams of one client; the machine itself, on which a proxy may run, has half of all.
    pub listeners_per_client: usize,
    /// The largest file that an editor may bring in.
    pub import_bytes: u64,
    /// Files that are being brought in at once, of one account and of all.
    pub imports_per_account: usize,
    pub imports: usize,
    /// Time without a request after which such a file is forgotten.
    pub import_idle: Duration,
    /// Time to read such a file and compare it with the plan.
    pub import_deadline: Duration,
    /// Time for open requests to finish after the signal to stop.
    pub drain: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            trust_proxy: false,
            read_only: false,
            web: None,
            basemap: None,
            basemap_origins: vec![],
            frame_ancestors: FrameAncestors::default(),
            limits: ServerLimits::default(),
        }
    }
}

impl Default for ServerLimits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            uri_bytes: 16 << 10,
            body_bytes: 16 << 20,
            response_cache_bytes: 64 << 20,
            deadline: Duration::from_secs(10),
            max_running: cores * 4,
            max_waiting: cores * 256,
            work_units: 1_000_000_000,
            work_bytes: 128 << 20,
            total_work_bytes: 256 << 20,
            connections: 12_000,
            header: Duration::from_secs(20),
            connections_per_client: 6_000,
            body: Duration::from_secs(20),
            body_time: Duration::from_mins(5),
            transfer_bytes_per_second: 1_000,
            transfer_window: Duration::from_secs(20),
            body_value_bytes: 96 << 20,
            total_body_bytes: 224 << 20,
            total_response_bytes: 256 << 20,
            requests_per_second: Some(100.0),
            burst: 2_000.0,
            listeners: 2_000,
            listeners_per_client: 200,
            import_bytes: 100 << 20,
            imports_per_account: 4,
            imports: 16,
            import_idle: Duration::from_hours(1),
            import_deadline: Duration::from_mins(1),
            drain: Duration::from_secs(20),
        }
    }
}

/// `https://maps.example.org/centre`: scheme, host, perhaps a port and a path; no slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path that everything is under: empty, or `/centre`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        self.0[host..].find('/').map_or("", |at| &self.0[host + at..])
    }

    /// The site that it is on.
    #[must_use]
    pub fn origin(&self) -> Option<SiteOrigin> {
        self.0[..self.0.len() - self.prefix().len()].parse().ok()
    }
}

impl FromStr for PublicUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let url = text.trim_end_matches('/');
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let host = rest.map_or("", |r| r.split('/').next().unwrap_or_default());
        let path = rest.map_or("", |r| &r[host.len()..]);
        let host_ok = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]_".contains(&b));
        let path_ok = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.-_~".contains(&b)) && !path.contains("//");
        if host_ok && path_ok {
            return Ok(Self(url.to_owned()));
        }
        Err(Error::invalid(
            "public-url",
            format!("'{text}' is not a valid URL. Use one such as https://maps.example.org/centre."),
        ))
    }
}

/// The URL of a MapLibre style, or a path relative to the map. Contains no character that could end an HTML attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StyleUrl(String);

impl StyleUrl {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The site that it is on; `None` for a path.
    #[must_use]
    pub fn origin(&self) -> Option<SiteOrigin> {
        let (scheme, rest) = self.0.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{host}").parse().ok()
    }
}

impl FromStr for StyleUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"'`\\^{|}".contains(&b));
        let scheme = text.split_once(':').map(|(scheme, _)| scheme).filter(|s| !s.contains(['/', '?', '#']));
        if plain && scheme.is_none_or(|s| s == "https" || s == "http") {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::invalid(
            "basemap",
            format!("'{text}' is not a valid URL of a style. Use one such as https://maps.example.org/style.json."),
        ))
    }
}

/// `https://maps.example.org`, with a port or not; `https://*.example.org` is every site below. Contains no character
/// that could end a source of a content security policy, in which an IPv6 address cannot stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteOrigin(String);

impl SiteOrigin {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SiteOrigin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
        let host = rest.strip_prefix("*.").unwrap_or(rest);
        if !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b)) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(Error::invalid(
            "origin",
            format!("'{text}' is not the origin of a site. Use one such as https://www.example.org, without a path."),
        ))
    }
}

/// Which sites may show the map in a frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FrameAncestors {
    Nobody,
    /// Pages of this server.
    #[default]
    SameOrigin,
    /// Pages of this server and of these sites.
    Listed(Vec<SiteOrigin>),
    Anybody,
}

impl FrameAncestors {
    /// Whether a page of another site may show the map.
    #[must_use]
    pub fn allow_others(&self) -> bool {
        matches!(self, Self::Listed(_) | Self::Anybody)
    }
}

impl FromStr for FrameAncestors {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let words: Vec<&str> = text.split([',', ' ']).filter(|word| !word.is_empty()).collect();
        match words[..] {
            ["none"] => Ok(Self::Nobody),
            ["self"] => Ok(Self::SameOrigin),
            ["any"] => Ok(Self::Anybody),
            [] => Err(Error::invalid("frame-ancestors", "Name none, self, any, or the origins of sites.")),
            _ => {
                let others = words.iter().filter(|word| **word != "self");
                Ok(Self::Listed(others.map(|word| word.parse()).collect::<Result<_>>()?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_knows_its_prefix() {
        for (text, url, prefix) in [
            ("https://maps.example.org", "https://maps.example.org", ""),
            ("https://maps.example.org/", "https://maps.example.org", ""),
            ("http://example.org:81/a/b/", "http://example.org:81/a/b", "/a/b"),
            ("http://[::1]:8080/x", "http://[::1]:8080/x", "/x"),
        ] {
            let read: PublicUrl = text.parse().unwrap();
            assert_eq!((read.as_str(), read.prefix()), (url, prefix));
        }
    }

    #[test]
    fn an_invalid_url_is_refused() {
        for text in [
            "",
            "maps.example.org",
            "ftp://x",
            "https://",
            "https://a b",
            "https://a/?q",
            "https://a/<b>",
            "http:///x",
            "https://a//b",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
    #[test]
    fn a_style_is_named_by_an_address_or_a_path_and_by_nothing_else() {
        for text in
            ["https://maps.example.org/style.json?key=a&b=1", "http://[::1]:8080/s", "styles/grey.json", "/s:1.json"]
        {
            assert_eq!(text.parse::<StyleUrl>().unwrap().as_str(), text);
        }
        for text in ["", "javascript:alert(1)", "data:application/json,1", "a b", "x\"onload=\"y", "<x>", "grüße"] {
            assert!(text.parse::<StyleUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host_and_nothing_that_ends_a_policy() {
        for text in ["https://a.example", "http://localhost:8080", "https://*.example.org", "http://127.0.0.1:1"] {
            assert_eq!(text.parse::<SiteOrigin>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "a.example",
            "https://",
            "http://[::1]",
            "https://a/b",
            "https://a;script-src",
            "https://a b",
            "*",
            "https://*",
        ] {
            assert!(text.parse::<SiteOrigin>().is_err(), "{text}");
        }
        let origin = |style: &str| style.parse::<StyleUrl>().unwrap().origin().map(|o| o.as_str().to_owned());
        assert_eq!(origin("https://u:p@Tiles.example:8443/s.json?k=1").as_deref(), Some("https://tiles.example:8443"));
        assert_eq!(origin("styles/grey.json"), None);
        assert_eq!(origin("https://a;script-src/x"), None);
    }

    #[test]
    fn frames_are_allowed_for_nobody_the_server_listed_sites_or_anybody() {
        let read = |text: &str| text.parse::<FrameAncestors>();
        assert_eq!(read("none").unwrap(), FrameAncestors::Nobody);
        assert_eq!(read("self").unwrap(), FrameAncestors::default());
        assert_eq!(read("any").unwrap(), FrameAncestors::Anybody);
        let origin: SiteOrigin = "https://www.celje.si".parse().unwrap();
        let listed = FrameAncestors::Listed(vec![origin.clone(), origin]);
        assert_eq!(read("self https://www.celje.si, https://www.celje.si").unwrap(), listed);
        for text in ["", "nobody", "https://a/path", "*", "none https://a", "'self'"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
