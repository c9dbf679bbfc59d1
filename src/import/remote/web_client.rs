//! Asks other servers, one after the other, within limits. Every address is checked before it is asked, those of
//! redirects too, and a name is looked up once: what was checked is what is asked.

use super::fetch_limits::{FetchBudget, LEAST_BYTES_PER_SECOND};
use super::public_address::is_public_address;
use super::web_url::WebUrl;
use crate::error::{Error, Result, shorten_text};
use crate::import::progress::ImportProgress;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use ureq::http::{Response, Uri, header};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

const MAX_REDIRECTS: usize = 5;
/// The most bytes of a document that only describes a layer.
const MAX_DOCUMENT_BYTES: u64 = 16 << 20;

/// Asks servers within a budget.
pub struct WebClient {
    agent: ureq::Agent,
    addresses: Arc<Mutex<AddressTable>>,
    /// The server that may be on an inner network.
    trusted: Option<WebUrl>,
    pub budget: FetchBudget,
    progress: Arc<ImportProgress>,
}

/// An answer whose body is not read yet.
pub struct WebAnswer {
    /// After redirects.
    pub url: WebUrl,
    response: Response<ureq::Body>,
}

/// Why a server gave no answer that can be read.
#[derive(Debug)]
pub enum FetchFault {
    /// It may pass when it is asked again.
    Passing(Error),
    Final(Error),
}

impl From<Error> for FetchFault {
    fn from(e: Error) -> Self {
        Self::Final(e)
    }
}

impl FetchFault {
    fn refuse(sentence: String) -> Self {
        Self::Final(Error::Refused(sentence))
    }
}

/// The addresses of each host, as they were looked up and checked.
type AddressTable = HashMap<(String, u16), Vec<SocketAddr>>;

/// Knows only addresses that were checked.
#[derive(Debug)]
struct CheckedAddresses(Arc<Mutex<AddressTable>>);

impl Resolver for CheckedAddresses {
    fn resolve(&self, uri: &Uri, _: &ureq::config::Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let key = (uri.host().unwrap_or_default().to_owned(), uri.port_u16().unwrap_or(usual));
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = self.empty();
        for address in table.get(&key).into_iter().flatten().take(16) {
            found.push(*address);
        }
        if found.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(found) }
    }
}

impl WebClient {
    /// `trusted` may have an address on an inner network.
    pub fn new(budget: FetchBudget, trusted: Option<WebUrl>, progress: Arc<ImportProgress>) -> Self {
        let addresses = Arc::new(Mutex::new(AddressTable::new()));
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A proxy would look names up itself.
            .proxy(None)
            .user_agent(concat!("cityheart/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(budget.limits.patience))
            .timeout_recv_response(Some(budget.limits.patience.max(budget.limits.time / 20)))
            .timeout_per_read(Some(budget.limits.patience))
            .build();
        let resolver = CheckedAddresses(addresses.clone());
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { agent, addresses, trusted, budget, progress }
    }

    /// Asks for an address, and follows where it leads.
    ///
    /// # Errors
    /// With the address and what is wrong.
    pub fn get(&self, url: &WebUrl, headers: &[(&str, &str)]) -> Result<WebAnswer, FetchFault> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            self.progress.check_stopped()?;
            self.admit(&url)?;
            let mut request = self.agent.get(url.to_string());
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.config().timeout_global(Some(self.budget.time_left()?)).build();
            let response = request.call().map_err(|e| self.describe(&url, &e))?;
            let status = response.status();
            let location = response.headers().get(header::LOCATION);
            let Some(location) = location.filter(|_| status.is_redirection() && status != 304) else {
                return Ok(WebAnswer { url, response });
            };
            let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
            let next = url.join(&location).map_err(|reason| {
                let shown = shorten_text(&location);
                FetchFault::refuse(format!("{url} leads to '{shown}', which is not asked. {reason}"))
            })?;
            if url.is_secure && !next.is_secure {
                return Err(FetchFault::refuse(format!(
                    "{url} leads to {next}, which is not encrypted. Name that address if you trust it."
                )));
            }
            url = next;
        }
        Err(FetchFault::refuse(format!(
            "The address leads on more than {MAX_REDIRECTS} times, at last to {url}. Name the last one."
        )))
    }

    /// Looks a host up, once, and refuses inner addresses.
    fn admit(&self, url: &WebUrl) -> Result<(), FetchFault> {
        let key = (url.host.clone(), url.port);
        let table = || self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if table().contains_key(&key) {
            return Ok(());
        }
        let found = look_up(url, self.budget.limits.patience)?;
        let is_trusted = self.trusted.as_ref().is_some_and(|trusted| url.is_same_server(trusted));
        if let Some(inner) = found.iter().find(|a| !is_trusted && !is_public_address(a.ip())) {
            let is_named = self.trusted.is_none();
            let remedy = if is_named {
                "If that is meant, say --allow-private."
            } else {
                "--allow-private holds for the server that is named, not for those that it leads to. Name that address itself."
            };
            return Err(FetchFault::refuse(format!(
                "{url} is at {}, an address of this machine, of an inner network or of no public server, and is not asked. {remedy}",
                inner.ip()
            )));
        }
        table().insert(key, found);
        Ok(())
    }

    /// Reads a document that describes a layer.
    ///
    /// # Errors
    /// As [`WebClient::copy_body`].
    pub fn read_document(&mut self, answer: WebAnswer) -> Result<Vec<u8>, FetchFault> {
        let (mut document, url) = (vec![], answer.url.clone());
        self.copy_body(answer, &mut document, MAX_DOCUMENT_BYTES)?;
        if document.len() as u64 > MAX_DOCUMENT_BYTES {
            return Err(FetchFault::refuse(format!(
                "The answer of {url} is larger than 16 MB. Name the layer itself."
            )));
        }
        Ok(document)
    }

    /// Copies the body of an answer; ends early when it is longer than `enough`.
    ///
    /// # Errors
    /// When the server says that it has not got it, or ends too early, is too slow or sends too much; when the import
    /// is stopped.
    pub fn copy_body(&mut self, answer: WebAnswer, to: &mut dyn Write, enough: u64) -> Result<u64, FetchFault> {
        let WebAnswer { url, response } = answer;
        check_status(&url, &response)?;
        let announced = response.body().content_length();
        if let Some(bytes) = announced {
            self.budget.check_announced(bytes)?;
        }
        let mut body = response.into_body().into_reader();
        let (mut buffer, mut total, started) = (vec![0; 64 << 10], 0_u64, Instant::now());
        loop {
            self.progress.check_stopped()?;
            self.budget.time_left()?;
            let got = match body.read(&mut buffer) {
                Ok(0) => return Ok(total),
                Ok(got) => got,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(self.describe_break(&url, e, total, announced)),
            };
            total += got as u64;
            self.budget.add_bytes(got as u64)?;
            to.write_all(&buffer[..got]).map_err(|e| {
                Error::StorageFull(format!("What the server sends cannot be kept: {e}. Free some space."))
            })?;
            let slow = started.elapsed();
            if slow > self.budget.limits.patience && total < LEAST_BYTES_PER_SECOND * slow.as_secs().max(1) {
                return Err(FetchFault::Passing(Error::Refused(format!(
                    "{url} sends less than {LEAST_BYTES_PER_SECOND} bytes a second: {total} in {} s. Try again later.",
                    slow.as_secs()
                ))));
            }
            if total > enough {
                return Ok(total);
            }
        }
    }

    fn describe_break(&self, url: &WebUrl, e: std::io::Error, total: u64, announced: Option<u64>) -> FetchFault {
        let e = ureq::Error::from(e);
        match &e {
            ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
                let of = announced.map(|bytes| format!(" of {bytes}")).unwrap_or_default();
                FetchFault::Passing(Error::Refused(format!(
                    "The answer of {url} ends after {total}{of} bytes. Try again; the server may be faulty."
                )))
            }
            _ => self.describe(url, &e),
        }
    }

    fn describe(&self, url: &WebUrl, e: &ureq::Error) -> FetchFault {
        use ureq::Timeout as T;
        let passing = |sentence: String| FetchFault::Passing(Error::Refused(sentence));
        match e {
            ureq::Error::Timeout(T::Global) => FetchFault::Final(self.budget.time_error()),
            ureq::Error::Timeout(T::Connect) => passing(format!("{url} cannot be reached. Check the address.")),
            ureq::Error::Timeout(_) => passing(format!("{url} is silent. Try again later.")),
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) => FetchFault::refuse(format!(
                "The encrypted connection to {url} cannot be trusted ({e}). Ask those who run the server."
            )),
            ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::TimedOut => {
                passing(format!("{url} is silent. Try again later."))
            }
            ureq::Error::Io(_) | ureq::Error::ConnectionFailed | ureq::Error::BodyStalled => {
                passing(format!("{url} cannot be read ({e}). Check the address, or try again later."))
            }
            _ => FetchFault::refuse(format!("The answer of {url} cannot be read ({e}).")),
        }
    }
}

impl WebAnswer {
    /// The media type without its parameters, in lower case.
    pub fn media_type(&self) -> String {
        let text = self.header("content-type").unwrap_or_default();
        text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }
}

fn check_status(url: &WebUrl, response: &Response<ureq::Body>) -> Result<(), FetchFault> {
    let status = response.status();
    let sentence = match status.as_u16() {
        200 | 206 => return Ok(()),
        401 | 403 => format!(
            "{url} asks for a permission that is not sent ({status}). Download the file with it, and import that."
        ),
        404 | 410 => format!("There is nothing at {url} ({status}). Check the address."),
        _ => format!("{url} answers {status}."),
    };
    let error = Error::Refused(sentence);
    let may_pass = status.is_server_error() && status != 501 || status == 429 || status == 408;
    Err(if may_pass { FetchFault::Passing(error) } else { FetchFault::Final(error) })
}

/// The addresses of a host. The system is not waited for without end.
fn look_up(url: &WebUrl, patience: Duration) -> Result<Vec<SocketAddr>, FetchFault> {
    let unknown = || Error::NotFound(format!("There is no host '{}'. Check the address.", url.host));
    let literal = url.host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let asked = (literal.unwrap_or(&url.host).to_owned(), url.port);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let found = asked.to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        // Nobody listens any more when it took too long.
        drop(sender.send(found));
    });
    match receiver.recv_timeout(patience) {
        Ok(Ok(found)) if !found.is_empty() => Ok(found),
        Ok(_) => Err(FetchFault::Final(unknown())),
        Err(_) => Err(FetchFault::Passing(unknown())),
    }
}
