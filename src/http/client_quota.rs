//! Something of which the server has so much, and one client may hold a share: memory for request bodies, event
//! streams. What is held is returned when its hold is dropped. Never waits.

use super::client_limits::ClientKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub struct ClientQuota {
    total: usize,
    state: Mutex<QuotaState>,
}

#[derive(Default)]
struct QuotaState {
    held: usize,
    clients: HashMap<ClientKey, usize>,
}

/// Why nothing more can be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaExceeded {
    /// The client holds its share.
    Client,
    /// All clients together hold everything.
    Server,
}

/// What one request holds, until this is dropped.
pub struct QuotaHold {
    quota: Arc<ClientQuota>,
    /// `None` for the server itself, which has no share.
    client: Option<ClientKey>,
    share: usize,
    amount: usize,
}

impl ClientQuota {
    pub fn new(total: usize) -> Arc<Self> {
        Arc::new(Self { total, state: Mutex::default() })
    }

    /// A hold of nothing yet, of a client that may hold so much in all of its requests.
    pub fn hold(self: &Arc<Self>, client: Option<ClientKey>, share: usize) -> QuotaHold {
        QuotaHold { quota: self.clone(), client, share, amount: 0 }
    }

    /// What all clients hold.
    pub fn held(&self) -> usize {
        self.lock().held
    }

    fn lock(&self) -> MutexGuard<'_, QuotaState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QuotaHold {
    /// Holds more.
    ///
    /// # Errors
    /// [`QuotaExceeded`], and then no more is held than before.
    pub fn grow(&mut self, more: usize) -> Result<(), QuotaExceeded> {
        let mut state = self.quota.lock();
        if state.held.saturating_add(more) > self.quota.total {
            return Err(QuotaExceeded::Server);
        }
        if let Some(client) = &self.client {
            let own = state.clients.get(client).copied().unwrap_or(0);
            if own.saturating_add(more) > self.share {
                return Err(QuotaExceeded::Client);
            }
            match state.clients.get_mut(client) {
                Some(own) => *own += more,
                None => _ = state.clients.insert(client.clone(), more),
            }
        }
        state.held += more;
        drop(state);
        self.amount += more;
        Ok(())
    }

    /// Returns a part of what is held.
    pub fn shrink(&mut self, less: usize) {
        let less = less.min(self.amount);
        if less == 0 {
            return;
        }
        self.amount -= less;
        let mut state = self.quota.lock();
        state.held -= less;
        if let Some(client) = &self.client
            && let Some(own) = state.clients.get_mut(client)
        {
            *own -= less;
            if *own == 0 {
                state.clients.remove(client);
            }
        }
    }
}

impl Drop for QuotaHold {
    fn drop(&mut self) {
        self.shrink(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> Option<ClientKey> {
        Some(ClientKey::Login(name.to_owned()))
    }

    #[test]
    fn a_client_holds_its_share_and_all_together_no_more_than_there_is() {
        let quota = ClientQuota::new(100);
        let (mut one, mut two, mut other) =
            (quota.hold(client("a"), 60), quota.hold(client("a"), 60), quota.hold(client("b"), 60));
        assert_eq!(one.grow(40), Ok(()));
        assert_eq!(two.grow(21), Err(QuotaExceeded::Client), "both requests are the same client's");
        assert_eq!(two.grow(20), Ok(()));
        assert_eq!(other.grow(41), Err(QuotaExceeded::Server));
        assert_eq!((other.grow(40), quota.held()), (Ok(()), 100));
        one.shrink(30);
        assert_eq!((two.grow(30), quota.held()), (Ok(()), 100));
        drop((one, two, other));
        assert_eq!(quota.held(), 0);
        assert!(quota.lock().clients.is_empty(), "nobody is remembered");
    }
}
