//! Rules about one feature: its geometry, its collection's schema, its dates, its money.

use super::{Remark, Subject};
use crate::collection::Kind;
use crate::feature::{Value, check_geometry, time};
use crate::plan::Model;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

/// The share of the cost that European funds rarely exceed; more is remarked, not refused.
const EU_SHARE_PERCENT: i64 = 80;

pub fn geometry(subject: &Subject) -> Vec<Remark> {
    let Some(geometry) = &subject.feature.geometry else { return vec![] };
    if !subject.collection.geometry.accepts(geometry) {
        let message = format!(
            "'{}' holds {}. Redraw it, or move it to another collection.",
            subject.collection.id,
            subject.collection.geometry.names()
        );
        return vec![subject.remark("geometry", false, "/geometry", message)];
    }
    match check_geometry(geometry.clone()) {
        Ok(_) => vec![],
        Err(fault) => vec![subject.remark("geometry", false, format!("/geometry{}", fault.at), fault.message)],
    }
}

pub fn schema(subject: &Subject, model: &Model) -> Vec<Remark> {
    if model.collection(&subject.collection.id).is_none() {
        return vec![];
    }
    let fields = subject.collection.fields.iter().zip(&subject.feature.values);
    let properties: Map<String, Json> =
        fields.filter(|(_, v)| !v.is_null()).map(|(f, v)| (f.name.clone(), v.to_json())).collect();
    let findings = model.findings(&subject.collection.id, &properties);
    findings
        .into_iter()
        .map(|f| subject.remark("schema", false, f.at, format!("{} Correct the value.", f.message)))
        .collect()
}

/// An end before its start, of the feature or of one of its steps; a date that is none.
pub fn dates(subject: &Subject) -> Vec<Remark> {
    let mut remarks = vec![];
    for (field, value) in subject.collection.fields.iter().zip(&subject.feature.values) {
        if let (Kind::Date | Kind::DateTime, Value::Text(text)) = (field.kind, value)
            && time::span(text).is_none()
        {
            remarks.push(subject.remark(
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
            Some(Value::Text(text)) => Some(text.to_string()),
            _ => None,
        };
        let name = &subject.collection.fields[end].name;
        remarks.extend(backwards(subject, &format!("/properties/{name}"), text(fields.start), text(end)));
    }
    for (i, step) in subject.value("steps").as_array().into_iter().flatten().enumerate() {
        let text = |key: &str| step.get(key).and_then(Json::as_str).map(str::to_owned);
        remarks.extend(backwards(subject, &format!("/properties/steps/{i}/end"), text("start"), text("end")));
    }
    remarks
}

fn backwards(subject: &Subject, at: &str, start: Option<String>, end: Option<String>) -> Option<Remark> {
    let (start, end) = (start?, end?);
    let wrong = time::span(&end)?.end_ms < time::span(&start)?.start_ms;
    wrong.then(|| {
        subject.remark(
            "dates",
            false,
            at,
            format!("It ends ({end}) before it starts ({start}). Correct one of them, or exchange them."),
        )
    })
}

/// Negative amounts; a European share above the cost, or above what is usual; sources that add up to more than the cost.
pub fn money(subject: &Subject) -> Vec<Remark> {
    let mut remarks = vec![];
    for field in subject.collection.fields.iter().filter(|f| f.kind == Kind::Decimal) {
        if amount(&subject.value(&field.name)).is_some_and(|a| a.is_sign_negative() && !a.is_zero()) {
            remarks.push(subject.remark(
                "money",
                false,
                format!("/properties/{}", field.name),
                "An amount cannot be negative. Correct it.",
            ));
        }
    }
    let cost = amount(&subject.value("cost"));
    if let (Some(cost), Some(share)) = (cost, amount(&subject.value("eu_share"))) {
        let at = "/properties/eu_share";
        if share > cost {
            let message =
                format!("The European share ({share} EUR) is more than the cost ({cost} EUR). Correct one of them.");
            remarks.push(subject.remark("money", false, at, message));
        } else if share * Decimal::from(100) > cost * Decimal::from(EU_SHARE_PERCENT) {
            let message = format!(
                "The European share ({share} EUR) is more than {EU_SHARE_PERCENT} % of the cost ({cost} EUR). Check it against the programme's rate."
            );
            remarks.push(subject.remark("money", true, at, message));
        }
    }
    let funding: Decimal =
        subject.value("funding").as_array().into_iter().flatten().filter_map(|f| amount(f.get("amount")?)).sum();
    if let Some(cost) = cost
        && funding > cost
    {
        let message = format!(
            "The sources add up to {funding} EUR, more than the cost of {cost} EUR. Check the amounts, or cost_scope."
        );
        remarks.push(subject.remark("money", true, "/properties/funding", message));
    }
    remarks
}

/// The shortest decimal form of the double is the amount that was written.
fn amount(json: &Json) -> Option<Decimal> {
    let number = json.as_number()?.to_string();
    number.parse().or_else(|_| Decimal::from_scientific(&number)).ok()
}
