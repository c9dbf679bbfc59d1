//! Whose requests and sign-ins are counted together, and how many a client may send.

use super::rate_limiter::KeyedRateLimiter;
use std::net::{IpAddr, Ipv6Addr};

/// Limits sign-ins, by login and by client network.
pub struct LoginLimiter {
    pub logins: KeyedRateLimiter<String>,
    pub addresses: KeyedRateLimiter<IpAddr>,
}

impl LoginLimiter {
    pub fn new() -> Self {
        Self { logins: KeyedRateLimiter::new(1.0 / 30.0, 10), addresses: KeyedRateLimiter::new(1.0 / 5.0, 40) }
    }
}

/// A client, as requests are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClientKey {
    Login(String),
    Address(IpAddr),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_counts_as_one_client() {
        let of = |text: &str| client_network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::"));
        assert_ne!(of("2001:db8:1:2::"), of("2001:db8:1:3::"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.2"), of("192.0.2.1"));
    }
}
