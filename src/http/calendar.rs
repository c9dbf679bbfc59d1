//! The dated features of a collection as an iCalendar file, which mail programs and phones subscribe to.

use super::fair_queue::JobKind;
use super::request_context::RequestContext;
use super::response::{self, HttpResult};
use crate::error::Error;
use crate::query;
use crate::question::calendar::{CalendarHeader, write_calendar};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use jiff::Timestamp;

pub const MEDIA: &str = "text/calendar; charset=utf-8";

/// Accepts the parameters of the collection's items: `city=`, `bbox=`, `datetime=`, `filter=` …
pub async fn get_calendar(context: RequestContext) -> HttpResult {
    let view = context.plan().collection_view(context.path_segment("collection"))?;
    let pairs = context.parse_pairs()?;
    let rest = pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    let mut query = query::parse_query(rest, view.collection(), &[])?;
    if !pairs.rest.iter().any(|(name, _)| name == "limit") {
        query.limit = query::MAX_LIMIT;
    }
    let address = context.base_url().api_url(&["collections", view.collection().id.as_str(), "items"]) + "/";
    let app = context.app.clone();
    let owner = context.job_owner(JobKind::of_query(&query));
    let text = app
        .pool
        .run(&owner, move |work| {
            let items = context.plan().select_items(&view, &query, work)?;
            let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
            let title = items.collection().title.clone();
            Ok::<_, Error>(write_calendar(
                items.collection(),
                items.features(),
                CalendarHeader { title: &title, stamp: &stamp, address: &address },
            ))
        })
        .await??;
    let name = HeaderValue::from_static("inline; filename=\"calendar.ics\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(MEDIA)),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, response::REVALIDATE),
    ];
    Ok((StatusCode::OK, headers, text).into_response())
}
