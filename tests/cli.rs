//! The program as people run it: help, exit codes, import, export, check, backup, and what is left when it is killed.

use serde_json::{Value as Json, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of its own, and the program run in it.
struct CliSandbox {
    folder: tempfile::TempDir,
}

impl CliSandbox {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cityheart"));
        command.args(arguments.split_whitespace()).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CITYHEART_")) {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &str) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Another program that works on the plan.
    fn other_program(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path("plan.gpkg")).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

#[derive(Debug, PartialEq)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    fn failed(self, sentence: &str) -> Self {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert!(self.err.contains(sentence), "{self:?}");
        assert!(!self.err.contains("panicked") && !self.err.contains("RUST_BACKTRACE"), "{self:?}");
        self
    }
}

fn trees(ids: std::ops::Range<usize>) -> String {
    let features: Vec<Json> = ids
        .map(|i| {
            let place = json!({"type": "Point", "coordinates": [15.0 + i as f64 / 1e5, 46.0]});
            json!({"type": "Feature", "id": format!("t{i}"), "geometry": place, "properties": {"height": i as f64 + 0.5, "kind": "lime"}})
        })
        .collect();
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

#[test]
fn every_command_helps_with_three_examples() {
    let sandbox = CliSandbox::new();
    let all = sandbox.run("--help").good().out;
    for command in ["demo", "serve", "import", "export", "check", "backup", "user", "token"] {
        assert!(all.contains(&format!("  {command} ")), "{all}");
        let help = sandbox.run(&format!("{command} --help")).good().out;
        assert!(help.matches(&format!("  cityheart {command}")).count() >= 3, "{help}");
        assert!(!help.contains('\x1b'), "no colour into a pipe: {help}");
    }
    assert!(sandbox.run("--version").good().out.starts_with("cityheart "));
    assert_eq!(sandbox.names(), Vec::<String>::new());
}

#[test]
fn misuse_is_exit_code_two_and_failure_one() {
    let sandbox = CliSandbox::new();
    sandbox.file("a.geojson", &trees(0..1));
    for misuse in [
        "",
        "frobnicate",
        "import",
        "import a.geojson",
        "import a.geojson --into Trees",
        "import a.geojson --into gpkg_trees",
        "import a.geojson --into trees --format shp",
        "import a.geojson --into trees --crs EPSG:1",
        "export",
        "serve --listen nowhere",
        "serve --public-url nothing",
        "backup one",
    ] {
        let ran = sandbox.run(misuse);
        assert_eq!(ran.code, Some(2), "{misuse}: {ran:?}");
        assert!(!ran.err.is_empty(), "{misuse}");
    }
    sandbox.run("import missing.geojson --into trees").failed("There is no file missing.geojson. Check the path.");
    sandbox.run("import . --into trees").failed("is a directory");
    sandbox.run("export trees").failed("plan.gpkg");
    sandbox.run("check nowhere.gpkg").failed("nowhere.gpkg");
    sandbox.run("serve nowhere.gpkg").failed("nowhere.gpkg");
    assert_eq!(sandbox.names(), ["a.geojson"], "failure leaves nothing");
}

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

    sandbox.run("import shops.csv --into shops --crs EPSG:3794").good();
    let exported: Json = sandbox.run("export shops").good().out.parse().unwrap();
    let places: Vec<bool> =
        exported["features"].as_array().unwrap().iter().map(|f| f["geometry"].is_object()).collect();
    assert_eq!(places, [false, false, true, true]);
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
fn a_backup_is_a_whole_plan_and_never_overwrites() {
    let sandbox = CliSandbox::new();
    sandbox.file("a.geojson", &trees(0..3));
    sandbox.run("import a.geojson --into trees").good();
    sandbox.run("backup plan.gpkg copy.gpkg").good();
    assert_eq!(sandbox.run("export trees --plan copy.gpkg").good().out, sandbox.run("export trees").good().out);
    sandbox.run("backup plan.gpkg copy.gpkg").failed("copy.gpkg");
    sandbox.run("backup nowhere.gpkg copy2.gpkg").failed("nowhere.gpkg");
}

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
fn tiles_are_built_into_one_file_that_is_there_when_it_is_whole() {
    let sandbox = CliSandbox::new();
    let ring = json!([[15.26, 46.23], [15.27, 46.23], [15.27, 46.24], [15.26, 46.23]]);
    let areas = json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": "a", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"name": "A"}},
    ]});
    sandbox.file("places.geojson", &areas.to_string());
    assert_eq!(sandbox.run("import places.geojson --into places").code, Some(0));
    let ran = sandbox.run("tiles build -o plan.pmtiles --collections places,places_label --maxzoom 12");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("tiles (") || ran.err.contains("tiles ("), "{ran:?}");
    assert!(sandbox.names().contains(&"plan.pmtiles".to_owned()));
    assert!(std::fs::read(sandbox.path("plan.pmtiles")).unwrap().starts_with(b"PMTiles\x03"));
    let wrong = sandbox.run("tiles build -o other.pmtiles --minzoom 9 --maxzoom 3");
    assert_eq!((wrong.code, wrong.err.contains("Swap them")), (Some(2), true), "{wrong:?}");
    let wrong = sandbox.run("tiles build -o other.pmtiles --collections nowhere");
    assert_eq!((wrong.code, wrong.err.contains("nowhere")), (Some(2), true), "{wrong:?}");
    assert!(!sandbox.names().iter().any(|n| n.contains("other")), "{:?}", sandbox.names());
}

#[test]
fn accounts_are_made_listed_and_ended_from_the_command_line() {
    let sandbox = CliSandbox::new();
    let cities = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"celje","geometry":{"type":"Point","coordinates":[15.26,46.23]},"properties":{"name":"Celje","country":"SI","partner":"celje"}}]}"#;
    sandbox.file("cities.geojson", cities);
    sandbox.run("user list").failed("There is no plan plan.gpkg.");
    sandbox.run("import cities.geojson --into cities").good();
    let made = sandbox.run("user add anna --role editor --city celje --name Anna").good();
    assert!(made.out.trim().len() >= 20 && made.err.contains("'anna' is an editor now"), "{made:?}");
    assert_eq!(sandbox.run("user list").good().out, "anna\teditor\tcelje\tAnna\n");
    sandbox.run("user add anna --role admin").failed("The name 'anna' is already used by a user or a token.");
    let misspelt = sandbox.run("user add bo --role editor --city celj");
    assert!(misspelt.code == Some(2) && misspelt.err.contains("Did you mean 'celje'?"), "{misspelt:?}");
    let nowhere = sandbox.run("user add bo --role contributor");
    assert!(nowhere.code == Some(2) && nowhere.err.contains("--city"), "{nowhere:?}");
    assert_eq!(sandbox.run("user add Bo --role admin").code, Some(2));
    assert_eq!(sandbox.run("user add bo --role king").code, Some(2));
    let again = sandbox.run("user password anna").good();
    assert_ne!(again.out, made.out);
    let token = sandbox.run("token add qgis --role viewer --days 3").good();
    assert!(token.out.starts_with("cityheart_") && token.out.trim().len() == 74, "{token:?}");
    let listed = sandbox.run("token list").good().out;
    assert!(listed.starts_with("qgis\tviewer\t-\tuntil 20"), "{listed}");
    let kept = std::fs::read(sandbox.path("plan.access.db")).unwrap();
    for secret in [made.out.trim(), again.out.trim(), token.out.trim()] {
        assert!(!kept.windows(secret.len()).any(|w| w == secret.as_bytes()), "a secret is kept");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(sandbox.path("plan.access.db")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    sandbox.run("token revoke qgis").good();
    sandbox.run("token revoke qgis").failed("There is no token 'qgis'.");
    sandbox.run("user remove anna").good();
    assert_eq!(sandbox.run("user list").good().out, "");
    assert_eq!(sandbox.run("token list").good().out, "");
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
