//! Files into a plan from the command line: what goes in, what is told, and what is left when it fails or is killed.

use super::{CliSandbox, Ran, trees};
use serde_json::{Value as Json, json};
use std::io::Write;
use std::process::Command;
use std::process::Stdio;

#[test]
fn a_file_goes_in_and_comes_out_the_same() {
    let sandbox = CliSandbox::new();
    sandbox.file("trees.geojson", &trees(0..500));
    let ran = sandbox.run("import trees.geojson --into trees").good();
    assert!(ran.err.contains("500 features are now in 'trees'"), "{ran:?}");
    assert_eq!(ran.out, "");
    let out = sandbox.run("export trees").good().out;
    let given: Json = trees(0..500).parse().unwrap();
    assert_eq!(out.parse::<Json>().unwrap(), given);
    for name in ["trees.csv", "trees.geojsonl", "trees.geojsons", "trees2.geojson"] {
        sandbox.run(&format!("export trees -o {name}")).good();
        let other = format!("plan-{name}.gpkg");
        sandbox.run(&format!("import {name} --into trees --plan {other}")).good();
        let again = sandbox.run(&format!("export trees --plan {other}")).good().out;
        assert_eq!(again.parse::<Json>().unwrap(), given, "{name}");
    }
    let missing = sandbox.run("export shrubs").failed("There is no collection 'shrubs' in plan.gpkg. It has: trees.");
    assert_eq!(missing.out, "");
    sandbox.run("export trees -o nowhere/x.csv").failed("cannot be written");
    assert!(sandbox.names().iter().all(|n| !n.contains(".part")), "{:?}", sandbox.names());
}

#[test]
fn what_is_added_must_be_new_and_what_is_replaced_need_not() {
    let sandbox = CliSandbox::new();
    sandbox.file("a.geojson", &trees(0..3)).file("b.geojson", &trees(2..5)).file("c.geojson", &trees(3..5));
    sandbox.run("import a.geojson --into trees").good();
    let ran = sandbox.run("import b.geojson --into trees").failed("'trees' already has a feature 't2'");
    assert!(ran.err.contains("--replace"), "{ran:?}");
    let count = || sandbox.run("export trees --format geojsonl").good().out.lines().count();
    assert_eq!(count(), 3);
    sandbox.run("import c.geojson --into trees").good();
    assert_eq!(count(), 5);
    sandbox.run("import b.geojson --into trees --replace").good();
    assert_eq!(count(), 3);
    sandbox.run("import a.geojson c.geojson --into trees --replace").good();
    assert_eq!(count(), 5);
    let ran =
        sandbox.run("import a.geojson b.geojson --into trees --replace").failed("b.geojson, line 1, feature 1 (id t2)");
    assert!(ran.err.contains("1 duplicate-id"), "{ran:?}");
    assert_eq!(count(), 5);
}

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    let sandbox = CliSandbox::new();
    sandbox.file("a.geojson", &trees(0..3)).file("bad.geojson", r#"{"type":"Point","coordinates":[15,95]}"#);
    let ran = sandbox.run("import a.geojson --into trees --dry-run").good();
    assert!(ran.err.contains("3 features could be imported into 'trees'. Nothing was written."), "{ran:?}");
    sandbox.run("import bad.geojson --into trees --dry-run").failed("Nothing was imported");
    assert_eq!(sandbox.names(), ["a.geojson", "bad.geojson"]);
    sandbox.run("import a.geojson --into trees").good();
    let before = std::fs::read(sandbox.path("plan.gpkg")).unwrap();
    sandbox.run("import a.geojson --into trees --replace --dry-run").good();
    sandbox.run("import a.geojson --into trees --dry-run").failed("already has a feature");
    assert!(before == std::fs::read(sandbox.path("plan.gpkg")).unwrap(), "the plan is the same to the byte");
}

#[test]
fn a_refused_file_leaves_the_plan_as_it_was_and_a_lenient_import_leaves_out_what_is_bad() {
    let sandbox = CliSandbox::new();
    let bad = trees(10..20).replace("[15.00015,46.0]", "[46.0,150.0]").replace("\"t17\"", "\"t16\"");
    sandbox.file("a.geojson", &trees(0..3)).file("bad.geojson", &bad);
    sandbox.run("import a.geojson --into trees").good();
    let before = sandbox.run("export trees").good().out;
    let ran = sandbox
        .run("import bad.geojson --into trees --json")
        .failed("Nothing was imported: 2 of 10 features have faults.");
    let report: Json = ran.out.parse().unwrap();
    assert_eq!((&report["errors"], &report["loaded"]), (&json!(2), &Json::Null));
    assert_eq!(report["by_kind"], json!({"duplicate-id": 1, "swapped-coordinates": 1}));
    assert_eq!(report["findings"][0]["feature"], 6);
    assert_eq!(sandbox.run("export trees").good().out, before);
    sandbox.run("import bad.geojson --into new").failed("Nothing was imported");
    sandbox.run("import bad.geojson --into trees --plan new.gpkg").failed("Nothing was imported");
    assert!(
        sandbox.names().iter().all(|n| !n.starts_with("new")),
        "a plan made for a refused file is gone: {:?}",
        sandbox.names()
    );
    let ran = sandbox.run("import bad.geojson --into trees --lenient --json").good();
    let report: Json = ran.out.parse().unwrap();
    assert_eq!((&report["loaded"], &report["left_out"]), (&json!(8), &json!(2)));
    assert!(ran.err.contains("8 features are now in 'trees', 2 left out"), "{ran:?}");
}

#[test]
fn a_replacement_tells_the_fields_that_it_takes_away() {
    let sandbox = CliSandbox::new();
    sandbox.file("wide.csv", "lon,lat,code,height\n15.26,46.23,a,12\n");
    sandbox.file("narrow.csv", "lon,lat,code\n15.26,46.23,a\n");
    sandbox.run("import wide.csv --into trees --id code").good();
    sandbox
        .other_program()
        .execute_batch("ALTER TABLE trees ADD COLUMN photo BLOB; ALTER TABLE trees ADD COLUMN note TEXT")
        .unwrap();
    for how in ["--dry-run", ""] {
        let ran = sandbox.run(&format!("import narrow.csv --into trees --id code --replace --json {how}")).good();
        let report: Json = ran.out.parse().unwrap();
        assert_eq!(report["by_kind"], json!({"dropped-field": 2}), "{how}: {report}");
        let told: Vec<&str> = (0..2).map(|i| report["findings"][i]["pointer"].as_str().unwrap()).collect();
        assert_eq!(told, ["/properties/height", "/properties/note"], "{how}");
        assert!(ran.err.contains("'trees' had the field 'height', which the files do not have"), "{how}: {}", ran.err);
    }
    let kept: i64 = sandbox
        .other_program()
        .query_row("SELECT count(*) FROM pragma_table_info('trees') WHERE name='photo'", [], |r| r.get(0))
        .unwrap();
    assert_eq!(kept, 1, "what is no field stays");
    let ran = sandbox.run("import narrow.csv --into trees --id code --replace --json").good();
    let report: Json = ran.out.parse().unwrap();
    assert_eq!(report["by_kind"], json!({}), "nothing is missing any more");
}

#[test]
fn a_table_without_a_place_is_a_warning_everywhere_and_takes_places_later() {
    let sandbox = CliSandbox::new();
    sandbox.file("shops.csv", ",code,KOORX,KOORY\n0,9824657365274853001,520648.4,121273.9\n1,1.10,520650.5,121270.1\n");
    let ran = sandbox.run("import shops.csv --into shops --json").good();
    let sentence = "'KOORX' and 'KOORY' look like coordinates in EPSG:3794";
    assert!(ran.err.contains("warning: ") && ran.err.contains(sentence), "{}", ran.err);
    let report: Json = ran.out.parse().unwrap();
    assert_eq!((&report["warnings"], &report["findings"][0]["kind"]), (&json!(1), &json!("no-place")));
    assert_eq!(report["notes"][0], "The first column has no heading and counts the rows. It was left out.");
    let checked = sandbox.run("check").good();
    assert!(checked.err.contains("warning: shops: No feature has a place"), "{}", checked.err);

    // Their codes name the features that are there, which get their places.
    sandbox.run("import shops.csv --into shops --crs EPSG:3794").good();
    let exported: Json = sandbox.run("export shops").good().out.parse().unwrap();
    let places: Vec<bool> =
        exported["features"].as_array().unwrap().iter().map(|f| f["geometry"].is_object()).collect();
    assert_eq!(places, [true, true]);
    assert_eq!(exported["features"][0]["properties"]["code"], "9824657365274853001");
    assert!(!sandbox.run("check").good().err.contains("No feature has a place"));
}

/// Degrees of another datum are up to 200 m from those of WGS 84: they are shifted, never taken for them.
#[test]
fn degrees_of_an_old_datum_are_told_and_shifted() {
    let sandbox = CliSandbox::new();
    let crs = json!({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4265"}});
    let geometry = json!({"type": "Point", "coordinates": [12.24, 44.14]});
    let feature = json!({"type": "Feature", "geometry": geometry, "properties": {"name": "a"}});
    sandbox.file("old.geojson", &json!({"type": "FeatureCollection", "crs": crs, "features": [feature]}).to_string());
    let refused = sandbox.run("import old.geojson --into old");
    assert!(refused.err.contains("says that it is in EPSG:4265 (Monte Mario"), "{refused:?}");
    assert!(refused.err.contains("--crs EPSG:4265"), "{refused:?}");
    sandbox.run("import old.geojson --into old --crs EPSG:4265").good();
    let exported: Json = sandbox.run("export old").good().out.parse().unwrap();
    let place = &exported["features"][0]["geometry"]["coordinates"];
    // PROJ 9.5.1 with the same shift.
    let (lon, lat) = (place[0].as_f64().unwrap(), place[1].as_f64().unwrap());
    assert!((lon - 12.2397860).abs() < 1e-6 && (lat - 44.1406686).abs() < 1e-6, "{place}");
}

#[test]
fn a_lenient_import_that_leaves_nothing_fails_and_keeps_what_was_there() {
    let sandbox = CliSandbox::new();
    sandbox.file("good.csv", "id,lon,lat\na,1,2\n").file("bad.csv", "id,lon,lat\nb,x,2\nc,y,3\n");
    sandbox.run("import good.csv --into trees").good();
    let ran = sandbox
        .run("import bad.csv --into trees --lenient --replace")
        .failed("2 of 2 features have faults. Correct the file.");
    assert!(!ran.err.contains("--lenient"), "{}", ran.err);
    assert!(sandbox.run("export trees").good().out.contains("\"a\""));
}

#[test]
fn flags_are_read_from_the_environment_and_files_from_the_standard_input() {
    let sandbox = CliSandbox::new();
    sandbox.file("a.csv", "id,lon,lat\na,15,46\n");
    sandbox.command("import a.csv --into stops").env("CITYHEART_PLAN", "other.gpkg").output().unwrap();
    assert_eq!(sandbox.names(), ["a.csv", "other.gpkg"]);
    let mut child = sandbox.command("import - --into stops --plan other.gpkg").stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"id,lon,lat\nb,15,46\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(
        sandbox.run("export stops --plan other.gpkg --format csv").good().out,
        "id,lon,lat\r\na,15,46\r\nb,15,46\r\n"
    );
}

#[test]
fn killing_an_import_leaves_the_plan_as_it_was() {
    let sandbox = CliSandbox::new();
    sandbox.file("a.geojson", &trees(0..200)).file("big.geojson", &trees(0..60_000));
    sandbox.run("import a.geojson --into trees").good();
    let before = sandbox.run("export trees").good().out;
    // Killed ever later: while it reads, while it writes, while it builds the index.
    for pause_ms in [5, 60, 150, 400, 800] {
        let mut child =
            sandbox.command("import big.geojson --into trees --replace").stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(pause_ms));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        assert!(sandbox.run("export trees").good().out == before, "killed after {pause_ms} ms");
    }
    sandbox.run("check").good();
}

#[test]
fn an_interrupted_import_ends_with_a_sentence_and_leaves_nothing() {
    let sandbox = CliSandbox::new();
    sandbox.file("big.geojson", &trees(0..150_000));
    let child =
        sandbox.command("import big.geojson --into trees --plan new.gpkg").stderr(Stdio::piped()).spawn().unwrap();
    // The plan is made when the work begins; a signal before that ends the program at once.
    while !sandbox.path("new.gpkg").exists() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ran = Ran::from(child.wait_with_output().unwrap());
    ran.failed("Stopped.");
    assert_eq!(sandbox.names(), ["big.geojson"]);
}

#[test]
fn what_was_understood_of_a_zipped_shapefile_is_told_before_it_goes_in() {
    use crate::support::shapefiles::{SLOVENIA, dbf, point, shp, zip};
    let sandbox = CliSandbox::new();
    let (main, _) = shp(&[point(520_648.429_84, 121_273.945_26)]);
    let table = dbf(0xc8, &[("IME", b'C', 10, 0)], &[vec![b"Kova\xe8i\xe8"]]);
    let files: [(&str, &[u8]); 3] = [("ulice.shp", &main), ("ulice.dbf", &table), ("ulice.prj", SLOVENIA.as_bytes())];
    std::fs::write(sandbox.path("ulice.zip"), zip(&files)).unwrap();
    let ran = sandbox.run("import ulice.zip --into streets --dry-run --json").good();
    let wanted = "ulice.zip/ulice.shp is a shapefile, in EPSG:3794 (Slovenia 1996 / Slovene National Grid), by the parameters of its .prj; its text is in windows-1250 (as in 'Kovačič'), as the language byte of the .dbf says.";
    assert!(ran.err.contains(wanted), "{ran:?}");
    let report: Json = ran.out.parse().unwrap();
    let told = &report["sources"][0];
    assert_eq!((&told["crs"], &told["encoding"]["name"]), (&json!("EPSG:3794"), &json!("windows-1250")));
    sandbox.run("import ulice.zip --into streets").good();
    let out = sandbox.run("export streets").good().out;
    assert!(out.contains("[15.26769999") && out.contains("Kovačič"), "{out}");
    sandbox.run("import ulice.zip --into other --crs EPSG:2154").failed("The file says that it is in EPSG:3794");
    sandbox.run("import ulice.zip --into other --encoding klingon").failed("The encoding 'klingon' is not known");
    std::fs::write(sandbox.path("plan.dxf"), "  0\nSECTION\n  2\nENTITIES\n  0\nENDSEC\n").unwrap();
    sandbox.run("import plan.dxf --into other").failed("does not say in which reference system it is");
    assert!(!sandbox.names().contains(&"other.gpkg".to_owned()));
}

#[test]
fn a_layer_of_another_server_is_imported_by_its_address() {
    use crate::support::{feature_services::answer_oapif, raw_server::RawServer};
    let server = RawServer::start(|base, target, stream| answer_oapif(base, target, stream, 1234, 500));
    let sandbox = CliSandbox::new();
    let import = format!("import {}/collections/trees --into trees", server.base);
    sandbox.run(&import).failed("an address of this machine, of an inner network");
    sandbox.run(&format!("{import} --allow-private --max-features 1000")).failed("Allow more with --max-features");
    assert_eq!(sandbox.names(), Vec::<String>::new(), "nothing is left of an import that was refused");
    let ran = sandbox.run(&format!("{import} --allow-private --json")).good();
    let report: Json = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&report["loaded"], &report["sources"][0]["licence"]),
        (&json!(1234), &json!("City of Celje, CC-BY-4.0"))
    );
    assert!(ran.err.contains("The server gave 1234 features in 3 pages"), "{}", ran.err);
    let again = sandbox.run(&format!("{import} --allow-private --replace")).good();
    assert!(again.err.contains("1234 features are now in 'trees'"), "{}", again.err);
    let plan = cityheart::atlas::PlanFile::open_read_only(&sandbox.path("plan.gpkg")).unwrap();
    assert_eq!(plan.collections().unwrap()[0].attribution(), "City of Celje, CC-BY-4.0");
    for (arguments, sentence) in [
        ("import ftp://example.org/a.zip --into a", "Only http and https are asked"),
        ("import https://user:pw@example.org/a --into a", "user name or password"),
    ] {
        sandbox.run(arguments).failed(sentence);
    }
}
