//! The landing page and the conformance classes.

use super::html::{self, HtmlPage};
use super::link::{self, WebLink};
use super::request_context::RequestContext;
use super::resource_document::{self, ResourceDocument};
use super::response::HttpResult;
use super::response_format::{HTML, JSON, OPENAPI};
use serde_json::json;

const TITLE: &str = "cityheart";
const DESCRIPTION: &str =
    "The plan of a city centre: areas, interventions with their time, cost and funding, and the context around them.";

/// The conformance classes, each proven by a test; `tests/http/conformance` checks the list.
pub const CONFORMANCE_CLASSES: [&str; 59] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/returnables-and-receivables",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-features-6/1.0/conf/properties",
    "http://www.opengis.net/spec/ogcapi-features-6/1.0/conf/properties-features",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sorting",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/features-sorting",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/collections-selection",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    // What QGIS before 3.44 looks for where the standard now says functions.
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
    "http://www.opengis.net/spec/cql2/1.0/conf/functions",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/advanced-property-roles",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/profile-parameter",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/profile-codelists",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/core",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/types-schemas",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/profiles",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/api",
];

pub async fn get_landing_page(context: RequestContext) -> HttpResult {
    resource_document::respond_document(&context, &JSON, |alternates| {
        let base = context.base_url();
        let mut links = alternates.to_vec();
        links.extend([
            WebLink::new("service-desc", base.api_url(&["openapi"]), OPENAPI.media)
                .with_title("The API definition (OpenAPI 3.0)"),
            WebLink::new("service-doc", base.api_url(&["openapi"]) + "?f=html", HTML.media)
                .with_title("The API documentation"),
            WebLink::new("conformance", base.api_url(&["conformance"]), JSON.media).with_title("Conformance classes"),
            WebLink::new("data", base.api_url(&["collections"]), JSON.media).with_title("The collections of the plan"),
            WebLink::new(
                "http://www.opengis.net/def/rel/ogc/1.0/conformance",
                base.api_url(&["conformance"]),
                JSON.media,
            )
            .with_title("Conformance classes"),
            WebLink::new("http://www.opengis.net/def/rel/ogc/1.0/data", base.api_url(&["collections"]), JSON.media)
                .with_title("The collections of the plan"),
            WebLink::new(link::FUNCTIONS, base.api_url(&["functions"]), JSON.media).with_title("Functions for filters"),
            WebLink::new(link::TILESETS, base.api_url(&["tiles"]), JSON.media).with_title("The plan as vector tiles"),
            WebLink::new(link::TILING_SCHEMES, base.api_url(&["tileMatrixSets"]), JSON.media)
                .with_title("Tile matrix sets"),
            WebLink::new("http://www.opengis.net/def/rel/ogc/1.0/processes", base.api_url(&["processes"]), JSON.media)
                .with_title("Planning questions as processes"),
            WebLink::new("related", base.api_url(&["vocabularies"]), JSON.media)
                .with_title("Vocabularies: codes with labels in ten languages"),
            WebLink::new("about", base.with_path("/"), HTML.media).with_title("The map"),
        ]);
        let json = json!({"title": TITLE, "description": DESCRIPTION, "links": link::links_to_json(&links)});
        Ok(ResourceDocument {
            json,
            page: HtmlPage::new(TITLE, DESCRIPTION).with_main(html::render_landing(
                &links,
                &context.plan().collections(),
                base,
            )),
        })
    })
}

pub async fn get_conformance(context: RequestContext) -> HttpResult {
    resource_document::respond_document(&context, &JSON, |alternates| {
        let json = json!({"links": link::links_to_json(alternates), "conformsTo": &CONFORMANCE_CLASSES[..]});
        let page = HtmlPage::new(
            "Conformance",
            "The conformance classes of OGC standards that this server implements; a test proves each of them.",
        );
        Ok(ResourceDocument { json, page: page.with_main(html::render_uri_list(&CONFORMANCE_CLASSES[..])) })
    })
}
