//! Writes Mapbox Vector Tiles 2.1: one layer at a time, directly into bytes. Knows the format, not the map.
//!
//! Our own code rather than a crate: most of the time for a tile goes into its property values, and here a value of a
//! column is looked up once per tile and then written by its number.

use crate::index::CellValue;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Units along the side of a tile.
pub(crate) const EXTENT: i32 = 4096;

/// The geometry type of a feature (`GeomType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MvtGeometryType {
    Point = 1,
    Line = 2,
    Polygon = 3,
}

/// A layer that is being written: first the values of all features, field by field, then the features.
pub(crate) struct MvtLayer<'a> {
    name: &'a str,
    /// Features in it.
    pub count: usize,
    keys: Vec<u8>,
    key_count: u32,
    values: Vec<u8>,
    /// The end of each value's message in `values`, and its length.
    spans: Vec<(u32, u32)>,
    table: HashTable<u32>,
    hasher: RandomState,
    tags: Vec<u8>,
    features: Vec<u8>,
}

impl<'a> MvtLayer<'a> {
    /// A layer with capacity for `count` features, `geometry` bytes of commands, and `fields` properties each.
    pub fn new(name: &'a str, count: usize, geometry: usize, fields: usize) -> Self {
        Self {
            name,
            count: 0,
            keys: vec![],
            key_count: 0,
            values: Vec::with_capacity(count * 128),
            spans: Vec::with_capacity(count * 4),
            table: HashTable::with_capacity(count * 3),
            hasher: RandomState::default(),
            tags: vec![],
            features: Vec::with_capacity(geometry + count * (24 + 4 * fields)),
        }
    }

    /// Adds a key and returns its number.
    pub fn add_key(&mut self, name: &str) -> u32 {
        write_bytes_field(0x1a, name.as_bytes(), &mut self.keys);
        self.key_count += 1;
        self.key_count - 1
    }

    /// The number of a value, the same for equal values; `None` for null, which MVT does not have.
    pub fn intern_value(&mut self, cell: CellValue<'_>) -> Option<u32> {
        let mut scratch = [0; 12];
        let scalar = match cell {
            CellValue::Null => return None,
            CellValue::Text(text) => return Some(self.intern_text(text)),
            CellValue::Real(real) => {
                scratch[0] = 0x19;
                scratch[1..9].copy_from_slice(&real.to_le_bytes());
                &scratch[..9]
            }
            CellValue::Int(int) if int >= 0 => encode_varint_field(0x20, int as u64, &mut scratch),
            CellValue::Int(int) => encode_varint_field(0x30, (int << 1 ^ int >> 63) as u64, &mut scratch),
            CellValue::Bool(bool) => encode_varint_field(0x38, bool.into(), &mut scratch),
        };
        let hash = self.hasher.hash_one(scalar);
        let (values, spans) = (&self.values, &self.spans);
        if let Some(&at) = self.table.find(hash, |at| value_message(values, spans, *at) == scalar) {
            return Some(at);
        }
        write_bytes_field(0x22, scalar, &mut self.values);
        Some(self.register_value(hash, scalar.len()))
    }

    fn intern_text(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text.as_bytes());
        let (values, spans) = (&self.values, &self.spans);
        let same = |at: &u32| is_text_message(value_message(values, spans, *at), text.as_bytes());
        if let Some(&at) = self.table.find(hash, same) {
            return at;
        }
        let len = self.append_text(text);
        self.register_value(hash, len)
    }

    /// The number of a text that is known to occur once; it is not compared with the other values.
    pub fn add_text(&mut self, text: &str) -> u32 {
        let len = self.append_text(text);
        self.spans.push((self.values.len() as u32, len as u32));
        self.spans.len() as u32 - 1
    }

    /// Adds a feature with properties as pairs of key and value.
    pub fn add_feature(
        &mut self,
        id: i64,
        shape: MvtGeometryType,
        tags: impl Iterator<Item = (u32, u32)>,
        geometry: &[u8],
    ) {
        self.tags.clear();
        for (key, value) in tags {
            write_varint(key.into(), &mut self.tags);
            write_varint(value.into(), &mut self.tags);
        }
        let mut head = [0; 12];
        let id = u64::try_from(id).map_or(&[][..], |id| encode_varint_field(0x08, id, &mut head));
        let len = id.len() + field_len(self.tags.len()) + 2 + field_len(geometry.len());
        let out = &mut self.features;
        out.push(0x12);
        write_varint(len as u64, out);
        out.extend_from_slice(id);
        write_bytes_field(0x12, &self.tags, out);
        out.extend_from_slice(&[0x18, shape as u8]);
        write_bytes_field(0x22, geometry, out);
        self.count += 1;
    }

    /// Appends the layer to a tile; nothing when it has no features.
    pub fn write_to(self, tile: &mut Vec<u8>) {
        if self.count == 0 {
            return;
        }
        let mut head = vec![];
        write_bytes_field(0x0a, self.name.as_bytes(), &mut head);
        let mut tail = vec![0x28];
        write_varint(EXTENT as u64, &mut tail);
        tail.extend_from_slice(&[0x78, 2]);
        let len = head.len() + self.features.len() + self.keys.len() + self.values.len() + tail.len();
        tile.reserve(len + 6);
        tile.push(0x1a);
        write_varint(len as u64, tile);
        for part in [&head, &self.features, &self.keys, &self.values, &tail] {
            tile.extend_from_slice(part);
        }
    }

    /// Appends a text value and returns the length of its message.
    fn append_text(&mut self, text: &str) -> usize {
        let len = field_len(text.len());
        self.values.push(0x22);
        write_varint(len as u64, &mut self.values);
        write_bytes_field(0x0a, text.as_bytes(), &mut self.values);
        len
    }

    fn register_value(&mut self, hash: u64, len: usize) -> u32 {
        let at = self.spans.len() as u32;
        self.spans.push((self.values.len() as u32, len as u32));
        let (values, spans, hasher) = (&self.values, &self.spans, &self.hasher);
        self.table.insert_unique(hash, at, |at| {
            let message = value_message(values, spans, *at);
            hasher.hash_one(message_text(message).unwrap_or(message))
        });
        at
    }
}

fn value_message<'v>(values: &'v [u8], spans: &[(u32, u32)], at: u32) -> &'v [u8] {
    let (end, len) = spans[at as usize];
    &values[(end - len) as usize..end as usize]
}

/// The text of a value's message; `None` for other types.
fn message_text(message: &[u8]) -> Option<&[u8]> {
    if message[0] != 0x0a {
        return None;
    }
    let len = 1 + message[1..].iter().position(|b| b & 0x80 == 0)? + 1;
    Some(&message[len..])
}

fn is_text_message(message: &[u8], text: &[u8]) -> bool {
    message[0] == 0x0a && message.len() == field_len(text.len()) && message.ends_with(text)
}

/// A field with a varint.
fn encode_varint_field(tag: u8, mut value: u64, scratch: &mut [u8; 12]) -> &[u8] {
    scratch[0] = tag;
    let mut len = 1;
    while value >= 0x80 {
        scratch[len] = value as u8 | 0x80;
        value >>= 7;
        len += 1;
    }
    scratch[len] = value as u8;
    &scratch[..=len]
}

/// The length of a length-delimited field with `bytes` bytes of content.
fn field_len(bytes: usize) -> usize {
    let bits = 64 - (bytes as u64 | 1).leading_zeros() as usize;
    1 + bits.div_ceil(7) + bytes
}

fn write_bytes_field(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The geometry commands of features, one feature after the other.
#[derive(Default)]
pub(crate) struct MvtCommands {
    pub bytes: Vec<u8>,
    cursor: [i32; 2],
}

impl MvtCommands {
    /// Begins the next feature; returns where its commands start.
    pub fn begin_feature(&mut self) -> usize {
        self.cursor = [0, 0];
        self.bytes.len()
    }

    pub fn write_points(&mut self, points: &[[i32; 2]]) {
        self.write_command(1, points.len());
        self.write_deltas(points.iter().copied());
    }

    pub fn write_line(&mut self, points: &[[i32; 2]]) {
        self.write_path(points.len(), points.iter().copied());
    }

    /// A ring without its closing position, from its last position to its first if `reversed`.
    pub fn write_ring(&mut self, points: &[[i32; 2]], reversed: bool) {
        if reversed {
            self.write_path(points.len(), points.iter().rev().copied());
        } else {
            self.write_path(points.len(), points.iter().copied());
        }
        self.write_command(7, 1);
    }

    fn write_path(&mut self, len: usize, mut points: impl ExactSizeIterator<Item = [i32; 2]>) {
        let Some(first) = points.next() else { return };
        self.write_command(1, 1);
        self.write_deltas(std::iter::once(first));
        self.write_command(2, len - 1);
        self.write_deltas(points);
    }

    fn write_command(&mut self, id: u64, count: usize) {
        write_varint(id | (count as u64) << 3, &mut self.bytes);
    }

    /// Deltas within a tile and its buffer are below 2^13, so each takes one byte or two.
    fn write_deltas(&mut self, points: impl ExactSizeIterator<Item = [i32; 2]>) {
        let mut at = self.bytes.len();
        self.bytes.resize(at + points.len() * 4, 0);
        let mut cursor = self.cursor;
        for to in points {
            for axis in 0..2 {
                let delta = to[axis] - cursor[axis];
                let step = (delta << 1 ^ delta >> 31) as u32;
                let long = step >= 0x80;
                let two = [step as u8 | u8::from(long) << 7, (step >> 7) as u8];
                self.bytes[at..at + 2].copy_from_slice(&two);
                at += 1 + usize::from(long);
            }
            cursor = to;
        }
        self.cursor = cursor;
        self.bytes.truncate(at);
    }
}
