//! Fetches a layer page by page into the spool, or a file in one piece. Asks again after a fault that may pass; ends
//! when pages repeat, lead in a circle, or are not what they say.

use super::fetched_layer::{FetchedContent, FetchedPages};
use super::oapif::{ACCEPT_FEATURES, read_content_crs};
use super::page_spool::{PageSpool, SpooledPage};
use super::page_summary::{PageSummary, read_head, summarise_page};
use super::web_client::{FetchFault, WebClient};
use super::web_url::WebUrl;
use super::wfs::page_behind;
use crate::error::{Error, Result, count_noun};
use crate::import::gml::find_first_srs;
use crate::import::import_format::ImportFormat;
use crate::import::progress::ImportProgress;
use crate::import::source_facts::StatedCrs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much of a page is looked at for its format and reference system.
const HEAD_BYTES: u64 = 4 << 20;
/// How long a wait between two attempts sleeps before it looks whether the import is stopped.
const NAP: Duration = Duration::from_millis(100);

/// How the next page is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageOrder {
    /// By the link `next` of each page.
    Links,
    /// By the number of features so far.
    StartIndex,
    /// There is only one.
    Single,
}

/// What a server answered, on disk.
pub struct FetchedFile {
    /// After redirects.
    pub url: WebUrl,
    pub path: PathBuf,
    pub bytes: u64,
    pub media_type: String,
    pub content_crs: Option<String>,
}

/// A layer or file that is being fetched.
pub struct LayerFetch {
    pub client: WebClient,
    pub spool: PageSpool,
    pub progress: Arc<ImportProgress>,
    pub notes: Vec<String>,
}

impl LayerFetch {
    /// Fetches all pages from the first one on, or from where an earlier import ended.
    ///
    /// # Errors
    /// When the server does not give them, or gives more than allowed. Pages that came stay in the spool.
    pub fn fetch_pages(&mut self, first: &WebUrl, order: PageOrder) -> Result<()> {
        if self.spool.resumed == 0 {
            self.spool.state.next = Some(first.to_string());
        } else {
            self.take_up()?;
        }
        self.fetch_rest(order)
    }

    /// Fetches the pages behind those that are there.
    ///
    /// # Errors
    /// As [`LayerFetch::fetch_pages`].
    pub fn fetch_rest(&mut self, order: PageOrder) -> Result<()> {
        while let Some(next) = self.spool.state.next.clone() {
            self.client.budget.check_pages(self.spool.state.pages.len() as u64 + 1)?;
            let url = WebUrl::parse(&next).map_err(|reason| Error::invalid(next.clone(), reason))?;
            self.fetch_page(&url, order)?;
        }
        self.compare_with_matched();
        Ok(())
    }

    /// Goes on with the pages of an earlier import.
    fn take_up(&mut self) -> Result<()> {
        let (pages, features) = (self.spool.state.pages.len() as u64, self.spool.features());
        self.client.budget.add_bytes(self.spool.bytes())?;
        self.client.budget.add_features(features)?;
        self.notes.push(format!(
            "{} with {} were there from an import that was interrupted; what the server changed on them since is not in.",
            count_noun(pages, "page"),
            count_noun(features, "feature")
        ));
        Ok(())
    }

    fn fetch_page(&mut self, url: &WebUrl, order: PageOrder) -> Result<()> {
        let (file, format, summary) = self.attempt(|fetch| {
            let file = fetch.fetch_file(url, &[("accept", ACCEPT_FEATURES)])?;
            let format = page_format(&file)?;
            // A page that is cut off may come whole when it is asked for again.
            let summary = summarise_page(&file.path, &url.to_string(), format).map_err(FetchFault::Passing)?;
            Ok((file, format, summary))
        })?;
        self.keep(file, format, summary, order)
    }

    /// Keeps a page that was fetched, and finds the next one.
    ///
    /// # Errors
    /// When it is not what a page must be.
    pub fn keep(
        &mut self,
        file: FetchedFile,
        format: ImportFormat,
        summary: PageSummary,
        order: PageOrder,
    ) -> Result<()> {
        let url = &file.url;
        self.check_page(&file, format, &summary)?;
        self.client.budget.add_features(summary.features)?;
        let total = self.spool.features() + summary.features;
        if self.spool.state.pages.is_empty() {
            self.spool.state.matched = summary.matched;
            self.spool.state.crs.clone_from(&file.content_crs);
            self.client.budget.check_matched(summary.matched.unwrap_or(0))?;
        }
        let next = match order {
            PageOrder::Single => None,
            PageOrder::Links => summary.next.as_deref().map(|next| self.check_next(url, next)).transpose()?,
            PageOrder::StartIndex => {
                let is_last = summary.features == 0 || self.spool.state.matched.is_some_and(|all| total >= all);
                (!is_last).then(|| page_behind(url, total).to_string())
            }
        };
        self.progress.set_fetched(self.spool.state.pages.len() as u64 + 1, total, self.spool.state.matched);
        let page = SpooledPage {
            file: String::new(),
            url: url.to_string(),
            features: summary.features,
            bytes: file.bytes,
            first: summary.first,
        };
        self.spool.keep_page(page, next)
    }

    fn check_page(&self, file: &FetchedFile, format: ImportFormat, summary: &PageSummary) -> Result<()> {
        let refuse = |sentence: String| Err(Error::Refused(sentence));
        let url = &file.url;
        let frame = &summary.frame;
        if frame["exceededTransferLimit"] == true || frame["properties"]["exceededTransferLimit"] == true {
            return refuse(format!(
                "{url} gives only a part of its features (exceededTransferLimit). Ask for them in parts (resultOffset=…), or for a download of the whole layer."
            ));
        }
        let Some(last) = self.spool.state.pages.last() else { return Ok(()) };
        if summary.first.is_some() && summary.first == last.first {
            return refuse(format!(
                "{url} gives the same features as the page before: the server does not page. Ask for all in one answer (limit or count), or for a download."
            ));
        }
        let first_format = page_format_of(&read_head(&self.spool.path_of(&self.spool.state.pages[0]), HEAD_BYTES)?);
        if first_format != Some(format) {
            return refuse(format!("{url} is in another format than the first page. Try again later."));
        }
        if file.content_crs != self.spool.state.crs {
            return refuse(format!("{url} is in another reference system than the first page. Try again later."));
        }
        Ok(())
    }

    /// The address of the next page, which must be a new one.
    fn check_next(&self, url: &WebUrl, next: &str) -> Result<String> {
        let next = url.join(next).map_err(|reason| {
            Error::invalid(url.to_string(), format!("The address of its next page is wrong. {reason}"))
        })?;
        if url.is_secure && !next.is_secure && url.host == next.host {
            // Behind a proxy, many servers do not know that they are asked by https.
            let port = if next.port == 80 { url.port } else { next.port };
            return self.check_new(WebUrl { is_secure: true, port, ..next });
        }
        self.check_new(next)
    }

    fn check_new(&self, next: WebUrl) -> Result<String> {
        let text = next.to_string();
        let is_known = self.spool.state.next.as_deref() == Some(&text)
            || self.spool.state.pages.iter().any(|page| page.url == text);
        if is_known {
            return Err(Error::Refused(format!(
                "The pages lead in a circle, back to {text}. The server is faulty; ask for a download of the whole layer."
            )));
        }
        Ok(text)
    }

    /// A warning when the server gave another number of features than it said.
    fn compare_with_matched(&mut self) {
        let given = self.spool.features();
        if let Some(matched) = self.spool.state.matched.filter(|matched| *matched != given) {
            self.notes
                .push(format!("The server said that there are {}, and gave {given}.", count_noun(matched, "feature")));
        }
    }

    /// Asks for an address, and puts the answer on disk.
    ///
    /// # Errors
    /// As [`WebClient::copy_body`].
    pub fn fetch_file(&mut self, url: &WebUrl, headers: &[(&str, &str)]) -> Result<FetchedFile, FetchFault> {
        let answer = self.client.get(url, headers)?;
        let media_type = answer.media_type();
        let content_crs = answer.header("content-crs").map(str::to_owned);
        let asked = answer.url.clone();
        let (file, path) = self.spool.create_part()?;
        let mut to = std::io::BufWriter::new(file);
        let bytes = self.client.copy_body(answer, &mut to, u64::MAX)?;
        std::io::Write::flush(&mut to)
            .map_err(|e| Error::StorageFull(format!("What the server sends cannot be kept: {e}. Free some space.")))?;
        Ok(FetchedFile { url: asked, path, bytes, media_type, content_crs })
    }

    /// Does it again after faults that may pass.
    ///
    /// # Errors
    /// The last fault.
    pub fn attempt<T>(&mut self, work: impl Fn(&mut Self) -> Result<T, FetchFault>) -> Result<T> {
        let mut waits = self.client.budget.limits.retries.clone().into_iter();
        loop {
            match work(self) {
                Ok(done) => return Ok(done),
                Err(FetchFault::Final(e)) => return Err(self.add_advice(e)),
                Err(FetchFault::Passing(e)) => match waits.next() {
                    Some(wait) => self.wait(wait)?,
                    None => return Err(self.add_advice(e)),
                },
            }
        }
    }

    fn wait(&self, wait: Duration) -> Result<()> {
        let until = Instant::now() + wait.min(self.client.budget.time_left()?);
        while Instant::now() < until {
            self.progress.check_stopped()?;
            std::thread::sleep(NAP.min(wait));
        }
        Ok(())
    }

    /// What came stays, and is told.
    fn add_advice(&self, e: Error) -> Error {
        let pages = self.spool.state.pages.len() as u64;
        match e {
            Error::Refused(sentence) if pages > 0 => {
                let kept = count_noun(pages, "page");
                Error::Refused(format!(
                    "{sentence} {kept} of it were kept: the same command goes on behind them. The plan is as it was."
                ))
            }
            other => other,
        }
    }

    /// The pages as what is to be imported.
    ///
    /// # Errors
    /// [`Error::Invalid`] when their reference system is not known here.
    pub fn into_pages(mut self, url: &WebUrl) -> Result<(FetchedContent, Vec<String>)> {
        let paths: Vec<PathBuf> = self.spool.state.pages.iter().map(|page| self.spool.path_of(page)).collect();
        let format = match paths.first() {
            Some(first) => page_format_of(&read_head(first, HEAD_BYTES)?).unwrap_or(ImportFormat::GeoJson),
            None => ImportFormat::GeoJson,
        };
        let (crs, swaps_axes) = if format == ImportFormat::Gml {
            (Self::find_gml_crs(&paths, url)?, false)
        } else {
            read_content_crs(self.spool.state.crs.as_deref(), url)?
                .map_or((None, false), |(crs, swaps)| (Some(crs), swaps))
        };
        let (pages, features, bytes) = (paths.len() as u64, self.spool.features(), self.spool.bytes());
        self.notes.insert(
            0,
            format!(
                "The server gave {} in {} ({:.1} MB).",
                count_noun(features, "feature"),
                count_noun(pages, "page"),
                bytes as f64 / 1e6
            ),
        );
        self.spool.complete();
        let content = FetchedContent::Pages(FetchedPages { paths, bytes, format, crs, swaps_axes, spool: self.spool });
        Ok((content, self.notes))
    }

    /// The reference system that the geometries name.
    fn find_gml_crs(paths: &[PathBuf], url: &WebUrl) -> Result<Option<StatedCrs>> {
        for path in paths {
            let head = read_head(path, HEAD_BYTES)?;
            match find_first_srs(&String::from_utf8_lossy(&head)) {
                Ok(None) => {}
                Ok(Some(srs)) => return Ok(Some(StatedCrs { crs: srs.crs, reason: "as its geometries say".into() })),
                Err(name) => {
                    let name = crate::error::shorten_text(&name);
                    let sentence = format!(
                        "The server answers in the reference system '{name}', which is not known here. Ask for srsName=EPSG:4326."
                    );
                    return Err(Error::invalid(url.to_string(), sentence));
                }
            }
        }
        Ok(None)
    }
}

/// The format of a page.
fn page_format(file: &FetchedFile) -> Result<ImportFormat, FetchFault> {
    let head = read_head(&file.path, HEAD_BYTES)?;
    page_format_of(&head).ok_or_else(|| {
        let kind = if file.media_type.is_empty() { "something else" } else { &file.media_type };
        FetchFault::Final(Error::Refused(format!(
            "{} answers with {kind} in place of GeoJSON or GML. Check the address.",
            file.url
        )))
    })
}

/// GeoJSON or XML, by the first character.
pub fn page_format_of(head: &[u8]) -> Option<ImportFormat> {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    match text.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{') => Some(ImportFormat::GeoJson),
        Some(b'<') if !is_html(text) => Some(ImportFormat::Gml),
        _ => None,
    }
}

fn is_html(text: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&text[..text.len().min(1000)]).to_ascii_lowercase();
    start.contains("<html") || start.contains("<!doctype html")
}
