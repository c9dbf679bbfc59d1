//! A text that names a place: the place, and the two places between which a part of it lies, or the one beside which.
//! Knows the words for this in ten languages.

use crate::import::table::folding::fold_word;

/// The parts of a text that names a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacePhrase<'t> {
    pub name: &'t str,
    pub bound: PhraseBound<'t>,
}

/// What a text says of the part of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhraseBound<'t> {
    Whole,
    /// Ways to cut the text into two ends; names may contain the word between them.
    Between(Vec<(&'t str, &'t str)>),
    Beside(&'t str),
}

/// The words before the first end and before the second, folded.
const RANGES: [(&str, &[&str]); 19] = [
    ("from", &["to"]),
    ("between", &["and"]),
    ("od", &["do"]),
    ("med", &["in"]),
    ("izmedu", &["i"]),
    ("miedzy", &["a", "i"]),
    ("de", &["a", "au", "aux", "hasta", "ate", "ao"]),
    ("du", &["a", "au", "aux"]),
    ("des", &["a", "au", "aux"]),
    ("entre", &["et", "y", "e"]),
    ("desde", &["hasta", "a"]),
    ("da", &["a", "al", "alla", "allo", "ate", "ao"]),
    ("dal", &["a", "al", "alla", "allo"]),
    ("dalla", &["a", "al", "alla", "allo"]),
    ("tra", &["e", "ed"]),
    ("απο", &["εωσ", "ωσ", "μεχρι"]),
    ("μεταξυ", &["και"]),
    ("van", &["tot", "naar"]),
    ("tussen", &["en"]),
];
/// Of these, the ones that are also parts of names: only behind a comma do they begin a range.
const PARTS_OF_NAMES: [&str; 7] = ["de", "du", "des", "da", "dal", "dalla", "van"];

/// What stands before a place beside which another one is.
const BESIDE: &str = "at near by pri pred ob kod uz przy przed kolo obok pres devant face junto frente presso davanti bij naast κοντα διπλα";

impl<'t> PlacePhrase<'t> {
    /// Reads a text; its first part is always a name.
    pub fn parse(text: &'t str) -> Self {
        let text = text.trim();
        let words = words_of(text);
        for (at, (start, word)) in words.iter().enumerate().skip(1) {
            let is_behind_comma = text[..*start].trim_end().ends_with([',', ';', '(', ':']);
            let name = text[..*start].trim_end_matches(|c: char| c.is_whitespace() || ",;(:–-".contains(c));
            if let Some((_, seconds)) = RANGES.iter().find(|(first, _)| first == word)
                && (is_behind_comma || !PARTS_OF_NAMES.contains(&word.as_str()))
            {
                let ends = cut_ends(text, &words[at + 1..], seconds);
                if !ends.is_empty() {
                    return Self { name, bound: PhraseBound::Between(ends) };
                }
            }
            let begins = words.get(at + 1).map(|(next, _)| *next);
            if let Some(next) = begins.filter(|_| BESIDE.split(' ').any(|beside| beside == word)) {
                return Self { name, bound: PhraseBound::Beside(trim_end(&text[next..])) };
            }
        }
        Self { name: trim_end(text), bound: PhraseBound::Whole }
    }
}

/// Every way to cut the words at one of `seconds`.
fn cut_ends<'t>(text: &'t str, words: &[(usize, String)], seconds: &[&str]) -> Vec<(&'t str, &'t str)> {
    let Some((begin, _)) = words.first() else { return vec![] };
    let cuts = words.windows(2).skip(1).filter(|pair| seconds.contains(&pair[0].1.as_str()));
    cuts.map(|pair| (trim_end(&text[*begin..pair[0].0]), trim_end(&text[pair[1].0..]))).collect()
}

fn trim_end(text: &str) -> &str {
    text.trim().trim_end_matches([',', ';', '.', ')', ':']).trim_end()
}

/// Where each word begins, and the word, folded.
fn words_of(text: &str) -> Vec<(usize, String)> {
    let mut words = vec![];
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(begin)) => {
                words.push((begin, fold_word(&text[begin..at])));
                start = None;
            }
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_streets_are_read_in_ten_languages() {
        for (text, name, first, second) in [
            ("Prešernova, from Marijina cerkev to Zvezda", "Prešernova", "Marijina cerkev", "Zvezda"),
            ("Prešernova ulica, od Marijine cerkve do Zvezde", "Prešernova ulica", "Marijine cerkve", "Zvezde"),
            ("Prešernova ulica med Stanetovo in Krekovim trgom", "Prešernova ulica", "Stanetovo", "Krekovim trgom"),
            ("Strossmayerova između Gundulićeve i Reisnerove", "Strossmayerova", "Gundulićeve", "Reisnerove"),
            ("ul. Urzędnicza od Kazimierza do Czarnowiejskiej", "ul. Urzędnicza", "Kazimierza", "Czarnowiejskiej"),
            (
                "Avenue de la Gare, de la rue de la Station à la rue du Gazomètre",
                "Avenue de la Gare",
                "la rue de la Station",
                "la rue du Gazomètre",
            ),
            ("Calle Elvira entre Plaza Nueva y Puerta Elvira", "Calle Elvira", "Plaza Nueva", "Puerta Elvira"),
            ("Rua Direita, da Praça Velha ao Largo Novo", "Rua Direita", "Praça Velha", "Largo Novo"),
            ("Via Caporali (tra Via Roma e Piazza Amendola)", "Via Caporali", "Via Roma", "Piazza Amendola"),
            ("Οδός Ρόδου από Πλατεία Πάρκου έως Καποδιστρίου", "Οδός Ρόδου", "Πλατεία Πάρκου", "Καποδιστρίου"),
            ("Kerkstraat tussen Markt en Station", "Kerkstraat", "Markt", "Station"),
        ] {
            let phrase = PlacePhrase::parse(text);
            assert_eq!(phrase.name, name, "{text}");
            let PhraseBound::Between(ends) = phrase.bound else { panic!("{text}: {:?}", phrase.bound) };
            assert!(ends.contains(&(first, second)), "{text}: {ends:?}");
        }
    }

    #[test]
    fn a_name_alone_is_whole_and_a_word_of_nearness_names_a_neighbour() {
        for text in ["Prešernova ulica", "Rue de la Gare", "Od", "from A", ""] {
            assert_eq!(PlacePhrase::parse(text), PlacePhrase { name: text, bound: PhraseBound::Whole });
        }
        let beside = PlacePhrase::parse("Prešernova ulica, pred Muzejem novejše zgodovine");
        assert_eq!(beside.name, "Prešernova ulica");
        assert_eq!(beside.bound, PhraseBound::Beside("Muzejem novejše zgodovine"));
    }
}
