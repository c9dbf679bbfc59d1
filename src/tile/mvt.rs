//! Writing Mapbox Vector Tiles 2.1: one layer at a time, straight into its bytes. Knows the format, not the map.
//!
//! Written here rather than taken from a crate because most of a tile's time goes into its property values: those of a column are
//! looked up once per tile and then known by their number.

use crate::index::Cell;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Units along the side of a tile.
pub(crate) const EXTENT: i32 = 4096;

/// What a feature's commands mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Point = 1,
    Line = 2,
    Polygon = 3,
}

/// A layer being written.
pub(crate) struct Layer<'a> {
    name: &'a str,
    features: Vec<u8>,
    keys: Vec<u8>,
    key_count: u32,
    values: Vec<u8>,
    /// Where each value's message ends in `values`, and how long it is.
    spans: Vec<(u32, u32)>,
    table: HashTable<u32>,
    hasher: RandomState,
    tags: Vec<u8>,
    scratch: Vec<u8>,
    pub count: usize,
}

impl<'a> Layer<'a> {
    pub fn new(name: &'a str) -> Self {
        Self {
            name,
            features: vec![],
            keys: vec![],
            key_count: 0,
            values: vec![],
            spans: vec![],
            table: HashTable::new(),
            hasher: RandomState::default(),
            tags: vec![],
            scratch: vec![],
            count: 0,
        }
    }

    /// The number of a new key.
    pub fn key(&mut self, name: &str) -> u32 {
        text_field(0x1a, name, &mut self.keys);
        self.key_count += 1;
        self.key_count - 1
    }

    /// The number of a value, the same for equal ones; `None` for null, which tiles do not know.
    pub fn value(&mut self, cell: Cell<'_>) -> Option<u32> {
        self.scratch.clear();
        write_value(cell, &mut self.scratch)?;
        let hash = self.hasher.hash_one(&self.scratch[..]);
        let (values, spans, hasher) = (&self.values, &self.spans, &self.hasher);
        let message = |at: &u32| {
            let (end, len) = spans[*at as usize];
            &values[(end - len) as usize..end as usize]
        };
        if let Some(&at) = self.table.find(hash, |at| message(at) == self.scratch) {
            return Some(at);
        }
        let at = self.spans.len() as u32;
        self.table.insert_unique(hash, at, |at| hasher.hash_one(message(at)));
        Some(self.append_value())
    }

    /// The number of a value that no other is compared with: for values that are all different.
    pub fn new_value(&mut self, cell: Cell<'_>) -> Option<u32> {
        self.scratch.clear();
        write_value(cell, &mut self.scratch)?;
        Some(self.append_value())
    }

    /// Gives the next feature a property.
    pub fn tag(&mut self, key: u32, value: u32) {
        varint(key.into(), &mut self.tags);
        varint(value.into(), &mut self.tags);
    }

    /// Ends a feature that has the properties since the one before.
    pub fn feature(&mut self, id: i64, shape: Shape, geometry: &[u8]) {
        let message = &mut self.scratch;
        message.clear();
        if let Ok(id) = u64::try_from(id) {
            message.push(0x08);
            varint(id, message);
        }
        bytes_field(0x12, &self.tags, message);
        message.extend_from_slice(&[0x18, shape as u8]);
        bytes_field(0x22, geometry, message);
        bytes_field(0x12, message, &mut self.features);
        self.tags.clear();
        self.count += 1;
    }

    /// Appends the layer to a tile; nothing when it has no features.
    pub fn finish(self, tile: &mut Vec<u8>) {
        if self.count == 0 {
            return;
        }
        let mut head = vec![];
        text_field(0x0a, self.name, &mut head);
        let mut tail = vec![0x28];
        varint(EXTENT as u64, &mut tail);
        tail.extend_from_slice(&[0x78, 2]);
        let len = head.len() + self.features.len() + self.keys.len() + self.values.len() + tail.len();
        tile.reserve(len + 6);
        tile.push(0x1a);
        varint(len as u64, tile);
        for part in [&head, &self.features, &self.keys, &self.values, &tail] {
            tile.extend_from_slice(part);
        }
    }

    fn append_value(&mut self) -> u32 {
        bytes_field(0x22, &self.scratch, &mut self.values);
        self.spans.push((self.values.len() as u32, self.scratch.len() as u32));
        self.spans.len() as u32 - 1
    }
}

fn write_value(cell: Cell<'_>, out: &mut Vec<u8>) -> Option<()> {
    match cell {
        Cell::Null => return None,
        Cell::Text(text) => text_field(0x0a, text, out),
        Cell::Real(real) => {
            out.push(0x19);
            out.extend_from_slice(&real.to_le_bytes());
        }
        Cell::Int(int) if int >= 0 => {
            out.push(0x20);
            varint(int as u64, out);
        }
        Cell::Int(int) => {
            out.push(0x30);
            varint((int << 1 ^ int >> 63) as u64, out);
        }
        Cell::Bool(bool) => out.extend_from_slice(&[0x38, u8::from(bool)]),
    }
    Some(())
}

fn text_field(tag: u8, text: &str, out: &mut Vec<u8>) {
    bytes_field(tag, text.as_bytes(), out);
}

fn bytes_field(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The commands of one feature's geometry.
#[derive(Default)]
pub(crate) struct Commands {
    pub bytes: Vec<u8>,
    cursor: [i32; 2],
}

impl Commands {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.cursor = [0, 0];
    }

    pub fn points(&mut self, points: &[[i32; 2]]) {
        self.command(1, points.len());
        points.iter().for_each(|&p| self.go(p));
    }

    pub fn line(&mut self, points: &[[i32; 2]]) {
        self.path(points.len(), points.iter().copied());
    }

    /// A ring without its closing position, from its last position to its first if `reversed`.
    pub fn ring(&mut self, points: &[[i32; 2]], reversed: bool) {
        if reversed {
            self.path(points.len(), points.iter().rev().copied());
        } else {
            self.path(points.len(), points.iter().copied());
        }
        self.command(7, 1);
    }

    fn path(&mut self, len: usize, mut points: impl Iterator<Item = [i32; 2]>) {
        let Some(first) = points.next() else { return };
        self.command(1, 1);
        self.go(first);
        self.command(2, len - 1);
        points.for_each(|p| self.go(p));
    }

    fn command(&mut self, id: u64, count: usize) {
        varint(id | (count as u64) << 3, &mut self.bytes);
    }

    fn go(&mut self, to: [i32; 2]) {
        for (from, to) in self.cursor.into_iter().zip(to) {
            let delta = to - from;
            varint(u64::from((delta << 1 ^ delta >> 31) as u32), &mut self.bytes);
        }
        self.cursor = to;
    }
}
