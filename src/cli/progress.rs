//! A progress bar with the rate, on stderr, if that is a terminal.

use crate::error::count_noun;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A progress bar that is shown until it is dropped.
pub struct TerminalProgress {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TerminalProgress {
    /// Shows how many of `total` bytes are read and how many features; `state` returns both.
    pub fn show_import(total: u64, state: impl Fn() -> (u64, u64) + Send + 'static) -> Self {
        let template = "{bar:30} {percent:>3} %  {bytes_per_sec:>12}  {msg}  {eta} left";
        Self::show_with(template, total, move || {
            let (bytes, features) = state();
            (bytes, count_noun(features, "feature"))
        })
    }

    /// Shows what `state` says of how much of a layer was fetched.
    pub fn show_fetch(state: impl Fn() -> String + Send + 'static) -> Self {
        Self::show_with("{spinner} {msg}", u64::MAX, move || (0, state()))
    }

    /// Shows how many of `total` tiles are drawn and how many bytes they have; `state` returns both.
    pub fn show_tiles(total: u64, state: impl Fn() -> (u64, u64) + Send + 'static) -> Self {
        let template = "{bar:30} {percent:>3} %  {per_sec:>12}  {msg}  {eta} left";
        Self::show_with(template, total, move || {
            let (tiles, bytes) = state();
            (tiles, format!("{}, {}", count_noun(tiles, "tile"), HumanBytes(bytes)))
        })
    }

    fn show_with(template: &'static str, total: u64, state: impl Fn() -> (u64, String) + Send + 'static) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        if !std::io::stderr().is_terminal() {
            return Self { done, thread: None };
        }
        let ended = done.clone();
        let thread = std::thread::spawn(move || {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            while !ended.load(Ordering::Relaxed) {
                let (done, message) = state();
                bar.set_position(done.min(total));
                bar.set_message(message);
                std::thread::park_timeout(Duration::from_millis(120));
            }
            bar.finish_and_clear();
        });
        Self { done, thread: Some(thread) }
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}
