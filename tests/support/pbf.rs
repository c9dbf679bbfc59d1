//! Writes a small OpenStreetMap extract (PBF), from the format's own description: https://wiki.openstreetmap.org/wiki/PBF_Format. Not
//! compressed, one block.

/// Nodes, ways and relations, in the order of their kinds.
#[derive(Default)]
pub struct Extract {
    strings: Vec<String>,
    nodes: Vec<u8>,
    ways: Vec<u8>,
    relations: Vec<u8>,
}

impl Extract {
    pub fn node(&mut self, id: i64, lon: f64, lat: f64, tags: &[(&str, &str)]) {
        let mut node = Vec::new();
        varint(&mut node, 1, zigzag(id));
        self.tags(&mut node, tags);
        varint(&mut node, 8, zigzag((lat * 1e7).round() as i64));
        varint(&mut node, 9, zigzag((lon * 1e7).round() as i64));
        bytes(&mut self.nodes, 1, &node);
    }

    pub fn way(&mut self, id: u64, nodes: &[i64], tags: &[(&str, &str)]) {
        let mut way = Vec::new();
        varint(&mut way, 1, id);
        self.tags(&mut way, tags);
        bytes(&mut way, 8, &deltas(nodes.iter().copied()));
        bytes(&mut self.ways, 3, &way);
    }

    /// Members are ways with their roles.
    pub fn relation(&mut self, id: u64, members: &[(i64, &str)], tags: &[(&str, &str)]) {
        let mut relation = Vec::new();
        varint(&mut relation, 1, id);
        self.tags(&mut relation, tags);
        let mut roles = Vec::new();
        members.iter().for_each(|(_, role)| push(&mut roles, self.string(role)));
        bytes(&mut relation, 8, &roles);
        bytes(&mut relation, 9, &deltas(members.iter().map(|(way, _)| *way)));
        bytes(&mut relation, 10, &vec![1; members.len()]);
        bytes(&mut self.relations, 4, &relation);
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut table = Vec::new();
        bytes(&mut table, 1, b"");
        self.strings.iter().for_each(|s| bytes(&mut table, 1, s.as_bytes()));
        let mut block = Vec::new();
        bytes(&mut block, 1, &table);
        [&self.nodes, &self.ways, &self.relations].into_iter().for_each(|group| bytes(&mut block, 2, group));
        let mut header = Vec::new();
        bytes(&mut header, 4, b"OsmSchema-V0.6");
        let mut out = Vec::new();
        blob(&mut out, b"OSMHeader", &header);
        blob(&mut out, b"OSMData", &block);
        out
    }

    fn tags(&mut self, out: &mut Vec<u8>, tags: &[(&str, &str)]) {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for (key, value) in tags {
            push(&mut keys, self.string(key));
            push(&mut values, self.string(value));
        }
        bytes(out, 2, &keys);
        bytes(out, 3, &values);
    }

    /// The number of a string; 0 is the empty one that separates.
    fn string(&mut self, text: &str) -> u64 {
        let at = self.strings.iter().position(|s| s == text).unwrap_or_else(|| {
            self.strings.push(text.to_owned());
            self.strings.len() - 1
        });
        at as u64 + 1
    }
}

fn blob(out: &mut Vec<u8>, kind: &[u8], data: &[u8]) {
    let mut blob = Vec::new();
    bytes(&mut blob, 1, data);
    let mut header = Vec::new();
    bytes(&mut header, 1, kind);
    varint(&mut header, 3, blob.len() as u64);
    out.extend_from_slice(&(header.len() as u32).to_be_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(&blob);
}

fn deltas(of: impl Iterator<Item = i64>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut last = 0;
    for value in of {
        push(&mut out, zigzag(value - last));
        last = value;
    }
    out
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn varint(out: &mut Vec<u8>, field: u64, value: u64) {
    push(out, field << 3);
    push(out, value);
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    push(out, field << 3 | 2);
    push(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn push(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
