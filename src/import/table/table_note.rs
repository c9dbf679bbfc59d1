//! What is told of a table beside its columns: rows that were left out, cells that were filled, sheets that were not
//! read.

use serde_json::{Value as Json, json};

/// One remark on a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableNote {
    /// For programs: `hidden-rows`.
    pub id: &'static str,
    pub sentence: String,
    /// What the sentence says beside its words, for texts in other languages.
    pub parameters: Json,
}

impl TableNote {
    pub fn new(id: &'static str, sentence: String, parameters: Json) -> Self {
        Self { id, sentence, parameters }
    }

    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({"id": self.id, "sentence": self.sentence, "parameters": self.parameters})
    }
}
