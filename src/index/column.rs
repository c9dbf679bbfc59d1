//! One field of all features of a segment. Text that repeats is dictionary-encoded, other text is in one buffer. Knows
//! nothing of features or geometry.

use super::slot::SourceSlot;
use super::text_array::TextArray;
use crate::collection::FieldType;
use crate::feature::FieldValue;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// The values of one field, by slot.
pub(crate) enum PropertyColumn {
    /// Text (or JSON text) that repeats.
    Dictionary(TextDictionary),
    /// Text (or JSON text) that mostly differs from feature to feature.
    Text(TextArray),
    Ints(Vec<i64>, NullBitmap),
    Reals(Vec<f64>, NullBitmap),
    Bools(Vec<Option<bool>>),
}

/// One value of a column, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum CellValue<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    /// Text, or the text of a JSON value: the field's type says which.
    Text(&'a str),
}

/// Dictionary-encoded strings: each distinct one is stored once and has a code.
#[derive(Default)]
pub(crate) struct TextDictionary {
    codes: Vec<u32>,
    entries: TextArray,
    table: HashTable<u32>,
    hasher: RandomState,
}

/// Which values are null: a bit for each; empty while no value is null.
#[derive(Default)]
pub(crate) struct NullBitmap(Vec<u64>);

const NULL_CODE: u32 = u32::MAX;

impl PropertyColumn {
    pub fn new(kind: FieldType) -> Self {
        match kind {
            FieldType::Text | FieldType::Date | FieldType::DateTime | FieldType::Json => {
                Self::Dictionary(TextDictionary::default())
            }
            FieldType::Integer => Self::Ints(vec![], NullBitmap::default()),
            FieldType::Real | FieldType::Decimal => Self::Reals(vec![], NullBitmap::default()),
            FieldType::Boolean => Self::Bools(vec![]),
        }
    }

    /// Appends a value. A value of another type becomes null; edits and imports check types before.
    pub fn push(&mut self, value: &FieldValue) {
        match self {
            Self::Ints(values, nulls) => {
                let int = if let FieldValue::Int(i) = value { Some(*i) } else { None };
                nulls.push(values.len(), int.is_none());
                values.push(int.unwrap_or_default());
            }
            Self::Reals(values, nulls) => {
                let real = match value {
                    FieldValue::Real(r) if r.is_finite() => Some(*r),
                    FieldValue::Int(i) => Some(*i as f64),
                    _ => None,
                };
                nulls.push(values.len(), real.is_none());
                values.push(real.unwrap_or_default());
            }
            Self::Bools(values) => values.push(if let FieldValue::Bool(b) = value { Some(*b) } else { None }),
            Self::Dictionary(_) | Self::Text(_) => match value {
                FieldValue::Text(t) => self.push_text(Some(t)),
                FieldValue::Json(j) => self.push_text(Some(&j.to_string())),
                _ => self.push_text(None),
            },
        }
    }

    /// The value in this slot.
    pub fn cell_at(&self, slot: usize) -> CellValue<'_> {
        match self {
            Self::Dictionary(dictionary) => dictionary.text_at(slot).map_or(CellValue::Null, CellValue::Text),
            Self::Text(texts) => texts.get(slot).map_or(CellValue::Null, CellValue::Text),
            Self::Ints(_, nulls) | Self::Reals(_, nulls) if nulls.is_null(slot) => CellValue::Null,
            Self::Ints(values, _) => CellValue::Int(values[slot]),
            Self::Reals(values, _) => CellValue::Real(values[slot]),
            Self::Bools(values) => values[slot].map_or(CellValue::Null, CellValue::Bool),
        }
    }

    /// The values of the slots that `shown` accepts, null in all others.
    pub fn redact_values(&self, len: usize, shown: impl Fn(usize) -> bool) -> Self {
        let cells = (0..len).map(|slot| if shown(slot) { self.cell_at(slot) } else { CellValue::Null });
        let mut nulls = NullBitmap::default();
        match self {
            Self::Ints(..) => {
                let mut values = vec![];
                for cell in cells {
                    nulls.push(values.len(), cell == CellValue::Null);
                    values.push(if let CellValue::Int(i) = cell { i } else { 0 });
                }
                Self::Ints(values, nulls)
            }
            Self::Reals(..) => {
                let mut values = vec![];
                for cell in cells {
                    nulls.push(values.len(), cell == CellValue::Null);
                    values.push(if let CellValue::Real(r) = cell { r } else { 0.0 });
                }
                Self::Reals(values, nulls)
            }
            Self::Bools(_) => {
                Self::Bools(cells.map(|c| if let CellValue::Bool(b) = c { Some(b) } else { None }).collect())
            }
            Self::Dictionary(_) | Self::Text(_) => {
                let mut texts = Self::Dictionary(TextDictionary::default());
                cells.for_each(|c| texts.push_text(if let CellValue::Text(t) = c { Some(t) } else { None }));
                texts
            }
        }
    }

    /// The picked values of several sources, in the order of the picks.
    pub fn gather_slots(sources: &[&Self], picks: &[SourceSlot]) -> Self {
        match sources {
            [Self::Ints(..), ..] => {
                let mut nulls = NullBitmap::default();
                let values =
                    gather_scalars(
                        sources,
                        picks,
                        &mut nulls,
                        |c| if let CellValue::Int(i) = c { Some(i) } else { None },
                    );
                Self::Ints(values, nulls)
            }
            [Self::Reals(..), ..] => {
                let mut nulls = NullBitmap::default();
                let values =
                    gather_scalars(
                        sources,
                        picks,
                        &mut nulls,
                        |c| if let CellValue::Real(r) = c { Some(r) } else { None },
                    );
                Self::Reals(values, nulls)
            }
            [Self::Bools(..), ..] => Self::Bools(
                gather_cells(sources, picks).map(|c| if let CellValue::Bool(b) = c { Some(b) } else { None }).collect(),
            ),
            _ => Self::gather_texts(sources, picks),
        }
    }

    fn gather_texts(sources: &[&Self], picks: &[SourceSlot]) -> Self {
        let dictionaries: Option<Vec<&TextDictionary>> =
            sources.iter().map(|s| if let Self::Dictionary(d) = s { Some(d) } else { None }).collect();
        let texts: Option<Vec<&TextArray>> =
            sources.iter().map(|s| if let Self::Text(t) = s { Some(t) } else { None }).collect();
        if let Some(dictionaries) = dictionaries {
            return Self::Dictionary(TextDictionary::gather_slots(&dictionaries, picks)).drop_sparse_dictionary();
        }
        if let Some(texts) = texts {
            return Self::Text(TextArray::gather_slots(&texts, picks));
        }
        let mut texts = TextArray::default();
        for cell in gather_cells(sources, picks) {
            texts.push(if let CellValue::Text(t) = cell { Some(t) } else { None });
        }
        Self::Text(texts)
    }

    fn push_text(&mut self, text: Option<&str>) {
        match self {
            Self::Dictionary(dictionary) => {
                dictionary.push(text);
                if dictionary.codes.len().is_power_of_two() {
                    *self = std::mem::replace(self, Self::Bools(vec![])).drop_sparse_dictionary();
                }
            }
            Self::Text(texts) => texts.push(text),
            _ => {}
        }
    }

    /// Turns a dictionary in which most strings are distinct into plain text.
    fn drop_sparse_dictionary(self) -> Self {
        match self {
            Self::Dictionary(d) if d.entries.len() > 512 && d.entries.len() > d.codes.len() / 2 => {
                let mut texts = TextArray::default();
                for slot in 0..d.codes.len() {
                    texts.push(d.text_at(slot));
                }
                Self::Text(texts)
            }
            other => other,
        }
    }
}

impl TextDictionary {
    fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(NULL_CODE, |t| self.intern_text(t));
        self.codes.push(code);
    }

    fn intern_text(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        if let Some(&code) = self.table.find(hash, |&c| self.entries.text_at(c as usize) == text) {
            return code;
        }
        let code = self.entries.len() as u32;
        self.entries.push(Some(text));
        let (entries, hasher) = (&self.entries, &self.hasher);
        self.table.insert_unique(hash, code, |&c| hasher.hash_one(entries.text_at(c as usize)));
        code
    }

    /// The code of a string, if any feature has it.
    pub fn find_code(&self, text: &str) -> Option<u32> {
        self.table.find(self.hasher.hash_one(text), |&c| self.entries.text_at(c as usize) == text).copied()
    }

    /// The codes by slot; [`TextDictionary::is_null_code`] says which mean null.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    pub fn is_null_code(code: u32) -> bool {
        code == NULL_CODE
    }

    /// Appends a slot's string in quotes, or `null`.
    pub fn write_json(&self, slot: usize, out: &mut Vec<u8>) {
        match self.codes[slot] {
            NULL_CODE => out.extend_from_slice(b"null"),
            code => self.entries.write_json(code as usize, out),
        }
    }

    /// The distinct strings, by code.
    pub fn entries(&self) -> &TextArray {
        &self.entries
    }

    fn text_at(&self, slot: usize) -> Option<&str> {
        let code = self.codes[slot];
        (code != NULL_CODE).then(|| self.entries.text_at(code as usize))
    }

    fn gather_slots(sources: &[&Self], picks: &[SourceSlot]) -> Self {
        let mut merged = Self::default();
        let mut new_codes: Vec<Vec<u32>> = sources.iter().map(|s| vec![NULL_CODE; s.entries.len()]).collect();
        merged.codes.reserve_exact(picks.len());
        for p in picks {
            let (source, codes) = (sources[p.source as usize], &mut new_codes[p.source as usize]);
            let mut code = source.codes[p.slot as usize];
            if code != NULL_CODE {
                let new_code = &mut codes[code as usize];
                if *new_code == NULL_CODE {
                    *new_code = merged.intern_text(source.entries.text_at(code as usize));
                }
                code = *new_code;
            }
            merged.codes.push(code);
        }
        merged
    }
}

impl NullBitmap {
    pub fn is_null(&self, slot: usize) -> bool {
        self.0.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    fn push(&mut self, slot: usize, null: bool) {
        if null {
            self.0.resize((slot / 64 + 1).max(self.0.len()), 0);
            self.0[slot / 64] |= 1 << (slot % 64);
        }
    }
}

fn gather_cells<'a>(sources: &'a [&'a PropertyColumn], picks: &'a [SourceSlot]) -> impl Iterator<Item = CellValue<'a>> {
    picks.iter().map(|p| sources[p.source as usize].cell_at(p.slot as usize))
}

fn gather_scalars<T: Default>(
    sources: &[&PropertyColumn],
    picks: &[SourceSlot],
    nulls: &mut NullBitmap,
    read: impl Fn(CellValue<'_>) -> Option<T>,
) -> Vec<T> {
    let mut values = Vec::with_capacity(picks.len());
    for cell in gather_cells(sources, picks) {
        let value = read(cell);
        nulls.push(values.len(), value.is_none());
        values.push(value.unwrap_or_default());
    }
    values
}
