//! A file on its way to the disk, and its first review. A body that ends early leaves nothing.

use super::answer_import::{document_response, review_file};
use super::import_registry::{ImportState, StoredFile};
use super::import_rights::check_rights;
use crate::collection::CollectionId;
use crate::error::Error;
use crate::http::request_body::UnreadBody;
use crate::http::request_context::RequestContext;
use crate::http::response::{self, HttpResult};
use crate::import::ImportAnswers;
use axum::http::{StatusCode, header};
use serde_json::json;
use std::sync::Arc;

/// The most characters of a file's name.
const MAX_NAME_CHARS: usize = 200;

/// Receives a file and answers what was understood of it.
pub async fn create_import(context: RequestContext, body: UnreadBody) -> HttpResult {
    let pairs = context.parse_known_pairs(&["into", "name", "layer"])?;
    let given = |name: &str| pairs.rest.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let into = given("into").ok_or_else(|| Error::invalid("into", "Say which collection the file goes into."))?;
    let owner = check_rights(&context, into)?;
    let into = CollectionId::new(into)?;
    let answers = match given("layer") {
        Some(layer) => {
            ImportAnswers::default().merge(json!({"layer": layer}).as_object().unwrap_or(&serde_json::Map::new()))?
        }
        None => ImportAnswers::default(),
    };
    let place = context.app.imports.take_place(&owner)?;
    let folder = tempfile::Builder::new().prefix("cityheart-import-").tempdir().map_err(Error::internal)?;
    let most_bytes = context.app.config.limits.import_bytes;
    let bytes = body.save(&context, most_bytes, &StoredFile::path_in(&folder)).await?;
    let file = StoredFile { folder, name: clean_name(given("name").unwrap_or_default()), bytes };
    let (file, review) = review_file(&context, file, &into, &answers).await?;
    let import = place.fill(file, into, ImportState { answers, review: Arc::new(review), is_committed: false });
    let mut response = document_response(StatusCode::CREATED, &import.to_json());
    let location = context.base_url().api_url(&["imports", &import.id]);
    response.headers_mut().insert(header::LOCATION, response::ascii_header_value(&location));
    Ok(response)
}

/// The name of a file without folders and control characters.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
    if clean.trim().is_empty() { "file".to_owned() } else { clean.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_without_folders_and_control_characters() {
        for (given, shown) in [
            ("IAP akcije.xlsx", "IAP akcije.xlsx"),
            ("C:\\Users\\ana\\a.csv", "a.csv"),
            ("../../etc/passwd", "passwd"),
            ("a\u{7}b\n.csv", "ab.csv"),
            ("", "file"),
            ("/", "file"),
        ] {
            assert_eq!(clean_name(given), shown);
        }
    }
}
