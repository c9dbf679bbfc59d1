//! The files of the web app, embedded in the binary or in a folder, in the content codings that clients accept.

use super::html;
use super::negotiate::{accepts_brotli, accepts_gzip};
use super::response::{self, REVALIDATE};
use super::security_headers::AppPagePolicy;
use crate::config::{Config, StyleUrl};
use crate::digest::hash_content;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use moka::sync::Cache;
use rust_embed::RustEmbed;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The web app, if it was built before the binary. The world layer is drawn into tiles and not served as files.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[exclude = "world/*"]
#[allow_missing = true]
struct EmbeddedApp;

const ROBOTS_TXT: &str = "User-agent: *\nDisallow: /tiles/\nDisallow: /api/collections/*/items?\n";
const FAVICON_SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><path fill=\"#5b2a86\" d=\"M16 29C4 20 2 14 4 9c2-5 9-6 12 0 3-6 10-5 12 0 2 5 0 11-12 20z\"/></svg>";
/// The names of the files in here contain a hash of their content, so the files never change.
const HASHED_FOLDER: &str = "assets/";

pub struct WebApp {
    folder: Option<PathBuf>,
    /// Passed to the page in a `meta` of its head.
    basemap: Option<StyleUrl>,
    /// Whether pages of other sites may show the map; passed to the page like the base map.
    is_embeddable: bool,
    policy: AppPagePolicy,
    /// Embedded files, compressed once.
    file_cache: Cache<String, WebFile>,
}

/// A file with its content codings.
#[derive(Clone)]
pub struct WebFile {
    media: HeaderValue,
    plain: Bytes,
    /// Only if compression makes it smaller.
    gzip: Option<Bytes>,
    /// From the build, which writes it beside the file as `NAME.br`.
    brotli: Option<Bytes>,
    hash: u128,
    /// The content security policy of a page.
    policy: Option<HeaderValue>,
}

impl WebApp {
    pub fn new(config: &Config) -> Self {
        let folder = config.web.clone();
        let policy = AppPagePolicy::new(config, has_wasm(folder.as_deref()));
        let is_embeddable = config.frame_ancestors.allow_others();
        Self { folder, basemap: config.basemap.clone(), is_embeddable, policy, file_cache: Cache::new(10_000) }
    }

    /// Whether the web app has this file.
    pub fn has_file(&self, path: &str) -> bool {
        self.folder.as_ref().map_or_else(|| EmbeddedApp::get(path).is_some(), |folder| folder.join(path).is_file())
    }

    /// An embedded file that has been served before.
    pub fn cached_file(&self, path: &str) -> Option<WebFile> {
        self.file_cache.get(path)
    }

    /// Reads a file; an embedded one is compressed and cached. Blocking.
    pub fn read_file(&self, path: &str) -> Option<WebFile> {
        let found = match &self.folder {
            Some(folder) => {
                std::fs::read(folder.join(path)).ok().map(|bytes| self.prepare_file(path, bytes.into(), false))
            }
            None => self.file_cache.optionally_get_with(path.to_owned(), || {
                let file = EmbeddedApp::get(path)?;
                Some(self.prepare_file(path, Bytes::copy_from_slice(&file.data), true))
            }),
        };
        found.or_else(|| fallback_file(path).map(|file| self.protect_page(file)))
    }

    fn prepare_file(&self, path: &str, bytes: Bytes, compress: bool) -> WebFile {
        let file = WebFile::new(path, self.insert_settings(path, bytes), compress);
        self.protect_page(WebFile { brotli: self.find_brotli(path), ..file })
    }

    /// Gives a page its policy. It is part of the page's hash: a browser that has the page keeps the policy with it.
    fn protect_page(&self, file: WebFile) -> WebFile {
        if !file.media.as_bytes().starts_with(b"text/html") {
            return file;
        }
        let policy = self.policy.for_page(&String::from_utf8_lossy(&file.plain));
        let hash = file.hash ^ hash_content(policy.as_bytes());
        WebFile { hash, policy: Some(policy), ..file }
    }

    /// The file as the build compressed it with brotli; the page itself is changed on its way, so it has none.
    fn find_brotli(&self, path: &str) -> Option<Bytes> {
        let brotli_name = (path != "index.html").then(|| format!("{path}.br"))?;
        match &self.folder {
            Some(folder) => std::fs::read(folder.join(brotli_name)).ok().map(Bytes::from),
            None => EmbeddedApp::get(&brotli_name).map(|file| Bytes::copy_from_slice(&file.data)),
        }
    }

    /// Adds the settings to the map's page; leaves any other file as it is.
    fn insert_settings(&self, path: &str, bytes: Bytes) -> Bytes {
        if path != "index.html" || (self.basemap.is_none() && !self.is_embeddable) {
            return bytes;
        }
        let basemap = self.basemap.as_ref().map_or(String::new(), |style| {
            format!("<meta name=\"cityheart-basemap\" content=\"{}\">", style.as_str().replace('&', "&amp;"))
        });
        let embeddable = if self.is_embeddable { "<meta name=\"cityheart-embeddable\" content=\"yes\">" } else { "" };
        String::from_utf8_lossy(&bytes).replacen("<head>", &format!("<head>{basemap}{embeddable}"), 1).into()
    }
}

/// Whether the web app was built with WebAssembly.
fn has_wasm(folder: Option<&Path>) -> bool {
    let is_wasm = |path: &Path| path.extension().is_some_and(|extension| extension == "wasm");
    match folder {
        Some(folder) => std::fs::read_dir(folder.join(HASHED_FOLDER))
            .is_ok_and(|entries| entries.flatten().any(|entry| is_wasm(&entry.path()))),
        None => EmbeddedApp::iter().any(|path| is_wasm(Path::new(&*path))),
    }
}

/// The files that are served without a web app, or if it has none of that name.
fn fallback_file(path: &str) -> Option<WebFile> {
    let text = match path {
        "index.html" => return Some(WebFile::new(path, html::render_missing_app().into(), false)),
        "robots.txt" => ROBOTS_TXT,
        "favicon.svg" => FAVICON_SVG,
        "favicon.ico" => return Some(WebFile::new("favicon.svg", FAVICON_SVG.into(), false)),
        _ => return None,
    };
    Some(WebFile::new(path, text.into(), false))
}

impl WebFile {
    fn new(path: &str, plain: Bytes, compress: bool) -> Self {
        let guess = mime_guess::from_path(path).first_or_octet_stream();
        let text = guess.type_() == "text"
            || guess.subtype() == "javascript"
            || guess.subtype() == "json"
            || guess.suffix().is_some();
        let media = if guess.type_() == "text" { format!("{guess}; charset=utf-8") } else { guess.to_string() };
        let gzip = if compress && text { gzip_bytes(&plain) } else { None };
        Self {
            media: response::ascii_header_value(&media),
            gzip,
            brotli: None,
            hash: hash_content(&plain),
            policy: None,
            plain,
        }
    }

    pub fn respond(self, path: &str, headers: &HeaderMap) -> Response {
        let brotli = self.brotli.filter(|_| accepts_brotli(headers)).map(|body| (body, "br"));
        let encoded = brotli.or_else(|| self.gzip.filter(|_| accepts_gzip(headers)).map(|body| (body, "gzip")));
        let suffix = encoded.as_ref().map_or(String::new(), |(_, coding)| format!("-{coding}"));
        let etag = response::ascii_header_value(&format!("\"{:032x}{suffix}\"", self.hash));
        let cache = if path.starts_with(HASHED_FOLDER) {
            HeaderValue::from_static("public, max-age=31536000, immutable")
        } else {
            REVALIDATE
        };
        let mut response = response::check_not_modified(headers, &etag).unwrap_or_else(|| {
            let (body, coding) = encoded.map_or((self.plain, None), |(body, coding)| (body, Some(coding)));
            let mut response = body.into_response();
            let coding = coding.map(|name| (header::CONTENT_ENCODING, HeaderValue::from_static(name)));
            response.headers_mut().insert(header::CONTENT_TYPE, self.media);
            response.headers_mut().extend(coding);
            response
        });
        let own = response.headers_mut();
        own.extend(self.policy.map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
        own.insert(header::ETAG, etag);
        own.insert(header::CACHE_CONTROL, cache);
        own.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        response
    }
}

fn gzip_bytes(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().filter(|gzip| gzip.len() < plain.len()).map(Bytes::from)
}
