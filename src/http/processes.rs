//! The planning questions as processes (OGC API - Processes - Part 1): the list, a description of each with JSON
//! Schemas, and synchronous execution.

use super::fair_queue::JobKind;
use super::html::{self, HtmlPage};
use super::link::{self, WebLink};
use super::request_body::UnreadBody;
use super::request_context::RequestContext;
use super::resource_document::{self, ResourceDocument};
use super::response::HttpResult;
use super::response_format::JSON;
use crate::error::Error;
use crate::feature::geojson::{describe_json_error, parse_unique_json};
use crate::question::{self, PlanningQuestion, QUESTIONS, QuestionInput};
use crate::work_budget::WorkBudget;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Map, Value as Json, json};

const EXECUTE: &str = "http://www.opengis.net/def/rel/ogc/1.0/execute";
/// The largest body: far more than the positions of a drawn area take.
const MAX_BODY_BYTES: usize = 16 << 20;
/// The one output of every process.
const OUTPUT_NAME: &str = "answer";
/// The members of an execute request.
const REQUEST_MEMBERS: [&str; 4] = ["inputs", "outputs", "response", "subscriber"];

pub async fn list_processes(context: RequestContext) -> HttpResult {
    resource_document::respond_document(&context, &JSON, |alternates| {
        let base = context.base_url();
        let address = |q: &PlanningQuestion| base.api_url(&["processes", q.id]);
        let processes: Vec<Json> = QUESTIONS
            .iter()
            .map(|q| {
                let mut json = describe_process(q);
                json["links"] =
                    link::links_to_json(&[WebLink::new("self", address(q), JSON.media).with_title(q.title)]);
                json
            })
            .collect();
        let json = json!({"processes": processes, "links": link::links_to_json(alternates)});
        let page = HtmlPage::new(
            "Processes",
            "The planning questions that this server answers. Each is a process: send its inputs to execute it.",
        )
        .with_breadcrumb("API", base.api_url(&[]));
        let addresses: Vec<String> = QUESTIONS.iter().map(address).collect();
        Ok(ResourceDocument {
            json,
            page: page.with_main(html::render_uri_list(&addresses.iter().map(String::as_str).collect::<Vec<_>>())),
        })
    })
}

pub async fn get_process(context: RequestContext) -> HttpResult {
    let question = question::find_question(context.path_segment("process"))?;
    resource_document::respond_document(&context, &JSON, |alternates| {
        let base = context.base_url();
        let execute = base.api_url(&["processes", question.id, "execution"]);
        let mut links = alternates.to_vec();
        links.push(WebLink::new(EXECUTE, execute, JSON.media).with_title("Execute: send the inputs with POST"));
        let mut json = describe_process(question);
        json["inputs"] =
            question.inputs.iter().map(|i| (i.name.to_owned(), describe_input(i))).collect::<Map<_, _>>().into();
        json["outputs"] = json!({OUTPUT_NAME: {"title": "Answer", "schema": answer_schema()}});
        json["links"] = link::links_to_json(&links);
        let page = HtmlPage::new(question.title, question.description)
            .with_breadcrumb("API", base.api_url(&[]))
            .with_breadcrumb("Processes", base.api_url(&["processes"]))
            .with_main(html::render_document(&json["inputs"]));
        Ok(ResourceDocument { json, page })
    })
}

/// Executes a process. Responds with the bare answer, or with `{"answer": {"value": …}}` if the request says
/// `"response": "document"`.
pub async fn execute_process(context: RequestContext, body: UnreadBody) -> HttpResult {
    let question = question::find_question(context.path_segment("process"))?;
    context.parse_known_pairs(&[])?;
    let body = body.parse(&context, JobKind::Question, MAX_BODY_BYTES, ExecuteRequest::parse).await?;
    let atlas = context.plan().clone();
    let written = context
        .app
        .pool
        .run(&context.job_owner(JobKind::Question), move |work| {
            let request = &body.value;
            let answer = atlas.answer_question(question, &request.inputs, work)?;
            write_answer(&answer, request.document, work)
        })
        .await??;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(JSON.media)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::OK, headers, written).into_response())
}

fn write_answer(answer: &question::QuestionAnswer, document: bool, work: &WorkBudget) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    if document {
        out.extend_from_slice(format!("{{\"{OUTPUT_NAME}\":{{\"value\":").as_bytes());
    }
    answer.write_json(work, &mut out)?;
    if document {
        out.extend_from_slice(b"}}");
    }
    Ok(out)
}

/// The body of an execution.
struct ExecuteRequest {
    inputs: Map<String, Json>,
    document: bool,
}

impl ExecuteRequest {
    fn parse(body: &[u8]) -> Result<Self, Error> {
        let refuse = |at: &str, sentence: String| Err(Error::invalid(at, sentence));
        let json = match parse_unique_json(body) {
            Ok(json) => json,
            Err(e) => {
                return refuse("", format!("The body {}. Send {{\"inputs\": {{…}}}}.", describe_json_error(&e)));
            }
        };
        let Json::Object(mut members) = json else {
            return refuse("", "The body must be an object: {\"inputs\": {…}}.".to_owned());
        };
        if let Some(name) = members.keys().find(|name| !REQUEST_MEMBERS.contains(&name.as_str())) {
            return refuse(
                name,
                format!(
                    "There is no member '{name}' in an execute request. Its members are: {}.",
                    REQUEST_MEMBERS.join(", ")
                ),
            );
        }
        let document = match members.get("response").and_then(Json::as_str) {
            None if !members.contains_key("response") => false,
            Some("raw") => false,
            Some("document") => true,
            _ => return refuse("response", "Expected 'raw' or 'document'.".to_owned()),
        };
        if let Some(outputs) = members.get("outputs") {
            let known = outputs.as_object().is_some_and(|o| o.keys().all(|name| name == OUTPUT_NAME));
            if !known {
                return refuse("outputs", format!("The only output is '{OUTPUT_NAME}'."));
            }
        }
        match members.remove("inputs").unwrap_or_else(|| json!({})) {
            Json::Object(inputs) => {
                Ok(Self { inputs: inputs.into_iter().map(|(name, v)| (name, unwrap_value(v))).collect(), document })
            }
            _ => refuse("inputs", "Expected an object with a value for each input.".to_owned()),
        }
    }
}

/// Unwraps `{"value": …}`, as the standard qualifies objects; a bare object is accepted too.
fn unwrap_value(value: Json) -> Json {
    match value {
        Json::Object(mut o) if o.get("value").is_some_and(Json::is_object) => o.remove("value").unwrap_or_default(),
        other => other,
    }
}

fn describe_process(q: &PlanningQuestion) -> Json {
    json!({
        "id": q.id,
        "title": q.title,
        "description": q.description,
        "version": env!("CARGO_PKG_VERSION"),
        "jobControlOptions": ["sync-execute"],
        "outputTransmission": ["value"],
    })
}

fn describe_input(i: &QuestionInput) -> Json {
    json!({"title": i.title, "minOccurs": u8::from(i.required), "maxOccurs": 1, "schema": i.json_schema()})
}

fn answer_schema() -> Json {
    let number = json!({
        "type": "object",
        "required": ["name", "value", "unit"],
        "properties": {
            "name": {"type": "string"},
            "value": {"type": "number", "nullable": true},
            "unit": {"type": "string"},
            "decimal": {"type": "string", "description": "An exact amount of money"},
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
            "left_out": {"type": "object", "description": "For each reason, the ids of the features that are not counted", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            "rules": {"type": "array", "items": {"type": "string"}},
        },
    })
}
