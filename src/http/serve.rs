//! Listening and stopping: a signal ends the listening, open requests are finished, and nobody waits for ever.

use super::router;
use crate::atlas::Atlas;
use crate::config::Config;
use crate::error::{Error, Result};
use axum::serve::ListenerExt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A server that has its address and does not yet answer.
pub struct Server {
    listener: TcpListener,
    config: Config,
    address: SocketAddr,
}

/// Takes the address.
///
/// # Errors
/// [`Error::Refused`] when it is taken or not ours.
pub async fn bind(mut config: Config) -> Result<Server> {
    let listener = TcpListener::bind(config.listen).await.map_err(|e| {
        Error::Refused(format!("Cannot listen on {}: {e}. Choose another address with --listen, for example 127.0.0.1:0 for any free port.", config.listen))
    })?;
    let address = listener.local_addr().map_err(Error::internal)?;
    config.listen = address;
    Ok(Server { listener, config, address })
}

impl Server {
    /// Where it listens, with the port that the system chose for port 0.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until SIGTERM or Ctrl-C, then finishes what is open, within the limit for it.
    pub async fn run(self, atlas: Arc<Atlas>) -> Result<()> {
        self.run_until(atlas, signal()).await
    }

    /// The same with any other end.
    pub async fn run_until(self, atlas: Arc<Atlas>, end: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let drain = self.config.limits.drain;
        let (ended, draining) = oneshot::channel::<()>();
        let told = atlas.clone();
        let stop = async move {
            end.await;
            tracing::info!("stopping: no new requests, finishing the open ones");
            told.news().end();
            let _ = ended.send(());
        };
        // Small answers go out at once instead of waiting to be joined by others.
        let listener = self.listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let serving = axum::serve(listener, router(atlas, self.config)).with_graceful_shutdown(stop);
        tokio::select! {
            done = serving.into_future() => done.map_err(Error::internal),
            () = too_long(draining, drain) => {
                tracing::warn!("some requests were still open after {} s and were cut", drain.as_secs());
                Ok(())
            }
        }
    }
}

async fn too_long(draining: oneshot::Receiver<()>, drain: Duration) {
    if draining.await.is_err() {
        // The end will not come; serving goes on.
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(drain).await;
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => interrupt().await,
    }
}

#[cfg(not(unix))]
async fn signal() {
    interrupt().await;
}

async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
