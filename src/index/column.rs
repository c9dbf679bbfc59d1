//! One field of all features of a segment. Values are kept in the form in which they are compared and written: text that
//! repeats is numbered, the rest lies in one buffer. Knows nothing of features or geometry.

use super::Pick;
use super::text::Texts;
use crate::collection::Kind;
use crate::feature::Value;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

pub(crate) enum Column {
    /// Text (or JSON text) that repeats.
    Words(Words),
    /// Text (or JSON text) that is mostly different from feature to feature.
    Texts(Texts),
    Ints(Vec<i64>, Nulls),
    Reals(Vec<f64>, Nulls),
    Bools(Vec<Option<bool>>),
}

/// One value of a column, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    /// Text, or JSON as text: the field's kind says which.
    Text(&'a str),
}

/// Numbered strings: each different one is kept once.
#[derive(Default)]
pub(crate) struct Words {
    codes: Vec<u32>,
    words: Texts,
    table: HashTable<u32>,
    hasher: RandomState,
}

/// Which values are null: a bit each, none at all while nothing is.
#[derive(Default)]
pub(crate) struct Nulls(Vec<u64>);

const NULL_WORD: u32 = u32::MAX;

impl Column {
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text | Kind::Date | Kind::DateTime | Kind::Json => Self::Words(Words::default()),
            Kind::Integer => Self::Ints(vec![], Nulls::default()),
            Kind::Real | Kind::Decimal => Self::Reals(vec![], Nulls::default()),
            Kind::Boolean => Self::Bools(vec![]),
        }
    }

    /// Appends a value. One that does not fit the field's kind counts as null; the collection has checked it before.
    pub fn push(&mut self, value: &Value) {
        match self {
            Self::Ints(values, nulls) => {
                let int = if let Value::Int(i) = value { Some(*i) } else { None };
                nulls.push(values.len(), int.is_none());
                values.push(int.unwrap_or_default());
            }
            Self::Reals(values, nulls) => {
                let real = match value {
                    Value::Real(r) if r.is_finite() => Some(*r),
                    Value::Int(i) => Some(*i as f64),
                    _ => None,
                };
                nulls.push(values.len(), real.is_none());
                values.push(real.unwrap_or_default());
            }
            Self::Bools(values) => values.push(if let Value::Bool(b) = value { Some(*b) } else { None }),
            Self::Words(_) | Self::Texts(_) => match value {
                Value::Text(t) => self.push_text(Some(t)),
                Value::Json(j) => self.push_text(Some(&j.to_string())),
                _ => self.push_text(None),
            },
        }
    }

    pub fn cell(&self, slot: usize) -> Cell<'_> {
        match self {
            Self::Words(words) => words.get(slot).map_or(Cell::Null, Cell::Text),
            Self::Texts(texts) => texts.get(slot).map_or(Cell::Null, Cell::Text),
            Self::Ints(_, nulls) | Self::Reals(_, nulls) if nulls.has(slot) => Cell::Null,
            Self::Ints(values, _) => Cell::Int(values[slot]),
            Self::Reals(values, _) => Cell::Real(values[slot]),
            Self::Bools(values) => values[slot].map_or(Cell::Null, Cell::Bool),
        }
    }

    /// The same values where they are shown, null elsewhere.
    pub fn veiled(&self, len: usize, shown: impl Fn(usize) -> bool) -> Self {
        let cells = (0..len).map(|slot| if shown(slot) { self.cell(slot) } else { Cell::Null });
        let mut nulls = Nulls::default();
        match self {
            Self::Ints(..) => {
                let mut values = vec![];
                for cell in cells {
                    nulls.push(values.len(), cell == Cell::Null);
                    values.push(if let Cell::Int(i) = cell { i } else { 0 });
                }
                Self::Ints(values, nulls)
            }
            Self::Reals(..) => {
                let mut values = vec![];
                for cell in cells {
                    nulls.push(values.len(), cell == Cell::Null);
                    values.push(if let Cell::Real(r) = cell { r } else { 0.0 });
                }
                Self::Reals(values, nulls)
            }
            Self::Bools(_) => Self::Bools(cells.map(|c| if let Cell::Bool(b) = c { Some(b) } else { None }).collect()),
            Self::Words(_) | Self::Texts(_) => {
                let mut texts = Self::Words(Words::default());
                cells.for_each(|c| texts.push_text(if let Cell::Text(t) = c { Some(t) } else { None }));
                texts
            }
        }
    }

    /// The chosen values of several sources, in that order.
    pub fn gather(sources: &[&Self], picks: &[Pick]) -> Self {
        match sources {
            [Self::Ints(..), ..] => {
                let mut nulls = Nulls::default();
                let values =
                    gather_with(sources, picks, &mut nulls, |c| if let Cell::Int(i) = c { Some(i) } else { None });
                Self::Ints(values, nulls)
            }
            [Self::Reals(..), ..] => {
                let mut nulls = Nulls::default();
                let values =
                    gather_with(sources, picks, &mut nulls, |c| if let Cell::Real(r) = c { Some(r) } else { None });
                Self::Reals(values, nulls)
            }
            [Self::Bools(..), ..] => {
                Self::Bools(cells(sources, picks).map(|c| if let Cell::Bool(b) = c { Some(b) } else { None }).collect())
            }
            _ => Self::gather_texts(sources, picks),
        }
    }

    fn gather_texts(sources: &[&Self], picks: &[Pick]) -> Self {
        let words: Option<Vec<&Words>> =
            sources.iter().map(|s| if let Self::Words(w) = s { Some(w) } else { None }).collect();
        let texts: Option<Vec<&Texts>> =
            sources.iter().map(|s| if let Self::Texts(t) = s { Some(t) } else { None }).collect();
        if let Some(words) = words {
            return Self::Words(Words::gather(&words, picks)).settled();
        }
        if let Some(texts) = texts {
            return Self::Texts(Texts::gather(&texts, picks));
        }
        let mut texts = Texts::default();
        for cell in cells(sources, picks) {
            texts.push(if let Cell::Text(t) = cell { Some(t) } else { None });
        }
        Self::Texts(texts)
    }

    fn push_text(&mut self, text: Option<&str>) {
        match self {
            Self::Words(words) => {
                words.push(text);
                if words.codes.len().is_power_of_two() {
                    *self = std::mem::replace(self, Self::Bools(vec![])).settled();
                }
            }
            Self::Texts(texts) => texts.push(text),
            _ => {}
        }
    }

    /// Gives up numbering where most strings are different.
    fn settled(self) -> Self {
        match self {
            Self::Words(w) if w.words.len() > 512 && w.words.len() > w.codes.len() / 2 => {
                let mut texts = Texts::default();
                for slot in 0..w.codes.len() {
                    texts.push(w.get(slot));
                }
                Self::Texts(texts)
            }
            other => other,
        }
    }
}

impl Words {
    fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(NULL_WORD, |t| self.code_for(t));
        self.codes.push(code);
    }

    fn code_for(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        if let Some(&code) = self.table.find(hash, |&c| self.words.text(c as usize) == text) {
            return code;
        }
        let code = self.words.len() as u32;
        self.words.push(Some(text));
        let (words, hasher) = (&self.words, &self.hasher);
        self.table.insert_unique(hash, code, |&c| hasher.hash_one(words.text(c as usize)));
        code
    }

    /// The number of a string, if any feature has it.
    pub fn code_of(&self, text: &str) -> Option<u32> {
        self.table.find(self.hasher.hash_one(text), |&c| self.words.text(c as usize) == text).copied()
    }

    /// The numbers by slot; [`Words::is_null`] tells which are none.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    pub fn is_null(code: u32) -> bool {
        code == NULL_WORD
    }

    /// Appends a slot's string in quotes, or `null`.
    pub fn write_json(&self, slot: usize, out: &mut Vec<u8>) {
        match self.codes[slot] {
            NULL_WORD => out.extend_from_slice(b"null"),
            code => self.words.write_json(code as usize, out),
        }
    }

    /// The different strings, by number.
    pub fn words(&self) -> &Texts {
        &self.words
    }

    fn get(&self, slot: usize) -> Option<&str> {
        let code = self.codes[slot];
        (code != NULL_WORD).then(|| self.words.text(code as usize))
    }

    fn gather(sources: &[&Self], picks: &[Pick]) -> Self {
        let mut merged = Self::default();
        let mut renumbered: Vec<Vec<u32>> = sources.iter().map(|s| vec![NULL_WORD; s.words.len()]).collect();
        merged.codes.reserve_exact(picks.len());
        for p in picks {
            let (source, numbers) = (sources[p.source as usize], &mut renumbered[p.source as usize]);
            let mut code = source.codes[p.slot as usize];
            if code != NULL_WORD {
                let number = &mut numbers[code as usize];
                if *number == NULL_WORD {
                    *number = merged.code_for(source.words.text(code as usize));
                }
                code = *number;
            }
            merged.codes.push(code);
        }
        merged
    }
}

impl Nulls {
    pub fn has(&self, slot: usize) -> bool {
        self.0.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    fn push(&mut self, slot: usize, null: bool) {
        if null {
            self.0.resize((slot / 64 + 1).max(self.0.len()), 0);
            self.0[slot / 64] |= 1 << (slot % 64);
        }
    }
}

fn cells<'a>(sources: &'a [&'a Column], picks: &'a [Pick]) -> impl Iterator<Item = Cell<'a>> {
    picks.iter().map(|p| sources[p.source as usize].cell(p.slot as usize))
}

fn gather_with<T: Default>(
    sources: &[&Column],
    picks: &[Pick],
    nulls: &mut Nulls,
    read: impl Fn(Cell<'_>) -> Option<T>,
) -> Vec<T> {
    let mut values = Vec::with_capacity(picks.len());
    for cell in cells(sources, picks) {
        let value = read(cell);
        nulls.push(values.len(), value.is_none());
        values.push(value.unwrap_or_default());
    }
    values
}
