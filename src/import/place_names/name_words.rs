//! The words of a name as they are compared: without case, accents and the words that say only what kind of place it
//! is. Words of inflected languages are equal when their stems are.

use crate::import::table::folding::fold_words;

/// Words that many names share.
const GENERIC_WORDS: &str = "ulica ulice ulico ul cesta ceste trg trga trgu put avenija setaliste \
    rue rues place avenue boulevard allee quai chaussee impasse \
    via viale piazza piazzale corso largo vicolo \
    calle plaza avenida paseo camino cuesta carrera \
    rua praca travessa alameda \
    plac placu aleja aleje al ulicy \
    street road square lane avenue \
    straat plein laan \
    οδοσ οδου πλατεια πλατειασ λεωφοροσ λεωφορου \
    the a of de du des del della dello delle di do da dos das la le les el los las l d het een \
    το η ο την του τησ των στην στο";

/// The shortest word that is compared by its stem.
const MIN_STEM: usize = 4;
/// The longest ending that inflection changes.
const MAX_ENDING: usize = 3;

/// The words of a name that tell it from others; all of them when there are no such words.
pub fn name_words(text: &str) -> Vec<String> {
    let folded = fold_words(text);
    let all: Vec<String> = folded.split_whitespace().map(ToOwned::to_owned).collect();
    let telling: Vec<String> =
        all.iter().filter(|word| !GENERIC_WORDS.split_whitespace().any(|g| g == *word)).cloned().collect();
    if telling.is_empty() { all } else { telling }
}

/// Whether two words are one word, perhaps in two cases.
pub fn are_forms_of_one_word(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (long, shared) = (a.chars().count().max(b.chars().count()), common_prefix(a, b));
    let short = a.chars().count().min(b.chars().count());
    let is_number = |word: &str| word.chars().any(|c| c.is_ascii_digit());
    !is_number(a) && !is_number(b) && short >= MIN_STEM && shared >= MIN_STEM.max(long.saturating_sub(MAX_ENDING))
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_the_words_that_tell_them_apart() {
        for (name, words) in [
            ("Prešernova ulica", "presernova"),
            ("ul. Józefa Dietla", "jozefa dietla"),
            ("Rue de la Gare", "gare"),
            ("Πλατεία Ελευθερίας", "ελευθεριασ"),
            ("Glavni trg", "glavni"),
            ("Trg", "trg"),
        ] {
            assert_eq!(name_words(name).join(" "), words);
        }
    }

    #[test]
    fn cases_of_a_word_are_one_word_and_numbers_are_not() {
        for (a, b) in [("zvezda", "zvezde"), ("marijina", "marijine"), ("ελευθεριασ", "ελευθερια"), ("most", "mosta")]
        {
            assert!(are_forms_of_one_word(a, b), "{a} {b}");
        }
        for (a, b) in [("stanetova", "savinova"), ("park", "par"), ("via1", "via2"), ("celje", "celovec")] {
            assert!(!are_forms_of_one_word(a, b), "{a} {b}");
        }
    }
}
