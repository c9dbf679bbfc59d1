//! The address of a client: that of its connection, or the one that a trusted proxy tells (`X-Forwarded-For`, or else
//! `Forwarded`, RFC 7239).

use crate::config::Config;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address that the connection comes from; `None` for a request made in this process.
pub struct PeerAddress(pub Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for PeerAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip())))
    }
}

/// The client's address: the one that a trusted proxy added last, else the peer's. Clients whose proxy tells an address
/// that cannot be read share one, which is no loopback address.
pub fn client_address(config: &Config, headers: &HeaderMap, peer: Option<IpAddr>) -> IpAddr {
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    if !config.trust_proxy {
        return peer;
    }
    let last = |name: &HeaderName| headers.get_all(name).iter().next_back();
    let told = if let Some(value) = last(&FORWARDED_FOR) {
        value.to_str().ok().and_then(|list| list.rsplit(',').next()).and_then(parse_node)
    } else if let Some(value) = last(&header::FORWARDED) {
        value.to_str().ok().and_then(parse_forwarded)
    } else {
        return peer;
    };
    told.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// The network of an address: providers assign a /64 of IPv6 to each household, so all of its addresses count as one
/// client.
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let mut bytes = v6.octets();
            bytes[8..].fill(0);
            Ipv6Addr::from(bytes).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The `for` of the last element of `Forwarded: for=…;proto=…, for="…"`.
fn parse_forwarded(value: &str) -> Option<IpAddr> {
    let element = split_unquoted(value, ',').pop()?;
    let pairs = split_unquoted(element, ';').into_iter().filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for")).find_map(|(_, node)| parse_node(node))
}

/// The parts of a header value between separators that are not in a quoted string.
fn split_unquoted(value: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    let mut parts = vec![];
    let mut from = 0;
    for (at, c) in value.char_indices() {
        if c == '"' {
            quoted = !quoted;
        } else if c == separator && !quoted {
            parts.push(&value[from..at]);
            from = at + c.len_utf8();
        }
    }
    parts.push(&value[from..]);
    parts
}

/// An address as proxies write it: bare or with a port, IPv6 in brackets or not, with a zone or not, quoted or not.
fn parse_node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"').trim();
    if let Some(rest) = text.strip_prefix('[') {
        return parse_address(rest.split(']').next()?);
    }
    if text.bytes().filter(|b| *b == b':').count() == 1 {
        return parse_address(text.split(':').next()?);
    }
    parse_address(text)
}

fn parse_address(text: &str) -> Option<IpAddr> {
    let without_zone = text.split('%').next()?;
    without_zone.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn told(name: &'static str, value: &'static str) -> IpAddr {
        let config = Config { trust_proxy: true, ..Config::default() };
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
        client_address(&config, &headers, Some(IpAddr::V4(Ipv4Addr::LOCALHOST)))
    }

    #[test]
    fn a_forwarded_address_is_read_however_it_is_written() {
        let expected: IpAddr = "192.0.2.60".parse().unwrap();
        for value in
            ["192.0.2.60", "192.0.2.60:4711", " 198.51.100.1, 192.0.2.60 ", "::ffff:192.0.2.60", "\"192.0.2.60:1\""]
        {
            assert_eq!(told("x-forwarded-for", value), expected, "{value}");
        }
        for value in ["for=192.0.2.60", "proto=https;For=\"192.0.2.60:47011\"", "for=_a, for=192.0.2.60;by=\"x,y;z\""] {
            assert_eq!(told("forwarded", value), expected, "{value}");
        }
        let expected: IpAddr = "2001:db8:cafe::17".parse().unwrap();
        for value in ["2001:db8:cafe::17", "[2001:db8:cafe::17]", "[2001:db8:cafe::17]:4711", "2001:db8:cafe::17%eth0"]
        {
            assert_eq!(told("x-forwarded-for", value), expected, "{value}");
        }
        assert_eq!(told("forwarded", "for=\"[2001:db8:cafe::17]:4711\""), expected);
    }

    #[test]
    fn an_address_that_cannot_be_read_is_not_the_loopback_of_the_proxy() {
        for value in ["unknown", "_hidden", "", "192.0.2.60.1", "a, b"] {
            assert!(!told("x-forwarded-for", value).is_loopback(), "{value}");
            assert!(!told("forwarded", value).is_loopback(), "{value}");
        }
    }

    #[test]
    fn an_ipv6_network_counts_as_one_client() {
        let of = |text: &str| client_network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::"));
        assert_ne!(of("2001:db8:1:2::"), of("2001:db8:1:3::"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.2"), of("192.0.2.1"));
    }
}
