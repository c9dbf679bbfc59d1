//! What a workbook says itself, beside the titles of the model: in the ten languages of the plan.

/// The languages that headings can be in.
pub const WORKBOOK_LANGUAGES: [&str; 10] = ["en", "fr", "pl", "es", "hr", "pt", "sl", "it", "el", "nl"];

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub struct WorkbookWords {
    pub longitude: &'static str,
    pub latitude: &'static str,
    pub revision: &'static str,
    /// Before the words that a cell of a list may hold.
    pub several: &'static str,
    /// Shown when a cell gets a word that is not in its list.
    pub not_listed: &'static str,
}

impl WorkbookWords {
    /// The words of a language; of English for one that is not known.
    pub fn of_language(language: &str) -> Self {
        let at = WORKBOOK_LANGUAGES.iter().position(|known| *known == language).unwrap_or(0);
        let [longitude, latitude, revision, several, not_listed] = WORDS[at];
        Self { longitude, latitude, revision, several, not_listed }
    }
}

/// In the order of [`WORKBOOK_LANGUAGES`].
const WORDS: [[&str; 5]; 10] = [
    [
        "Longitude",
        "Latitude",
        "Revision",
        "Several words are separated by semicolons. Choose from:",
        "This word is not in the list. Keep it anyway?",
    ],
    [
        "Longitude",
        "Latitude",
        "Révision",
        "Plusieurs mots sont séparés par des points-virgules. Au choix :",
        "Ce mot n’est pas dans la liste. Le garder quand même ?",
    ],
    [
        "Długość geograficzna",
        "Szerokość geograficzna",
        "Rewizja",
        "Kilka słów oddziela się średnikami. Do wyboru:",
        "Tego słowa nie ma na liście. Zachować je mimo to?",
    ],
    [
        "Longitud",
        "Latitud",
        "Revisión",
        "Varias palabras se separan con punto y coma. Para elegir:",
        "Esta palabra no está en la lista. ¿Conservarla de todos modos?",
    ],
    [
        "Geografska dužina",
        "Geografska širina",
        "Revizija",
        "Više riječi odvaja se točkom sa zarezom. Na izbor:",
        "Te riječi nema na popisu. Ipak je zadržati?",
    ],
    [
        "Longitude",
        "Latitude",
        "Revisão",
        "Várias palavras separam-se com ponto e vírgula. À escolha:",
        "Esta palavra não está na lista. Mantê-la mesmo assim?",
    ],
    [
        "Geografska dolžina",
        "Geografska širina",
        "Revizija",
        "Več besed se loči s podpičji. Na izbiro:",
        "Te besede ni na seznamu. Jo vseeno obdržim?",
    ],
    [
        "Longitudine",
        "Latitudine",
        "Revisione",
        "Più parole si separano con punto e virgola. A scelta:",
        "Questa parola non è nell’elenco. Tenerla comunque?",
    ],
    [
        "Γεωγραφικό μήκος",
        "Γεωγραφικό πλάτος",
        "Αναθεώρηση",
        "Πολλές λέξεις χωρίζονται με ερωτηματικό (;). Επιλογές:",
        "Η λέξη δεν είναι στη λίστα. Να διατηρηθεί ούτως ή άλλως;",
    ],
    [
        "Lengtegraad",
        "Breedtegraad",
        "Revisie",
        "Meer woorden worden gescheiden door puntkomma’s. Keuze uit:",
        "Dit woord staat niet in de lijst. Toch behouden?",
    ],
];
