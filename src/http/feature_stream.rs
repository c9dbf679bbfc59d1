//! A page of features as a response body, written in chunks: each when the client has received the one before. A slow
//! client costs no memory but the snapshot and one chunk, and the work for a client that disconnects ends at once.

use crate::atlas::{AxisOrder, FeaturePage};
use crate::encoding::OutputSchema;
use crate::encoding::csv_writer::CsvWriter;
use crate::encoding::flatgeobuf::FlatGeobufWriter;
use crate::encoding::jsonfg::JsonProfile;
use axum::body::Body;
use bytes::Bytes;
use std::convert::Infallible;

/// The size of a chunk. Writing one takes well under a millisecond.
const CHUNK_BYTES: usize = 64 << 10;

/// The format that features are written in.
pub enum StreamEncoding {
    /// GeoJSON, with these fields; with all of them if `None`.
    GeoJson(Option<Vec<usize>>),
    JsonFg(OutputSchema, JsonProfile),
    Table(CsvWriter),
    FlatGeobuf(Box<FlatGeobufWriter>),
}

/// The chunks of a page of features.
pub struct FeatureChunks {
    items: FeaturePage,
    encoding: StreamEncoding,
    at: usize,
    /// Written and not yet sent.
    buffer: Vec<u8>,
    done: bool,
}

impl FeatureChunks {
    /// `head` is written before the first feature: in JSON the object up to and with the `[` of its features.
    pub fn new(items: FeaturePage, encoding: StreamEncoding, head: Vec<u8>) -> Self {
        Self { items, encoding, at: 0, buffer: head, done: false }
    }

    /// The whole body if it has no more than about so many bytes; else the chunks, to be streamed.
    pub fn collect_within(mut self, most_bytes: usize) -> Result<Bytes, Box<Self>> {
        while !self.done && self.buffer.len() < most_bytes {
            let written = std::mem::take(&mut self.buffer);
            self.buffer = self.write_chunk(written);
        }
        if self.done { Ok(std::mem::take(&mut self.buffer).into()) } else { Err(Box::new(self)) }
    }

    /// The body; each chunk is written when the one before has been sent.
    pub fn into_body(self) -> Body {
        Body::from_stream(tokio_stream::iter(self.map(Ok::<_, Infallible>)))
    }

    /// Appends another chunk to `out`.
    fn write_chunk(&mut self, mut out: Vec<u8>) -> Vec<u8> {
        out.reserve(CHUNK_BYTES);
        let end = out.len() + CHUNK_BYTES;
        while self.at < self.items.len() && out.len() < end {
            self.write_feature(&mut out);
            self.at += 1;
        }
        if self.at >= self.items.len() {
            if self.encoding.is_json() {
                out.extend_from_slice(b"\n]}\n");
            }
            self.done = true;
        }
        out
    }

    fn write_feature(&mut self, out: &mut Vec<u8>) {
        if self.encoding.is_json() {
            out.extend_from_slice(if self.at == 0 { b"\n" } else { b",\n" });
        }
        let (items, at) = (&self.items, self.at);
        match &mut self.encoding {
            StreamEncoding::GeoJson(properties) => items.write_geojson(at, properties.as_deref(), out),
            StreamEncoding::JsonFg(shown, profile) => items.write_jsonfg(at, shown, *profile, out),
            StreamEncoding::Table(table) => {
                items.projected_feature(at, AxisOrder::Authority).iter().for_each(|f| table.write_row(f, out));
            }
            StreamEncoding::FlatGeobuf(layer) => {
                items.projected_feature(at, AxisOrder::EastFirst).iter().for_each(|f| layer.write_feature(f, out));
            }
        }
    }
}

impl StreamEncoding {
    fn is_json(&self) -> bool {
        matches!(self, Self::GeoJson(_) | Self::JsonFg(..))
    }
}

impl Iterator for FeatureChunks {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let buffer = std::mem::take(&mut self.buffer);
        if self.done {
            return (!buffer.is_empty()).then(|| buffer.into());
        }
        Some(self.write_chunk(buffer).into())
    }
}
