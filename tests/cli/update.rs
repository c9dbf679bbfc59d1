//! Tables that come back: rows that name features of the plan change them, and nothing else.

use super::{CliSandbox, Ran};
use crate::support::python;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const PLAN: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","id":"celje-a","geometry":{"type":"Point","coordinates":[15.2675,46.2311]},"properties":{"code":"A1","title":"Square","city":"celje","kind":"study","status":"idea","location_precision":"exact","visibility":"public","cost":1000,"start":"2026-01-01","end":"2026-12-31","date_precision":"month","place":"Glavni trg"}},
{"type":"Feature","id":"celje-b","geometry":{"type":"Point","coordinates":[15.2680,46.2320]},"properties":{"code":"A2","title":"Street","city":"celje","kind":"study","status":"approved","location_precision":"exact","visibility":"public"}},
{"type":"Feature","id":"split-a","geometry":null,"properties":{"code":"A1","title":"Riva","city":"split","kind":"study","status":"idea","location_precision":"unknown","visibility":"public","cost":7}}
]}"#;

fn plan() -> CliSandbox {
    let sandbox = CliSandbox::new();
    sandbox.file("plan.geojson", PLAN);
    sandbox.run("import plan.geojson --into interventions").good();
    sandbox
}

impl CliSandbox {
    fn feature(&self, id: &str) -> Json {
        let all: Json = self.run("export interventions").good().out.parse().unwrap();
        let found = all["features"].as_array().unwrap().iter().find(|f| f["id"] == id).cloned();
        found.unwrap_or_default()
    }

    fn value(&self, id: &str, field: &str) -> Json {
        self.feature(id)["properties"][field].clone()
    }

    fn revision(&self) -> i64 {
        let log = "SELECT max(r) FROM (SELECT max(revision) r FROM cityheart_changes UNION SELECT max(revision) FROM cityheart_loads)";
        self.other_program().query_row(log, [], |row| row.get(0)).unwrap()
    }

    /// The workbook of a collection, and what a script does to it as `book`; `sheet` is its first sheet and `at` finds
    /// a column by its hidden name.
    fn edit_workbook(&self, name: &str, script: &str) {
        let frame = "import json, sys, openpyxl\npath = json.load(sys.stdin)\nbook = openpyxl.load_workbook(path)\nsheet = book.worksheets[0]\nat = {c.value: c.column for c in sheet[1]}\nrows = {sheet.cell(r, at['_id']).value: r for r in range(3, sheet.max_row + 1)}\ndef put(id, field, value):\n    sheet.cell(rows[id], at[field]).value = value\n";
        python::run(&format!("{frame}{script}\nbook.save(path)"), &json!(self.path(name)).to_string());
    }
}

impl Ran {
    fn says(self, sentence: &str) -> Self {
        assert!(self.err.contains(sentence), "'{sentence}' is not in {}", self.err);
        self
    }
}

#[test]
fn a_row_changes_what_its_cells_say_and_the_same_file_again_changes_nothing() {
    let sandbox = plan();
    let table = "id,code,title,city,kind,status,location_precision,visibility,cost\n\
        celje-a,A1,Square,celje,study,idea,exact,public,1200.50\n\
        celje-b,A2,,celje,study,approved,exact,public,\n\
        celje-c,A3,Park,celje,study,idea,exact,public,5\n";
    sandbox.file("t.csv", table);
    let before = sandbox.revision();
    let ran = sandbox.run("import t.csv --into interventions --dry-run --json").good();
    let report: Json = ran.out.parse().unwrap();
    assert_eq!(report["update"]["changed"], 1, "{report}");
    assert_eq!(report["update"]["changes"][0]["fields"], json!([{"field": "cost", "from": 1000, "to": 1200.5}]));
    assert_eq!((&report["update"]["new"], &report["update"]["unchanged"]), (&json!(1), &json!(1)));
    ran.says("'celje-a': cost 1000 → 1200.5.").says("a new feature 'celje-c'").says("Nothing was written.");
    assert_eq!(sandbox.revision(), before);
    sandbox
        .run("import t.csv --into interventions")
        .good()
        .says("1 changed, 1 new, 0 removed, 1 unchanged.")
        .says("1 empty cell of the file would empty a value of the plan, which stays");
    assert_eq!(sandbox.revision(), before + 1, "one change set, which one undo reverses");
    assert_eq!(sandbox.value("celje-a", "cost"), 1200.5);
    assert_eq!(sandbox.value("celje-a", "place"), "Glavni trg", "a column that is absent says nothing");
    assert_eq!(sandbox.value("celje-b", "title"), "Street", "an empty cell empties nothing");
    assert_eq!(sandbox.feature("celje-a")["geometry"]["coordinates"], json!([15.2675, 46.2311]));
    let ran = sandbox.run("import t.csv --into interventions").good();
    ran.says("0 changed, 0 new, 0 removed, 3 unchanged. Nothing is to be written.");
    assert_eq!(sandbox.revision(), before + 1);
}

#[test]
fn an_officers_table_of_codes_and_figures_needs_no_other_column() {
    let sandbox = plan();
    sandbox.file("t.csv", "Šifra;Vrednost\nA2;1.900.000,00 €\n");
    sandbox.run("import t.csv --into interventions").good().says("1 changed, 0 new");
    assert_eq!(sandbox.value("celje-b", "cost"), 1_900_000);
    // Two cities have this code.
    sandbox.file("t.csv", "Šifra;Vrednost\nA1;1.900.000,00 €\n");
    let ran = sandbox
        .run("import t.csv --into interventions")
        .failed("Several features have this code: 'celje-a', 'split-a'.");
    ran.says("ambiguous-code");
    sandbox.file("t.csv", "Šifra;Vrednost;City\nA1;1.900.000,00 €;split\n");
    sandbox.run("import t.csv --into interventions").good().says("1 changed, 0 new");
    assert_eq!((sandbox.value("split-a", "cost"), sandbox.value("celje-a", "cost")), (json!(1_900_000), json!(1000)));
    // A code that is new needs what every feature needs.
    sandbox.file("t.csv", "Šifra;Vrednost\nA2;1.900.001,00 €\nA9;5,00 €\n");
    sandbox.run("import t.csv --into interventions").failed("which every feature needs");
    assert_eq!(sandbox.value("celje-b", "cost"), 1_900_000);
}

#[test]
fn a_period_of_one_column_leaves_the_other_end_and_the_precision() {
    let sandbox = plan();
    sandbox.file("t.csv", "id;Začetek\ncelje-a;1. 1. 2026\n");
    sandbox.run("import t.csv --into interventions").good().says("0 changed, 0 new, 0 removed, 1 unchanged");
    sandbox.file("t.csv", "id;Začetek\ncelje-a;Q3 2026\n");
    sandbox.run("import t.csv --into interventions").good().says("1 changed");
    let found = sandbox.feature("celje-a")["properties"].clone();
    assert_eq!((&found["start"], &found["end"]), (&json!("2026-07-01"), &json!("2026-12-31")));
    assert_eq!(found["date_precision"], "quarter");
}

#[test]
fn a_value_of_all_rows_fills_and_replaces_nothing() {
    let sandbox = plan();
    sandbox.file("t.csv", "id,title\ncelje-a,Square\nsplit-a,Riva\n");
    let ran = sandbox.run("import t.csv --into interventions --set city=celje --set lead=Jana").good();
    ran.says("2 changed").says("--set city fills features that have no value.");
    assert_eq!((sandbox.value("split-a", "city"), sandbox.value("split-a", "lead")), (json!("split"), json!("Jana")));
}

#[test]
fn other_formats_change_features_only_when_asked() {
    let sandbox = plan();
    sandbox.file("p.geojson", &PLAN.replace("\"Square\"", "\"Market\"").replace("15.2680", "15.2690"));
    sandbox.run("import p.geojson --into interventions").failed("change the feature with --update");
    let ran = sandbox.run("import p.geojson --into interventions --update --dry-run").good();
    ran.says("'celje-a': title 'Square' → 'Market'.").says("'celje-b': its place.");
    sandbox
        .run("import p.geojson --into interventions --update")
        .good()
        .says("2 changed, 0 new, 0 removed, 1 unchanged");
    assert_eq!(sandbox.feature("celje-b")["geometry"]["coordinates"], json!([15.269, 46.232]));
    assert_eq!(sandbox.run("import p.geojson --into interventions --update --replace").code, Some(2));
}

#[test]
fn what_is_missing_is_told_and_removed_only_when_asked() {
    let sandbox = plan();
    sandbox.file("t.csv", "id,title,city\ncelje-a,Square,celje\n");
    let ran = sandbox.run("import t.csv --into interventions").good();
    ran.says("1 feature of the plan is not in the file ('celje-b'). It stays");
    assert_eq!(sandbox.feature("celje-b")["id"], "celje-b");
    let ran = sandbox.run("import t.csv --into interventions --remove-missing").good();
    ran.says("0 changed, 0 new, 1 removed, 1 unchanged");
    assert!(sandbox.feature("celje-b").is_null());
    assert_eq!(sandbox.feature("split-a")["id"], "split-a", "the file is of another city");
}

/// Every collection of the demo plan that a workbook can hold, as a person's spreadsheets save it.
#[test]
fn a_workbook_that_nobody_edited_changes_nothing() {
    let sandbox = CliSandbox::new();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata/demo");
    let collections = ["interventions", "areas", "premises", "indicators", "segments"];
    for name in collections {
        std::fs::copy(demo.join(format!("{name}.geojson")), sandbox.path("x.geojson")).unwrap();
        sandbox.run(&format!("import x.geojson --into {name}")).good();
    }
    let before = sandbox.revision();
    sandbox.run("export interventions -o all.xlsx --language sl --sheets areas,premises,indicators,segments").good();
    let mut files = vec!["all.xlsx".to_owned()];
    files.extend(save_in_libreoffice(&sandbox, "all.xlsx"));
    sandbox.edit_workbook("all.xlsx", "");
    for file in files {
        for name in collections {
            let ran = sandbox.run(&format!("import {file} --into {name}")).good();
            ran.says(" 0 changed, 0 new, 0 removed,").says("Nothing is to be written.");
        }
    }
    assert_eq!(sandbox.revision(), before);
}

const TWENTY: &str = "
ids = list(rows)[:10]
for n, id in enumerate(ids):
    put(id, 'title', f'Novi naslov {n}')
    put(id, 'cost', 1000.5 + n)
";

#[test]
fn twenty_cells_that_were_edited_are_twenty_changes_and_the_file_again_none() {
    let sandbox = CliSandbox::new();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata/demo/interventions.geojson");
    std::fs::copy(demo, sandbox.path("x.geojson")).unwrap();
    sandbox.run("import x.geojson --into interventions").good();
    sandbox.run("export interventions -o a.xlsx --language hr").good();
    sandbox.edit_workbook("a.xlsx", TWENTY);
    let mut files = vec!["a.xlsx".to_owned()];
    files.extend(save_in_libreoffice(&sandbox, "a.xlsx"));
    std::fs::copy(sandbox.path("plan.gpkg"), sandbox.path("first.gpkg")).unwrap();
    for file in files {
        let plan = format!("{}.gpkg", file.replace(['/', '.'], "-"));
        std::fs::copy(sandbox.path("first.gpkg"), sandbox.path(&plan)).unwrap();
        let import = format!("import {file} --into interventions --plan {plan}");
        let report: Json = sandbox.run(&format!("{import} --dry-run --json")).good().out.parse().unwrap();
        let changes = report["update"]["changes"].as_array().unwrap();
        assert_eq!((changes.len(), &report["update"]["conflicts"]), (10, &json!(0)), "{file}: {report}");
        let fields: usize = changes.iter().map(|change| change["fields"].as_array().unwrap().len()).sum();
        assert_eq!(fields, 20, "{file}: {report}");
        sandbox.run(&import).good().says("10 changed, 0 new, 0 removed");
        sandbox.run(&import).good().says("0 changed, 0 new, 0 removed").says("Nothing is to be written.");
    }
}

/// The same workbook saved by LibreOffice, as XLSX and as ODS; nothing where it is not installed.
fn save_in_libreoffice(sandbox: &CliSandbox, name: &str) -> Vec<String> {
    if Command::new("soffice").arg("--version").output().is_err() {
        eprintln!("left out: LibreOffice is not installed, so that it does not save the workbooks");
        return vec![];
    }
    let profile = format!("-env:UserInstallation=file://{}/profile", sandbox.path("").display());
    let convert = |format: &str| {
        let folder = PathBuf::from(format!("saved-{format}"));
        let ran = Command::new("soffice")
            .args([profile.as_str(), "--headless", "--convert-to", format, "--outdir"])
            .args([&folder, Path::new(name)])
            .current_dir(sandbox.path(""))
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        folder.join(name).with_extension(format).to_string_lossy().into_owned()
    };
    ["xlsx", "ods"].map(convert).into()
}

/// The plan and its workbook, before anything is edited.
fn with_workbook() -> CliSandbox {
    let sandbox = plan();
    sandbox.run("export interventions -o a.xlsx").good();
    sandbox
}

#[test]
fn a_cell_that_the_plan_changed_meanwhile_is_a_conflict_with_its_three_values() {
    let sandbox = with_workbook();
    sandbox.edit_workbook(
        "a.xlsx",
        "put('celje-a', 'cost', 3000)\nput('celje-a', 'place', 'Trg')\nput('celje-b', 'title', 'Ulica')",
    );
    sandbox.file("m.csv", "id,cost,title\ncelje-a,2000,Market\n");
    sandbox.run("import m.csv --into interventions").good().says("1 changed");
    let revision = sandbox.revision();
    let ran = sandbox.run("import a.xlsx --into interventions").failed("edit-conflict");
    ran.says("'cost' was 1000 when the row was written, is 2000 in the plan now and 3000 in the file.")
        .says("sheet Interventions, cell ");
    assert_eq!(sandbox.revision(), revision, "nothing was written");
    std::fs::copy(sandbox.path("plan.gpkg"), sandbox.path("second.gpkg")).unwrap();
    sandbox.run("import a.xlsx --into interventions --on-conflict ours").good().says("2 changed");
    assert_eq!((sandbox.value("celje-a", "cost"), sandbox.value("celje-a", "place")), (json!(2000), json!("Trg")));
    assert_eq!(sandbox.value("celje-a", "title"), "Market", "a cell that was not edited does not undo the plan's edit");
    assert_eq!(sandbox.value("celje-b", "title"), "Ulica");
    std::fs::rename(sandbox.path("second.gpkg"), sandbox.path("plan.gpkg")).unwrap();
    for rest in ["plan.gpkg-wal", "plan.gpkg-shm"] {
        let _ = std::fs::remove_file(sandbox.path(rest));
    }
    sandbox.run("import a.xlsx --into interventions --lenient").good().says("1 changed, 0 new, 0 removed");
    assert_eq!((sandbox.value("celje-a", "cost"), sandbox.value("celje-b", "title")), (json!(2000), json!("Ulica")));
    sandbox.run("import a.xlsx --into interventions --on-conflict theirs").good().says("1 changed");
    assert_eq!((sandbox.value("celje-a", "cost"), sandbox.value("celje-a", "title")), (json!(3000), json!("Market")));
}

#[test]
fn an_empty_cell_of_a_workbook_empties_and_an_edit_that_the_plan_has_is_none() {
    let sandbox = with_workbook();
    sandbox.edit_workbook(
        "a.xlsx",
        "put('celje-a', 'cost', None)\nput('celje-b', 'title', ' Cesta ')\nput('celje-b', 'geometry', None)",
    );
    sandbox.file("m.csv", "id,title\ncelje-b,Cesta\n");
    sandbox.run("import m.csv --into interventions").good();
    let ran = sandbox.run("import a.xlsx --into interventions").good();
    ran.says("2 changed, 0 new, 0 removed, 1 unchanged");
    assert!(sandbox.value("celje-a", "cost").is_null());
    assert!(sandbox.feature("celje-b")["geometry"].is_null(), "the place was emptied");
    assert_eq!(sandbox.feature("celje-a")["geometry"]["coordinates"], json!([15.2675, 46.2311]));
}

#[test]
fn rows_that_were_added_removed_copied_or_deleted_meanwhile_are_told_apart() {
    let sandbox = with_workbook();
    let add = "sheet.delete_rows(rows['split-a'])\nr = sheet.max_row + 1\nfor field, value in dict(code='A7', title='Novo', city='celje', kind='study', status='idea', location_precision='exact', visibility='public').items():\n    sheet.cell(r, at[field]).value = value";
    sandbox.edit_workbook("a.xlsx", add);
    sandbox.file(
        "m.csv",
        "id,code,title,city,kind,status,location_precision,visibility\nlater,A8,Later,celje,study,idea,exact,public\n",
    );
    sandbox.run("import m.csv --into interventions").good();
    let ran = sandbox.run("import a.xlsx --into interventions").good();
    ran.says("0 changed, 1 new, 0 removed, 2 unchanged").says("('split-a'). It stays");
    assert_eq!(sandbox.feature("split-a")["id"], "split-a");
    let ran = sandbox.run("import a.xlsx --into interventions --remove-missing").good();
    ran.says("0 changed, 0 new, 1 removed, 3 unchanged");
    assert!(sandbox.feature("split-a").is_null());
    assert_eq!(sandbox.feature("later")["id"], "later", "what is newer than the workbook is not missing from it");
    // A copied row has the hidden id of its original.
    sandbox.run("export interventions -o b.xlsx").good();
    sandbox.edit_workbook("b.xlsx", "r = sheet.max_row + 1\nfor c in range(1, sheet.max_column + 1):\n    sheet.cell(r, c).value = sheet.cell(rows['celje-a'], c).value\nsheet.cell(r, at['title']).value = 'Copy'");
    sandbox
        .run("import b.xlsx --into interventions")
        .failed("'celje-a' is also the feature of sheet Interventions, row ");
    // A feature that was deleted meanwhile stays deleted.
    sandbox.run("export interventions -o c.xlsx").good();
    sandbox.file("d.csv", "id,title,city\ncelje-a,Square,celje\nlater,Later,celje\n");
    sandbox.run("import d.csv --into interventions --remove-missing").good();
    sandbox.run("import c.xlsx --into interventions").good().says("deleted from the plan since it was exported");
    sandbox.edit_workbook("c.xlsx", "put('celje-b', 'cost', 5)");
    sandbox
        .run("import c.xlsx --into interventions")
        .failed("'celje-b' was deleted from the plan after this row was written");
}

#[test]
fn a_workbook_may_be_sorted_renamed_and_commented() {
    let sandbox = with_workbook();
    let script = "sheet.title = 'Moje'\nsheet.insert_cols(4)\nsheet.cell(2, 4).value = 'Opomba'\nsheet.cell(3, 4).value = 'poklicati'\nnotes = book.create_sheet('Zapiski')\nnotes.append(['a', 'b'])\nfor c in range(1, sheet.max_column + 1):\n    a, b = sheet.cell(3, c), sheet.cell(5, c)\n    a.value, b.value = b.value, a.value\nat = {c.value: c.column for c in sheet[1]}\nrows = {sheet.cell(r, at['_id']).value: r for r in range(3, 6)}\nput('split-a', 'cost', '8')";
    sandbox.edit_workbook("a.xlsx", script);
    let ran = sandbox.run("import a.xlsx --into interventions").good();
    ran.says("1 changed, 0 new, 0 removed, 2 unchanged").says("Not a field of the collection, and left out: column D.");
    assert_eq!(sandbox.value("split-a", "cost"), 8);
}
