//! Rules between the values of one feature: its dates and its money.

use super::finding::CheckFinding;
use super::subject::CheckSubject;
use crate::collection::FieldType;
use crate::feature::{FieldValue, time};
use rust_decimal::Decimal;
use serde_json::Value as Json;

/// The share of the cost that European funds rarely exceed; a larger one is a warning.
const EU_SHARE_PERCENT: i64 = 80;

/// An end before its start, of the feature or of one of its steps.
pub fn check_dates(subject: &CheckSubject) -> Vec<CheckFinding> {
    let mut findings = vec![];
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
            format!("It ends ({end}) before it starts ({start}). Correct one of them, or swap them."),
        )
    })
}

/// Negative amounts; a European share above the cost, or above what is usual; sources that add up to more than the
/// cost.
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
            "The funding adds up to {funding} EUR, more than the cost of {cost} EUR. Check the amounts and cost_scope."
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
