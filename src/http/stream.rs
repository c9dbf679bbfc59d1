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
    /// What the next piece begins with.
    ahead: Vec<u8>,
    done: bool,
}

impl Pieces {
    /// `head` is the object up to and with the `[` of its features.
    pub fn new(items: Items, properties: Option<Vec<usize>>, head: Vec<u8>) -> Self {
        Self { items, properties, at: 0, ahead: head, done: false }
    }

    /// The body; one piece when it is small, so that it has a length.
    pub fn into_body(mut self) -> Body {
        let first = self.piece();
        if self.done {
            return Body::from(first);
        }
        let pieces = std::iter::once(first).chain(self).map(Ok::<_, Infallible>);
        Body::from_stream(tokio_stream::iter(pieces))
    }

    fn piece(&mut self) -> Bytes {
        let mut out = std::mem::take(&mut self.ahead);
        out.reserve(PIECE_BYTES);
        while self.at < self.items.len() && out.len() < PIECE_BYTES {
            out.extend_from_slice(if self.at == 0 { b"\n" } else { b",\n" });
            self.items.write(self.at, self.properties.as_deref(), &mut out);
            self.at += 1;
        }
        if self.at >= self.items.len() {
            out.extend_from_slice(b"\n]}\n");
            self.done = true;
        }
        out.into()
    }
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        (!self.done).then(|| self.piece())
    }
}
