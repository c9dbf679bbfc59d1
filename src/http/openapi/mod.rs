//! The API definition in OpenAPI 3.0.3, written by hand: clients (GDAL, QGIS, OWSLib) read page sizes and parameters
//! from it and support only 3.0. Each collection has paths of its own, with its parameters and its schema.

use super::html::{self, ApiViewer, HtmlPage};
use super::request_context::RequestContext;
use super::resource_document::{self, ResourceDocument};
use super::response::HttpResult;
use super::response_format::{self, OPENAPI, ResponseFormat};
use crate::atlas::CollectionView;
use serde_json::{Map, Value as Json, json};

mod edits;
mod imports;
mod parameters;
mod schemas;

pub async fn get_openapi(context: RequestContext) -> HttpResult {
    resource_document::respond_document(&context, &OPENAPI, |_| {
        let base = context.base_url();
        let server = base.api_url(&[]);
        let json = describe_api(&context.plan().collections(), &server);
        let viewer = context.app.web_app.has_file(ApiViewer::FILE).then(|| ApiViewer {
            folder: base.with_path("/api-viewer"),
            definition: base.api_url(&["openapi"]) + "?f=json",
        });
        let lead = "Every operation of the API with its parameters. Each resource is available as JSON and as HTML.";
        let page = HtmlPage::new("API", lead)
            .with_breadcrumb("API", server.clone())
            .with_main(html::render_operations(&json, &server))
            .with_api_viewer(viewer);
        Ok(ResourceDocument { json, page })
    })
}

fn describe_api(views: &[CollectionView], server: &str) -> Json {
    let mut paths = Map::new();
    add_fixed_paths(&mut paths);
    for view in views {
        add_collection_paths(&mut paths, view);
        edits::add_edit_operations(&mut paths, view);
    }
    add_tile_paths(&mut paths, views);
    imports::add_import_operations(&mut paths);
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "cityheart",
            "description": "The plan of a city centre: areas, interventions and their context, by OGC API - Features and OGC API - Tiles.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": env!("CARGO_PKG_LICENSE")},
        },
        "servers": [{"url": server}],
        "tags": [
            {"name": "Capabilities", "description": "What the server offers."},
            {"name": "Features", "description": "Features of the plan: read, filter, edit."},
            {"name": "Tiles", "description": "The features as vector tiles."},
            {"name": "Imports", "description": "Files that editors bring in: understood, asked about, saved as one change."},
        ],
        "paths": paths,
        "components": {
            "parameters": parameters::shared_parameters(),
            "responses": schemas::problem_responses(),
            "schemas": schemas::shared_schemas(views),
        },
    })
}

/// A `GET` operation with its parameters, its successful response, and the errors that every resource may respond with.
struct GetOperation<'a> {
    id: String,
    summary: String,
    tag: &'a str,
    parameters: Vec<Json>,
    /// Content types and the schema of each.
    content: Vec<(&'a str, Json)>,
    /// Whether the path contains an id that may not exist.
    may_be_missing: bool,
}

impl GetOperation<'_> {
    fn into_json(self) -> Json {
        let content: Map<String, Json> =
            self.content.into_iter().map(|(media, schema)| (media.to_owned(), json!({"schema": schema}))).collect();
        let mut good = json!({"description": "The resource.", "content": content});
        good["headers"] = json!({
            "ETag": {"description": "Identifies this state of the resource.", "schema": {"type": "string"}},
            "Link": {"description": "Links to this resource and to related ones.", "schema": {"type": "string"}},
        });
        let mut responses = Map::new();
        responses.insert("200".into(), good);
        if self.tag == "Tiles" && self.id.ends_with("getTile") {
            responses.insert("204".into(), json!({"description": "The tile is empty."}));
        }
        responses
            .insert("304".into(), json!({"description": "The resource has not changed since the client received it."}));
        let missing = if self.may_be_missing { vec!["404"] } else { vec![] };
        for status in [vec!["400"], missing, vec!["406", "413", "414", "422", "500", "503"]].concat() {
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

fn add_get_operation(paths: &mut Map<String, Json>, path: impl Into<String>, operation: GetOperation<'_>) {
    paths.insert(path.into(), json!({"get": operation.into_json()}));
}

const HTML: &str = "text/html";

/// JSON with this schema, and HTML.
fn json_and_page_content(media: &'static str, schema: &str) -> Vec<(&'static str, Json)> {
    vec![(media, schemas::reference_schema(schema)), (HTML, json!({"type": "string"}))]
}

/// Features with this schema in JSON formats, as text or bytes in others.
fn feature_content(schema: &str, forms: &[&ResponseFormat]) -> Vec<(&'static str, Json)> {
    let content = |form: &&ResponseFormat| match form.media.split(';').next().unwrap_or(form.media) {
        media if media.ends_with("json") => (media, schemas::reference_schema(schema)),
        media if media.starts_with("text/") => (media, json!({"type": "string"})),
        media => (media, json!({"type": "string", "format": "binary"})),
    };
    forms.iter().map(content).collect()
}

fn add_fixed_paths(paths: &mut Map<String, Json>) {
    let f = || vec![parameters::reference_parameter("f")];
    for (path, id, summary, schema) in [
        ("/", "getLandingPage", "Landing page", "landingPage"),
        ("/conformance", "getConformance", "Conformance classes", "confClasses"),
        ("/functions", "getFunctions", "Functions for filters", "anything"),
        ("/vocabularies", "getVocabularies", "Vocabularies", "vocabularies"),
        ("/tileMatrixSets", "getTileMatrixSetsList", "Tile matrix sets", "anything"),
        ("/tileMatrixSets/WebMercatorQuad", "getTileMatrixSet", "The tile matrix set WebMercatorQuad", "anything"),
    ] {
        let (id, summary) = (id.to_owned(), summary.to_owned());
        add_get_operation(
            paths,
            path,
            GetOperation {
                id,
                summary,
                tag: "Capabilities",
                parameters: f(),
                content: json_and_page_content("application/json", schema),
                may_be_missing: false,
            },
        );
    }
    let (id, summary) = ("getApi".to_owned(), "API definition".to_owned());
    add_get_operation(
        paths,
        "/openapi",
        GetOperation {
            id,
            summary,
            tag: "Capabilities",
            parameters: f(),
            content: json_and_page_content("application/vnd.oai.openapi+json;version=3.0", "anything"),
            may_be_missing: false,
        },
    );
    let (id, summary) = ("getCollections".to_owned(), "Collections".to_owned());
    let listed = ["bbox", "datetime", "limit", "f"].map(parameters::reference_parameter).to_vec();
    add_get_operation(
        paths,
        "/collections",
        GetOperation {
            id,
            summary,
            tag: "Capabilities",
            parameters: listed,
            content: json_and_page_content("application/json", "collections"),
            may_be_missing: false,
        },
    );
    let (id, summary) = ("getVocabulary".to_owned(), "A vocabulary: codes with labels in ten languages".to_owned());
    let named = vec![
        parameters::path_parameter("vocabulary", "The name of a vocabulary."),
        parameters::reference_parameter("f"),
    ];
    add_get_operation(
        paths,
        "/vocabularies/{vocabulary}",
        GetOperation {
            id,
            summary,
            tag: "Capabilities",
            parameters: named,
            content: json_and_page_content("application/json", "anything"),
            may_be_missing: true,
        },
    );
}

fn add_collection_paths(paths: &mut Map<String, Json>, view: &CollectionView) {
    let collection = view.collection();
    let (id, title) = (collection.id.as_str(), &collection.title);
    let root = format!("/collections/{id}");
    let f = || vec![parameters::reference_parameter("f")];
    add_get_operation(
        paths,
        &root,
        GetOperation {
            id: format!("{id}.getCollection"),
            summary: title.clone(),
            tag: "Capabilities",
            parameters: f(),
            content: json_and_page_content("application/json", "collection"),
            may_be_missing: false,
        },
    );
    for (part, what) in [
        ("schema", "schema"),
        ("schema/geojson", "schema of a GeoJSON feature"),
        ("queryables", "queryables"),
        ("sortables", "sortables"),
    ] {
        add_get_operation(
            paths,
            format!("{root}/{part}"),
            GetOperation {
                id: format!("{id}.{}", part.replace('/', ".")),
                summary: format!("{title}: {what}"),
                tag: "Capabilities",
                parameters: [f(), if part == "schema" { vec![parameters::schema_type_parameter()] } else { vec![] }]
                    .concat(),
                content: json_and_page_content("application/schema+json", "anything"),
                may_be_missing: false,
            },
        );
    }
    add_get_operation(
        paths,
        format!("{root}/items"),
        GetOperation {
            id: format!("{id}.getFeatures"),
            summary: format!("{title}: features"),
            tag: "Features",
            parameters: parameters::items_parameters(collection),
            content: feature_content(&format!("{id}FeatureCollection"), &response_format::PAGE_FORMATS),
            may_be_missing: false,
        },
    );
    add_get_operation(
        paths,
        format!("{root}/download"),
        GetOperation {
            id: format!("{id}.download"),
            summary: format!("{title}: download all features as one file"),
            tag: "Features",
            parameters: parameters::download_parameters(collection),
            content: feature_content(&format!("{id}FeatureCollection"), &response_format::DOWNLOAD_FORMATS),
            may_be_missing: false,
        },
    );
    add_get_operation(
        paths,
        format!("{root}/items/{{featureId}}"),
        GetOperation {
            id: format!("{id}.getFeature"),
            summary: format!("{title}: a feature"),
            tag: "Features",
            parameters: parameters::item_parameters(collection),
            content: feature_content(&format!("{id}Feature"), &response_format::ITEM_FORMATS),
            may_be_missing: true,
        },
    );
}

fn add_tile_paths(paths: &mut Map<String, Json>, views: &[CollectionView]) {
    let drawn = || views.iter().map(CollectionView::collection).filter(|c| !c.geometry.is_none());
    let ids: Vec<&str> = drawn().map(|c| c.id.as_str()).collect();
    let mut sets = vec![(
        "/tiles".to_owned(),
        "dataset.vector".to_owned(),
        "The plan".to_owned(),
        vec![parameters::collections_parameter(&ids)],
    )];
    sets.extend(drawn().map(|c| {
        (format!("/collections/{}/tiles", c.id), format!("{}.collection.vector", c.id), c.title.clone(), vec![])
    }));
    for (root, prefix, title, extra) in sets {
        let with = |more: Vec<Json>| [extra.clone(), more].concat();
        add_get_operation(
            paths,
            &root,
            GetOperation {
                id: format!("{prefix}.getTileSetsList"),
                summary: format!("{title}: tile sets"),
                tag: "Tiles",
                parameters: with(parameters::tile_set_parameters()),
                content: json_and_page_content("application/json", "tileSets"),
                may_be_missing: false,
            },
        );
        add_get_operation(
            paths,
            format!("{root}/WebMercatorQuad"),
            GetOperation {
                id: format!("{prefix}.getTileSet"),
                summary: format!("{title}: tile set"),
                tag: "Tiles",
                parameters: with(parameters::tile_set_parameters()),
                content: json_and_page_content("application/json", "tileSet"),
                may_be_missing: false,
            },
        );
        add_get_operation(
            paths,
            format!("{root}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"),
            GetOperation {
                id: format!("{prefix}.getTile"),
                summary: format!("{title}: a tile"),
                tag: "Tiles",
                parameters: with(parameters::tile_parameters()),
                content: vec![(super::link::MVT, json!({"type": "string", "format": "binary"}))],
                may_be_missing: true,
            },
        );
    }
}
