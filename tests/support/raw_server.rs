//! A server for one test, which may lie, trickle or never end: it writes its answers byte by byte. It runs until the
//! test's program ends.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Answers each connection once, with what a function writes for the target of its request.
pub struct RawServer {
    /// `http://127.0.0.1:12345`
    pub base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl RawServer {
    /// The function gets the base address, the target (`/items?limit=10`), and the connection.
    pub fn start(answer: impl Fn(&str, &str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(vec![]));
        let (answer, noted, own) = (Arc::new(answer), asked.clone(), base.clone());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (answer, noted, own) = (answer.clone(), noted.clone(), own.clone());
                std::thread::spawn(move || {
                    let Some(target) = read_target(&stream) else { return };
                    noted.lock().unwrap().push(target.clone());
                    answer(&own, &target, &mut stream);
                });
            }
        });
        Self { base, asked }
    }

    /// The targets so far, in their order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The target of a request, read to the end of its head.
fn read_target(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let first = lines.next()?.ok()?;
    let target = first.split(' ').nth(1)?.to_owned();
    lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
    Some(target)
}

/// Writes a whole answer. The client may have gone.
pub fn reply(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)], body: &[u8]) {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    let head = format!("HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)));
}

/// Writes JSON.
pub fn reply_json(stream: &mut TcpStream, json: &serde_json::Value) {
    reply(stream, "200 OK", &[("Content-Type", "application/geo+json")], json.to_string().as_bytes());
}

/// A parameter of a target as a number.
pub fn number_in(target: &str, name: &str) -> Option<usize> {
    let query = target.split_once('?')?.1;
    let pair = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(n, _)| n.eq_ignore_ascii_case(name))?;
    pair.1.parse().ok()
}
