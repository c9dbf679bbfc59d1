//! Starting and stopping: after a signal the server accepts no more connections, finishes open requests, and stops
//! within a limit of time.

use super::app_state::AppState;
use super::client_address::client_network;
use super::client_limits::ClientKey;
use super::client_quota::ClientQuota;
use super::client_stream::ClientStream;
use super::connection::ConnectionService;
use super::connection_counts::ConnectionCounts;
use super::connection_table::{ConnectionLimits, ConnectionRefusal, ConnectionSlot, ConnectionTable};
use super::held_response::ResponseMemory;
use super::routes::route_requests;
use crate::atlas::Atlas;
use crate::config::{Config, ServerLimits};
use crate::error::{Error, Result};
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

/// The most bytes of the head of a request, and of a part of a body: what a connection may keep in memory.
const MAX_HEAD_BYTES: usize = 32 << 10;
/// Files that are kept free for the plan, its accounts and the log.
const OTHER_FILES: usize = 256;
/// Connections beyond the limit that are told so at once.
const MAX_REJECTIONS: usize = 64;

/// A server that is bound to its address and does not answer yet.
pub struct HttpServer {
    listener: TcpListener,
    config: Config,
    address: SocketAddr,
}

/// Binds the address.
///
/// # Errors
/// [`Error::Refused`] when it is in use or not one of this machine.
pub async fn bind_server(mut config: Config) -> Result<HttpServer> {
    let listener = TcpListener::bind(config.listen).await.map_err(|e| {
        Error::Refused(format!("Cannot listen on {}: {e}. Choose another address with --listen, for example 127.0.0.1:0 for any free port.", config.listen))
    })?;
    let address = listener.local_addr().map_err(Error::internal)?;
    config.listen = address;
    Ok(HttpServer { listener, config, address })
}

impl HttpServer {
    /// The address that it listens on, with the port that the system chose for port 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until SIGTERM or Ctrl-C, then finishes open requests within the limit for it.
    pub async fn run(self, atlas: Arc<Atlas>) -> Result<()> {
        self.run_until(atlas, wait_for_signal()).await
    }

    /// Serves until `end` completes.
    pub async fn run_until(self, atlas: Arc<Atlas>, end: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let drain = self.config.limits.drain;
        let (ended, draining) = oneshot::channel::<()>();
        let draining_atlas = atlas.clone();
        let stop = async move {
            end.await;
            tracing::info!("stopping: finishing open requests, accepting no new ones");
            draining_atlas.change_feed().close();
            let _ = ended.send(());
        };
        let files = raise_open_files();
        let app = Arc::new(AppState::new(atlas, self.config.clone()));
        let router = route_requests(app.clone());
        let acceptor = ConnectionAcceptor::new(router, &self.config, app.connections.clone(), files);
        let serving = acceptor.accept_connections(self.listener, stop);
        tokio::select! {
            () = serving => {}
            () = wait_for_drain(draining, drain) => {
                // Its threads would otherwise be waited for.
                app.pool.close();
                tracing::warn!("cut the requests that were still open after {} s", drain.as_secs());
            }
        }
        app.request_log.report_left_out();
        Ok(())
    }
}

/// Takes connections, as far as there are places, and serves each in a task of its own.
struct ConnectionAcceptor {
    app: Router,
    counts: Arc<ConnectionCounts>,
    http: http1::Builder,
    limits: ServerLimits,
    table: Arc<ConnectionTable>,
    /// Memory for responses that are not read yet, and how much of it one client may hold.
    responses: Arc<ClientQuota>,
    response_share: usize,
    rejections: Arc<Semaphore>,
    graceful: GracefulShutdown,
}

impl ConnectionAcceptor {
    /// `files` is the number of files that the process may have open.
    fn new(app: Router, config: &Config, counts: Arc<ConnectionCounts>, files: usize) -> Self {
        let limits = config.limits.clone();
        let mut http = http1::Builder::new();
        // A connection that sends its request too slowly is closed, so that it does not take the place of another.
        http.timer(TokioTimer::new()).header_read_timeout(limits.header).max_buf_size(MAX_HEAD_BYTES);
        let total = limits.connections.min(files.saturating_sub(OTHER_FILES).max(1));
        // The connections of a proxy are those of all its clients, so that no share applies to them.
        let memory = limits.total_response_bytes;
        let (per_client, response_share) = if config.trust_proxy {
            (total, memory)
        } else {
            (limits.connections_per_client.min(total.div_ceil(2)), memory / 2)
        };
        Self {
            app,
            counts,
            http,
            limits,
            table: ConnectionTable::new(ConnectionLimits { total, per_client }),
            responses: ClientQuota::new(memory),
            response_share,
            rejections: Arc::new(Semaphore::new(MAX_REJECTIONS)),
            graceful: GracefulShutdown::new(),
        }
    }

    /// Serves until the end, then waits for open requests.
    async fn accept_connections(self, listener: TcpListener, end: impl Future<Output = ()> + Send + 'static) {
        let mut end = std::pin::pin!(end);
        loop {
            let (stream, peer) = tokio::select! {
                // The signal to stop is waited for before the first connection is accepted.
                biased;
                () = &mut end => break,
                connection = listener.accept() => match connection {
                    Ok(connection) => connection,
                    Err(e) => {
                        // Mostly too many open files: some will be closed soon.
                        tracing::warn!(error = %e, "could not accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            match self.table.admit(client_network(peer.ip())) {
                Ok(slot) => self.serve_connection(stream, peer, slot),
                Err(refusal) => self.reject_connection(stream, refusal),
            }
        }
        drop(listener);
        self.graceful.shutdown().await;
    }

    fn serve_connection(&self, stream: TcpStream, peer: SocketAddr, slot: ConnectionSlot) {
        // Small responses are sent at once instead of waiting for more data.
        let _ = stream.set_nodelay(true);
        let state = slot.state().clone();
        let stream = ClientStream::new(stream, state.clone(), &self.limits);
        let memory = ResponseMemory {
            quota: self.responses.clone(),
            client: ClientKey::Address(client_network(peer.ip())),
            share: self.response_share,
        };
        let service = ConnectionService { app: self.app.clone(), peer, state: state.clone(), memory };
        let service = service_fn(move |request| service.clone().respond(request));
        let connection = self.graceful.watch(self.http.serve_connection(TokioIo::new(stream), service));
        let counted = self.counts.open();
        tokio::spawn(async move {
            let (_slot, _counted) = (slot, counted);
            tokio::select! {
                // An error here is the client's: it disconnected, or does not speak HTTP.
                _ = connection => {}
                () = state.wait_for_eviction() => {}
            }
        });
    }

    /// Refuses a connection beyond the limit.
    fn reject_connection(&self, stream: TcpStream, refusal: ConnectionRefusal) {
        self.counts.refuse();
        // Beyond so many at once, nobody is told why.
        if let Ok(permit) = self.rejections.clone().try_acquire_owned() {
            tokio::spawn(async move {
                let _permit = permit;
                let _ = tokio::time::timeout(Duration::from_secs(1), write_rejection(stream, refusal)).await;
            });
        }
    }
}

async fn write_rejection(mut stream: TcpStream, refusal: ConnectionRefusal) -> std::io::Result<()> {
    let detail = match refusal {
        ConnectionRefusal::ServerFull => "Too many connections are open. Try again in a moment.",
        ConnectionRefusal::ClientFull => {
            "Too many connections of your network are open. Close some, or try again in a moment."
        }
    };
    let body = format!(r#"{{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"{detail}"}}"#);
    let head = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Type: application/problem+json";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // Closing a socket with unread bytes resets the connection, and the client may lose the response.
    tokio::io::copy(&mut stream.take(MAX_HEAD_BYTES as u64), &mut tokio::io::sink()).await?;
    Ok(())
}

/// Raises the limit of open files as far as the system allows: each connection is one. Returns the limit.
#[cfg(unix)]
fn raise_open_files() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // The server works with fewer, too.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| files as usize)
}

#[cfg(not(unix))]
fn raise_open_files() -> usize {
    usize::MAX
}

async fn wait_for_drain(draining: oneshot::Receiver<()>, drain: Duration) {
    if draining.await.is_err() {
        // The server was never asked to stop.
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(drain).await;
}

#[cfg(unix)]
async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => wait_for_interrupt().await,
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() {
    wait_for_interrupt().await;
}

async fn wait_for_interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
