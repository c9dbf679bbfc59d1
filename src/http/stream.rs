//! A page of features as a body: written in pieces, each only when the client has taken the one before. Nothing is held for a slow
//! client but the snapshot, and nothing goes on for one that went away.

use crate::atlas::Items;
use axum::body::Body;
use bytes::Bytes;
use std::convert::Infallible;

/// About how large a piece is. Writing one takes well under a millisecond.
const PIECE_BYTES: usize = 64 << 10;

/// The pieces of a GeoJSON FeatureCollection.
pub struct Pieces {
    items: Items,
    properties: Option<Vec<usize>>,
    at: usize,
    /// What is written already and not yet taken.
    ahead: Vec<u8>,
    done: bool,
}

impl Pieces {
    /// `head` is the object up to and with the `[` of its features.
    pub fn new(items: Items, properties: Option<Vec<usize>>, head: Vec<u8>) -> Self {
        Self { items, properties, at: 0, ahead: head, done: false }
    }

    /// All of it, when it is no longer than about this; else what writes it piece by piece.
    pub fn whole(mut self, most_bytes: usize) -> Result<Bytes, Box<Self>> {
        while !self.done && self.ahead.len() < most_bytes {
            let so_far = std::mem::take(&mut self.ahead);
            self.ahead = self.piece(so_far);
        }
        if self.done { Ok(std::mem::take(&mut self.ahead).into()) } else { Err(Box::new(self)) }
    }

    /// The body, each piece written when the one before is taken.
    pub fn into_body(self) -> Body {
        Body::from_stream(tokio_stream::iter(self.map(Ok::<_, Infallible>)))
    }

    /// Writes another piece behind `out`.
    fn piece(&mut self, mut out: Vec<u8>) -> Vec<u8> {
        out.reserve(PIECE_BYTES);
        let end = out.len() + PIECE_BYTES;
        while self.at < self.items.len() && out.len() < end {
            out.extend_from_slice(if self.at == 0 { b"\n" } else { b",\n" });
            self.items.write(self.at, self.properties.as_deref(), &mut out);
            self.at += 1;
        }
        if self.at >= self.items.len() {
            out.extend_from_slice(b"\n]}\n");
            self.done = true;
        }
        out
    }
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let ahead = std::mem::take(&mut self.ahead);
        if self.done {
            return (!ahead.is_empty()).then(|| ahead.into());
        }
        Some(self.piece(ahead).into())
    }
}
