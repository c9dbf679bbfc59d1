//! A page of features as a body: written in pieces, each only when the client has taken the one before. Nothing is held for a slow
//! client but the snapshot, and nothing goes on for one that went away.

use crate::atlas::{Axes, Items};
use crate::encoding::Shown;
use crate::encoding::flatgeobuf::Layer;
use crate::encoding::jsonfg::Profile;
use crate::encoding::table::Table;
use axum::body::Body;
use bytes::Bytes;
use std::convert::Infallible;

/// About how large a piece is. Writing one takes well under a millisecond.
const PIECE_BYTES: usize = 64 << 10;

/// How features are written.
pub enum Writing {
    /// GeoJSON, with these fields or all.
    GeoJson(Option<Vec<usize>>),
    JsonFg(Shown, Profile),
    Table(Table),
    FlatGeobuf(Box<Layer>),
}

/// The pieces of a page of features.
pub struct Pieces {
    items: Items,
    writing: Writing,
    at: usize,
    /// What the next piece begins with.
    ahead: Vec<u8>,
    done: bool,
}

impl Pieces {
    /// `head` is what stands before the first feature: in JSON the object up to and with the `[` of its features.
    pub fn new(items: Items, writing: Writing, head: Vec<u8>) -> Self {
        Self { items, writing, at: 0, ahead: head, done: false }
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
            self.feature(&mut out);
            self.at += 1;
        }
        if self.at >= self.items.len() {
            if self.writing.is_json() {
                out.extend_from_slice(b"\n]}\n");
            }
            self.done = true;
        }
        out.into()
    }

    fn feature(&mut self, out: &mut Vec<u8>) {
        if self.writing.is_json() {
            out.extend_from_slice(if self.at == 0 { b"\n" } else { b",\n" });
        }
        let (items, at) = (&self.items, self.at);
        match &mut self.writing {
            Writing::GeoJson(properties) => items.write(at, properties.as_deref(), out),
            Writing::JsonFg(shown, profile) => items.write_fg(at, shown, *profile, out),
            Writing::Table(table) => items.placed(at, Axes::Authority).iter().for_each(|f| table.row(f, out)),
            Writing::FlatGeobuf(layer) => items.placed(at, Axes::EastFirst).iter().for_each(|f| layer.feature(f, out)),
        }
    }
}

impl Writing {
    fn is_json(&self) -> bool {
        matches!(self, Self::GeoJson(_) | Self::JsonFg(..))
    }
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        (!self.done).then(|| self.piece())
    }
}
