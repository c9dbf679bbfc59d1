//! Values of features, as people read them: labels for codes, links for addresses and references, lists as lists.

use super::super::urls::BaseUrl;
use super::HtmlFragment;
use crate::collection::Collection;
use crate::feature::{FieldValue, Geometry, bbox_of};
use crate::plan::PlanModel;
use geo_types::LineString;
use serde_json::Value as Json;
use std::fmt::Write;

/// What is known about values: labels of codes, and where references lead.
pub struct ValueRenderer<'a> {
    model: &'a PlanModel,
    pub base: &'a BaseUrl,
}

impl<'a> ValueRenderer<'a> {
    pub fn new(model: &'a PlanModel, base: &'a BaseUrl) -> Self {
        Self { model, base }
    }

    /// The label that a code of a vocabulary has in English.
    fn find_label(&self, schema: &Json, code: &str) -> Option<&'a str> {
        let name = schema.get("x-ogc-codelistUri")?.as_str()?.strip_prefix("vocabularies/")?;
        let concepts = self.model.vocabulary(name)?.get("concepts")?.as_array()?;
        concepts.iter().find(|c| c.get("id").and_then(Json::as_str) == Some(code))?.pointer("/labels/en")?.as_str()
    }

    /// One value under its schema.
    pub fn render_value(&self, html: HtmlFragment, schema: &Json, value: &FieldValue) -> HtmlFragment {
        match value {
            FieldValue::Json(json) => self.render_json(html, schema, json),
            other => self.render_json(html, schema, &other.to_json()),
        }
    }

    fn render_json(&self, html: HtmlFragment, schema: &Json, json: &Json) -> HtmlFragment {
        match json {
            Json::Null => html.raw("<span class=\"none\">not known</span>"),
            Json::Bool(b) => html.raw(if *b { "yes" } else { "no" }),
            Json::Number(n) => html.text(n),
            Json::String(s) => self.render_text(html, schema, s),
            Json::Array(items) if items.is_empty() => html.raw("<span class=\"none\">none</span>"),
            Json::Array(items) => {
                let of = schema.get("items").unwrap_or(&Json::Null);
                html.raw("<ul>")
                    .append_each(items, |h, item| self.render_json(h.raw("<li>"), of, item).raw("</li>"))
                    .raw("</ul>")
            }
            Json::Object(members) => {
                let present = members.iter().filter(|(_, v)| !v.is_null());
                html.raw("<ul>")
                    .append_each(present, |h, (name, member)| {
                        let of = schema.get("properties").and_then(|p| p.get(name)).unwrap_or(&Json::Null);
                        let title = of.get("title").and_then(Json::as_str).unwrap_or(name);
                        self.render_json(h.raw("<li>").text(title).raw(": "), of, member).raw("</li>")
                    })
                    .raw("</ul>")
            }
        }
    }

    fn render_text(&self, html: HtmlFragment, schema: &Json, word: &str) -> HtmlFragment {
        let reference = schema.get("x-ogc-collectionId").and_then(Json::as_str);
        if let Some(label) = self.find_label(schema, word) {
            html.text(label)
        } else if let Some(collection) = reference {
            html.link(&(self.base.api_url(&["collections", collection, "items", word]) + "?f=html"), word)
        } else if word.starts_with("https://") || word.starts_with("http://") {
            html.link(word, word)
        } else {
            html.text(word)
        }
    }
}

/// The schema of a field.
pub fn property_schema<'a>(collection: &'a Collection, name: &str) -> &'a Json {
    collection.schema.get("properties").and_then(|p| p.get(name)).unwrap_or(&Json::Null)
}

/// A small drawing of a geometry, north up, as wide as it is on the ground.
pub fn draw_outline(geometry: &Geometry) -> HtmlFragment {
    let Some(b) = bbox_of(geometry) else { return HtmlFragment::default() };
    let narrow = b.south.midpoint(b.north).to_radians().cos().max(0.01);
    let size = ((b.east - b.west) * narrow).max(b.north - b.south).max(1e-5);
    let scale = 180.0 / size;
    let at = |x: f64, y: f64| (10.0 + (x - b.west) * narrow * scale, 10.0 + (b.north - y) * scale);
    let (width, height) = at(b.east, b.south);
    let mut shapes = String::new();
    draw_geometry(geometry, &at, &mut shapes);
    // Numbers and our own tags: nothing from outside gets in here.
    let svg = format!(
        "<figure><svg role=\"img\" aria-label=\"Outline, north up\" viewBox=\"0 0 {:.0} {:.0}\">{shapes}</svg></figure>",
        width + 10.0,
        height + 10.0
    );
    HtmlFragment(svg)
}

fn draw_geometry(geometry: &Geometry, at: &impl Fn(f64, f64) -> (f64, f64), out: &mut String) {
    use geo_types::Geometry as G;
    let path = |lines: &[&LineString<f64>], closed: bool, out: &mut String| {
        out.push_str(if closed {
            "<path class=\"shape\" fill-rule=\"evenodd\" d=\""
        } else {
            "<path class=\"shape\" style=\"fill:none\" d=\""
        });
        for line in lines {
            for (i, c) in line.coords().enumerate() {
                let (x, y) = at(c.x, c.y);
                let _ = write!(out, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
            }
        }
        out.push_str("\"/>");
    };
    let polygon = |p: &geo_types::Polygon<f64>, out: &mut String| {
        let rings: Vec<_> = std::iter::once(p.exterior()).chain(p.interiors()).collect();
        path(&rings, true, out);
    };
    let point = |p: &geo_types::Point<f64>, out: &mut String| {
        let (x, y) = at(p.x(), p.y());
        let _ = write!(out, "<circle class=\"shape\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>");
    };
    match geometry {
        G::Point(p) => point(p, out),
        G::MultiPoint(m) => m.iter().for_each(|p| point(p, out)),
        G::LineString(l) => path(&[l], false, out),
        G::MultiLineString(m) => path(&m.iter().collect::<Vec<_>>(), false, out),
        G::Polygon(p) => polygon(p, out),
        G::MultiPolygon(m) => m.iter().for_each(|p| polygon(p, out)),
        G::GeometryCollection(c) => c.iter().for_each(|g| draw_geometry(g, at, out)),
        G::Line(_) | G::Rect(_) | G::Triangle(_) => {}
    }
}
