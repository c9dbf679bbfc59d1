//! Downloads as files of the trade: written whole into a temporary file within the budget of the request, then sent.
//! What the format cannot hold is known by then, and told in a header.

use super::fair_queue::JobKind;
use super::feature_headers::{add_counts, feature_headers};
use super::feature_request::FeatureRequest;
use super::request_context::QueryPairs;
use super::response::{self, HttpResult};
use super::response_format::ResponseFormat;
use crate::atlas::CollectionView;
use crate::digest::hash_content;
use crate::encoding::OutputSchema;
use crate::error::{Error, Result};
use crate::feature_file::{FileFormat, FileLayer, FileOptions, FileWriter, WORKBOOK_LANGUAGES, WrittenFile};
use crate::query::Query;
use crate::suggestion::append_suggestion;
use crate::work_budget::WorkBudget;
use axum::body::Body;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;

/// Other collections of a workbook, separated by commas. With a hyphen, so that no property has this name.
pub const SHEETS: &str = "workbook-sheets";
/// The language of its headings.
pub const LANGUAGE: &str = "workbook-language";
/// What the file does not hold: a JSON list of sentences.
const NOT_HELD: HeaderName = HeaderName::from_static("cityheart-not-held");
const MAX_HEADER_BYTES: usize = 4000;
const CHUNK_BYTES: usize = 64 << 10;

/// What a workbook has beside the collection of the address.
pub struct WorkbookParameters {
    sheets: Vec<String>,
    language: String,
}

impl WorkbookParameters {
    /// Takes the parameters of workbooks out of the others.
    ///
    /// # Errors
    /// 400 for an unknown language, a parameter that is given twice, or one of a format that is no workbook.
    pub fn take_from(pairs: &mut QueryPairs, format: Option<FileFormat>) -> Result<Self> {
        let is_own = |name: &str| name == SHEETS || name == LANGUAGE;
        let (own, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut pairs.rest).into_iter().partition(|(name, _)| is_own(name));
        pairs.rest = rest;
        if let Some((name, _)) = own.first().filter(|_| !format.is_some_and(FileFormat::is_workbook)) {
            let sentence = "Only workbooks have sheets and languages. Ask for f=xlsx or f=ods, or leave it out.";
            return Err(Error::invalid(name.as_str(), sentence));
        }
        let value = |wanted: &str| -> Result<Option<String>> {
            let mut all = own.iter().filter(|(name, _)| name == wanted);
            let first = all.next().map(|(_, value)| value.clone());
            if all.next().is_some() {
                return Err(Error::invalid(wanted, "This parameter is given twice. Give it once."));
            }
            Ok(first)
        };
        let language = value(LANGUAGE)?.unwrap_or_else(|| WORKBOOK_LANGUAGES[0].to_owned());
        if !WORKBOOK_LANGUAGES.contains(&language.as_str()) {
            let shown: String = language.chars().take(20).collect();
            let sentence = format!("'{shown}' is not a language of the plan: {}.", WORKBOOK_LANGUAGES.join(", "));
            return Err(Error::invalid(LANGUAGE, sentence));
        }
        let sheets = value(SHEETS)?.unwrap_or_default();
        let sheets = sheets.split(',').filter(|id| !id.is_empty()).map(ToOwned::to_owned).collect();
        Ok(Self { sheets, language })
    }
}

/// A request for a file, understood.
struct FileRequest {
    request: FeatureRequest,
    format: FileFormat,
    query: Query,
    /// The other collections of a workbook.
    others: Vec<CollectionView>,
    language: String,
}

/// The features that a query selects as a file.
pub async fn respond_file(
    request: FeatureRequest,
    pairs: &QueryPairs,
    form: &'static ResponseFormat,
    format: FileFormat,
    query: Query,
    workbook: WorkbookParameters,
) -> HttpResult {
    let others = find_sheets(&request, &workbook.sheets)?;
    let mut state = request.cache_key.clone();
    for view in &others {
        let (load_id, revision) = view.state_id();
        // Writing to a String does not fail.
        let _ = write!(state, " {load_id:x} {revision} {}", view.mask_key());
    }
    let etag = response::ascii_header_value(&format!("W/\"{:032x}\"", hash_content(state.as_bytes())));
    if let Some(unchanged) = response::check_not_modified(&request.context.headers, &etag) {
        return Ok(unchanged);
    }
    let links = request.links(&super::response_format::DOWNLOAD_FORMATS, form, pairs);
    let mut headers = feature_headers(form, etag, query.crs, &links);
    let app = request.context.app.clone();
    let owner = request.context.job_owner(JobKind::of_query(&query));
    let file = FileRequest { request, format, query, others, language: workbook.language };
    let (written, open) = app.pool.run(&owner, move |work| file.write(work)).await??;
    add_counts(&mut headers, written.count);
    headers.insert(header::CONTENT_LENGTH, open.metadata().map_err(Error::internal)?.len().into());
    if !written.losses.is_empty() {
        headers.insert(NOT_HELD, response::ascii_header_value(&ascii_list(&written.losses)));
    }
    Ok((headers, stream_file(written, open)).into_response())
}

fn find_sheets(request: &FeatureRequest, ids: &[String]) -> Result<Vec<CollectionView>> {
    let plan = request.context.plan();
    let own = request.view.collection().id.as_str();
    let mut found: Vec<CollectionView> = vec![];
    for id in ids.iter().filter(|id| *id != own) {
        if found.iter().any(|view| view.collection().id.as_str() == id) {
            return Err(Error::invalid(SHEETS, "A collection is named twice. Name each once."));
        }
        found.push(plan.collection_view(id).map_err(|e| {
            let known: Vec<String> = plan.collections().iter().map(|v| v.collection().id.to_string()).collect();
            let message = append_suggestion(e.to_string(), id, known.iter().map(String::as_str));
            Error::invalid(SHEETS, message)
        })?);
    }
    Ok(found)
}

impl FileRequest {
    fn write(self, work: &WorkBudget) -> Result<(WrittenFile, File)> {
        let Self { request, format, query, others, language } = self;
        let plan = request.context.plan();
        let first = OutputSchema::new(request.view.collection().clone(), query.properties.as_deref(), query.crs);
        let mut layers = vec![FileLayer { output: first, revision: request.view.revision() }];
        layers.extend(others.iter().map(|view| FileLayer {
            output: OutputSchema::new(view.collection().clone(), None, query.crs),
            revision: view.revision(),
        }));
        let base = request.context.base_url().as_str();
        let options = FileOptions { model: plan.model(), language: &language, plan: base };
        let mut writer = FileWriter::create(format, layers, &options)?;
        let all = Query { crs: query.crs, limit: usize::MAX, ..Query::default() };
        for (nth, view) in std::iter::once(&request.view).chain(&others).enumerate() {
            if nth > 0 {
                writer.next_layer()?;
            }
            let page = plan.select_items(view, if nth == 0 { &query } else { &all }, work)?;
            for feature in page.features() {
                work.spend(1)?;
                writer.write_feature(&feature)?;
            }
        }
        let written = writer.finish()?;
        let open = written.open()?;
        Ok((written, open))
    }
}

/// The bytes of the file, in chunks that are read when the one before has been sent.
fn stream_file(written: WrittenFile, mut open: File) -> Body {
    let chunks = std::iter::from_fn(move || {
        // The file exists as long as this is there.
        let _kept = &written;
        let mut chunk = vec![0; CHUNK_BYTES];
        match open.read(&mut chunk) {
            Ok(0) => None,
            Ok(n) => {
                chunk.truncate(n);
                Some(Ok(Bytes::from(chunk)))
            }
            Err(e) => Some(Err(e)),
        }
    });
    Body::from_stream(tokio_stream::iter(chunks))
}

/// A list of sentences as JSON without other characters than ASCII has, of so many as fit a header.
fn ascii_list(sentences: &[String]) -> String {
    let mut shown: Vec<&str> = vec![];
    let mut bytes = 0;
    for sentence in sentences {
        bytes += sentence.len() * 3;
        if bytes > MAX_HEADER_BYTES && !shown.is_empty() {
            break;
        }
        shown.push(sentence);
    }
    let mut out = String::new();
    for c in serde_json::Value::from(shown).to_string().chars() {
        let mut units = [0; 2];
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// Whether this is a file with a name of its own: its format.
pub fn file_format(form: &ResponseFormat) -> Option<FileFormat> {
    FileFormat::ALL.into_iter().find(|format| format.names() == form.names)
}
