//! Tables of officers from the command line: what is understood and asked, the answers, the recipe.

use super::CliSandbox;
use serde_json::Value as Json;

const TABLE: &str = "Načrt dreves;;\nid;obseg;dan\na;1.234;3/4/2026\nb;2.500;5/6/2026\nSkupaj;3.734;\n";

#[test]
fn a_dry_run_says_what_is_understood_and_asked_and_a_recipe_answers() {
    let sandbox = CliSandbox::new();
    sandbox.file("drevesa.csv", TABLE);
    let ran = sandbox
        .run("import drevesa.csv --into trees --dry-run --json")
        .failed("Nothing was imported: 2 questions are open.");
    assert!(ran.err.contains("drevesa.csv: headings in row 2, 2 features in rows 3 to 4."), "{ran:?}");
    assert!(ran.err.contains("--decimal comma ('1.234' is 1234)"), "{ran:?}");
    let report: Json = ran.out.parse().unwrap();
    let questions: Vec<_> =
        report["tables"][0]["questions"].as_array().unwrap().iter().map(|q| q["id"].clone()).collect();
    assert_eq!(questions, ["decimal", "day-order"]);
    let answers = "--decimal comma --day-order day-first --save-recipe recept.json";
    let ran = sandbox.run(&format!("import drevesa.csv --into trees {answers}")).good();
    assert!(ran.err.contains("Row 5 ('Skupaj') sums other rows. It was left out."), "{ran:?}");
    let first = sandbox.run("export trees --format csv").good().out;
    assert!(first.contains("1234,2026-04-03") && first.contains("2500,2026-06-05"), "{first}");
    sandbox.run("import drevesa.csv --into again --recipe recept.json").good();
    assert_eq!(sandbox.run("export again --format csv").good().out, first);
    sandbox.file("no.json", "{}");
    for (flag, sentence) in [("--recipe no.json", "This is not a recipe"), ("--decimal dot", "Say comma or point.")] {
        let ran = sandbox.run(&format!("import drevesa.csv --into third {flag}"));
        assert!(ran.code == Some(2) && ran.err.contains(sentence), "{ran:?}");
    }
    sandbox
        .run("import drevesa.csv --into third --map Barva=x --decimal comma")
        .failed("The table has no column 'Barva'. It has: 'id', 'obseg', 'dan'.");
}
