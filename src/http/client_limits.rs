//! Whose requests and sign-ins are counted together, and how many a client may send.

use super::rate_limiter::KeyedRateLimiter;
use std::net::IpAddr;
use std::time::Duration;

/// Limits sign-ins by client network, and more strictly by client network and login. No limit counts a login by itself:
/// a stranger's wrong passwords must not keep its owner out.
pub struct LoginLimiter {
    logins: KeyedRateLimiter<(String, IpAddr)>,
    networks: KeyedRateLimiter<IpAddr>,
}

impl LoginLimiter {
    pub fn new() -> Self {
        Self { logins: KeyedRateLimiter::new(1.0 / 30.0, 10), networks: KeyedRateLimiter::new(1.0 / 5.0, 40) }
    }

    /// Counts an attempt to sign in, before it is known who it is.
    ///
    /// # Errors
    /// The time to wait, when there were too many attempts.
    pub fn take_network_token(&self, network: IpAddr) -> Result<(), Duration> {
        self.networks.take_token(&network)
    }

    /// Takes an attempt back that named no login.
    pub fn return_network_token(&self, network: IpAddr) {
        self.networks.return_token(&network);
    }

    /// Counts the same attempt for its login.
    ///
    /// # Errors
    /// As [`Self::take_network_token`].
    pub fn take_login_token(&self, login: &str, network: IpAddr) -> Result<(), Duration> {
        self.logins.take_token(&(login.to_owned(), network))
    }

    /// Takes an attempt back that succeeded.
    pub fn return_tokens(&self, login: &str, network: IpAddr) {
        self.networks.return_token(&network);
        self.logins.return_token(&(login.to_owned(), network));
    }
}

/// A client, as requests are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClientKey {
    Login(String),
    Address(IpAddr),
}
