//! A connection that is kept: what wrk cannot do, because each request depends on the answer before.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

pub struct Wire {
    stream: BufReader<TcpStream>,
    host: String,
}

/// An answer with its body.
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Wire {
    pub fn open(host: &str) -> Self {
        let stream = TcpStream::connect(host).expect("the server listens");
        stream.set_nodelay(true).expect("a socket option");
        Self { stream: BufReader::new(stream), host: host.to_owned() }
    }

    pub fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, "", b"")
    }

    /// `headers` are whole lines, each with its line end.
    pub fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n",
            self.host,
            body.len()
        );
        let socket = self.stream.get_mut();
        socket.write_all(&[head.as_bytes(), body].concat()).expect("the request goes out");
        let status = self.line().split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status line");
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            chunked |= line.starts_with("transfer-encoding:") && line.contains("chunked");
        }
        let body = if chunked { self.chunks() } else { self.bytes(length) };
        Reply { status, body }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line of the answer");
        line.trim_end().to_owned()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the body of the answer");
        body
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line(), 16).expect("the length of a chunk");
            body.extend(self.bytes(length));
            self.line();
            if length == 0 {
                return body;
            }
        }
    }
}
