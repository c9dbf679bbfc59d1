//! Words that cells of tables have in ten languages: yes and no, nothing, totals, notes. Knows no columns.

use super::folding::{fold_word, fold_words};

const YES: &str = "yes y true oui vrai tak si da sim sì ναι ja x ✓ ✔ ☑ resnicno tocno vero";
const NO: &str = "no n false non nie ne nao οχι nee nein faux falso neresnicno netocno";
/// What people write where there is nothing to write.
const ABSENT: &str = "- -- – — / . .. … ? na n/a #n/a nan null none nil <na> (null) n.a. n.d. nd s/d k.a. n.v.t. nvt brak b.d. ni ni podatka np n.p. tbd tbc b/d";
/// The first words of rows that sum the others.
const TOTALS: &str = "skupaj total totals totali totales totais razem suma ukupno sveukupno totale totaal συνολο sum summe vsota subtotal lacznie ogolem somme soma somma vmesna podskup subtotaal sous zusammen gesamt σ∑ σ ∑ γενικο totaux";
/// Words that may follow, or precede, those.
const TOTAL_PARTNERS: &str = "general generale generalna vsota total totale suma eur euro evrov € vse ogolem razem skupaj ukupno συνολο geral znesek in with bez ddv z v w kn zl grand 1 2 3 4 5 iap";
/// The first words of notes below a table.
const NOTES: &str = "opomba opombe vir viri note notes source sources remarque remarques uwaga uwagi zrodlo zrodla nota notas notes fuente fuentes fonte fonti fontes napomena napomene izvor izvori σημειωση πηγη opmerking bron bronnen legenda legend legende stanje pripravil prepared izdelal";

fn holds(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

/// Whether a word means yes or no in one of the languages.
pub fn read_yes_no(text: &str) -> Option<bool> {
    let word = fold_word(text.trim());
    if word.is_empty() || word.contains(' ') {
        return None;
    }
    if holds(YES, &word) {
        return Some(true);
    }
    holds(NO, &word).then_some(false)
}

/// Whether a cell says that there is no value.
pub fn says_nothing(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 12 && !text.is_empty() && (holds(ABSENT, &fold_word(text)) || fold_word(text) == "ni podatka")
}

/// Whether a cell begins a row that sums the others: `Skupaj`, `TOTAL (EUR):`.
pub fn says_total(text: &str) -> bool {
    let trimmed = text.trim();
    if trimmed.len() > 40 {
        return false;
    }
    if matches!(trimmed.trim_end_matches(':'), "Σ" | "∑") {
        return true;
    }
    let words = fold_words(trimmed);
    let mut parts = words.split(' ').filter(|word| !word.is_empty());
    let mut known = 0;
    let is_known = parts.all(|word| {
        let is_total = holds(TOTALS, word);
        known += usize::from(is_total);
        is_total || holds(TOTAL_PARTNERS, word)
    });
    is_known && known > 0
}

/// Whether a text begins as a note below a table does.
pub fn says_note(text: &str) -> bool {
    let trimmed = text.trim();
    let first = fold_words(trimmed);
    let first = first.split(' ').next().unwrap_or_default();
    trimmed.starts_with(['*', '¹', '²', '³', '†']) || holds(NOTES, first)
}

/// Short words that stand below a heading as its unit.
pub fn is_unit(text: &str) -> bool {
    const UNITS: &str = "€ eur euro v eur % m m2 m² m3 km ha kos kom szt h t kg kwh let years mio eur tis eur 1000 eur zl pln (eur) (€) (%) [€] [%] [eur] (m2) (m²) (da/ne) (y/n) dd.mm.llll dd.mm.yyyy jj/mm/aaaa id";
    let folded = fold_word(text.trim());
    !folded.is_empty() && folded.len() <= 12 && (holds(UNITS, &folded) || folded.starts_with("v ") && folded.len() < 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_told_from_names() {
        for text in [
            "Skupaj",
            "SKUPAJ:",
            "Total",
            "Razem (EUR)",
            "Ukupno",
            "Totale generale",
            "Σύνολο",
            "Totaal",
            "Σ",
            "Ogółem",
            "Suma",
            "Vmesna vsota",
        ] {
            assert!(says_total(text), "{text}");
        }
        for text in ["Totalna prenova trga", "Skupaj za mesto", "Suma Park", "", "EUR", "Razem dla miasta"] {
            assert!(!says_total(text), "{text}");
        }
    }

    #[test]
    fn yes_and_no_are_read_in_ten_languages() {
        for text in ["yes", "Oui", "TAK", "sí", "da", "Sim", "ναι", "Ja", "x"] {
            assert_eq!(read_yes_no(text), Some(true), "{text}");
        }
        for text in ["no", "Non", "nie", "ne", "Não", "ΌΧΙ", "nee"] {
            assert_eq!(read_yes_no(text), Some(false), "{text}");
        }
        assert_eq!(read_yes_no("maybe"), None);
    }
}
