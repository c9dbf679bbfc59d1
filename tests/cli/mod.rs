//! The program as people run it: help, exit codes, backup, tiles and accounts; import, export and check in files of
//! their own.

mod check;
mod export;
mod import;
mod place_names;
mod tables;
mod update;

use serde_json::{Value as Json, json};
use std::path::PathBuf;
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
    for reserved in ["user add import --role admin", "user add qgis --role admin", "token add import --role admin"] {
        let refused = sandbox.run(reserved);
        assert!(refused.code == Some(2) && refused.err.contains("is reserved"), "{refused:?}");
    }
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
