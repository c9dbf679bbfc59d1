//! The log of the program as it runs: what it says of edits, failed sign-ins and refusals, and what it never says.

use crate::support::server::{demo, fresh_in};
use cityheart::access::{AccessRole, Viewer};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";
const CLIENT: &str = "203.0.113.77";

/// A server with its log in a file.
struct LoggingServer {
    child: Child,
    address: String,
    log: PathBuf,
    _folder: TempDir,
}

impl LoggingServer {
    fn start(level: &str) -> Self {
        let plan = fresh_in(tempfile::tempdir().unwrap(), &demo());
        let anna = Viewer::new("anna", "Anna Novak", AccessRole::Editor, ["celje"]);
        plan.atlas.accounts().unwrap().add_user(&anna, PASSWORD).unwrap();
        let folder = plan.folder;
        drop(plan.atlas);
        let log = folder.path().join("log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_cityheart"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CITYHEART_")) {
            command.env_remove(name);
        }
        if !level.is_empty() {
            command.env("CITYHEART_LOG", level);
        }
        let mut child = command
            .args(["serve", "plan.gpkg", "--listen", "127.0.0.1:0", "--trust-proxy"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        Self { child, address, log, _folder: folder }
    }

    /// Sends a request as the proxy passes it on, and returns the response's head and body.
    fn ask(&self, head: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let length = body.len();
        let text = format!(
            "{head} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {CLIENT}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(text.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    fn sign_in(&self, password: &str) -> String {
        let body = json!({"login": "anna", "password": password}).to_string();
        self.ask("POST /auth/login", "Content-Type: application/json\r\n", &body)
    }

    /// Stops the server as an operator does, and returns its log.
    fn stop(mut self) -> String {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for LoggingServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn header<'a>(response: &'a str, name: &str) -> &'a str {
    let mut lines = response.lines().take_while(|line| !line.is_empty());
    lines.find_map(|line| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)).unwrap()
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or_default()
}

/// The one line about a request.
fn line_of<'a>(log: &'a str, response: &str) -> &'a str {
    let id = format!("request=\"{}\"", header(response, "x-request-id"));
    let lines: Vec<_> = log.lines().filter(|line| line.contains(&id)).collect();
    assert_eq!(lines.len(), 1, "{id} in\n{log}");
    lines[0]
}

const PLACE: &str = r#"{"type":"Feature","id":"celje-logged","geometry":null,"properties":{"title":"A","city":"celje","kind":"study","status":"idea","location_precision":"unknown","visibility":"public","language":"en"}}"#;

#[test]
fn edits_failed_sign_ins_and_refusals_are_a_line_each_without_personal_data() {
    let server = LoggingServer::start("");
    let signed_in = server.sign_in(PASSWORD);
    assert_eq!(status(&signed_in), "200", "{signed_in}");
    let cookie = header(&signed_in, "set-cookie").split(';').next().unwrap();
    let by_anna = format!("Cookie: {cookie}\r\nX-Cityheart: 1\r\nContent-Type: application/geo+json\r\n");
    let items = "/api/collections/interventions/items";
    let edited = server.ask(&format!("POST {items}"), &by_anna, PLACE);
    assert_eq!(status(&edited), "201", "{edited}");
    let wrong = server.sign_in("a secret that is wrong");
    let forbidden = server.ask(&format!("POST {items}?q=private"), "Content-Type: application/geo+json\r\n", PLACE);
    let foreign = server.ask(&format!("POST {items}"), &by_anna, &PLACE.replace("celje\"", "osijek\""));
    let invalid = server.ask(&format!("POST {items}"), &by_anna, &PLACE.replace("\"idea\"", "\"no such\""));
    let token = server.ask("GET /api", "Authorization: Bearer cityheart_secret\r\n", "");
    let found = server.ask("GET /api", "", "");
    let missing = server.ask("GET /nothing", "", "");
    for (response, expected) in
        [(&wrong, "401"), (&forbidden, "403"), (&foreign, "403"), (&invalid, "422"), (&token, "401"), (&missing, "404")]
    {
        assert_eq!(status(response), expected, "{response}");
    }
    let log = server.stop();

    let edit = line_of(&log, &edited);
    for part in ["INFO", "collection=\"interventions\"", " revision=", "features=1", "ids=\"celje-logged\"", " ms="] {
        assert!(edit.contains(part), "{part}: {edit}");
    }
    let account = edit.split("account=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(account.len() > 8, "{edit}");
    let failed = line_of(&log, &wrong);
    assert!(failed.contains("WARN") && failed.contains("failed sign-in") && failed.contains("\"203.0.113.0/24\""));
    for (response, part) in [
        (&forbidden, "client=\"203.0.113.0/24\""),
        (&forbidden, "path=\"/api/collections/interventions/items\""),
        (&forbidden, "status=403"),
        (&foreign, account),
        (&invalid, "status=422"),
        (&token, "status=401"),
    ] {
        assert!(line_of(&log, response).contains(part), "{part}: {}", line_of(&log, response));
    }
    for quiet in [&signed_in, &found, &missing] {
        assert!(!log.contains(header(quiet, "x-request-id")), "{log}");
    }
    for personal in ["anna", "Novak", CLIENT, PASSWORD, "a secret", "private", "cityheart_"] {
        assert!(!log.contains(personal), "{personal} in\n{log}");
    }
    let first = log.lines().next().unwrap();
    assert!(first.contains("serving") && first.contains("plan.gpkg") && first.contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_flood_of_wrong_passwords_writes_thirty_lines_and_the_number_of_the_others() {
    let server = LoggingServer::start("");
    let statuses: Vec<_> = (0..45).map(|_| status(&server.sign_in("wrong")).to_owned()).collect();
    let throttled = statuses.iter().filter(|s| *s == "429").count();
    assert!(throttled > 30 && statuses.iter().all(|s| s == "429" || s == "401"), "{statuses:?}");
    let refused = server.ask("GET /api", "Authorization: Bearer x\r\n", "");
    let metrics = server.ask("GET /metrics", "", "");
    assert!(metrics.contains("cityheart_log_lines_left_out_total 15\n"), "{metrics}");
    assert!(metrics.contains(&format!("cityheart_sign_ins_total{{outcome=\"throttled\"}} {throttled}\n")));
    let log = server.stop();
    assert_eq!(log.lines().filter(|line| line.contains("failed sign-in ")).count(), 30, "{log}");
    assert!(log.contains("left out lines about failed sign-ins") && log.contains("lines=15"), "{log}");
    // Lines of another kind are not kept out.
    line_of(&log, &refused);
}

#[test]
fn debug_adds_a_line_for_each_response_with_the_whole_address() {
    let server = LoggingServer::start("cityheart=debug");
    let found = server.ask("GET /api/collections/interventions/items?city=private", "", "");
    let log = server.stop();
    let line = line_of(&log, &found);
    assert!(line.contains("DEBUG") && line.contains("status=200") && line.contains(CLIENT), "{line}");
    assert!(!line.contains("private"), "{line}");
}
