//! Content codings: how bytes are compressed before they are sent or cached.

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// How bytes are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentCoding {
    Identity,
    Gzip,
    Brotli,
}

/// How strongly bytes are compressed: it takes about as long as drawing a tile, and happens once.
const GZIP_LEVEL: u32 = 6;
const BROTLI_LEVEL: u32 = 5;
/// The window of brotli, as a power of two: half a megabyte, the size of a tile.
const BROTLI_WINDOW: u32 = 19;

/// The bytes in this coding; `None` for [`ContentCoding::Identity`] and for no bytes.
#[must_use]
pub fn compress_bytes(bytes: &Bytes, coding: ContentCoding) -> Option<Bytes> {
    if bytes.is_empty() {
        return None;
    }
    let buffer = Vec::with_capacity(bytes.len() / 2);
    // Writing to memory does not fail; if it did, the bytes would be sent uncompressed.
    let compressed = match coding {
        ContentCoding::Identity => None,
        ContentCoding::Gzip => {
            let mut encoder = GzEncoder::new(buffer, Compression::new(GZIP_LEVEL));
            encoder.write_all(bytes).and_then(|()| encoder.finish()).ok()
        }
        ContentCoding::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(buffer, 4096, BROTLI_LEVEL, BROTLI_WINDOW);
            encoder.write_all(bytes).ok().map(|()| encoder.into_inner())
        }
    };
    compressed.map(Bytes::from)
}
