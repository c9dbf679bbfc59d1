//! The styles of the columns of a table, decided by all their cells: decimal signs, the order of days and months, the
//! language of months. A column that proves a style decides it for those that leave it open; what no column proves is
//! asked once.

use super::answers::TableAnswers;
use super::column_evidence::ColumnEvidence;
use super::date_reading::{DateContext, DateReading, DayOrder, read_date};
use super::date_words::MonthLanguage;
use super::number_style::DecimalSign;
use super::question::{QuestionChoice, TableQuestion};
use serde_json::json;

/// What the columns leave open, and what they say.
#[derive(Debug)]
pub struct ColumnStyles {
    /// One sign a column.
    pub signs: Vec<DecimalSign>,
    pub dates: DateContext,
    pub questions: Vec<TableQuestion>,
}

/// Decides the styles; `matters` says of a column whether it holds numbers or dates to the plan.
pub fn decide_styles(
    columns: &[ColumnEvidence],
    answers: &TableAnswers,
    names: &[String],
    matters: &dyn Fn(usize, ColumnUse) -> bool,
) -> ColumnStyles {
    let mut questions = vec![];
    let signs = decide_signs(columns, answers, names, matters, &mut questions);
    let order = decide_order(columns, answers, names, matters, &mut questions);
    let language = decide_language(columns, answers, matters, &mut questions);
    ColumnStyles { signs, dates: DateContext { order, language }, questions }
}

/// What a column may be used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnUse {
    Number,
    Date,
}

fn decide_signs(
    columns: &[ColumnEvidence],
    answers: &TableAnswers,
    names: &[String],
    matters: &dyn Fn(usize, ColumnUse) -> bool,
    questions: &mut Vec<TableQuestion>,
) -> Vec<DecimalSign> {
    let proven = |sign| columns.iter().any(|c| c.proven_sign() == Some(sign));
    let table = match (proven(DecimalSign::Comma), proven(DecimalSign::Point)) {
        (true, false) => Some(DecimalSign::Comma),
        (false, true) => Some(DecimalSign::Point),
        _ => None,
    };
    let known = answers.decimal.or(table);
    let mut open: Vec<usize> = vec![];
    let signs = columns.iter().enumerate().map(|(at, column)| {
        let (comma, point) = (column.comma.only, column.point.only);
        // What a column says of itself goes before what others, or the caller, say of the table.
        let own = match (comma > 0, point > 0) {
            (true, false) => Some(DecimalSign::Comma),
            (false, true) => Some(DecimalSign::Point),
            _ => None,
        };
        if own.is_none() && known.is_none() && column.differing > 0 && matters(at, ColumnUse::Number) {
            open.push(at);
        }
        own.or(known).unwrap_or(DecimalSign::Point)
    });
    let signs = signs.collect();
    if let Some(first) = open.first() {
        let cells = open.iter().map(|at| columns[*at].differing).sum();
        let example = columns[*first].differing_example.clone().unwrap_or_default();
        questions.push(TableQuestion { cells, columns: open.clone(), ..ask_sign(&names[*first], &example) });
    }
    signs
}

fn ask_sign(name: &str, example: &str) -> TableQuestion {
    use super::number_style::read_number;
    let value = |sign| read_number(example, sign).map(|n| n.literal).unwrap_or_default();
    let choice = |sign: DecimalSign| {
        let (value, sign) = (value(sign), sign.name());
        let label = format!("'{example}' is {value}");
        QuestionChoice::new(sign, label, format!("--decimal {sign}"), json!({"decimal": sign}))
            .with_parameters(json!({"value": value}))
    };
    TableQuestion {
        id: "decimal",
        sentence: format!("Is the comma or the point the decimal sign, as in '{example}' in column '{name}'?"),
        choices: vec![choice(DecimalSign::Comma), choice(DecimalSign::Point)],
        default: Some(0),
        cells: 0,
        columns: vec![],
        parameters: json!({"example": example, "heading": name}),
    }
}

fn decide_order(
    columns: &[ColumnEvidence],
    answers: &TableAnswers,
    names: &[String],
    matters: &dyn Fn(usize, ColumnUse) -> bool,
    questions: &mut Vec<TableQuestion>,
) -> Option<DayOrder> {
    let (day, month) = columns.iter().fold((0, 0), |(d, m), c| (d + c.day_first, m + c.month_first));
    let proven = match (day > 0, month > 0) {
        (true, false) => Some(DayOrder::DayFirst),
        (false, true) => Some(DayOrder::MonthFirst),
        _ => None,
    };
    let known = answers.day_order.or(proven);
    let open: Vec<usize> =
        (0..columns.len()).filter(|at| columns[*at].either_order > 0 && matters(*at, ColumnUse::Date)).collect();
    if let (None, Some(first)) = (known, open.first()) {
        let example = columns[*first].order_example.clone().unwrap_or_default();
        questions.push(TableQuestion {
            id: "day-order",
            sentence: format!("Is the day or the month first, as in '{example}' in column '{}'?", names[*first]),
            choices: [("the day", DayOrder::DayFirst), ("the month", DayOrder::MonthFirst)]
                .map(|(label, order)| choose_order(label, order, &example))
                .into(),
            default: Some(0),
            cells: open.iter().map(|at| columns[*at].either_order).sum(),
            parameters: json!({"example": example, "heading": names[*first]}),
            columns: open,
        });
    }
    known
}

fn decide_language(
    columns: &[ColumnEvidence],
    answers: &TableAnswers,
    matters: &dyn Fn(usize, ColumnUse) -> bool,
    questions: &mut Vec<TableQuestion>,
) -> Option<MonthLanguage> {
    let known = answers.month_language();
    let open = (0..columns.len()).filter(|at| columns[*at].either_language > 0 && matters(*at, ColumnUse::Date));
    let open: Vec<usize> = open.collect();
    if let (None | Some(MonthLanguage::Other), Some(first)) = (known, open.first()) {
        let example = columns[*first].language_example.clone().unwrap_or_default();
        questions.push(TableQuestion {
            id: "language",
            sentence: format!("Which language is '{example}' in? Its month is one in Croatian and the next in Polish."),
            choices: [("hr", "Croatian", MonthLanguage::Croatian), ("pl", "Polish", MonthLanguage::Polish)]
                .map(|choice| choose_language(choice, &example))
                .into(),
            default: None,
            cells: open.iter().map(|at| columns[*at].either_language).sum(),
            parameters: json!({"example": example}),
            columns: open,
        });
    }
    known
}

fn choose_order(label: &str, order: DayOrder, example: &str) -> QuestionChoice {
    let (name, context) = (order.name(), DateContext { order: Some(order), language: None });
    QuestionChoice::new(name, label, format!("--day-order {name}"), json!({"day_order": name}))
        .with_parameters(first_day(example, context).map_or_else(|| json!({}), |day| json!({"value": day})))
}

fn choose_language((code, label, language): (&str, &str, MonthLanguage), example: &str) -> QuestionChoice {
    let context = DateContext { order: None, language: Some(language) };
    let month = first_day(example, context).map(|day| day.chars().take(7).collect::<String>());
    QuestionChoice::new(code, label, format!("--language {code}"), json!({"language": code}))
        .with_parameters(month.map_or_else(|| json!({}), |month| json!({"value": month})))
}

/// The first day of a date in a context: `2026-04-03`.
fn first_day(text: &str, context: DateContext) -> Option<String> {
    match read_date(text, context) {
        DateReading::Read(period) => period.start.map(|day| day.to_string()),
        _ => None,
    }
}
