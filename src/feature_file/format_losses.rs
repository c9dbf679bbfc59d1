//! What a format cannot hold: counted while a file is written, and told when it is complete.

use std::fmt::Write as _;

/// The sentences on what is not in a file as it is in the plan.
#[derive(Debug, Default)]
pub struct FormatLosses {
    counted: Vec<FormatLoss>,
}

#[derive(Debug)]
struct FormatLoss {
    what: String,
    count: u64,
    first: Option<String>,
}

impl FormatLosses {
    /// Counts one more loss of this kind, in the feature with this id. `what` is a sentence without its full stop.
    pub fn count(&mut self, what: &str, feature: &str) {
        match self.counted.iter_mut().find(|loss| loss.what == what) {
            Some(loss) => loss.count += 1,
            None => {
                self.counted.push(FormatLoss { what: what.to_owned(), count: 1, first: Some(feature.to_owned()) });
            }
        }
    }

    /// Tells something of the whole file, once.
    pub fn note(&mut self, what: &str) {
        if self.counted.iter().all(|loss| loss.what != what) {
            self.counted.push(FormatLoss { what: what.to_owned(), count: 0, first: None });
        }
    }

    /// One sentence for each kind, with its number and the first feature.
    pub fn sentences(&self) -> Vec<String> {
        let sentence = |loss: &FormatLoss| {
            let mut text = loss.what.clone();
            if let Some(first) = &loss.first {
                // Writing to a string cannot fail.
                let _ = write!(text, ": {}, the first in '{first}'", loss.count);
            }
            text + "."
        };
        self.counted.iter().map(sentence).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_of_one_kind_are_one_sentence_with_the_first_feature() {
        let mut losses = FormatLosses::default();
        losses.count("Text is cut", "a");
        losses.count("Text is cut", "b");
        losses.note("Names are short");
        losses.note("Names are short");
        assert_eq!(losses.sentences(), ["Text is cut: 2, the first in 'a'.", "Names are short."]);
    }
}
