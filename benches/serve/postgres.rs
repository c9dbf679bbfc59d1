//! A persistent connection to PostgreSQL on this machine by its wire protocol (version 3, trust authentication): enough
//! to run a query and count its rows.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

pub struct Postgres {
    stream: BufReader<TcpStream>,
}

/// The size of a result.
#[derive(Default)]
pub struct QueryRows {
    pub count: usize,
    pub bytes: usize,
    /// The first column of the first row.
    pub first: String,
}

impl Postgres {
    /// `None` when the database does not exist.
    pub fn open(port: &str, database: &str) -> Option<Self> {
        let stream = TcpStream::connect(format!("127.0.0.1:{port}")).ok()?;
        stream.set_nodelay(true).ok()?;
        let mut this = Self { stream: BufReader::with_capacity(1 << 16, stream) };
        let mut start = 196_608_u32.to_be_bytes().to_vec();
        for word in ["user", "postgres", "database", database, ""] {
            start.extend(word.bytes().chain([0]));
        }
        this.send(None, &start);
        this.read_rows().ok()?;
        Some(this)
    }

    /// Runs a query.
    ///
    /// # Panics
    /// When the server refuses it.
    pub fn query(&mut self, sql: &str) -> QueryRows {
        self.send(Some(b'Q'), &[sql.as_bytes(), &[0]].concat());
        self.read_rows().unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) {
        let length = u32::try_from(body.len() + 4).expect("a short message").to_be_bytes();
        let message: Vec<u8> = kind.into_iter().chain(length).chain(body.iter().copied()).collect();
        self.stream.get_mut().write_all(&message).expect("PostgreSQL is reachable");
    }

    /// Reads until the server is ready for the next query.
    fn read_rows(&mut self) -> Result<QueryRows, String> {
        let (mut rows, mut fault) = (QueryRows::default(), None);
        loop {
            let mut head = [0; 5];
            self.stream.read_exact(&mut head).map_err(|e| e.to_string())?;
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize - 4;
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).map_err(|e| e.to_string())?;
            match head[0] {
                b'D' => {
                    if rows.count == 0 {
                        let size = body.get(2..6).map_or(0, |s| i32::from_be_bytes([s[0], s[1], s[2], s[3]]).max(0));
                        rows.first = String::from_utf8_lossy(&body[6..6 + size as usize]).into_owned();
                    }
                    rows.count += 1;
                    rows.bytes += length;
                }
                b'E' => fault = Some(String::from_utf8_lossy(&body).replace('\0', " ")),
                b'R' if body != [0; 4] => return Err("PostgreSQL asks for a password".to_owned()),
                b'Z' => return fault.map_or(Ok(rows), Err),
                _ => {}
            }
        }
    }
}
