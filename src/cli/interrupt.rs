//! Ctrl-C and SIGTERM: the first asks the work to end, the second ends the program.

use tokio::signal::unix::{SignalKind, signal};

/// Calls back at the first signal.
pub fn on_interrupt(stop: impl FnOnce() + Send + 'static) {
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else { return };
            let mut stop = Some(stop);
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                match stop.take() {
                    Some(stop) => stop(),
                    None => std::process::exit(1),
                }
            }
        });
    });
}
