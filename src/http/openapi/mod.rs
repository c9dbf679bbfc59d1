//! The API described for programs: OpenAPI 3.0.3 by hand, because clients (GDAL, QGIS, OWSLib) read it to learn page sizes and
//! what they may ask for, and read only 3.0. One path per collection, so that each has its own parameters and schema.

use super::ask::Ask;
use super::html::{self, Page};
use super::items;
use super::negotiate::{Form, OPENAPI};
use super::present::{self, Answer, Document};
use crate::atlas::View;
use serde_json::{Map, Value as Json, json};

mod edits;
mod parameters;
mod schemas;

pub async fn openapi(ask: Ask) -> Answer {
    present::document(&ask, &OPENAPI, |_| {
        let server = ask.base().api(&[]);
        let json = describe(&ask.atlas().collections(), &server);
        let page = Page::new(
            "The API",
            "Every address of the API and what it takes. All of them answer programs with JSON and people with pages.",
        );
        Ok(Document { page: page.crumb("The API", server.clone()).main(html::operations(&json, &server)), json })
    })
}

fn describe(views: &[View], server: &str) -> Json {
    let mut paths = Map::new();
    fixed_paths(&mut paths);
    for view in views {
        collection_paths(&mut paths, view);
        edits::add(&mut paths, view);
    }
    tile_paths(&mut paths, views);
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "cityheart",
            "description": "Centre areas, planned interventions and their context: OGC API Features and Tiles over the plan of a city centre.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": env!("CARGO_PKG_LICENSE")},
        },
        "servers": [{"url": server}],
        "tags": [
            {"name": "Capabilities", "description": "What there is."},
            {"name": "Features", "description": "The things on the map."},
            {"name": "Tiles", "description": "The same as vector tiles."},
        ],
        "paths": paths,
        "components": {
            "parameters": parameters::shared(),
            "responses": schemas::problems(),
            "schemas": schemas::shared(views),
        },
    })
}

/// One `GET` with its parameters, its good answer, and the problems every resource can have.
struct Get<'a> {
    id: String,
    summary: String,
    tag: &'a str,
    parameters: Vec<Json>,
    /// Content types and the schema of each.
    content: Vec<(&'a str, Json)>,
    /// Whether the path names something that may not be there.
    named: bool,
}

impl Get<'_> {
    fn json(self) -> Json {
        let content: Map<String, Json> =
            self.content.into_iter().map(|(media, schema)| (media.to_owned(), json!({"schema": schema}))).collect();
        let mut good = json!({"description": "The answer.", "content": content});
        good["headers"] = json!({
            "ETag": {"description": "Tells this content from any other.", "schema": {"type": "string"}},
            "Link": {"description": "Links to this and to what belongs to it.", "schema": {"type": "string"}},
        });
        let mut responses = Map::new();
        responses.insert("200".into(), good);
        if self.tag == "Tiles" && self.id.ends_with("getTile") {
            responses.insert("204".into(), json!({"description": "There is nothing on this tile."}));
        }
        responses.insert("304".into(), json!({"description": "The client has it already."}));
        let missing = if self.named { vec!["404"] } else { vec![] };
        for status in [vec!["400"], missing, vec!["406", "413", "414", "500", "503"]].concat() {
            responses.insert(status.into(), json!({"$ref": format!("#/components/responses/{status}")}));
        }
        json!({
            "summary": self.summary,
            "operationId": self.id,
            "tags": [self.tag],
            "parameters": self.parameters,
            "responses": responses,
        })
    }
}

fn get(paths: &mut Map<String, Json>, path: impl Into<String>, operation: Get<'_>) {
    paths.insert(path.into(), json!({"get": operation.json()}));
}

const HTML: &str = "text/html";

/// JSON under one schema, and a page.
fn twin(media: &'static str, schema: &str) -> Vec<(&'static str, Json)> {
    vec![(media, schemas::reference(schema)), (HTML, json!({"type": "string"}))]
}

/// Features under one schema where they are JSON, and as text or bytes elsewhere.
fn features(schema: &str, forms: &[&Form]) -> Vec<(&'static str, Json)> {
    let content = |form: &&Form| match form.media.split(';').next().unwrap_or(form.media) {
        media if media.ends_with("json") => (media, schemas::reference(schema)),
        media if media.starts_with("text/") => (media, json!({"type": "string"})),
        media => (media, json!({"type": "string", "format": "binary"})),
    };
    forms.iter().map(content).collect()
}

fn fixed_paths(paths: &mut Map<String, Json>) {
    let f = || vec![parameters::reference("f")];
    for (path, id, summary, schema) in [
        ("/", "getLandingPage", "Where to start", "landingPage"),
        ("/conformance", "getConformance", "The classes of standards that hold", "confClasses"),
        ("/functions", "getFunctions", "The functions that filters may use", "anything"),
        ("/vocabularies", "getVocabularies", "All vocabularies by name", "vocabularies"),
        ("/tileMatrixSets", "getTileMatrixSetsList", "How tiles are cut", "anything"),
        ("/tileMatrixSets/WebMercatorQuad", "getTileMatrixSet", "The squares of Web Mercator", "anything"),
    ] {
        let (id, summary) = (id.to_owned(), summary.to_owned());
        get(
            paths,
            path,
            Get {
                id,
                summary,
                tag: "Capabilities",
                parameters: f(),
                content: twin("application/json", schema),
                named: false,
            },
        );
    }
    let (id, summary) = ("getApi".to_owned(), "This document".to_owned());
    get(
        paths,
        "/openapi",
        Get {
            id,
            summary,
            tag: "Capabilities",
            parameters: f(),
            content: twin("application/vnd.oai.openapi+json;version=3.0", "anything"),
            named: false,
        },
    );
    let (id, summary) = ("getCollections".to_owned(), "The collections of the plan".to_owned());
    let listed = ["bbox", "datetime", "limit", "f"].map(parameters::reference).to_vec();
    get(
        paths,
        "/collections",
        Get {
            id,
            summary,
            tag: "Capabilities",
            parameters: listed,
            content: twin("application/json", "collections"),
            named: false,
        },
    );
    let (id, summary) = ("getVocabulary".to_owned(), "One vocabulary: codes with labels in ten languages".to_owned());
    let named = vec![parameters::path("vocabulary", "The name of a vocabulary."), parameters::reference("f")];
    get(
        paths,
        "/vocabularies/{vocabulary}",
        Get {
            id,
            summary,
            tag: "Capabilities",
            parameters: named,
            content: twin("application/json", "anything"),
            named: true,
        },
    );
}

fn collection_paths(paths: &mut Map<String, Json>, view: &View) {
    let collection = view.collection();
    let (id, title) = (collection.id.as_str(), &collection.title);
    let root = format!("/collections/{id}");
    let f = || vec![parameters::reference("f")];
    get(
        paths,
        &root,
        Get {
            id: format!("{id}.getCollection"),
            summary: title.clone(),
            tag: "Capabilities",
            parameters: f(),
            content: twin("application/json", "collection"),
            named: false,
        },
    );
    for (part, what) in [
        ("schema", "The schema of the features"),
        ("schema/geojson", "The schema of a feature as GeoJSON"),
        ("queryables", "What can be asked for"),
        ("sortables", "What can be sorted by"),
    ] {
        get(
            paths,
            format!("{root}/{part}"),
            Get {
                id: format!("{id}.{}", part.replace('/', ".")),
                summary: format!("{title}: {what}"),
                tag: "Capabilities",
                parameters: [f(), if part == "schema" { vec![parameters::schema_type()] } else { vec![] }].concat(),
                content: twin("application/schema+json", "anything"),
                named: false,
            },
        );
    }
    get(
        paths,
        format!("{root}/items"),
        Get {
            id: format!("{id}.getFeatures"),
            summary: format!("{title}: features"),
            tag: "Features",
            parameters: parameters::of_items(collection),
            content: features(&format!("{id}FeatureCollection"), &items::PAGE_FORMS),
            named: false,
        },
    );
    get(
        paths,
        format!("{root}/download"),
        Get {
            id: format!("{id}.download"),
            summary: format!("{title}: all features as one file"),
            tag: "Features",
            parameters: parameters::of_whole(collection),
            content: features(&format!("{id}FeatureCollection"), &items::WHOLE_FORMS),
            named: false,
        },
    );
    get(
        paths,
        format!("{root}/items/{{featureId}}"),
        Get {
            id: format!("{id}.getFeature"),
            summary: format!("{title}: one feature"),
            tag: "Features",
            parameters: parameters::of_item(collection),
            content: features(&format!("{id}Feature"), &items::ITEM_FORMS),
            named: true,
        },
    );
}

fn tile_paths(paths: &mut Map<String, Json>, views: &[View]) {
    let drawn = || views.iter().map(View::collection).filter(|c| !c.geometry.is_none());
    let ids: Vec<&str> = drawn().map(|c| c.id.as_str()).collect();
    let mut sets = vec![(
        "/tiles".to_owned(),
        "dataset.vector".to_owned(),
        "The plan".to_owned(),
        vec![parameters::collections(&ids)],
    )];
    sets.extend(drawn().map(|c| {
        (format!("/collections/{}/tiles", c.id), format!("{}.collection.vector", c.id), c.title.clone(), vec![])
    }));
    for (root, prefix, title, extra) in sets {
        let with = |more: Vec<Json>| [extra.clone(), more].concat();
        get(
            paths,
            &root,
            Get {
                id: format!("{prefix}.getTileSetsList"),
                summary: format!("{title}: tile sets"),
                tag: "Tiles",
                parameters: with(parameters::of_tile_set()),
                content: twin("application/json", "tileSets"),
                named: false,
            },
        );
        get(
            paths,
            format!("{root}/WebMercatorQuad"),
            Get {
                id: format!("{prefix}.getTileSet"),
                summary: format!("{title}: tile set"),
                tag: "Tiles",
                parameters: with(parameters::of_tile_set()),
                content: twin("application/json", "tileSet"),
                named: false,
            },
        );
        get(
            paths,
            format!("{root}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"),
            Get {
                id: format!("{prefix}.getTile"),
                summary: format!("{title}: a tile"),
                tag: "Tiles",
                parameters: with(parameters::of_tile()),
                content: vec![(super::link::MVT, json!({"type": "string", "format": "binary"}))],
                named: true,
            },
        );
    }
}
