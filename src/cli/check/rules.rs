//! Rules about one feature: its geometry, its collection's schema, its dates, its money.

use super::{CheckFinding, CheckSubject};
use crate::collection::FieldType;
use crate::feature::{FieldValue, check_geometry, time};
use crate::plan::PlanModel;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

/// The share of the cost that European funds rarely exceed; more is remarked, not refused.
const EU_SHARE_PERCENT: i64 = 80;

pub fn check_feature_geometry(subject: &CheckSubject) -> Vec<CheckFinding> {
    let Some(geometry) = &subject.feature.geometry else { return vec![] };
    if !subject.collection.geometry.accepts(geometry) {
        let message = format!(
            "'{}' holds {}. Redraw it, or move it to another collection.",
            subject.collection.id,
            subject.collection.geometry.type_names()
        );
        return vec![subject.new_finding("geometry", false, "/geometry", message)];
    }
    match check_geometry(geometry.clone()) {
        Ok(_) => vec![],
        Err(fault) => vec![subject.new_finding("geometry", false, format!("/geometry{}", fault.at), fault.message)],
    }
}

pub fn check_schema(subject: &CheckSubject, model: &PlanModel) -> Vec<CheckFinding> {
    if model.collection(&subject.collection.id).is_none() {
        return vec![];
    }
    let fields = subject.collection.fields.iter().zip(&subject.feature.values);
    let properties: Map<String, Json> =
        fields.filter(|(_, v)| !v.is_null()).map(|(f, v)| (f.name.clone(), v.to_json())).collect();
    let findings = model.validate_properties(&subject.collection.id, &properties);
    findings
        .into_iter()
        .map(|f| subject.new_finding("schema", false, f.at, format!("{} Correct the value.", f.message)))
        .collect()
}

/// An end before its start, of the feature or of one of its steps; a date that is none.
pub fn check_dates(subject: &CheckSubject) -> Vec<CheckFinding> {
    let mut findings = vec![];
    for (field, value) in subject.collection.fields.iter().zip(&subject.feature.values) {
        if let (FieldType::Date | FieldType::DateTime, FieldValue::Text(text)) = (field.kind, value)
            && time::parse_time_span(text).is_none()
        {
            findings.push(subject.new_finding(
                "dates",
                false,
                format!("/properties/{}", field.name),
                format!("'{text}' is no date. Write it as 2026-03-01."),
            ));
        }
    }
    if let Some(fields) = subject.collection.time
        && let Some(end) = fields.end
    {
        let text = |at: usize| match subject.feature.values.get(at) {
            Some(FieldValue::Text(text)) => Some(text.to_string()),
            _ => None,
        };
        let name = &subject.collection.fields[end].name;
        findings.extend(check_date_order(subject, &format!("/properties/{name}"), text(fields.start), text(end)));
    }
    for (i, step) in subject.property("steps").as_array().into_iter().flatten().enumerate() {
        let text = |key: &str| step.get(key).and_then(Json::as_str).map(str::to_owned);
        findings.extend(check_date_order(subject, &format!("/properties/steps/{i}/end"), text("start"), text("end")));
    }
    findings
}

fn check_date_order(
    subject: &CheckSubject,
    at: &str,
    start: Option<String>,
    end: Option<String>,
) -> Option<CheckFinding> {
    let (start, end) = (start?, end?);
    let wrong = time::parse_time_span(&end)?.end_ms < time::parse_time_span(&start)?.start_ms;
    wrong.then(|| {
        subject.new_finding(
            "dates",
            false,
            at,
            format!("It ends ({end}) before it starts ({start}). Correct one of them, or exchange them."),
        )
    })
}

/// Negative amounts; a European share above the cost, or above what is usual; sources that add up to more than the cost.
pub fn check_money(subject: &CheckSubject) -> Vec<CheckFinding> {
    let mut findings = vec![];
    for field in subject.collection.fields.iter().filter(|f| f.kind == FieldType::Decimal) {
        if parse_amount(&subject.property(&field.name)).is_some_and(|a| a.is_sign_negative() && !a.is_zero()) {
            findings.push(subject.new_finding(
                "money",
                false,
                format!("/properties/{}", field.name),
                "An amount cannot be negative. Correct it.",
            ));
        }
    }
    let cost = parse_amount(&subject.property("cost"));
    if let (Some(cost), Some(share)) = (cost, parse_amount(&subject.property("eu_share"))) {
        let at = "/properties/eu_share";
        if share > cost {
            let message =
                format!("The European share ({share} EUR) is more than the cost ({cost} EUR). Correct one of them.");
            findings.push(subject.new_finding("money", false, at, message));
        } else if share * Decimal::from(100) > cost * Decimal::from(EU_SHARE_PERCENT) {
            let message = format!(
                "The European share ({share} EUR) is more than {EU_SHARE_PERCENT} % of the cost ({cost} EUR). Check it against the programme's rate."
            );
            findings.push(subject.new_finding("money", true, at, message));
        }
    }
    let funding: Decimal = subject
        .property("funding")
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|f| parse_amount(f.get("amount")?))
        .sum();
    if let Some(cost) = cost
        && funding > cost
    {
        let message = format!(
            "The sources add up to {funding} EUR, more than the cost of {cost} EUR. Check the amounts, or cost_scope."
        );
        findings.push(subject.new_finding("money", true, "/properties/funding", message));
    }
    findings
}

/// The shortest decimal form of the double is the amount that was written.
fn parse_amount(json: &Json) -> Option<Decimal> {
    let number = json.as_number()?.to_string();
    number.parse().or_else(|_| Decimal::from_scientific(&number)).ok()
}
