//! The state of binding, and the errors that it refuses filters with.

use super::bound_operand::BoundOperand;
use crate::collection::Collection;
use crate::crs::Projection;
use crate::error::{Error, Result, shorten_text};
use crate::filter::functions;
use crate::filter::source::{FilterSource, invalid_filter};
use crate::filter::syntax::SyntaxTree;
use crate::suggestion::suggest_name;

/// The names of the id and the geometry in this collection.
pub(super) struct RoleNames {
    pub id: String,
    pub geometry: String,
}

impl RoleNames {
    pub fn from_collection(collection: &Collection) -> Self {
        let properties = collection.schema.get("properties").and_then(serde_json::Value::as_object);
        let role = |role: &str| {
            let found = properties?.iter().find(|(_, p)| p.get("x-ogc-role").and_then(|r| r.as_str()) == Some(role))?;
            Some(found.0.clone())
        };
        Self {
            id: role("id").unwrap_or_else(|| "id".into()),
            geometry: role("primary-geometry").unwrap_or_else(|| "geometry".into()),
        }
    }
}

/// The state of binding one filter to one collection.
pub(super) struct FilterBinder<'a> {
    pub collection: &'a Collection,
    pub source: &'a FilterSource,
    pub names: RoleNames,
    pub projection: Projection,
    pub depth: usize,
    pub vertices: usize,
}

impl FilterBinder<'_> {
    /// The error for a comparison of two types that have none.
    pub fn incomparable_error(&self, a: &SyntaxTree, x: &BoundOperand, b: &SyntaxTree, y: &BoundOperand) -> Error {
        let hint = match (x, y) {
            (BoundOperand::JsonField(..), _) | (_, BoundOperand::JsonField(..)) => {
                " Test a list with A_CONTAINS(property, ('value'))."
            }
            (BoundOperand::Geometry(_), _) | (_, BoundOperand::Geometry(_)) => {
                " Compare geometries with functions such as S_INTERSECTS."
            }
            (BoundOperand::Interval(..), _) | (_, BoundOperand::Interval(..)) => {
                " Compare intervals with functions such as T_INTERSECTS."
            }
            _ => "",
        };
        let (left, right) = (describe_expression(a), describe_expression(b));
        invalid_filter(format!(
            "{}{left} is {} and {right} is {}, which cannot be compared.{hint}",
            self.locate_expression(a),
            x.describe_type(),
            y.describe_type()
        ))
    }

    /// The error for an operand of the wrong type; `rule` says what would be valid.
    pub fn mismatch_error(&self, expr: &SyntaxTree, found: &BoundOperand, rule: &str) -> Error {
        invalid_filter(format!(
            "{}{} is {}, but {rule}.",
            self.locate_expression(expr),
            describe_expression(expr),
            found.describe_type()
        ))
    }

    /// The arguments of a function that takes exactly `N`.
    pub fn exact_arguments<'e, const N: usize>(&self, op: &str, args: &'e [SyntaxTree]) -> Result<[&'e SyntaxTree; N]> {
        let found: Vec<&SyntaxTree> = args.iter().collect();
        let count = found.len();
        found.try_into().map_err(|_| {
            let plural = if N == 1 { "" } else { "s" };
            invalid_filter(format!(
                "{}{} takes {N} argument{plural}, not {count}.",
                self.source.name_position(op),
                op.to_uppercase()
            ))
        })
    }

    pub fn unknown_function_error(&self, op: &str) -> Error {
        let known = functions::function_names();
        let hint = suggest_name(op, known.iter().copied())
            .unwrap_or_else(|| "All functions are listed under /api/functions.".to_owned());
        invalid_filter(format!("{}There is no function '{}'. {hint}", self.source.name_position(op), shorten_text(op)))
    }

    pub fn unknown_property_error(&self, name: &str) -> Error {
        let fields = self.collection.fields.iter().map(|f| f.name.as_str());
        let known: Vec<&str> = fields.chain([self.names.id.as_str(), self.names.geometry.as_str()]).collect();
        let hint = suggest_name(name, known.iter().copied())
            .unwrap_or_else(|| format!("It has: {}.", known.iter().take(30).copied().collect::<Vec<_>>().join(", ")));
        let place = self.source.name_position(name);
        invalid_filter(format!(
            "{place}The collection '{}' has no property '{}'. {hint}",
            self.collection.id,
            shorten_text(name)
        ))
    }

    /// The place of the first name in an expression, as the beginning of a message.
    pub fn locate_expression(&self, expr: &SyntaxTree) -> String {
        match expr {
            SyntaxTree::Property(property) => self.source.name_position(property),
            SyntaxTree::Operation { op, args } => {
                let own = self.source.name_position(op);
                if own.is_empty() { args.first().map_or(own, |a| self.locate_expression(a)) } else { own }
            }
            _ => String::new(),
        }
    }
}

/// An expression as messages name it.
pub(super) fn describe_expression(expr: &SyntaxTree) -> String {
    match expr {
        SyntaxTree::Property(property) => format!("'{}'", shorten_text(property)),
        SyntaxTree::Text(text) => format!("the text '{}'", shorten_text(text)),
        SyntaxTree::Number(n) => format!("the number {n}"),
        SyntaxTree::Operation { op, .. } => format!("the result of {}", shorten_text(op)),
        SyntaxTree::Geometry(_) | SyntaxTree::BBox(_) => "the geometry".into(),
        SyntaxTree::Array(_) => "the list".into(),
        SyntaxTree::Interval(_) => "the interval".into(),
        SyntaxTree::Instant(_) => "the date".into(),
        SyntaxTree::Bool(_) => "the boolean".into(),
        SyntaxTree::Null => "NULL".into(),
    }
}
