//! The body of a request, which nobody has read yet: a handler first decides whether the client may do what it asks,
//! and then reads it. It must come fast enough, it is unpacked and parsed in the worker pool, and what it takes in
//! memory is held against the quota of the client.

use super::app_state::AppState;
use super::client_quota::{QuotaExceeded, QuotaHold};
use super::fair_queue::JobKind;
use super::problem::ProblemDetails;
use super::request_context::RequestContext;
use crate::config::ServerLimits;
use crate::error::{Error, Result};
use crate::json_memory::JsonCounts;
use crate::work_budget::WorkBudget;
use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use std::convert::Infallible;
use std::fs::File;
use std::future::poll_fn;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bodies up to this size are parsed on the thread of the request, larger ones in the worker pool.
pub const SMALL_BYTES: usize = 32 << 10;
/// How much of a packed body is unpacked before the memory for more is held.
const UNPACK_BYTES: usize = 64 << 10;
/// How much of a file is written to the disk at once.
const SAVE_BYTES: usize = 512 << 10;
/// How many times longer than another body a file may take.
const FILE_TIMES: u32 = 6;
const WAIT_FOR_RESPONSES: &str = "Wait for the responses before you send more.";

/// The body of a request, as it comes in.
pub struct UnreadBody(Body);

/// What was read from a body.
pub struct ParsedBody<T> {
    pub value: T,
    /// The size of the body, unpacked.
    pub bytes: usize,
    /// The memory that the value takes, to be dropped with it; `None` if there was no body.
    pub memory: Option<QuotaHold>,
}

/// A body as it came, perhaps packed.
struct RawBody {
    bytes: Vec<u8>,
    is_gzip: bool,
    memory: QuotaHold,
}

/// How large a body, and the value in it, may be.
#[derive(Clone, Copy)]
struct SizeLimits {
    body_bytes: usize,
    value_bytes: usize,
}

/// When the next part of a body has to be there.
struct BodyClock<'a> {
    limits: &'a ServerLimits,
    start: Instant,
    last: Instant,
    /// For the whole body.
    most_time: Duration,
}

impl FromRequest<Arc<AppState>> for UnreadBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &Arc<AppState>) -> Result<Self, Infallible> {
        Ok(Self(request.into_body()))
    }
}

impl UnreadBody {
    /// Reads a JSON body of at most so many bytes and parses it.
    ///
    /// # Errors
    /// 400 for a body that is broken, and what `parse` returns; 408 when it comes too slowly; 413 when it is too large,
    /// or has too many values; 503 when there is no memory for it, and as [`WorkerPool::run`].
    ///
    /// [`WorkerPool::run`]: super::worker_pool::WorkerPool::run
    pub async fn parse<T: Send + 'static>(
        self,
        context: &RequestContext,
        kind: JobKind,
        most_bytes: usize,
        parse: impl FnOnce(&[u8]) -> Result<T> + Send + 'static,
    ) -> Result<ParsedBody<T>, ProblemDetails> {
        let limits = &context.app.config.limits;
        let sizes = SizeLimits { body_bytes: most_bytes, value_bytes: limits.body_value_bytes };
        let raw = self.read(context, most_bytes).await?;
        if raw.bytes.len() <= SMALL_BYTES && !raw.is_gzip {
            return Ok(raw.parse(sizes, &WorkBudget::unlimited(), parse)?);
        }
        let parse = move |work: &WorkBudget| raw.parse(sizes, work, parse);
        Ok(context.app.pool.run(&context.job_owner(kind), parse).await??)
    }

    /// Writes the body to a file, without holding it in memory; returns its size. The writing happens beside the
    /// threads that serve connections.
    ///
    /// # Errors
    /// 400, 408 and 413 as [`UnreadBody::parse`]; 507 when the disk is full.
    pub async fn save(mut self, context: &RequestContext, most_bytes: u64, path: &Path) -> Result<u64, ProblemDetails> {
        let limits = &context.app.config.limits;
        if self.0.size_hint().lower() > most_bytes {
            return Err(file_too_large_error(most_bytes).into());
        }
        let mut memory = context.app.body_memory.hold(context.client().cloned(), limits.total_body_bytes / 2);
        memory.grow(2 * SAVE_BYTES).map_err(no_memory_error)?;
        let mut file = File::create(path).map_err(Error::internal)?;
        let mut clock = BodyClock { most_time: FILE_TIMES * limits.body_time, ..BodyClock::start(limits) };
        let (mut saved, mut buffer) = (0_u64, Vec::with_capacity(SAVE_BYTES));
        while let Some(frame) = clock.next_frame(&mut self.0, saved as usize + buffer.len()).await? {
            if saved + (buffer.len() + frame.len()) as u64 > most_bytes {
                return Err(file_too_large_error(most_bytes).into());
            }
            buffer.extend_from_slice(&frame);
            if buffer.len() >= SAVE_BYTES {
                saved += buffer.len() as u64;
                (file, buffer) = write_part(file, buffer).await?;
            }
        }
        saved += buffer.len() as u64;
        write_part(file, buffer).await?;
        Ok(saved)
    }

    async fn read(mut self, context: &RequestContext, most_bytes: usize) -> Result<RawBody, ProblemDetails> {
        let limits = &context.app.config.limits;
        let announced = self.0.size_hint();
        if announced.lower() > most_bytes as u64 {
            return Err(too_large_error(most_bytes).into());
        }
        let most_room = announced.exact().map_or(most_bytes, |bytes| bytes as usize);
        let mut bytes = vec![];
        let mut memory = context.app.body_memory.hold(context.client().cloned(), limits.total_body_bytes / 2);
        let mut clock = BodyClock::start(limits);
        while let Some(frame) = clock.next_frame(&mut self.0, bytes.len()).await? {
            if bytes.len() + frame.len() > most_bytes {
                return Err(too_large_error(most_bytes).into());
            }
            memory.grow(frame.len()).map_err(no_memory_error)?;
            make_room(&mut bytes, frame.len(), most_room);
            bytes.extend_from_slice(&frame);
        }
        // The middleware lets no other coding pass.
        let is_gzip = context.headers.contains_key(header::CONTENT_ENCODING);
        Ok(RawBody { bytes, is_gzip, memory })
    }
}

impl<T> ParsedBody<T> {
    /// A value of a request that has no body.
    pub fn without_body(value: T) -> Self {
        Self { value, bytes: 0, memory: None }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> ParsedBody<U> {
        ParsedBody { value: change(self.value), bytes: self.bytes, memory: self.memory }
    }
}

impl RawBody {
    fn parse<T>(
        mut self,
        limits: SizeLimits,
        work: &WorkBudget,
        parse: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<ParsedBody<T>> {
        if self.is_gzip {
            self.unpack(limits.body_bytes, work)?;
        }
        let counts = JsonCounts::of_text(&self.bytes);
        if counts.memory_bytes() > limits.value_bytes + counts.text_bytes {
            return Err(Error::TooLarge(format!(
                "The body has {} JSON values, which take more than {} MB of memory when they are read. Send fewer features or positions, in several requests.",
                counts.values,
                limits.value_bytes >> 20
            )));
        }
        self.memory.grow(counts.memory_bytes()).map_err(no_memory_error)?;
        work.check()?;
        let value = parse(&self.bytes)?;
        let bytes = self.bytes.len();
        drop(self.bytes);
        self.memory.shrink(bytes);
        Ok(ParsedBody { value, bytes, memory: Some(self.memory) })
    }

    /// Replaces a packed body by what is in it.
    fn unpack(&mut self, most_bytes: usize, work: &WorkBudget) -> Result<()> {
        let mut decoder = MultiGzDecoder::new(&self.bytes[..]);
        // Room that is never written to takes no memory; deflate makes at most 1,032 bytes of one.
        let mut unpacked = Vec::with_capacity(most_bytes.min(1_032 * self.bytes.len()) + UNPACK_BYTES);
        loop {
            work.check()?;
            self.memory.grow(UNPACK_BYTES).map_err(no_memory_error)?;
            let read = (&mut decoder).take(UNPACK_BYTES as u64).read_to_end(&mut unpacked);
            let read = read.map_err(|_| Error::invalid("", UNREADABLE))?;
            if unpacked.len() > most_bytes {
                return Err(too_large_error(most_bytes));
            }
            if read < UNPACK_BYTES {
                self.memory.shrink(UNPACK_BYTES - read + self.bytes.len());
                self.bytes = unpacked;
                return Ok(());
            }
        }
    }
}

impl<'a> BodyClock<'a> {
    fn start(limits: &'a ServerLimits) -> Self {
        let now = Instant::now();
        Self { limits, start: now, last: now, most_time: limits.body_time }
    }

    /// The next part of the body, of which so many bytes have come; `None` at its end.
    ///
    /// # Errors
    /// 408 when it does not come in time, 400 when it is broken.
    async fn next_frame(&mut self, body: &mut Body, received: usize) -> Result<Option<Bytes>, ProblemDetails> {
        loop {
            let next = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
            let frame = tokio::time::timeout_at(self.deadline(received).into(), next).await;
            let Some(frame) = frame.map_err(|_| self.too_slow_error(received))? else { return Ok(None) };
            let frame = frame.map_err(|_| ProblemDetails::new(StatusCode::BAD_REQUEST, UNREADABLE))?;
            // What is no data are trailers, of which none has a meaning here.
            if let Ok(data) = frame.into_data() {
                self.last = Instant::now();
                return Ok(Some(data));
            }
        }
    }

    /// The pause has become too long, the average too slow, or the whole has taken too long.
    fn deadline(&self, received: usize) -> Instant {
        let earned = Duration::from_secs_f64(received as f64 / self.limits.transfer_bytes_per_second.max(1) as f64);
        let paused = self.last + self.limits.body;
        let slow = self.start + earned.max(self.limits.transfer_window);
        paused.min(slow).min(self.start + self.most_time)
    }

    fn too_slow_error(&self, received: usize) -> ProblemDetails {
        let detail = format!(
            "The request body came too slowly: {received} bytes in {:.1} s. Send it without pauses of {} s, at {} bytes a second or more, and within {} s.",
            self.start.elapsed().as_secs_f64(),
            self.limits.body.as_secs_f64(),
            self.limits.transfer_bytes_per_second,
            self.most_time.as_secs_f64(),
        );
        ProblemDetails::new(StatusCode::REQUEST_TIMEOUT, detail)
    }
}

/// Makes room for more bytes: four times as much as has come, and never more than is said to come, so that little is
/// moved and a length that is only said takes no memory.
fn make_room(bytes: &mut Vec<u8>, more: usize, most: usize) {
    let needed = bytes.len() + more;
    if needed > bytes.capacity() {
        bytes.reserve_exact((4 * needed).min(most).max(needed) - bytes.len());
    }
}

const UNREADABLE: &str =
    "The request body could not be read: it is incomplete, or not what Content-Encoding says. Send it again.";

fn too_large_error(most_bytes: usize) -> Error {
    let most = if most_bytes >= 1 << 20 { format!("{} MB", most_bytes >> 20) } else { format!("{most_bytes} bytes") };
    Error::TooLarge(format!("The request body is too large: {most} are allowed, also after unpacking. Send less."))
}

/// Writes a part of a file, and returns the file and an empty buffer.
async fn write_part(mut file: File, mut buffer: Vec<u8>) -> Result<(File, Vec<u8>)> {
    let write = move || {
        file.write_all(&buffer).map(|()| {
            buffer.clear();
            (file, buffer)
        })
    };
    let written = tokio::task::spawn_blocking(write).await.map_err(Error::internal)?;
    written.map_err(|e| match e.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Error::StorageFull("The server has no room on its disk for the file. Try again later.".into())
        }
        _ => Error::internal(e),
    })
}

fn file_too_large_error(most_bytes: u64) -> Error {
    let most = most_bytes >> 20;
    Error::TooLarge(format!(
        "The file is too large: {most} MB are allowed. Import it by the command line, or split it."
    ))
}

fn no_memory_error(exceeded: QuotaExceeded) -> Error {
    Error::Busy(match exceeded {
        QuotaExceeded::Client => {
            format!("The bodies of your requests take all the memory that one client may use. {WAIT_FOR_RESPONSES}")
        }
        QuotaExceeded::Server => {
            "The server has no memory left for a request body of this size. Try again in a moment.".into()
        }
    })
}
