//! The planner's questions as processes (OGC API Processes Part 1): the list, a description with JSON Schemas for each, and their
//! execution while the client waits.

use super::ask::Ask;
use super::html::{self, Page};
use super::link::{self, Link};
use super::negotiate::JSON;
use super::present::{self, Document};
use super::problem::Problem;
use crate::error::Error;
use crate::question::{self, Input, QUESTIONS, Question};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Map, Value as Json, json};

const EXECUTE: &str = "http://www.opengis.net/def/rel/ogc/1.0/execute";
/// The largest body: far more than the positions of a drawn area need.
pub const MAX_BODY_BYTES: usize = 16 << 20;
/// The one output of every process.
const OUTPUT: &str = "answer";
/// What an execute request may have besides its inputs.
const MEMBERS: [&str; 4] = ["inputs", "outputs", "response", "subscriber"];

pub async fn list(ask: Ask) -> present::Answer {
    present::document(&ask, &JSON, |twins| {
        let base = ask.base();
        let address = |q: &Question| base.api(&["processes", q.id]);
        let processes: Vec<Json> = QUESTIONS
            .iter()
            .map(|q| {
                let mut json = summary(q);
                json["links"] = link::array(&[Link::new("self", address(q), JSON.media).titled(q.title)]);
                json
            })
            .collect();
        let json = json!({"processes": processes, "links": link::array(twins)});
        let page =
            Page::new("Questions", "What the plan can be asked. Each is a process: send its inputs, and it answers.")
                .crumb("The API", base.api(&[]));
        let addresses: Vec<String> = QUESTIONS.iter().map(address).collect();
        Ok(Document {
            json,
            page: page.main(html::addresses(&addresses.iter().map(String::as_str).collect::<Vec<_>>())),
        })
    })
}

pub async fn one(ask: Ask) -> present::Answer {
    let question = question::question(ask.segment("process"))?;
    present::document(&ask, &JSON, |twins| {
        let base = ask.base();
        let execute = base.api(&["processes", question.id, "execution"]);
        let mut links = twins.to_vec();
        links.push(Link::new(EXECUTE, execute, JSON.media).titled("Send the inputs here (POST)"));
        let mut json = summary(question);
        json["inputs"] = question.inputs.iter().map(|i| (i.name.to_owned(), input(i))).collect::<Map<_, _>>().into();
        json["outputs"] = json!({OUTPUT: {"title": "The answer", "schema": answer_schema()}});
        json["links"] = link::array(&links);
        let page = Page::new(question.title, question.description)
            .crumb("The API", base.api(&[]))
            .crumb("Questions", base.api(&["processes"]))
            .main(html::data(&json["inputs"]));
        Ok(Document { json, page })
    })
}

/// Answers one execute request with the bare answer, or with `{"answer": {"value": …}}` when a document is asked for.
pub async fn execute(ask: Ask, body: Result<Bytes, BytesRejection>) -> present::Answer {
    let question = question::question(ask.segment("process"))?;
    ask.only(&[])?;
    let body = body.map_err(|e| {
        Problem::new(e.status(), "The request could not be read whole. It may be too large: 16 MB are allowed.")
    })?;
    let request = Request::read(&body)?;
    let (atlas, document) = (ask.atlas().clone(), request.document);
    let written =
        ask.app.pool.run(move || atlas.ask(question, &request.inputs).map(|answer| write(&answer, document))).await??;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(JSON.media)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::OK, headers, written).into_response())
}

fn write(answer: &question::Answer, document: bool) -> Vec<u8> {
    let mut out = Vec::new();
    if document {
        out.extend_from_slice(format!("{{\"{OUTPUT}\":{{\"value\":").as_bytes());
    }
    answer.write(&mut out);
    if document {
        out.extend_from_slice(b"}}");
    }
    out
}

/// The body of an execution.
struct Request {
    inputs: Map<String, Json>,
    document: bool,
}

impl Request {
    fn read(body: &[u8]) -> Result<Self, Error> {
        let refuse = |at: &str, sentence: String| Err(Error::invalid(at, sentence));
        let json: Json = match serde_json::from_slice(body) {
            Ok(json) => json,
            Err(e) => return refuse("", format!("The body is not JSON ({e}). Send {{\"inputs\": {{…}}}}.")),
        };
        let Json::Object(mut members) = json else {
            return refuse("", "The body must be an object: {\"inputs\": {…}}.".to_owned());
        };
        if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return refuse(name, format!("There is no member '{name}' here. There are: {}.", MEMBERS.join(", ")));
        }
        let document = match members.get("response").and_then(Json::as_str) {
            None if !members.contains_key("response") => false,
            Some("raw") => false,
            Some("document") => true,
            _ => return refuse("response", "Ask for 'raw' or for 'document'.".to_owned()),
        };
        if let Some(outputs) = members.get("outputs") {
            let known = outputs.as_object().is_some_and(|o| o.keys().all(|name| name == OUTPUT));
            if !known {
                return refuse("outputs", format!("The only output is '{OUTPUT}'."));
            }
        }
        match members.remove("inputs").unwrap_or_else(|| json!({})) {
            Json::Object(inputs) => {
                Ok(Self { inputs: inputs.into_iter().map(|(name, v)| (name, plain(v))).collect(), document })
            }
            _ => refuse("inputs", "The inputs must be an object of names and values.".to_owned()),
        }
    }
}

/// The standard wraps objects as `{"value": …}`; the bare object is taken too.
fn plain(value: Json) -> Json {
    match value {
        Json::Object(mut o) if o.get("value").is_some_and(Json::is_object) => o.remove("value").unwrap_or_default(),
        other => other,
    }
}

fn summary(q: &Question) -> Json {
    json!({
        "id": q.id,
        "title": q.title,
        "description": q.description,
        "version": env!("CARGO_PKG_VERSION"),
        "jobControlOptions": ["sync-execute"],
        "outputTransmission": ["value"],
    })
}

fn input(i: &Input) -> Json {
    json!({"title": i.title, "minOccurs": u8::from(i.required), "maxOccurs": 1, "schema": i.schema()})
}

fn answer_schema() -> Json {
    let number = json!({
        "type": "object",
        "required": ["name", "value", "unit"],
        "properties": {
            "name": {"type": "string"},
            "value": {"type": "number", "nullable": true},
            "unit": {"type": "string"},
            "decimal": {"type": "string", "description": "An amount of money, exactly"},
            "numerator": {"type": "number"},
            "denominator": {"type": "number"},
            "group": {"type": "object", "additionalProperties": {"type": "string"}},
            "ids": {"type": "array", "items": {"type": "string"}, "description": "The features behind the number"},
        },
    });
    json!({
        "type": "object",
        "contentMediaType": "application/json",
        "required": ["numbers", "features", "left_out", "rules"],
        "properties": {
            "numbers": {"type": "array", "items": number},
            "features": {"type": "object", "description": "A GeoJSON FeatureCollection; each feature has a member result"},
            "left_out": {"type": "object", "description": "Reason, and the ids that were not counted", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            "rules": {"type": "array", "items": {"type": "string"}},
        },
    })
}
