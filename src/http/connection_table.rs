//! The open connections by client network: so many in all, and of one client a share. When there is no place left, a
//! new connection takes that of an idle one of the client that has the most. Knows nothing of what they carry.

use super::connection::ConnectionState;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A connection that has waited for its request for less is not closed for another one.
const LEAST_IDLE: Duration = Duration::from_millis(500);
/// Connections that are looked at for one that is idle.
const MAX_LOOKS: usize = 64;

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    pub total: usize,
    pub per_client: usize,
}

pub struct ConnectionTable {
    limits: ConnectionLimits,
    state: Mutex<TableState>,
}

#[derive(Default)]
struct TableState {
    count: usize,
    next: u64,
    clients: HashMap<IpAddr, ClientConnections>,
}

#[derive(Default)]
struct ClientConnections {
    /// In the order in which they were opened.
    open: BTreeMap<u64, Arc<ConnectionState>>,
    /// The last that was looked at for its idleness.
    looked_at: u64,
}

/// The place of a connection, until this is dropped.
pub struct ConnectionSlot {
    table: Arc<ConnectionTable>,
    client: IpAddr,
    number: u64,
    state: Arc<ConnectionState>,
}

/// Why a connection gets no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionRefusal {
    ClientFull,
    ServerFull,
}

impl ConnectionTable {
    pub fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default() })
    }

    /// A place for a connection of this client network, perhaps that of an idle one, which is closed.
    ///
    /// # Errors
    /// [`ConnectionRefusal`] when there is none.
    pub fn admit(self: &Arc<Self>, client: IpAddr) -> Result<ConnectionSlot, ConnectionRefusal> {
        let mut table = self.lock();
        let own = table.clients.get(&client).map_or(0, |connections| connections.open.len());
        if own >= self.limits.per_client {
            if !table.evict_idle(client) {
                return Err(ConnectionRefusal::ClientFull);
            }
        } else if table.count >= self.limits.total {
            let busiest = table.clients.iter().max_by_key(|(_, connections)| connections.open.len());
            let busiest = busiest.map(|(client, _)| *client);
            if !busiest.is_some_and(|busiest| table.evict_idle(busiest)) {
                return Err(ConnectionRefusal::ServerFull);
            }
        }
        table.next += 1;
        table.count += 1;
        let (number, state) = (table.next, ConnectionState::new());
        table.clients.entry(client).or_default().open.insert(number, state.clone());
        Ok(ConnectionSlot { table: self.clone(), client, number, state })
    }

    fn lock(&self) -> MutexGuard<'_, TableState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TableState {
    /// Closes an idle connection of a client, if one of those that are looked at is: each time of the next ones.
    fn evict_idle(&mut self, client: IpAddr) -> bool {
        let Some(connections) = self.clients.get_mut(&client) else { return false };
        let after = connections.open.range((Excluded(connections.looked_at), Unbounded));
        let before = connections.open.range(..=connections.looked_at);
        let mut idle = None;
        for (number, state) in after.chain(before).take(MAX_LOOKS) {
            connections.looked_at = *number;
            if state.idle_time().is_some_and(|idle| idle >= LEAST_IDLE) {
                idle = Some(*number);
                break;
            }
        }
        let Some(number) = idle else { return false };
        if let Some(state) = connections.open.get(&number) {
            state.evict();
        }
        self.remove(client, number);
        true
    }

    fn remove(&mut self, client: IpAddr, number: u64) {
        let Some(connections) = self.clients.get_mut(&client) else { return };
        // One that was closed for another is no longer here.
        if connections.open.remove(&number).is_some() {
            self.count -= 1;
        }
        if connections.open.is_empty() {
            self.clients.remove(&client);
        }
    }
}

impl ConnectionSlot {
    pub fn state(&self) -> &Arc<ConnectionState> {
        &self.state
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.table.lock().remove(self.client, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u8) -> IpAddr {
        [192, 0, 2, n].into()
    }

    fn table(total: usize, per_client: usize) -> Arc<ConnectionTable> {
        ConnectionTable::new(ConnectionLimits { total, per_client })
    }

    #[test]
    fn a_client_has_its_share_and_places_are_returned() {
        let table = table(5, 3);
        let mut held: Vec<_> = (0..3).map(|_| table.admit(address(1)).unwrap()).collect();
        assert_eq!(table.admit(address(1)).err(), Some(ConnectionRefusal::ClientFull));
        held.extend((0..2).map(|_| table.admit(address(2)).unwrap()));
        assert_eq!(table.admit(address(2)).err(), Some(ConnectionRefusal::ServerFull), "none has been idle for long");
        drop(held);
        assert_eq!(table.lock().count, 0);
        assert!(table.lock().clients.is_empty(), "nobody is remembered");
    }

    #[test]
    fn who_has_the_most_gives_an_idle_one_up() {
        let table = table(4, 3);
        let greedy: Vec<_> = (0..3).map(|_| table.admit(address(1)).unwrap()).collect();
        let _other = table.admit(address(2)).unwrap();
        greedy[0].state().set_stalled(true);
        std::thread::sleep(LEAST_IDLE);
        let _third = table.admit(address(3)).unwrap();
        assert_eq!(table.lock().clients[&address(1)].open.len(), 2);
        assert!(table.lock().clients[&address(1)].open.contains_key(&1), "one that is read from stays");
        assert_eq!(table.lock().count, 4);
        drop(greedy);
        assert_eq!(table.lock().count, 2, "who was closed for another returns no place");
    }
}
