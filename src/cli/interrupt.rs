//! Ctrl-C and SIGTERM: the first signal stops the work in an orderly way, the second ends the program at once.

use crate::error::{Error, Result};
use tokio::signal::unix::{SignalKind, signal};

/// Calls `stop` at the first signal that arrives after this returns.
pub fn on_interrupt(stop: impl FnOnce() + Send + 'static) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(Error::internal)?;
    let entered = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    drop(entered);
    std::thread::spawn(move || {
        let mut stop = Some(stop);
        loop {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            });
            match stop.take() {
                Some(stop) => stop(),
                None => std::process::exit(1),
            }
        }
    });
    Ok(())
}
