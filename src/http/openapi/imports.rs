//! Files that editors bring in, in OpenAPI 3.0.

use super::parameters;
use super::schemas::reference_schema;
use serde_json::{Map, Value as Json, json};

const JSON: &str = "application/json";

/// Adds the operations on imports.
pub fn add_import_operations(paths: &mut Map<String, Json>) {
    let import = || vec![parameters::path_parameter("importId", "The id of an import.")];
    paths.insert(
        "/imports".into(),
        json!({
            "get": describe_operation("listImports", "The files that you are bringing in", vec![], None, ("200", "Your imports.", true)),
            "post": describe_operation(
                "createImport",
                "Bring in a file: it is understood, asked about and compared with the plan, and nothing is saved",
                vec![
                    query_parameter("into", "The collection that the file goes into.", true),
                    query_parameter("name", "The name of the file.", false),
                    query_parameter("layer", "The layer of a file that has several.", false),
                ],
                Some(("application/octet-stream", json!({"type": "string", "format": "binary"}))),
                ("201", "What was understood; Location has its address.", true),
            ),
        }),
    );
    let answers = json!({"type": "object", "required": ["answers"], "properties": {"answers": {"type": "object"}}});
    paths.insert(
        "/imports/{importId}".into(),
        json!({
            "get": describe_operation("getImport", "What was understood of a file, what is asked, and what it would change", import(), None, ("200", "The import.", true)),
            "patch": describe_operation("answerImport", "Answer questions, give columns to fields, correct cells", import(), Some((JSON, answers)), ("200", "The import with the answers.", true)),
            "delete": describe_operation("deleteImport", "Forget a file and its answers", import(), None, ("204", "The file is forgotten.", false)),
        }),
    );
    let options = json!({"type": "object", "properties": {
        "remove_missing": {"type": "boolean", "description": "Delete the features that the file does not name."},
        "refused": {"type": "string", "enum": ["leave_out", "stop"], "description": "What becomes of rows that are refused."},
    }});
    paths.insert(
        "/imports/{importId}/commit".into(),
        json!({"post": describe_operation("commitImport", "Save an import as one change", import(), Some((JSON, options)), ("200", "What was changed, with the states before and after.", true))}),
    );
    paths.insert(
        "/imports/{importId}/recipe".into(),
        json!({"get": describe_operation("getImportRecipe", "The answers, for the next file of the same form", import(), None, ("200", "The recipe.", true))}),
    );
}

fn query_parameter(name: &str, description: &str, is_required: bool) -> Json {
    json!({"name": name, "in": "query", "required": is_required, "description": description, "schema": {"type": "string"}})
}

fn describe_operation(
    id: &str,
    summary: &str,
    parameters: Vec<Json>,
    body: Option<(&str, Json)>,
    (status, description, has_content): (&str, &str, bool),
) -> Json {
    let mut success = json!({"description": description});
    if has_content {
        success["content"] = json!({JSON: {"schema": reference_schema("anything")}});
    }
    let mut responses = Map::new();
    responses.insert(status.to_owned(), success);
    for status in ["400", "404", "413", "422", "500", "503"] {
        responses.insert(status.to_owned(), json!({"$ref": format!("#/components/responses/{status}")}));
    }
    for status in ["401", "403", "408", "409", "429", "507"] {
        let refusal = json!({"description": "The request is refused; the body has the reason.", "content": {"application/problem+json": {"schema": reference_schema("problem")}}});
        responses.insert(status.to_owned(), refusal);
    }
    let mut operation = json!({"summary": summary, "operationId": id, "tags": ["Imports"], "parameters": parameters, "responses": responses});
    if let Some((media, schema)) = body {
        operation["requestBody"] = json!({"required": true, "content": {media: {"schema": schema}}});
    }
    operation
}
