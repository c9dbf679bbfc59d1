//! Values of features as readers understand them: labels for codes, links for addresses and references, lists as lists.

use super::super::urls::BaseUrl;
use crate::collection::Collection;
use crate::feature::{FieldValue, Geometry, bbox_of};
use crate::plan::PlanModel;
use geo_types::LineString;
use maud::{Markup, PreEscaped, html};
use serde_json::Value as Json;
use std::fmt::Write;

/// Renders values with the labels of the plan's vocabularies and links to the features that they refer to.
pub struct ValueRenderer<'a> {
    model: &'a PlanModel,
    pub base: &'a BaseUrl,
}

impl<'a> ValueRenderer<'a> {
    pub fn new(model: &'a PlanModel, base: &'a BaseUrl) -> Self {
        Self { model, base }
    }

    /// The English label of a code.
    fn find_label(&self, schema: &Json, code: &str) -> Option<&'a str> {
        let name = schema.get("x-ogc-codelistUri")?.as_str()?.strip_prefix("vocabularies/")?;
        let concepts = self.model.vocabulary(name)?.get("concepts")?.as_array()?;
        concepts.iter().find(|c| c.get("id").and_then(Json::as_str) == Some(code))?.pointer("/labels/en")?.as_str()
    }

    /// One value under its schema.
    pub fn render_value(&self, schema: &Json, value: &FieldValue) -> Markup {
        match value {
            FieldValue::Json(json) => self.render_json(schema, json),
            other => self.render_json(schema, &other.to_json()),
        }
    }

    fn render_json(&self, schema: &Json, json: &Json) -> Markup {
        match json {
            Json::Null => html! { span.none { "not known" } },
            Json::Bool(true) => html! { "yes" },
            Json::Bool(false) => html! { "no" },
            Json::Number(n) => html! { (n) },
            Json::String(s) => self.render_text(schema, s),
            Json::Array(items) if items.is_empty() => html! { span.none { "none" } },
            Json::Array(items) => {
                let item_schema = schema.get("items").unwrap_or(&Json::Null);
                html! { ul { @for item in items { li { (self.render_json(item_schema, item)) } } } }
            }
            Json::Object(members) => html! {
                ul {
                    @for (name, member) in members.iter().filter(|(_, v)| !v.is_null()) {
                        @let member_schema = schema.get("properties").and_then(|p| p.get(name)).unwrap_or(&Json::Null);
                        @let title = member_schema.get("title").and_then(Json::as_str).unwrap_or(name);
                        li { (title) ": " (self.render_json(member_schema, member)) }
                    }
                }
            },
        }
    }

    fn render_text(&self, schema: &Json, text: &str) -> Markup {
        let reference = schema.get("x-ogc-collectionId").and_then(Json::as_str);
        if let Some(label) = self.find_label(schema, text) {
            html! { (label) }
        } else if let Some(collection) = reference {
            let url = self.base.api_url(&["collections", collection, "items", text]);
            html! { a href={ (url) "?f=html" } { (text) } }
        } else if text.starts_with("https://") || text.starts_with("http://") {
            html! { a href=(text) { (text) } }
        } else {
            html! { (text) }
        }
    }
}

/// The schema of a field.
pub fn property_schema<'a>(collection: &'a Collection, name: &str) -> &'a Json {
    collection.schema.get("properties").and_then(|p| p.get(name)).unwrap_or(&Json::Null)
}

/// A small drawing of a geometry, north up, as wide as it is on the ground.
pub fn draw_outline(geometry: &Geometry) -> Markup {
    let Some(b) = bbox_of(geometry) else { return Markup::default() };
    let narrow = b.south.midpoint(b.north).to_radians().cos().max(0.01);
    let size = ((b.east - b.west) * narrow).max(b.north - b.south).max(1e-5);
    let scale = 180.0 / size;
    let to_px = |x: f64, y: f64| (10.0 + (x - b.west) * narrow * scale, 10.0 + (b.north - y) * scale);
    let (width, height) = to_px(b.east, b.south);
    html! {
        figure {
            svg role="img" aria-label="Outline, north up" viewBox=(format!("0 0 {:.0} {:.0}", width + 10.0, height + 10.0)) {
                (draw_geometry(geometry, &to_px))
            }
        }
    }
}

fn draw_geometry(geometry: &Geometry, to_px: &impl Fn(f64, f64) -> (f64, f64)) -> Markup {
    use geo_types::Geometry as G;
    let polygon = |p: &geo_types::Polygon<f64>| {
        let rings = std::iter::once(p.exterior()).chain(p.interiors());
        html! { path.shape fill-rule="evenodd" d=(path_data(rings, to_px)) {} }
    };
    let point = |p: &geo_types::Point<f64>| {
        let (x, y) = to_px(p.x(), p.y());
        html! { circle.shape cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="5" {} }
    };
    let lines = |lines: &[LineString<f64>]| html! { path.shape.line d=(path_data(lines, to_px)) {} };
    let joined = |shapes: Vec<Markup>| PreEscaped(shapes.into_iter().map(Markup::into_string).collect());
    match geometry {
        G::Point(p) => point(p),
        G::MultiPoint(m) => joined(m.iter().map(point).collect()),
        G::LineString(l) => lines(std::slice::from_ref(l)),
        G::MultiLineString(m) => lines(&m.0),
        G::Polygon(p) => polygon(p),
        G::MultiPolygon(m) => joined(m.iter().map(polygon).collect()),
        G::GeometryCollection(c) => joined(c.iter().map(|g| draw_geometry(g, to_px)).collect()),
        G::Line(_) | G::Rect(_) | G::Triangle(_) => Markup::default(),
    }
}

/// The `d` of a path with one part for each line.
fn path_data<'a>(
    lines: impl IntoIterator<Item = &'a LineString<f64>>,
    to_px: &impl Fn(f64, f64) -> (f64, f64),
) -> String {
    let mut data = String::new();
    for line in lines {
        for (i, c) in line.coords().enumerate() {
            let (x, y) = to_px(c.x, c.y);
            // Writing to a String does not fail.
            let _ = write!(data, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
        }
    }
    data
}
