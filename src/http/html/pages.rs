//! The main part of each page.

use super::super::link::{self, WebLink};
use super::super::urls::BaseUrl;
use super::values::{ValueRenderer, draw_outline, property_schema};
use super::{HtmlFragment, HtmlPage};
use crate::atlas::{CollectionView, FeaturePage};
use crate::collection::{Collection, FieldType};
use crate::feature::{Feature, FieldValue};
use crate::plan::PlanModel;
use serde_json::Value as Json;

/// Columns of a table of features before it gets too wide to read; the rest is on each feature's page.
const MAX_COLUMNS: usize = 8;

pub fn render_landing(links: &[WebLink], views: &[CollectionView], base: &BaseUrl) -> HtmlFragment {
    let shown = links.iter().filter(|l| {
        !matches!(l.rel, "self" | "alternate") && !l.rel.ends_with("/conformance") && !l.rel.ends_with("/data")
    });
    let list = HtmlFragment::default()
        .raw("<h2>What is here</h2>\n")
        .append(&render_collection_list(views, base))
        .raw("\n<h2>More</h2>\n<ul>");
    list.append_each(shown, |h, l| h.raw("<li>").link(&l.href, l.title.as_deref().unwrap_or(l.rel)).raw("</li>"))
        .raw("</ul>")
}

pub fn render_uri_list(uris: &[&str]) -> HtmlFragment {
    HtmlFragment::default()
        .raw("<ul>")
        .append_each(uris, |h, uri| h.raw("<li><code>").text(uri).raw("</code></li>"))
        .raw("</ul>")
}

pub fn render_collection_list(views: &[CollectionView], base: &BaseUrl) -> HtmlFragment {
    HtmlFragment::default()
        .raw("<ul class=\"cards\">")
        .append_each(views, |h, view| {
            let collection = view.collection();
            let href = base.api_url(&["collections", collection.id.as_str()]) + "?f=html";
            h.raw("<li>")
                .link(&href, &collection.title)
                .raw("<br>")
                .text(format_feature_count(view.feature_count()))
                .raw("<br><span class=\"none\">")
                .text(&collection.description)
                .raw("</span></li>")
        })
        .raw("</ul>")
}

fn format_feature_count(n: usize) -> String {
    if n == 1 { "1 feature".into() } else { format!("{n} features") }
}

pub fn render_collection(view: &CollectionView, base: &BaseUrl, links: &[WebLink]) -> HtmlFragment {
    let id = view.collection().id.as_str();
    let mut html = HtmlFragment::default()
        .raw("<p><a class=\"go\" href=\"")
        .text(base.api_url(&["collections", id, "items"]) + "?f=html")
        .raw("\">Show the ")
        .text(format_feature_count(view.feature_count()))
        .raw("</a></p>\n<dl>");
    if let Some(b) = view.extent() {
        html = html
            .raw("<dt>Extent</dt><dd>")
            .text(format!("{} to {} east, {} to {} north", b.west, b.east, b.south, b.north))
            .raw("</dd>");
    }
    html = html
        .raw("<dt>Geometry</dt><dd>")
        .text(view.collection().geometry.type_names())
        .raw("</dd>")
        .raw("<dt>Revision</dt><dd>")
        .text(view.revision())
        .raw("</dd></dl>\n");
    if !view.collection().geometry.is_none() {
        html = html
            .raw("<h2>In other programs</h2>\n<dl><dt>QGIS, ArcGIS, GDAL</dt><dd>OGC API Features: <code>")
            .text(base.api_url(&[]))
            .raw("</code></dd><dt>Vector tiles</dt><dd><code>")
            .text(base.with_path(&format!("/tiles/{id}/{{z}}/{{x}}/{{y}}.mvt")))
            .raw("</code></dd></dl>\n");
    }
    let shown = links.iter().filter(|l| !matches!(l.rel, "self" | "alternate" | "describedby"));
    html.raw("<h2>Links</h2>\n<ul>")
        .append_each(shown, |h, l| {
            let href = if matches!(l.rel, "preview" | "items" | "enclosure") {
                l.href.clone()
            } else {
                format!("{}?f=html", l.href)
            };
            h.raw("<li>").link(&href, l.title.as_deref().unwrap_or(l.rel)).raw("</li>")
        })
        .raw("</ul>")
}

/// A page of features as a table.
pub fn render_items(
    renderer: &ValueRenderer<'_>,
    items: &FeaturePage,
    properties: Option<&[usize]>,
    links: &[WebLink],
) -> HtmlPage {
    let collection = items.collection();
    let columns: Vec<usize> = match properties {
        Some(chosen) => chosen.to_vec(),
        None => (0..collection.fields.len())
            .filter(|&at| collection.fields[at].kind != FieldType::Json)
            .take(MAX_COLUMNS)
            .collect(),
    };
    let next = links.iter().find(|l| l.rel == "next");
    let paging = HtmlFragment::default()
        .raw("<p>")
        .append_each(next, |h, l| h.raw("<a class=\"go\" rel=\"next\" href=\"").text(&l.href).raw("\">Next page</a>"))
        .raw("</p>");
    let mut table = HtmlFragment::default()
        .raw("<div class=\"wide\"><table><caption>")
        .text(format!("{} of {}", items.len(), format_feature_count(items.number_matched())))
        .raw("</caption><thead><tr><th scope=\"col\">Id</th>")
        .append_each(&columns, |h, &at| h.raw("<th scope=\"col\">").text(&collection.fields[at].title).raw("</th>"))
        .raw("</tr></thead>\n<tbody>");
    for feature in items.features() {
        table = render_row(renderer, table, collection, &columns, &feature);
    }
    let collection_url = renderer.base.api_url(&["collections", collection.id.as_str()]);
    HtmlPage::new(&collection.title, &collection.description)
        .with_breadcrumb("The API", renderer.base.api_url(&[]))
        .with_breadcrumb("Collections", renderer.base.api_url(&["collections"]))
        .with_breadcrumb(&collection.title, collection_url)
        .with_main(table.raw("</tbody></table></div>\n").append(&paging))
}

fn render_row(
    renderer: &ValueRenderer<'_>,
    html: HtmlFragment,
    collection: &Collection,
    columns: &[usize],
    feature: &Feature,
) -> HtmlFragment {
    let href =
        renderer.base.api_url(&["collections", collection.id.as_str(), "items", feature.id.as_str()]) + "?f=html";
    let html = html.raw("<tr><th scope=\"row\">").link(&href, &feature.id).raw("</th>");
    html.append_each(columns, |h, &at| {
        let value = feature.values.get(at).unwrap_or(&FieldValue::Null);
        let number = matches!(value, FieldValue::Int(_) | FieldValue::Real(_));
        let h = h.raw(if number { "<td class=\"number\">" } else { "<td>" });
        renderer.render_value(h, property_schema(collection, &collection.fields[at].name), value).raw("</td>")
    })
    .raw("</tr>\n")
}

/// One feature with all its fields.
pub fn render_feature(
    renderer: &ValueRenderer<'_>,
    collection: &Collection,
    feature: &Feature,
    properties: Option<&[usize]>,
) -> HtmlPage {
    let title = ["title", "name", "text", "address", "street"].into_iter().find_map(|name| {
        match &feature.values.get(collection.field_index(name)?)? {
            FieldValue::Text(text) => Some(text.to_string()),
            _ => None,
        }
    });
    let drawing = feature
        .geometry
        .as_ref()
        .map_or_else(|| HtmlFragment::default().raw("<p class=\"none\">Without a place on the map.</p>"), draw_outline);
    let shown = (0..collection.fields.len()).filter(|at| properties.is_none_or(|chosen| chosen.contains(at)));
    let list = HtmlFragment::default()
        .raw("<dl><dt>Id</dt><dd><code>")
        .text(&feature.id)
        .raw("</code></dd>")
        .append_each(shown, |h, at| {
            let field = &collection.fields[at];
            let h = h.raw("<dt>").text(&field.title).raw("</dt><dd>");
            renderer
                .render_value(
                    h,
                    property_schema(collection, &field.name),
                    feature.values.get(at).unwrap_or(&FieldValue::Null),
                )
                .raw("</dd>")
        });
    let at = |rest: &[&str]| renderer.base.api_url(&[&["collections"], rest].concat());
    HtmlPage::new(&title.unwrap_or_else(|| feature.id.to_string()), "")
        .with_breadcrumb("The API", renderer.base.api_url(&[]))
        .with_breadcrumb("Collections", at(&[]))
        .with_breadcrumb(&collection.title, at(&[collection.id.as_str()]))
        .with_breadcrumb("Features", at(&[collection.id.as_str(), "items"]))
        .with_main(drawing.append(&list.raw("</dl>")))
}

/// A schema's properties as a table.
pub fn render_schema_fields(schema: &Json) -> HtmlFragment {
    let text = |p: &Json, key: &str| p.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let required: Vec<&str> =
        schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    let head = "<div class=\"wide\"><table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Title</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead><tbody>";
    let properties = schema.pointer("/properties/properties/properties").or_else(|| schema.get("properties"));
    let properties = properties.and_then(Json::as_object).into_iter().flatten();
    HtmlFragment::default()
        .raw(head)
        .append_each(properties, |h, (name, p)| {
            let format = text(p, "format");
            let kind = [text(p, "type"), format].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
            let h = h
                .raw("<tr><th scope=\"row\"><code>")
                .text(name)
                .raw("</code></th><td>")
                .text(text(p, "title"))
                .raw("</td><td>")
                .text(kind);
            let h = h
                .raw(if required.contains(&name.as_str()) { ", required" } else { "" })
                .raw("</td><td>")
                .text(text(p, "description"));
            let codes =
                p.get("x-ogc-codelistUri").or_else(|| p.pointer("/items/x-ogc-codelistUri")).and_then(Json::as_str);
            h.append_each(codes, |h, uri| h.raw(" ").link(&format!("{uri}?f=html"), "Vocabulary")).raw("</td></tr>\n")
        })
        .raw("</tbody></table></div>")
}

pub fn render_vocabulary_list(model: &PlanModel, base: &BaseUrl) -> HtmlFragment {
    HtmlFragment::default()
        .raw("<ul>")
        .append_each(model.vocabularies(), |h, (name, json)| {
            let title = json.pointer("/title/en").and_then(Json::as_str).unwrap_or(name);
            h.raw("<li>").link(&(base.api_url(&["vocabularies", name]) + "?f=html"), title).raw("</li>")
        })
        .raw("</ul>")
}

pub fn render_vocabulary(json: &Json) -> HtmlFragment {
    let concepts: Vec<&Json> = json.get("concepts").and_then(Json::as_array).into_iter().flatten().collect();
    let languages: Vec<&String> =
        json.get("title").and_then(Json::as_object).map(|t| t.keys().collect()).unwrap_or_default();
    let head = HtmlFragment::default()
        .raw("<div class=\"wide\"><table><thead><tr><th scope=\"col\">Code</th>")
        .append_each(&languages, |h, l| h.raw("<th scope=\"col\">").text(l).raw("</th>"))
        .raw("</tr></thead><tbody>");
    head.append_each(concepts, |h, concept| {
        let code = concept.get("id").and_then(Json::as_str).unwrap_or_default();
        h.raw("<tr><th scope=\"row\"><code>")
            .text(code)
            .raw("</code></th>")
            .append_each(&languages, |h, l| {
                let label = concept
                    .get("labels")
                    .and_then(|all| all.get(l.as_str()))
                    .and_then(Json::as_str)
                    .unwrap_or_default();
                h.raw("<td lang=\"").text(l).raw("\">").text(label).raw("</td>")
            })
            .raw("</tr>\n")
    })
    .raw("</tbody></table></div>")
}

/// A document that people seldom read: its links, and the whole as it is.
pub fn render_document(json: &Json) -> HtmlFragment {
    let links = json.get("links").and_then(Json::as_array).into_iter().flatten();
    let shown = links.filter(|l| l.get("templated").is_none()).filter_map(|l| {
        Some((l.get("href")?.as_str()?, l.get("rel")?.as_str()?, l.get("title").and_then(Json::as_str)))
    });
    let pretty = serde_json::to_string_pretty(json).unwrap_or_default();
    HtmlFragment::default()
        .raw("<ul>")
        .append_each(shown.filter(|(_, rel, _)| !matches!(*rel, "self" | "alternate")), |h, (href, rel, title)| {
            h.raw("<li>")
                .link(href, title.unwrap_or(if rel == link::TILING_SCHEME { "How the tiles are cut" } else { rel }))
                .raw("</li>")
        })
        .raw("</ul>\n<pre>")
        .text(pretty)
        .raw("</pre>")
}

/// The operations of an OpenAPI document.
pub fn render_operations(api: &Json, server: &str) -> HtmlFragment {
    let paths = api.get("paths").and_then(Json::as_object).into_iter().flatten();
    HtmlFragment::default().append_each(paths, |h, (path, item)| {
        let get = item.get("get").unwrap_or(&Json::Null);
        let summary = get.get("summary").and_then(Json::as_str).unwrap_or_default();
        let parameters: Vec<&Json> = get.get("parameters").and_then(Json::as_array).into_iter().flatten().collect();
        let h = h.raw("<h2><code>GET ").text(path).raw("</code></h2>\n<p>").text(summary).raw(" ");
        let page = get.pointer("/responses/200/content/text~1html").is_some();
        let h = if path.contains('{') || !page {
            h
        } else {
            h.link(&format!("{server}{}?f=html", path.trim_end_matches('/')), "Try it")
        };
        let h = h.raw("</p>\n");
        if parameters.is_empty() {
            return h;
        }
        h.raw("<details><summary>")
            .text(format!("{} parameters", parameters.len()))
            .raw("</summary><dl>")
            .append_each(parameters, |h, p| {
                let p = p
                    .get("$ref")
                    .and_then(Json::as_str)
                    .and_then(|r| api.pointer(r.trim_start_matches('#')))
                    .unwrap_or(p);
                let text = |key: &str| p.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
                h.raw("<dt><code>").text(text("name")).raw("</code></dt><dd>").text(text("description")).raw("</dd>")
            })
            .raw("</dl></details>\n")
    })
}
