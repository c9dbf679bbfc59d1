//! The dated features of a collection as a calendar that mail programs and phones subscribe to.

use super::ask::Ask;
use super::present::{self, Answer};
use crate::query;
use crate::question::calendar::{Header, calendar};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use jiff::Timestamp;

pub const MEDIA: &str = "text/calendar; charset=utf-8";

/// Takes the same parameters as the items of the collection: `city=`, `bbox=`, `datetime=`, `filter=` …
pub async fn of_collection(ask: Ask) -> Answer {
    let view = ask.atlas().view(ask.segment("collection"))?;
    let pairs = ask.pairs()?;
    let given = pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    let mut query = query::parse(given, view.collection(), &[])?;
    if !pairs.rest.iter().any(|(name, _)| name == "limit") {
        query.limit = query::MAX_LIMIT;
    }
    let address = ask.base().api(&["collections", view.collection().id.as_str(), "items"]) + "/";
    let app = ask.app.clone();
    let text = app
        .pool
        .run(move || {
            let items = ask.atlas().items(&view, &query);
            let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
            let title = items.collection().title.clone();
            calendar(items.collection(), items.features(), Header { title: &title, stamp: &stamp, address: &address })
        })
        .await?;
    let name = HeaderValue::from_static("inline; filename=\"calendar.ics\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(MEDIA)),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, present::REVALIDATE),
    ];
    Ok((StatusCode::OK, headers, text).into_response())
}
