//! A filter back to CQL2 text, in one spelling: the key under which answers are kept, and what is shown to people.

use super::fold::Fold;
use super::node::{Item, List, Number, Operand, Order, Period, Place, Test, Text, Time};
use crate::collection::Collection;
use crate::feature::Geometry;
use geo_types::{Coord, Geometry as G, LineString, Polygon};
use std::fmt::{Display, Write};

pub(crate) fn text(test: &Test, collection: &Collection) -> String {
    let mut printer = Printer { collection, out: String::new() };
    printer.test(test);
    printer.out
}

struct Printer<'a> {
    collection: &'a Collection,
    out: String,
}

impl Printer<'_> {
    fn put(&mut self, what: impl Display) {
        // Writing into a String does not fail.
        let _ = write!(self.out, "{what}");
    }

    fn name(&mut self, name: &str) {
        let plain = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric());
        // Quoting every other name spares knowing the reserved words.
        let reserved = ["true", "false", "null", "not", "and", "or", "in", "is", "like", "between", "div"];
        if plain && !reserved.iter().any(|r| r.eq_ignore_ascii_case(name)) {
            self.put(name);
        } else {
            self.put(format_args!("\"{}\"", name.replace('"', "\"\"")));
        }
    }

    fn field(&mut self, field: usize) {
        let collection = self.collection;
        self.name(&collection.fields[field].name);
    }

    fn role(&mut self, role: &str, fallback: &str) {
        let properties = self.collection.schema.get("properties").and_then(serde_json::Value::as_object);
        let named =
            properties.into_iter().flatten().find(|(_, p)| p.get("x-ogc-role").and_then(|r| r.as_str()) == Some(role));
        let name = named.map_or(fallback, |(name, _)| name).to_owned();
        self.name(&name);
    }

    fn literal(&mut self, text: &str) {
        self.put(format_args!("'{}'", text.replace('\'', "''")));
    }

    fn list<T>(&mut self, between: &str, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.push_str(between);
            }
            each(self, item);
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Constant(Some(true)) => self.put("TRUE"),
            Test::Constant(Some(false)) => self.put("FALSE"),
            Test::Constant(None) => self.put("NULL"),
            Test::All(tests) => self.list(" AND ", tests, Self::part),
            Test::Any(tests) => self.list(" OR ", tests, Self::part),
            Test::Not(inner) => {
                self.put("NOT ");
                self.part(inner);
            }
            Test::Flag(field) => self.field(*field),
            Test::Truths(order, a, b) => self.compare(*order, &**a, &**b, Self::part),
            Test::Numbers(order, a, b) => self.compare(*order, a, b, Self::number),
            Test::Texts(order, a, b) => self.compare(*order, a, b, Self::words),
            Test::Times(order, a, b) => self.compare(*order, a, b, Self::time),
            Test::NumberIn(number, list) => {
                self.number(number);
                self.put(" IN (");
                self.list(",", list, |p, n| p.put(n));
                self.put(")");
            }
            Test::TextIn(text, list) => {
                self.words(text);
                self.put(" IN (");
                self.list(",", list, |p, t| p.literal(t));
                self.put(")");
            }
            Test::Like(text, pattern) => {
                self.words(text);
                self.put(" LIKE ");
                self.literal(pattern);
            }
            Test::Null(operand) => {
                self.operand(operand);
                self.put(" IS NULL");
            }
            Test::Spatial(relation, a, b) => self.call(relation.name(), a, b, Self::place),
            Test::Temporal(relation, a, b) => self.call(relation.name(), a, b, Self::period),
            Test::Lists(sets, a, b) => self.call(sets.name(), a, b, Self::array),
        }
    }

    /// A test inside another: in parentheses where it would come apart.
    fn part(&mut self, test: &Test) {
        let whole = matches!(
            test,
            Test::Constant(_) | Test::Flag(_) | Test::Spatial(..) | Test::Temporal(..) | Test::Lists(..)
        );
        if whole {
            self.test(test);
        } else {
            self.put("(");
            self.test(test);
            self.put(")");
        }
    }

    fn compare<T>(&mut self, order: Order, a: &T, b: &T, side: fn(&mut Self, &T)) {
        side(self, a);
        self.put(order.name());
        side(self, b);
    }

    fn call<T>(&mut self, name: &str, a: &T, b: &T, side: fn(&mut Self, &T)) {
        self.put(format_args!("{name}("));
        side(self, a);
        self.put(",");
        side(self, b);
        self.put(")");
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Field(field) => self.field(*field),
            Operand::Geometry => self.role("primary-geometry", "geometry"),
            Operand::Number(number) => self.number(number),
        }
    }

    fn number(&mut self, number: &Number) {
        match number {
            Number::Literal(n) => self.put(n),
            Number::Field(field) => self.field(*field),
            Number::Sum(sum, a, b) => {
                self.put("(");
                self.number(a);
                self.put(format_args!(" {} ", sum.name()));
                self.number(b);
                self.put(")");
            }
            Number::Year(time) => {
                self.put("YEAR(");
                self.time(time);
                self.put(")");
            }
            Number::Count(field) => {
                self.put("COUNT(");
                self.field(*field);
                self.put(")");
            }
        }
    }

    fn words(&mut self, text: &Text) {
        match text {
            Text::Literal(literal) => self.literal(literal),
            Text::Field(field) => self.field(*field),
            Text::Id => self.role("id", "id"),
            Text::Folded(fold, inner) => {
                let (open, close) = match fold {
                    Fold::Case => ("CASEI(", ")"),
                    Fold::Accents => ("ACCENTI(", ")"),
                    Fold::Both => ("CASEI(ACCENTI(", "))"),
                };
                self.put(open);
                self.words(inner);
                self.put(close);
            }
        }
    }

    fn time(&mut self, time: &Time) {
        match time {
            Time::Literal(_, text) => self.moment(text),
            Time::Field(field) => self.field(*field),
        }
    }

    fn moment(&mut self, text: &str) {
        self.put(format_args!("{}('{text}')", if text.len() == 10 { "DATE" } else { "TIMESTAMP" }));
    }

    fn period(&mut self, period: &Period) {
        match period {
            Period::Instant(time) => self.time(time),
            Period::Interval(start, end) => {
                self.put("INTERVAL(");
                self.end(start.as_ref());
                self.put(",");
                self.end(end.as_ref());
                self.put(")");
            }
        }
    }

    fn end(&mut self, end: Option<&Time>) {
        match end {
            None => self.literal(".."),
            Some(Time::Literal(_, text)) => self.literal(text),
            Some(Time::Field(field)) => self.field(*field),
        }
    }

    fn array(&mut self, list: &List) {
        match list {
            List::Field(field) => self.field(*field),
            List::Literal(items) => {
                self.put("(");
                self.list(",", items, |p, item| match item {
                    Item::Text(text) => p.literal(text),
                    Item::Number(n) => p.put(n),
                    Item::Bool(b) => p.put(if *b { "TRUE" } else { "FALSE" }),
                    Item::Time(_, text) => p.moment(text),
                });
                self.put(")");
            }
        }
    }

    fn place(&mut self, place: &Place) {
        match place {
            Place::Own => self.role("primary-geometry", "geometry"),
            Place::Literal { written, .. } => self.geometry(written),
        }
    }

    fn geometry(&mut self, geometry: &Geometry) {
        match geometry {
            G::Point(p) => {
                self.put("POINT");
                self.coords(&[p.0]);
            }
            G::Line(l) => self.geometry(&G::LineString(LineString(vec![l.start, l.end]))),
            G::LineString(l) => {
                self.put("LINESTRING");
                self.coords(&l.0);
            }
            G::Polygon(p) => {
                self.put("POLYGON");
                self.rings(p);
            }
            G::MultiPoint(m) => {
                self.put("MULTIPOINT(");
                self.list(",", &m.0, |p, point| p.coords(&[point.0]));
                self.put(")");
            }
            G::MultiLineString(m) => {
                self.put("MULTILINESTRING(");
                self.list(",", &m.0, |p, line| p.coords(&line.0));
                self.put(")");
            }
            G::MultiPolygon(m) => {
                self.put("MULTIPOLYGON(");
                self.list(",", &m.0, Self::rings);
                self.put(")");
            }
            G::GeometryCollection(c) => {
                self.put("GEOMETRYCOLLECTION(");
                self.list(",", &c.0, Self::geometry);
                self.put(")");
            }
            G::Rect(r) => self.geometry(&G::Polygon(r.to_polygon())),
            G::Triangle(t) => self.geometry(&G::Polygon(t.to_polygon())),
        }
    }

    fn rings(&mut self, polygon: &Polygon<f64>) {
        let rings: Vec<&LineString<f64>> = std::iter::once(polygon.exterior()).chain(polygon.interiors()).collect();
        self.put("(");
        self.list(",", &rings, |p, ring| p.coords(&ring.0));
        self.put(")");
    }

    fn coords(&mut self, coords: &[Coord<f64>]) {
        self.put("(");
        self.list(",", coords, |p, c| p.put(format_args!("{} {}", c.x, c.y)));
        self.put(")");
    }
}
