//! The content of each page.

use super::super::link::{self, WebLink};
use super::super::urls::BaseUrl;
use super::HtmlPage;
use super::values::{ValueRenderer, draw_outline, property_schema};
use crate::atlas::{CollectionView, FeaturePage};
use crate::collection::{Collection, FieldType};
use crate::error::count_noun;
use crate::feature::{Feature, FieldValue};
use crate::plan::PlanModel;
use maud::{Markup, html};
use serde_json::Value as Json;

/// The most columns of a table of features; the page of each feature shows all of its fields.
const MAX_COLUMNS: usize = 8;

pub fn render_landing(links: &[WebLink], views: &[CollectionView], base: &BaseUrl) -> Markup {
    let shown = links.iter().filter(|l| {
        !matches!(l.rel, "self" | "alternate") && !l.rel.ends_with("/conformance") && !l.rel.ends_with("/data")
    });
    html! {
        h2 { "Collections" }
        (render_collection_list(views, base))
        h2 { "More" }
        ul { @for link in shown { li { a href=(link.href) { (link_text(link)) } } } }
    }
}

fn link_text(link: &WebLink) -> &str {
    link.title.as_deref().unwrap_or(link.rel)
}

pub fn render_uri_list(uris: &[&str]) -> Markup {
    html! { ul { @for uri in uris { li { code { (uri) } } } } }
}

pub fn render_collection_list(views: &[CollectionView], base: &BaseUrl) -> Markup {
    html! {
        ul.cards {
            @for view in views {
                @let collection = view.collection();
                li {
                    a href={ (base.api_url(&["collections", collection.id.as_str()])) "?f=html" } { (collection.title) }
                    br;
                    (count_noun(view.feature_count() as u64, "feature"))
                    br;
                    span.none { (collection.description) }
                }
            }
        }
    }
}

pub fn render_collection(view: &CollectionView, base: &BaseUrl, links: &[WebLink]) -> Markup {
    let geometry = view.collection().geometry;
    let id = view.collection().id.as_str();
    let shown = links.iter().filter(|l| !matches!(l.rel, "self" | "alternate" | "describedby"));
    html! {
        p {
            a.go href={ (base.api_url(&["collections", id, "items"])) "?f=html" } {
                "Show the " (count_noun(view.feature_count() as u64, "feature"))
            }
        }
        dl {
            @if let Some(b) = view.extent() {
                dt { "Extent" }
                dd { (b.west) " to " (b.east) " east, " (b.south) " to " (b.north) " north" }
            }
            dt { "Geometry" } dd { (geometry.type_names()) }
            dt { "Revision" } dd { (view.revision()) }
        }
        @if !geometry.is_none() {
            h2 { "In other programs" }
            dl {
                dt { "QGIS, ArcGIS, GDAL" } dd { "OGC API Features: " code { (base.api_url(&[])) } }
                dt { "Vector tiles" } dd { code { (base.with_path(&format!("/tiles/{id}/{{z}}/{{x}}/{{y}}.mvt"))) } }
            }
        }
        h2 { "Links" }
        ul { @for link in shown { li { a href=(page_address(link)) { (link_text(link)) } } } }
    }
}

/// The address of a linked resource as a page, where it has one.
fn page_address(link: &WebLink) -> String {
    if matches!(link.rel, "preview" | "items" | "enclosure") {
        link.href.clone()
    } else {
        format!("{}?f=html", link.href)
    }
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
    let main = html! {
        div.wide {
            table {
                caption { (items.len()) " of " (count_noun(items.number_matched() as u64, "feature")) }
                thead {
                    tr {
                        th scope="col" { "Id" }
                        @for &at in &columns { th scope="col" { (collection.fields[at].title) } }
                    }
                }
                tbody { @for feature in items.features() { (render_row(renderer, collection, &columns, &feature)) } }
            }
        }
        p { @if let Some(next) = links.iter().find(|l| l.rel == "next") { a.go rel="next" href=(next.href) { "Next page" } } }
    };
    let collection_url = renderer.base.api_url(&["collections", collection.id.as_str()]);
    HtmlPage::new(&collection.title, &collection.description)
        .with_breadcrumb("API", renderer.base.api_url(&[]))
        .with_breadcrumb("Collections", renderer.base.api_url(&["collections"]))
        .with_breadcrumb(&collection.title, collection_url)
        .with_main(main)
}

fn render_row(renderer: &ValueRenderer<'_>, collection: &Collection, columns: &[usize], feature: &Feature) -> Markup {
    let url = renderer.base.api_url(&["collections", collection.id.as_str(), "items", feature.id.as_str()]);
    html! {
        tr {
            th scope="row" { a href={ (url) "?f=html" } { (feature.id) } }
            @for &at in columns {
                @let value = feature.values.get(at).unwrap_or(&FieldValue::Null);
                @let number = matches!(value, FieldValue::Int(_) | FieldValue::Real(_));
                td class=[number.then_some("number")] {
                    (renderer.render_value(property_schema(collection, &collection.fields[at].name), value))
                }
            }
        }
    }
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
    let shown = (0..collection.fields.len()).filter(|at| properties.is_none_or(|chosen| chosen.contains(at)));
    let main = html! {
        @if let Some(geometry) = &feature.geometry { (draw_outline(geometry)) } @else { p.none { "No geometry." } }
        dl {
            dt { "Id" } dd { code { (feature.id) } }
            @for at in shown {
                @let field = &collection.fields[at];
                @let value = feature.values.get(at).unwrap_or(&FieldValue::Null);
                dt { (field.title) }
                dd { (renderer.render_value(property_schema(collection, &field.name), value)) }
            }
        }
    };
    let url = |rest: &[&str]| renderer.base.api_url(&[&["collections"], rest].concat());
    HtmlPage::new(&title.unwrap_or_else(|| feature.id.to_string()), "")
        .with_breadcrumb("API", renderer.base.api_url(&[]))
        .with_breadcrumb("Collections", url(&[]))
        .with_breadcrumb(&collection.title, url(&[collection.id.as_str()]))
        .with_breadcrumb("Features", url(&[collection.id.as_str(), "items"]))
        .with_main(main)
}

/// A schema's properties as a table.
pub fn render_schema_fields(schema: &Json) -> Markup {
    let required: Vec<&str> =
        schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    let properties = schema.pointer("/properties/properties/properties").or_else(|| schema.get("properties"));
    let properties = properties.and_then(Json::as_object).into_iter().flatten();
    html! {
        div.wide {
            table {
                thead {
                    tr {
                        th scope="col" { "Name" } th scope="col" { "Title" } th scope="col" { "Type" }
                        th scope="col" { "Description" }
                    }
                }
                tbody {
                    @for (name, property) in properties {
                        @let codes = property.get("x-ogc-codelistUri").or_else(|| property.pointer("/items/x-ogc-codelistUri"));
                        tr {
                            th scope="row" { code { (name) } }
                            td { (member_text(property, "title")) }
                            td { (describe_type(property)) @if required.contains(&name.as_str()) { ", required" } }
                            td {
                                (member_text(property, "description"))
                                @if let Some(uri) = codes.and_then(Json::as_str) {
                                    " " a href={ (uri) "?f=html" } { "Vocabulary" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A member that is text; empty when it is absent.
fn member_text<'a>(json: &'a Json, name: &str) -> &'a str {
    json.get(name).and_then(Json::as_str).unwrap_or_default()
}

fn describe_type(property: &Json) -> String {
    let parts = [member_text(property, "type"), member_text(property, "format")];
    parts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ")
}

pub fn render_vocabulary_list(model: &PlanModel, base: &BaseUrl) -> Markup {
    html! {
        ul {
            @for (name, json) in model.vocabularies() {
                @let title = json.pointer("/title/en").and_then(Json::as_str).unwrap_or(name);
                li { a href={ (base.api_url(&["vocabularies", name])) "?f=html" } { (title) } }
            }
        }
    }
}

pub fn render_vocabulary(json: &Json) -> Markup {
    let concepts = json.get("concepts").and_then(Json::as_array).into_iter().flatten();
    let languages: Vec<&String> =
        json.get("title").and_then(Json::as_object).map(|t| t.keys().collect()).unwrap_or_default();
    let label = |concept: &Json, language: &str| {
        let labels = concept.get("labels").unwrap_or(&Json::Null);
        member_text(labels, language).to_owned()
    };
    html! {
        div.wide {
            table {
                thead {
                    tr { th scope="col" { "Code" } @for language in &languages { th scope="col" { (language) } } }
                }
                tbody {
                    @for concept in concepts {
                        tr {
                            th scope="row" { code { (member_text(concept, "id")) } }
                            @for language in &languages { td lang=(language) { (label(concept, language)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A document without a page of its own design: its links, and its JSON.
pub fn render_document(json: &Json) -> Markup {
    let links = json.get("links").and_then(Json::as_array).into_iter().flatten();
    let shown = links
        .filter(|l| l.get("templated").is_none() && l.get("href").is_some_and(Json::is_string))
        .filter(|l| !matches!(member_text(l, "rel"), "" | "self" | "alternate"));
    html! {
        ul { @for link in shown { li { a href=(member_text(link, "href")) { (json_link_text(link)) } } } }
        pre { (serde_json::to_string_pretty(json).unwrap_or_default()) }
    }
}

fn json_link_text(link: &Json) -> &str {
    match (member_text(link, "title"), member_text(link, "rel")) {
        ("", link::TILING_SCHEME) => "Tile matrix set",
        ("", rel) => rel,
        (title, _) => title,
    }
}

/// The operations of an OpenAPI document that read.
pub fn render_operations(api: &Json, server: &str) -> Markup {
    let paths = api.get("paths").and_then(Json::as_object).into_iter().flatten();
    html! {
        @for (path, item) in paths {
            @let get = item.get("get").unwrap_or(&Json::Null);
            @let parameters: Vec<&Json> = get.get("parameters").and_then(Json::as_array).into_iter().flatten().collect();
            @let has_page = !path.contains('{') && get.pointer("/responses/200/content/text~1html").is_some();
            h2 { code { "GET " (path) } }
            p {
                (member_text(get, "summary")) " "
                @if has_page { a href={ (server) (path.trim_end_matches('/')) "?f=html" } { "Open" } }
            }
            @if !parameters.is_empty() { (render_parameters(api, &parameters)) }
        }
    }
}

fn render_parameters(api: &Json, parameters: &[&Json]) -> Markup {
    let count = parameters.len();
    let resolve = |p: &&Json| -> Json {
        let target = p.get("$ref").and_then(Json::as_str).and_then(|r| api.pointer(r.trim_start_matches('#')));
        target.unwrap_or(p).clone()
    };
    html! {
        details {
            summary { (count) (if count == 1 { " parameter" } else { " parameters" }) }
            dl {
                @for parameter in parameters.iter().map(resolve) {
                    dt { code { (member_text(&parameter, "name")) } }
                    dd { (member_text(&parameter, "description")) }
                }
            }
        }
    }
}
