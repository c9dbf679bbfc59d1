//! schemathesis, a tester that reads the OpenAPI document and asks everything it allows, and things it does not: no
//! answer is a 5xx, has a status or a type that is not described, or a body beside its schema.

use crate::http::clients::beside;
use serde_json::Value as Json;

/// The same questions every time; by one worker, as Python before 3.11.5 loses count when two threads read source code
/// at once. Collections are all of one make: one with places of every kind, one of points, one without any.
const SCRIPT: &str = r#"
import os, subprocess, sys, sysconfig, tempfile
folder = tempfile.mkdtemp()
command = [os.path.join(sysconfig.get_path("scripts"), "schemathesis"), "run", url + "/openapi", "--phases", "coverage,fuzzing",
    "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
    "--max-examples", "2", "--seed", "1", "--generation-deterministic", "--no-shrink", "--suppress-health-check", "all",
    "--include-path-regex", "^/(?!collections/(?!interventions|cities|observations))", "--continue-on-failure", "--warnings", "off", "--no-color", "--workers", "1"]
done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
print(json.dumps({"code": done.returncode, "said": done.stdout[-6000:] + done.stderr[-2000:]}))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemathesis_finds_no_server_error_and_nothing_undescribed() {
    let seen: Json = beside(SCRIPT).await;
    let said = seen["said"].as_str().unwrap();
    assert_eq!(seen["code"], 0, "{said}");
    // It did ask.
    let cases = said.lines().find_map(|line| line.trim().split_once(" generated")?.0.parse::<u32>().ok());
    assert!(cases.is_some_and(|cases| cases > 1000), "{said}");
}
