//! Listening and stopping: a signal ends the listening, open requests are finished, and nobody waits for ever.

use super::routes::build_router;
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

/// A server that has its address and does not yet answer.
pub struct HttpServer {
    listener: TcpListener,
    config: Config,
    address: SocketAddr,
}

/// Takes the address.
///
/// # Errors
/// [`Error::Refused`] when it is taken or not ours.
pub async fn bind_server(mut config: Config) -> Result<HttpServer> {
    let listener = TcpListener::bind(config.listen).await.map_err(|e| {
        Error::Refused(format!("Cannot listen on {}: {e}. Choose another address with --listen, for example 127.0.0.1:0 for any free port.", config.listen))
    })?;
    let address = listener.local_addr().map_err(Error::internal)?;
    config.listen = address;
    Ok(HttpServer { listener, config, address })
}

impl HttpServer {
    /// Where it listens, with the port that the system chose for port 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until SIGTERM or Ctrl-C, then finishes what is open, within the limit for it.
    pub async fn run(self, atlas: Arc<Atlas>) -> Result<()> {
        self.run_until(atlas, wait_for_signal()).await
    }

    /// The same with any other end.
    pub async fn run_until(self, atlas: Arc<Atlas>, end: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let drain = self.config.limits.drain;
        let (ended, draining) = oneshot::channel::<()>();
        let draining_atlas = atlas.clone();
        let stop = async move {
            end.await;
            tracing::info!("stopping: no new requests, finishing the open ones");
            draining_atlas.change_feed().close();
            let _ = ended.send(());
        };
        raise_open_files();
        let app = build_router(atlas, self.config.clone());
        let serving = accept_connections(self.listener, app, &self.config.limits, stop);
        tokio::select! {
            () = serving => Ok(()),
            () = wait_for_drain(draining, drain) => {
                tracing::warn!("some requests were still open after {} s and were cut", drain.as_secs());
                Ok(())
            }
        }
    }
}

/// Answers each connection in a task of its own until the end, then waits for the open requests. A connection that is slow to say
/// what it wants, or says nothing, is closed after a while, so that it keeps nobody out.
async fn accept_connections(
    listener: TcpListener,
    app: Router,
    limits: &ServerLimits,
    end: impl Future<Output = ()> + Send + 'static,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.header);
    let open = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut end = std::pin::pin!(end);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut end => break,
            connection = listener.accept() => match connection {
                Ok(connection) => connection,
                Err(e) => {
                    // Out of files, mostly: some will be closed soon.
                    tracing::warn!(error = %e, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let Ok(permit) = open.clone().try_acquire_owned() else {
            tokio::spawn(reject_connection(stream));
            continue;
        };
        // Small answers go out at once instead of waiting to be joined by others.
        let _ = stream.set_nodelay(true);
        let app = TowerToHyperService::new(app.clone().layer(Extension(ConnectInfo(peer))));
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), app));
        tokio::spawn(async move {
            let _permit = permit;
            // What goes wrong with a connection is its client's affair: it left, or sent what is no HTTP.
            let _ = connection.await;
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// What is said to a connection too many.
async fn reject_connection(mut stream: TcpStream) {
    let body = r#"{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Too many connections are open. Try again in a moment."}"#;
    let head = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Type: application/problem+json";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(answer.as_bytes())).await;
}

/// Asks the system for as many open files as it gives: each connection is one.
#[cfg(unix)]
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let given = getrlimit(Resource::Nofile);
    // Less than was asked for still serves.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: given.maximum, maximum: given.maximum });
}

#[cfg(not(unix))]
fn raise_open_files() {}

async fn wait_for_drain(draining: oneshot::Receiver<()>, drain: Duration) {
    if draining.await.is_err() {
        // The end will not come; serving goes on.
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
