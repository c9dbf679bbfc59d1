//! A keep-alive HTTP connection, for what wrk cannot do: requests that depend on the response before.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

pub struct HttpConnection {
    stream: BufReader<TcpStream>,
    host: String,
}

/// A response with its body.
pub struct HttpReply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl HttpConnection {
    pub fn open(host: &str) -> Self {
        let stream = TcpStream::connect(host).expect("the server listens");
        stream.set_nodelay(true).expect("a socket option");
        Self { stream: BufReader::new(stream), host: host.to_owned() }
    }

    pub fn get(&mut self, path: &str) -> HttpReply {
        self.request("GET", path, "", b"")
    }

    /// Sends a request and reads the response; `headers` are complete lines with their line ends.
    pub fn request(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> HttpReply {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n",
            self.host,
            body.len()
        );
        let socket = self.stream.get_mut();
        socket.write_all(&[head.as_bytes(), body].concat()).expect("the request is sent");
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
        HttpReply { status, body }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line of the response");
        line.trim_end().to_owned()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the body of the response");
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
