//! Works as a calendar, read by a library that holds to RFC 5545.

use crate::support::python;
use crate::support::server::{get, json, link, local, router};
use axum::http::StatusCode;
use serde_json::{Value as Json, json};

/// Every event as JSON; lines that are too long or end otherwise than by CRLF stop it.
const READ: &str = r#"
import sys, json, icalendar
raw = sys.stdin.buffer.read()
lines = raw.split(b"\r\n")
assert lines[-1] == b"" and not any(b"\n" in l or b"\r" in l or len(l) > 75 for l in lines), "lines"
cal = icalendar.Calendar.from_ical(raw)
assert cal["VERSION"] == "2.0" and cal["PRODID"] and not cal.errors, cal.errors
events = []
for e in cal.walk("VEVENT"):
    assert not e.errors, e.errors
    assert e["DTSTAMP"].dt.tzinfo is not None
    get = lambda n: str(e[n]) if n in e else None
    events.append({"uid": get("UID"), "summary": get("SUMMARY"), "location": get("LOCATION"), "status": get("STATUS"),
                   "start": e["DTSTART"].dt.isoformat(), "end": e["DTEND"].dt.isoformat(),
                   "precision": get("X-CITYHEART-DATE-PRECISION"), "geo": "GEO" in e})
print(json.dumps(events))
"#;

async fn events(path: &str) -> Vec<Json> {
    let reply = get(&router(), path).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    assert_eq!(reply.header("content-type"), "text/calendar; charset=utf-8");
    serde_json::from_str::<Json>(&python::run(READ, reply.text())).unwrap().as_array().unwrap().clone()
}

#[tokio::test]
async fn the_works_of_a_city_are_all_day_events_over_all_days_that_they_may_take() {
    let events = events("/api/collections/interventions/calendar?city=celje").await;
    let ids: Vec<&str> = events.iter().map(|e| e["uid"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
    // Celje's dated works, in the order of the file; six are undated.
    let want = [
        "celje-presernova-redesign",
        "celje-presernova-trial-closure",
        "celje-gosposka-bus",
        "celje-presernova-dialogue",
        "celje-renewal-1",
        "celje-renewal-2",
    ];
    assert_eq!(ids, want);
    let of = |id: &str| &events[ids.iter().position(|i| *i == id).unwrap()];
    // The trial closure: 16 to 22 September, known to the day; the end is the day after.
    let trial = of("celje-presernova-trial-closure");
    assert_eq!(
        [&trial["start"], &trial["end"], &trial["status"]],
        [&json!("2025-09-16"), &json!("2025-09-23"), &json!("CONFIRMED")]
    );
    assert_eq!(trial["geo"], true);
    // The redesign may begin on any day of 2026.
    let redesign = of("celje-presernova-redesign");
    assert_eq!([&redesign["start"], &redesign["end"]], [&json!("2026-01-01"), &json!("2027-01-01")]);
    assert_eq!([&redesign["status"], &redesign["precision"]], [&json!("TENTATIVE"), &json!("year")]);
    // The second renewal ended in August 2014; when it began nobody says.
    assert_eq!(
        [&of("celje-renewal-2")["start"], &of("celje-renewal-2")["end"]],
        [&json!("2014-08-01"), &json!("2014-09-01")]
    );
}

#[tokio::test]
async fn every_script_and_every_filter_comes_through() {
    let all = events("/api/collections/interventions/calendar").await;
    assert!(all.len() > 40);
    assert!(all.iter().any(|e| e["summary"] == "Πλατεία Ελευθερίας: χειμώνας χωρίς τραπεζοκαθίσματα"));
    let few =
        events("/api/collections/interventions/calendar?filter=status='funded'&datetime=2021-01-01/2021-12-31").await;
    assert!(!few.is_empty() && few.len() < all.len());
    let description = json(&router(), "/api/collections/interventions").await;
    let address = link(&description, "alternate", "text/calendar").unwrap().to_owned();
    assert_eq!(events(local(&address)).await.len(), all.len());
    // A collection without dates has an empty calendar, and no link to one.
    assert_eq!(events("/api/collections/facilities/calendar").await, Vec::<Json>::new());
    assert!(link(&json(&router(), "/api/collections/facilities").await, "alternate", "text/calendar").is_none());
    assert_eq!(get(&router(), "/api/collections/nothing/calendar").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        get(&router(), "/api/collections/interventions/calendar?colour=red").await.status,
        StatusCode::BAD_REQUEST
    );
}
