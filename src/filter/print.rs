//! Prints a filter as canonical CQL2 text: the key of cached responses, and the text that users see.

use super::expression::{
    ArrayElement, ArrayExpression, BooleanExpression, CharacterExpression, ComparisonOperator, GeometryExpression,
    InstantExpression, NullOperand, NumericExpression, TemporalExpression,
};
use super::text_folding::TextFolding;
use crate::collection::Collection;
use crate::feature::Geometry;
use geo_types::{Coord, Geometry as G, LineString, Polygon};
use std::fmt::{Display, Write};

/// The canonical CQL2 text of a condition on this collection.
pub(crate) fn filter_to_text(test: &BooleanExpression, collection: &Collection) -> String {
    let mut printer = FilterPrinter { collection, out: String::new() };
    printer.write_condition(test);
    printer.out
}

struct FilterPrinter<'a> {
    collection: &'a Collection,
    out: String,
}

impl FilterPrinter<'_> {
    fn append(&mut self, what: impl Display) {
        // Writing into a String does not fail.
        let _ = write!(self.out, "{what}");
    }

    fn write_name(&mut self, name: &str) {
        let plain = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric());
        // Quoting all other names keeps the list of reserved words short.
        let reserved = ["true", "false", "null", "not", "and", "or", "in", "is", "like", "between", "div"];
        if plain && !reserved.iter().any(|r| r.eq_ignore_ascii_case(name)) {
            self.append(name);
        } else {
            self.append(format_args!("\"{}\"", name.replace('"', "\"\"")));
        }
    }

    fn write_field(&mut self, field: usize) {
        let collection = self.collection;
        self.write_name(&collection.fields[field].name);
    }

    fn write_role(&mut self, role: &str, fallback: &str) {
        let properties = self.collection.schema.get("properties").and_then(serde_json::Value::as_object);
        let named =
            properties.into_iter().flatten().find(|(_, p)| p.get("x-ogc-role").and_then(|r| r.as_str()) == Some(role));
        let name = named.map_or(fallback, |(name, _)| name).to_owned();
        self.write_name(&name);
    }

    fn write_literal(&mut self, text: &str) {
        self.append(format_args!("'{}'", text.replace('\'', "''")));
    }

    fn write_list<T>(&mut self, between: &str, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.push_str(between);
            }
            each(self, item);
        }
    }

    fn write_condition(&mut self, test: &BooleanExpression) {
        match test {
            BooleanExpression::Constant(Some(true)) => self.append("TRUE"),
            BooleanExpression::Constant(Some(false)) => self.append("FALSE"),
            BooleanExpression::Constant(None) => self.append("NULL"),
            BooleanExpression::And(tests) => self.write_list(" AND ", tests, Self::write_nested),
            BooleanExpression::Or(tests) => self.write_list(" OR ", tests, Self::write_nested),
            BooleanExpression::Not(inner) => {
                self.append("NOT ");
                self.write_nested(inner);
            }
            BooleanExpression::BooleanField(field) => self.write_field(*field),
            BooleanExpression::CompareBooleans(order, a, b) => {
                self.write_comparison(*order, &**a, &**b, Self::write_nested);
            }
            BooleanExpression::CompareNumbers(order, a, b) => self.write_comparison(*order, a, b, Self::write_number),
            BooleanExpression::CompareTexts(order, a, b) => self.write_comparison(*order, a, b, Self::write_text),
            BooleanExpression::CompareTimes(order, a, b) => self.write_comparison(*order, a, b, Self::write_time),
            BooleanExpression::NumberIn(number, list) => {
                self.write_number(number);
                self.append(" IN (");
                self.write_list(",", list, |p, n| p.append(n));
                self.append(")");
            }
            BooleanExpression::TextIn(text, list) => {
                self.write_text(text);
                self.append(" IN (");
                self.write_list(",", list, |p, t| p.write_literal(t));
                self.append(")");
            }
            BooleanExpression::Like(text, pattern) => {
                self.write_text(text);
                self.append(" LIKE ");
                self.write_literal(pattern);
            }
            BooleanExpression::IsNull(operand) => {
                self.write_operand(operand);
                self.append(" IS NULL");
            }
            BooleanExpression::Spatial(relation, a, b) => {
                self.write_call(relation.name(), a, b, Self::write_geometry_operand);
            }
            BooleanExpression::TemporalRelation(relation, a, b) => {
                self.write_call(relation.name(), a, b, Self::write_temporal);
            }
            BooleanExpression::Array(relation, a, b) => self.write_call(relation.name(), a, b, Self::write_array),
        }
    }

    /// Writes a condition inside another one, in parentheses where precedence needs them.
    fn write_nested(&mut self, test: &BooleanExpression) {
        let needs_none = matches!(
            test,
            BooleanExpression::Constant(_)
                | BooleanExpression::BooleanField(_)
                | BooleanExpression::Spatial(..)
                | BooleanExpression::TemporalRelation(..)
                | BooleanExpression::Array(..)
        );
        if needs_none {
            self.write_condition(test);
        } else {
            self.append("(");
            self.write_condition(test);
            self.append(")");
        }
    }

    fn write_comparison<T>(&mut self, order: ComparisonOperator, a: &T, b: &T, side: fn(&mut Self, &T)) {
        side(self, a);
        self.append(order.name());
        side(self, b);
    }

    fn write_call<T>(&mut self, name: &str, a: &T, b: &T, side: fn(&mut Self, &T)) {
        self.append(format_args!("{name}("));
        side(self, a);
        self.append(",");
        side(self, b);
        self.append(")");
    }

    fn write_operand(&mut self, operand: &NullOperand) {
        match operand {
            NullOperand::Field(field) => self.write_field(*field),
            NullOperand::Geometry => self.write_role("primary-geometry", "geometry"),
            NullOperand::Number(number) => self.write_number(number),
            NullOperand::Text(text) => self.write_text(text),
            NullOperand::Temporal(time) => self.write_temporal(time),
            NullOperand::Condition(test) => self.write_nested(test),
        }
    }

    fn write_number(&mut self, number: &NumericExpression) {
        match number {
            NumericExpression::Literal(n) => self.append(n),
            NumericExpression::Field(field) => self.write_field(*field),
            NumericExpression::Arithmetic(operator, a, b) => {
                self.append("(");
                self.write_number(a);
                self.append(format_args!(" {} ", operator.name()));
                self.write_number(b);
                self.append(")");
            }
            NumericExpression::Year(time) => {
                self.append("YEAR(");
                self.write_time(time);
                self.append(")");
            }
            NumericExpression::Count(field) => {
                self.append("COUNT(");
                self.write_field(*field);
                self.append(")");
            }
        }
    }

    fn write_text(&mut self, text: &CharacterExpression) {
        match text {
            CharacterExpression::Literal(literal) => self.write_literal(literal),
            CharacterExpression::Field(field) => self.write_field(*field),
            CharacterExpression::Id => self.write_role("id", "id"),
            CharacterExpression::Folded(fold, inner) => {
                let (open, close) = match fold {
                    TextFolding::Case => ("CASEI(", ")"),
                    TextFolding::Accents => ("ACCENTI(", ")"),
                    TextFolding::Both => ("CASEI(ACCENTI(", "))"),
                };
                self.append(open);
                self.write_text(inner);
                self.append(close);
            }
        }
    }

    fn write_time(&mut self, time: &InstantExpression) {
        match time {
            InstantExpression::Literal(_, text) => self.write_instant(text),
            InstantExpression::Field(field) => self.write_field(*field),
        }
    }

    fn write_instant(&mut self, text: &str) {
        self.append(format_args!("{}('{text}')", if text.len() == 10 { "DATE" } else { "TIMESTAMP" }));
    }

    fn write_temporal(&mut self, interval: &TemporalExpression) {
        match interval {
            TemporalExpression::Instant(time) => self.write_time(time),
            TemporalExpression::Interval(start, end) => {
                self.append("INTERVAL(");
                self.write_interval_end(start.as_ref());
                self.append(",");
                self.write_interval_end(end.as_ref());
                self.append(")");
            }
        }
    }

    fn write_interval_end(&mut self, end: Option<&InstantExpression>) {
        match end {
            None => self.write_literal(".."),
            Some(InstantExpression::Literal(_, text)) => self.write_literal(text),
            Some(InstantExpression::Field(field)) => self.write_field(*field),
        }
    }

    fn write_array(&mut self, list: &ArrayExpression) {
        match list {
            ArrayExpression::Field(field) => self.write_field(*field),
            ArrayExpression::Literal(items) => {
                self.append("(");
                self.write_list(",", items, |p, item| match item {
                    ArrayElement::Text(text) => p.write_text(text),
                    ArrayElement::Number(number) => p.write_number(number),
                    ArrayElement::Condition(condition) => p.write_condition(condition),
                    ArrayElement::Time(time) => p.write_time(time),
                    ArrayElement::List(list) => p.write_array(list),
                });
                self.append(")");
            }
        }
    }

    fn write_geometry_operand(&mut self, place: &GeometryExpression) {
        match place {
            GeometryExpression::FeatureGeometry => self.write_role("primary-geometry", "geometry"),
            GeometryExpression::Literal(literal) => self.write_geometry(&literal.geometry),
        }
    }

    fn write_geometry(&mut self, geometry: &Geometry) {
        match geometry {
            G::Point(p) => {
                self.append("POINT");
                self.write_coordinates(&[p.0]);
            }
            G::Line(l) => self.write_geometry(&G::LineString(LineString(vec![l.start, l.end]))),
            G::LineString(l) => {
                self.append("LINESTRING");
                self.write_coordinates(&l.0);
            }
            G::Polygon(p) => {
                self.append("POLYGON");
                self.write_rings(p);
            }
            G::MultiPoint(m) => {
                self.append("MULTIPOINT(");
                self.write_list(",", &m.0, |p, point| p.write_coordinates(&[point.0]));
                self.append(")");
            }
            G::MultiLineString(m) => {
                self.append("MULTILINESTRING(");
                self.write_list(",", &m.0, |p, line| p.write_coordinates(&line.0));
                self.append(")");
            }
            G::MultiPolygon(m) => {
                self.append("MULTIPOLYGON(");
                self.write_list(",", &m.0, Self::write_rings);
                self.append(")");
            }
            G::GeometryCollection(c) => {
                self.append("GEOMETRYCOLLECTION(");
                self.write_list(",", &c.0, Self::write_geometry);
                self.append(")");
            }
            G::Rect(r) => self.write_geometry(&G::Polygon(r.to_polygon())),
            G::Triangle(t) => self.write_geometry(&G::Polygon(t.to_polygon())),
        }
    }

    fn write_rings(&mut self, polygon: &Polygon<f64>) {
        let rings: Vec<&LineString<f64>> = std::iter::once(polygon.exterior()).chain(polygon.interiors()).collect();
        self.append("(");
        self.write_list(",", &rings, |p, ring| p.write_coordinates(&ring.0));
        self.append(")");
    }

    fn write_coordinates(&mut self, coords: &[Coord<f64>]) {
        self.append("(");
        self.write_list(",", coords, |p, c| p.append(format_args!("{} {}", c.x, c.y)));
        self.append(")");
    }
}
