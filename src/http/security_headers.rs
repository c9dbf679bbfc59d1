//! What browsers are told about a response: what a page may load and run (a content security policy without inline
//! scripts), which sites may show it in a frame, and to come back over https only.
//!
//! Only pages carry policies. Data and tiles get `nosniff`, which keeps a browser from showing them as a page.

use super::html;
use crate::config::{Config, FrameAncestors, PublicUrl, SiteOrigin, StyleUrl};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// No page asks for a sensor, a camera or a payment, and no script that gets into one may.
const NO_PERMISSIONS: HeaderValue =
    HeaderValue::from_static("camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()");
/// A year, as browsers expect it; other hosts of the domain are not ours to decide about.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");
const REFERRER: HeaderValue = HeaderValue::from_static("strict-origin-when-cross-origin");

/// The headers of all responses, prepared once.
pub struct SecurityHeaders {
    api_page: HeaderValue,
    api_viewer: HeaderValue,
    transport: Option<HeaderValue>,
}

/// The policy of the web app's pages.
pub struct AppPagePolicy {
    /// Where the base map comes from, each with a space before it.
    basemap: String,
    /// The public URL, which links between pages of features begin with.
    public: String,
    frames: String,
    runs_wasm: bool,
}

impl SecurityHeaders {
    pub fn new(config: &Config) -> Self {
        let style = hash_source(html::STYLE);
        let common = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        let page = format!("default-src 'none'; style-src {style}; img-src 'self' data:; {common}");
        let viewer = format!(
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' {style}; img-src 'self' data:; {common}"
        );
        let is_https = config.public_url.as_ref().is_some_and(|url| url.as_str().starts_with("https://"));
        Self {
            api_page: super::response::ascii_header_value(&page),
            api_viewer: super::response::ascii_header_value(&viewer),
            transport: is_https.then_some(HTTPS_ONLY),
        }
    }

    /// The policy of the page with the viewer of the API's definition (Swagger UI): it loads scripts and requests from
    /// this server, and nothing else.
    pub fn api_viewer_policy(&self) -> HeaderValue {
        self.api_viewer.clone()
    }

    /// Adds what the handler has not set: a page without a policy is one of the API, which loads nothing, runs nothing,
    /// and may not be shown in a frame. `is_safe`: over https, or on the machine itself.
    pub fn set(&self, headers: &mut HeaderMap, is_safe: bool) {
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(header::REFERRER_POLICY).or_insert(REFERRER);
        if let Some(transport) = &self.transport {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, transport.clone());
        }
        let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"text/html"));
        if is_page {
            headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| self.api_page.clone());
            headers.insert(PERMISSIONS_POLICY, NO_PERMISSIONS);
            // Elsewhere browsers ignore it, and say so in the console.
            if is_safe {
                headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
            }
        }
    }
}

impl AppPagePolicy {
    /// `runs_wasm`: whether the web app was built with the renderer that is WebAssembly.
    pub fn new(config: &Config, runs_wasm: bool) -> Self {
        let style = config.basemap.iter().filter_map(StyleUrl::origin);
        let mut origins: Vec<SiteOrigin> = style.chain(config.basemap_origins.iter().cloned()).collect();
        let mut seen = vec![];
        origins.retain(|origin| !seen.contains(origin) && (seen.push(origin.clone()), true).1);
        let basemap = origins.iter().fold(String::new(), |all, origin| all + " " + origin.as_str());
        let frames = match &config.frame_ancestors {
            FrameAncestors::Nobody => "'none'".to_owned(),
            FrameAncestors::SameOrigin => "'self'".to_owned(),
            FrameAncestors::Listed(sites) => {
                sites.iter().fold("'self'".to_owned(), |all, origin| all + " " + origin.as_str())
            }
            FrameAncestors::Anybody => "*".to_owned(),
        };
        let public = config.public_url.as_ref().and_then(PublicUrl::origin);
        let public = public.map_or(String::new(), |origin| format!(" {}", origin.as_str()));
        Self { basemap, public, frames, runs_wasm }
    }

    /// The policy of one page: what is inline in it was put there by the build, and is allowed by its hash.
    pub fn for_page(&self, page: &str) -> HeaderValue {
        let Self { basemap, public, frames, runs_wasm } = self;
        let scripts = hash_inline(page, "script");
        let styles = hash_inline(page, "style");
        let wasm = if *runs_wasm { " 'wasm-unsafe-eval'" } else { "" };
        super::response::ascii_header_value(&format!(
            "default-src 'none'; script-src 'self'{wasm}{scripts}; style-src 'self'{styles}; img-src 'self' data: blob:{basemap}; font-src 'self'; connect-src 'self'{public}{basemap}; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {frames}"
        ))
    }
}

/// The hashes of the contents of all elements of this name that load no file, each with a space before it.
fn hash_inline(page: &str, element: &str) -> String {
    let folded = page.to_ascii_lowercase();
    let (open, close) = (format!("<{element}"), format!("</{element}"));
    let mut hashes = String::new();
    let mut from = 0;
    while let Some(start) = folded[from..].find(&open).map(|at| from + at) {
        let Some(content) = folded[start..].find('>').map(|at| start + at + 1) else { break };
        let end = folded[content..].find(&close).map_or(folded.len(), |at| content + at);
        if end > content {
            hashes.push(' ');
            hashes.push_str(&hash_source(&page[content..end]));
        }
        from = end;
    }
    hashes
}

/// A source expression that allows exactly this text.
fn hash_source(text: &str) -> String {
    format!("'sha256-{}'", Base64::encode_string(&Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inline_is_allowed_by_its_hash_and_what_is_loaded_is_not_hashed() {
        let page = "<head><script type=\"module\" src=\"./a.js\"></script><SCRIPT>alert('Hello, world.');</SCRIPT><style>a{}</style>";
        let hashes = hash_inline(page, "script");
        assert_eq!(hashes, " 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
        assert_eq!(hash_inline(page, "style"), format!(" {}", hash_source("a{}")));
        assert_eq!(hash_inline("<p>no</p><script", "script"), "");
    }
}
