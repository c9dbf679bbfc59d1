//! Starting and stopping: after a signal the server accepts no more connections, finishes open requests, and stops
//! within a limit of time.

use super::app_state::AppState;
use super::connection_counts::ConnectionCounts;
use super::routes::route_requests;
use crate::atlas::Atlas;
use crate::config::{Config, ServerLimits};
use crate::error::{Error, Result};
use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

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
        raise_open_files();
        let app = Arc::new(AppState::new(atlas, self.config.clone()));
        let counts = app.connections.clone();
        let router = route_requests(app.clone());
        let serving = accept_connections(self.listener, router, &self.config.limits, counts, stop);
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

/// Serves each connection in a task of its own until the end, then waits for open requests. A connection that sends its
/// request too slowly is closed, so that it does not take the place of another.
async fn accept_connections(
    listener: TcpListener,
    app: Router,
    limits: &ServerLimits,
    counts: Arc<ConnectionCounts>,
    end: impl Future<Output = ()> + Send + 'static,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.header);
    let open = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
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
        let Ok(permit) = open.clone().try_acquire_owned() else {
            counts.refuse();
            tokio::spawn(reject_connection(stream));
            continue;
        };
        // Small responses are sent at once instead of waiting for more data.
        let _ = stream.set_nodelay(true);
        let app = TowerToHyperService::new(app.clone().layer(Extension(ConnectInfo(peer))));
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), app));
        let counted = counts.open();
        tokio::spawn(async move {
            let (_permit, _counted) = (permit, counted);
            // An error here is the client's: it disconnected, or does not speak HTTP.
            let _ = connection.await;
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Refuses a connection beyond the limit.
async fn reject_connection(mut stream: TcpStream) {
    let body = r#"{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Too many connections are open. Try again in a moment."}"#;
    let head = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Type: application/problem+json";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(answer.as_bytes())).await;
}

/// Raises the limit of open files as far as the system allows: each connection is one.
#[cfg(unix)]
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // The server works with fewer, too.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

#[cfg(not(unix))]
fn raise_open_files() {}

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
