//! The bytes of one connection. A client that reads its response too slowly is cut off; one that still sends a body
//! that nobody wants gets the time to read the response before the connection is closed under it.

use super::connection::ConnectionState;
use crate::config::ServerLimits;
use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// What is read of an unwanted body before the connection is closed: more than any request may have.
const MAX_LINGER_BYTES: usize = 32 << 20;
/// The longest time for it.
const MAX_LINGER: Duration = Duration::from_secs(5);

pub struct ClientStream {
    tcp: TcpStream,
    state: Arc<ConnectionState>,
    pace: WritePace,
    /// Since when the client has not taken everything that was written for it.
    stall: Option<WriteStall>,
    linger: Option<LingeringClose>,
}

/// The least that a client must take of a response.
#[derive(Debug, Clone, Copy)]
struct WritePace {
    window: Duration,
    /// In each window.
    bytes: usize,
}

struct WriteStall {
    window_end: Pin<Box<Sleep>>,
    /// Taken in this window.
    taken: usize,
}

struct LingeringClose {
    end: Pin<Box<Sleep>>,
    bytes_left: usize,
}

impl ClientStream {
    pub fn new(tcp: TcpStream, state: Arc<ConnectionState>, limits: &ServerLimits) -> Self {
        let window = limits.transfer_window;
        let bytes = limits.transfer_bytes_per_second as f64 * window.as_secs_f64();
        Self { tcp, state, pace: WritePace { window, bytes: (bytes as usize).max(1) }, stall: None, linger: None }
    }

    /// Passes the outcome of a write on, unless the client has taken too little for a whole window.
    fn watch_pace(&mut self, cx: &mut Context<'_>, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
        match (&written, &mut self.stall) {
            (Poll::Ready(Ok(bytes)), Some(stall)) => stall.taken += bytes,
            (Poll::Pending, _) => return self.wait_for_client(cx),
            _ => {}
        }
        written
    }

    fn wait_for_client(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize>> {
        let WritePace { window, bytes } = self.pace;
        let stall = self.stall.get_or_insert_with(|| {
            self.state.set_stalled(true);
            WriteStall { window_end: Box::pin(tokio::time::sleep(window)), taken: 0 }
        });
        loop {
            ready!(stall.window_end.as_mut().poll(cx));
            if stall.taken < bytes {
                // The system forgets at once what it still holds for the client.
                let _ = self.tcp.set_zero_linger();
                return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the client reads too slowly")));
            }
            stall.taken = 0;
            stall.window_end.as_mut().reset(Instant::now() + window);
        }
    }

    /// Reads and drops what the client still sends, until it stops or has sent or taken too much.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let linger = self.linger.get_or_insert_with(|| LingeringClose {
            end: Box::pin(tokio::time::sleep(MAX_LINGER)),
            bytes_left: MAX_LINGER_BYTES,
        });
        let mut scratch = [0; 16 << 10];
        while linger.end.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut buffer));
            let bytes = buffer.filled().len();
            if read.is_err() || bytes == 0 || bytes >= linger.bytes_left {
                break;
            }
            linger.bytes_left -= bytes;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.tcp).poll_write(cx, bytes);
        this.watch_pace(cx, written)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.tcp).poll_write_vectored(cx, slices);
        this.watch_pace(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    /// Comes when everything has been written.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        if this.stall.take().is_some() {
            this.state.set_stalled(false);
        }
        Pin::new(&mut this.tcp).poll_flush(cx)
    }

    /// Closing a socket with unread bytes resets the connection, and the client may lose the response.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.tcp).poll_shutdown(cx))?;
        }
        if this.state.has_unread_body() { this.poll_linger(cx) } else { Poll::Ready(Ok(())) }
    }
}
