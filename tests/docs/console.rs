//! The `console` blocks of the documentation are run, in a folder with the files below and beside a server over the
//! demo plan, and print what they show. `…` stands for any text, and numbers of seconds may differ.

use rust_xlsxwriter::{Format, Workbook};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The address in the documentation.
const DOCUMENTED_SERVER: &str = "127.0.0.1:8080";
const TREES: &str = r#"{"type": "FeatureCollection", "features": [
{"type": "Feature", "id": "oak", "geometry": {"type": "Point", "coordinates": [15.2655, 46.229]}, "properties": {"species": "Quercus robur"}},
{"type": "Feature", "id": "lime", "geometry": {"type": "Point", "coordinates": [15.266, 46.23]}, "properties": {"species": "Tilia cordata"}},
{"type": "Feature", "id": "bed", "geometry": {"type": "Polygon", "coordinates": [[[15.265, 46.22], [15.27, 46.23], [15.27, 46.22], [15.265, 46.23], [15.265, 46.22]]]}, "properties": {"species": null}}
]}
"#;
const AREAS: &str = r#"{"type": "FeatureCollection", "features": [{"type": "Feature", "id": "celje-a", "geometry": {"type": "Polygon", "coordinates": [[[15.26, 46.22], [15.27, 46.22], [15.27, 46.23]]]}, "properties": {"name": "Centre", "city": "celje", "kind": "core"}}]}
"#;

/// The action table of an officer: a title, merged headings, amounts as they are written, a sum.
const ACTIONS: [[&str; 7]; 7] = [
    ["Izvedbeni akcijski načrt 2026", "", "", "", "", "", ""],
    ["", "", "", "", "", "", ""],
    ["", "Akcija", "", "", "Finance", "Lokacija", ""],
    ["Šifra", "Naziv", "Vrsta", "Stanje", "Vrednost", "E", "N"],
    ["A-1", "Klop v senci", "hard_investment", "ideja", "12.000 €", "520402", "121084"],
    ["A-2", "Tržnica", "event", "v izvajanju", "1,2 mio. €", "520549", "120884"],
    ["", "SKUPAJ", "", "", "1.212.000 €", "", ""],
];

/// A folder with the files that the blocks name, and a server over the demo plan.
pub struct Workspace {
    folder: PathBuf,
    server: Child,
    address: String,
    token: String,
}

impl Workspace {
    pub fn new(repository: &Path) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("trees.geojson"), TREES).unwrap();
        std::fs::write(folder.join("areas.geojson"), AREAS).unwrap();
        write_actions(&folder.join("actions.xlsx"));
        let demo = std::fs::read_dir(repository.join("geodata/demo")).unwrap().map(|entry| entry.unwrap().path());
        for file in demo.filter(|path| path.extension().is_some_and(|e| e == "geojson")) {
            let collection = file.file_stem().unwrap().to_str().unwrap();
            let import = ["import", file.to_str().unwrap(), "--into", collection, "--plan", "demo.gpkg"];
            let imported = program(&folder).args(import).output().unwrap();
            assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
        }
        let token = ["token", "add", "docs", "--role", "editor", "--city", "celje", "--plan", "demo.gpkg"];
        let token = String::from_utf8(program(&folder).args(token).output().unwrap().stdout).unwrap();
        let serve = ["serve", "demo.gpkg", "--listen", "127.0.0.1:0"];
        let mut server = program(&folder).args(serve).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next()).expect(&line).to_owned();
        Self { folder, server, address, token: token.split_whitespace().last().unwrap().to_owned() }
    }

    /// What a line of a block prints.
    pub fn run(&self, command: &str) -> String {
        let words = shell_words(&command.replace("$TOKEN", &self.token));
        match words[0].as_str() {
            "cityheart" => {
                let arguments = words[1..].iter().map(|word| word.replace(DOCUMENTED_SERVER, &self.address));
                let output = program(&self.folder).args(arguments).output().unwrap();
                let printed = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
                printed.replace(&self.address, DOCUMENTED_SERVER)
            }
            "curl" => self.send_request(&words[1..]),
            other => panic!("a block runs {other}, which this test does not know"),
        }
    }

    /// The body of the response to what `curl` would send.
    fn send_request(&self, words: &[String]) -> String {
        let (mut method, mut url, mut headers, mut body) = ("GET", "", String::new(), "");
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                "-X" => method = words.next().unwrap(),
                "-H" => headers.extend([words.next().unwrap(), "\r\n"]),
                "-d" => body = words.next().unwrap(),
                _ => url = word,
            }
        }
        if method == "GET" && !body.is_empty() {
            method = "POST";
        }
        let path = url.strip_prefix("http://").and_then(|rest| rest.strip_prefix(DOCUMENTED_SERVER)).expect(url);
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let host = &self.address;
        // Version 1.0: the body ends with the connection.
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

fn write_actions(path: &Path) {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Akcije").unwrap();
    for (row, cells) in ACTIONS.iter().enumerate() {
        sheet.write_row(row as u32, 0, *cells).unwrap();
    }
    for (first, last) in [(1, 3), (5, 6)] {
        sheet.merge_range(2, first, 2, last, ACTIONS[2][first as usize], &Format::new()).unwrap();
    }
    workbook.save(path).unwrap();
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The commands of the `console` blocks of a text, each with what it is shown to print.
pub fn console_commands(text: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (inside, line.strip_prefix("$ ")) {
            (false, _) => inside = line == "```console",
            (true, _) if line == "```" => inside = false,
            (true, Some(command)) => commands.push((command.to_owned(), String::new())),
            (true, None) => {
                let (_, shown) = commands.last_mut().expect("a block begins with a command");
                shown.extend([line, "\n"]);
            }
        }
    }
    commands
}

/// Whether a text is what is shown: the parts between `…` follow each other in it.
pub fn fits(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (without_times(shown), without_times(printed));
    let mut rest = printed.as_str();
    let parts: Vec<&str> = shown.split('…').map(str::trim_end).collect();
    for (i, part) in parts.iter().enumerate() {
        let found = if i == 0 { rest.starts_with(part).then_some(0) } else { rest.find(part) };
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    parts.len() > 1 || rest.trim_end().is_empty()
}

/// The text with `#` for each number that seconds follow.
fn without_times(text: &str) -> String {
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let is_time = |i: usize| {
            let number = words[i].trim_start_matches('(').parse::<f64>().is_ok();
            number && words.get(i + 1).is_some_and(|next| *next == "a" || next.trim_end_matches([')', ',', '.']) == "s")
        };
        let plain: Vec<&str> = (0..words.len()).map(|i| if is_time(i) { "#" } else { words[i] }).collect();
        plain.join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The words of a command; single and double quotes hold spaces.
fn shell_words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), _) if q == c => quote = None,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cityheart"));
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CITYHEART_")) {
        command.env_remove(name);
    }
    command
}
