//! Where a client starts: the landing page, and what it may rely on.

use super::ask::Ask;
use super::html::{self, Page};
use super::link::{self, Link};
use super::negotiate::{HTML, JSON, OPENAPI};
use super::present::{self, Answer, Document};
use serde_json::json;

const TITLE: &str = "cityheart";
const DESCRIPTION: &str = "Centre areas, planned interventions and the context around them: what, where, when, who, how much, from which fund.";

/// Classes that a test is named after; `tests/http/conformance` holds the list.
pub const CONFORMANCE: [&str; 59] = [
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

pub async fn landing(ask: Ask) -> Answer {
    present::document(&ask, &JSON, |twins| {
        let base = ask.base();
        let mut links = twins.to_vec();
        links.extend([
            Link::new("service-desc", base.api(&["openapi"]), OPENAPI.media)
                .titled("The API, described for programs (OpenAPI 3.0)"),
            Link::new("service-doc", base.api(&["openapi"]) + "?f=html", HTML.media)
                .titled("The API, described for people"),
            Link::new("conformance", base.api(&["conformance"]), JSON.media).titled("The standards that hold here"),
            Link::new("data", base.api(&["collections"]), JSON.media).titled("The collections of the plan"),
            Link::new("http://www.opengis.net/def/rel/ogc/1.0/conformance", base.api(&["conformance"]), JSON.media)
                .titled("The standards that hold here"),
            Link::new("http://www.opengis.net/def/rel/ogc/1.0/data", base.api(&["collections"]), JSON.media)
                .titled("The collections of the plan"),
            Link::new(link::FUNCTIONS, base.api(&["functions"]), JSON.media)
                .titled("The functions that filters may use"),
            Link::new(link::TILESETS, base.api(&["tiles"]), JSON.media).titled("The plan as vector tiles"),
            Link::new(link::TILING_SCHEMES, base.api(&["tileMatrixSets"]), JSON.media).titled("How the tiles are cut"),
            Link::new("http://www.opengis.net/def/rel/ogc/1.0/processes", base.api(&["processes"]), JSON.media)
                .titled("Questions that the plan answers"),
            Link::new("related", base.api(&["vocabularies"]), JSON.media)
                .titled("Vocabularies: codes with labels in ten languages"),
            Link::new("about", base.url("/"), HTML.media).titled("The map"),
        ]);
        let json = json!({"title": TITLE, "description": DESCRIPTION, "links": link::array(&links)});
        Ok(Document {
            json,
            page: Page::new(TITLE, DESCRIPTION).main(html::landing(&links, &ask.atlas().collections(), &base)),
        })
    })
}

pub async fn conformance(ask: Ask) -> Answer {
    present::document(&ask, &JSON, |twins| {
        let json = json!({"links": link::array(twins), "conformsTo": &CONFORMANCE[..]});
        let page = Page::new("Conformance", "The classes of OGC standards that hold here; each is proven by a test.");
        Ok(Document { json, page: page.main(html::addresses(&CONFORMANCE[..])) })
    })
}
