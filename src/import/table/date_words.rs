//! The words of dates in ten languages, folded: months in their cases and short forms, seasons, quarters, halves, and
//! the small words around them. Reads no dates.

/// Languages in which a word for a month means something else than in the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MonthLanguage {
    Croatian,
    Polish,
    Other,
}

impl MonthLanguage {
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "hr" => Self::Croatian,
            "pl" => Self::Polish,
            "en" | "fr" | "es" | "pt" | "sl" | "it" | "el" | "nl" => Self::Other,
            _ => return None,
        })
    }
}

/// What a month word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonthWord {
    Month(u8),
    /// This month in Croatian, and that one in Polish.
    Either {
        croatian: u8,
        polish: u8,
    },
}

/// Words for the months; a star stands for up to four more letters.
const MONTHS: [&str; 12] = [
    "jan januar* january janv janvier styczn* styczen sty ene enero sijecanj sijecnj* sij janeir* gen gennaio ιαν ιανουαρι*",
    "feb februar* february fev fevr fevrier luty lutego lutym lut febrer* veljac* velj fevereir* febbraio φεβ φεβρ φεβρουαρι*",
    "mar march marec marc* mars marzec marca marzo marco ozujak ozujk* ozu maart mrt μαρ μαρτ μαρτι*",
    "apr april* avr avril kwiecien kwietni* kwi abr abril travanj travnj* tra aprile απρ απριλι*",
    "may maj maja maju mai mayo svibanj svibnj* svi maio maggio mag mei μαι μαιοσ μαιου μαιο",
    "jun june junij* junija juin czerwiec czerwc* cze junio lipanj lipnj* junho giugno giu juni ιουν ιουνι*",
    "jul july julij* julija juillet juil lipiec lipca lipcu julio srpanj srpnj* srp julho luglio lug juli ιουλ ιουλι*",
    "aug august* avg avgust* aout sierpien sierpni* sie ago agosto kolovoz* kol augustus αυγ αυγουστ*",
    "sep sept september septembr* septembre wrzesien wrzesni* wrz septiembre setiembre set rujan rujn* ruj setembro sett settembre σεπ σεπτ σεπτεμβρι*",
    "oct october okt oktober oktobr* octobre pazdziernik* paz octubre out outubro ott ottobre οκτ οκτωβρι*",
    "nov november novembr* novembre noviembre studeni studen* stu novembro νοε νοεμ νοεμβρι*",
    "dec december decembr* decembre grudzien grudni* gru dic diciembre prosinac prosinc* pro dez dezembro dicembre δεκ δεκεμβρι*",
];

/// Words that are one month in Croatian and another in Polish.
const EITHER: [(&str, u8, u8); 3] = [("listopad", 10, 11), ("lis", 10, 11), ("lip", 6, 7)];

/// Winter, spring, summer, autumn.
const SEASONS: [&str; 4] = [
    "winter hiver zima zime zimi zimie zimo pozimi invierno inverno χειμωνασ χειμωνα",
    "spring printemps wiosna wiosny wiosne primavera proljece proljecu pomlad pomladi spomladi ανοιξη ανοιξησ voorjaar lente",
    "summer ete lato lata latem verano ljeto ljeti verao poletje poletja poleti estate καλοκαιρι καλοκαιριου zomer",
    "autumn fall automne jesien jesieni jesienia otono jesen jeseni outono autunno φθινοπωρο φθινοπωρου herfst najaar",
];
const QUARTERS: &str = "q t k kw kwartal kwartale kwartalu kvartal kvartala cetrtletje cetrtletja cetrtletju cetrt cetrtl tromjesecje tromjesecja trimestre trim trimester quarter qtr kwartaal kw τριμηνο τριμηνου τριμ";
const HALVES: &str = "h s p polletje polletja polletju pol polovica polovici half semestre sem semester polrocze polrocza polugodiste polugodista polugodistu halfjaar εξαμηνο εξαμηνου εξαμ polgodiste";
const ORDINALS: [&str; 4] = [
    "first prvo prva prvi prvem prvom pierwszy pierwsze pierwsza premier primer primeiro primo eerste πρωτο i 1st 1er 1ο 1o 1a 1e α",
    "second drugo druga drugi drugem drugom drugie deuxieme segundo secondo tweede δευτερο ii 2nd 2eme 2e 2ο 2o 2a β",
    "third tretje tretji trece treci trzeci trzecie troisieme tercer terceiro terzo derde τριτο iii 3rd 3eme 3e 3ο 3o 3er 3a γ",
    "fourth cetrto cetrti cetvrto cetvrti czwarty czwarte quatrieme cuarto quarto vierde τεταρτο iv 4th 4eme 4e 4ο 4o 4a δ",
];
/// Words that say nothing of their own.
const FILLERS: &str = "of the in de del de la l d le du v u w we letu leto leta rok roku roka r an annee ano anno jaar het year godina godine godini god g του τησ το η ετοσ ετουσ στο στην het van der predvidoma approx";
/// A first word behind which a period begins, with no end.
const FROM: &str = "od from since depuis des desde dal dall dalla dallo vanaf von ab apo απο starting";
/// A first word behind which a period ends.
const UNTIL: &str = "do until till by jusqu hasta ate fino entro tot voor εωσ μεχρι";
/// Between two periods.
const TO: &str = "to do until till au aux a al ao ate hasta alla fino tot t bis εωσ μεχρι i";

fn holds(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

fn holds_stem(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| match known.strip_suffix('*') {
        Some(stem) => word.strip_prefix(stem).is_some_and(|rest| rest.chars().count() <= 4),
        None => known == word,
    })
}

pub fn month_of(word: &str) -> Option<MonthWord> {
    if let Some((_, croatian, polish)) = EITHER.iter().find(|(known, ..)| *known == word) {
        return Some(MonthWord::Either { croatian: *croatian, polish: *polish });
    }
    // The cases of both are the same word for other months only with endings.
    let inflected = word.strip_prefix("listopad").is_some_and(|rest| rest.len() <= 2);
    if inflected {
        return Some(MonthWord::Either { croatian: 10, polish: 11 });
    }
    MONTHS.iter().position(|words| holds_stem(words, word)).map(|at| MonthWord::Month(at as u8 + 1))
}

/// Winter is 0.
pub fn season_of(word: &str) -> Option<u8> {
    SEASONS.iter().position(|words| holds(words, word)).map(|at| at as u8)
}

pub fn is_quarter(word: &str) -> bool {
    holds(QUARTERS, word)
}

pub fn is_half(word: &str) -> bool {
    holds(HALVES, word)
}

/// From 1.
pub fn ordinal_of(word: &str) -> Option<u8> {
    ORDINALS.iter().position(|words| holds(words, word)).map(|at| at as u8 + 1)
}

pub fn is_filler(word: &str) -> bool {
    holds(FILLERS, word)
}

pub fn means_from(word: &str) -> bool {
    holds(FROM, word)
}

pub fn means_until(word: &str) -> bool {
    holds(UNTIL, word)
}

pub fn means_to(word: &str) -> bool {
    holds(TO, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_two_months() {
        for (at, words) in MONTHS.iter().enumerate() {
            for word in words.split(' ') {
                let bare = word.trim_end_matches('*');
                let months: Vec<usize> = (0..12).filter(|m| holds_stem(MONTHS[*m], bare)).collect();
                assert_eq!(months, [at], "{word}");
            }
        }
    }
}
