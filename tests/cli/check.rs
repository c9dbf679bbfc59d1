//! What `check` finds in a plan.

use super::{CliSandbox, trees};
use serde_json::{Value as Json, json};
use std::path::Path;

#[test]
fn check_finds_what_is_wrong_in_a_plan_and_says_what_to_do() {
    let sandbox = CliSandbox::new();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata/demo");
    for collection in [
        "partners",
        "cities",
        "areas",
        "segments",
        "interventions",
        "facilities",
        "premises",
        "indicators",
        "observations",
    ] {
        sandbox
            .run(&format!("import {} --into {collection}", demo.join(format!("{collection}.geojson")).display()))
            .good();
    }
    let clean = sandbox.run("check").good();
    assert!(clean.err.contains(" 0 errors"), "{clean:?}");

    let mut plan: Json = std::fs::read_to_string(demo.join("interventions.geojson")).unwrap().parse().unwrap();
    let feature = &mut plan["features"][0];
    feature["properties"]["start"] = "2027-01-01".into();
    feature["properties"]["end"] = "2026-01-01".into();
    feature["properties"]["cost"] = 100_000.into();
    feature["properties"]["eu_share"] = 90_000.into();
    feature["properties"]["depends_on"] = json!(["nothing-there"]);
    feature["geometry"] = json!({"type": "Point", "coordinates": [2.0, 41.0]});
    plan["features"][1]["properties"]["cost"] = 100.into();
    plan["features"][1]["properties"]["eu_share"] = 101.into();
    plan["features"][1]["properties"]["city"] = "atlantis".into();
    sandbox.file("interventions.geojson", &plan.to_string());
    sandbox.run("import interventions.geojson --into interventions --replace").good();
    let ran = sandbox.run("check --json").failed("It ends (2026-01-01) before it starts (2027-01-01).");
    let found: Json = ran.out.parse().unwrap();
    let findings = found["findings"].as_array().unwrap();
    let has = |kind: &str, severity: &str, pointer: &str| {
        let hit = |f: &&Json| f["kind"] == kind && f["severity"] == severity && f["pointer"] == pointer;
        assert!(findings.iter().any(|f| hit(&f)), "{kind} at {pointer}: {}", ran.err);
    };
    has("dates", "error", "/properties/end");
    has("money", "warning", "/properties/eu_share");
    has("money", "error", "/properties/eu_share");
    has("links", "error", "/properties/depends_on/0");
    has("links", "error", "/properties/city");
    has("places", "warning", "/geometry");
}

#[test]
fn check_tells_what_another_program_wrote_that_is_not_shown() {
    let sandbox = CliSandbox::new();
    sandbox.file("a.geojson", &trees(0..3));
    sandbox.run("import a.geojson --into trees").good();
    let conn = rusqlite::Connection::open(sandbox.path("plan.gpkg")).unwrap();
    for name in ["insert", "update1", "update2", "update3", "update4", "delete"] {
        conn.execute_batch(&format!("DROP TRIGGER IF EXISTS rtree_trees_geom_{name}")).unwrap();
    }
    conn.execute_batch(
        "ALTER TABLE trees ADD COLUMN photo BLOB; UPDATE trees SET photo=x'00ff27', height='tall' WHERE id='t1';
         UPDATE trees SET geom=x'47500001E610000001030000000100000004000000000000000000F87F000000000000F03F000000000000F03F000000000000F03F000000000000004000000000000000400000000000000840000000000000F03F' WHERE id='t2';
         CREATE VIEW tall AS SELECT fid, id, height FROM trees;
         INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('tall', 'attributes', 'tall', 0);",
    )
    .unwrap();
    let ran = sandbox.run("check").good();
    for word in
        ["'photo'", "'tall' of 't1'", "that of 't2' has a coordinate that is not a finite number", "It is a view"]
    {
        assert!(ran.out.contains(word) || ran.err.contains(word), "{word}: {ran:?}");
    }
    // What GeoJSON cannot hold is told, and is there after the file has replaced the collection.
    let ran = sandbox.run("export trees -o b.geojson").good();
    assert!(ran.err.contains("'photo'"), "{ran:?}");
    sandbox.run("import b.geojson --into trees --replace").good();
    let kept = "SELECT hex(photo) || height || length((SELECT geom FROM trees WHERE id='t2')) FROM trees WHERE id='t1'";
    let kept: String = conn.query_row(kept, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "00FF27tall85");
}
