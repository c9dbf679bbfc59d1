//! Action tables into the plan's own collection of interventions.

use super::{MessyFile, encoded, xlsx};
use encoding_rs::{ISO_8859_2, WINDOWS_1250, WINDOWS_1252, WINDOWS_1253};

const SET: [&str; 8] = [
    "--set",
    "city=celje",
    "--set",
    "kind=hard_investment",
    "--set",
    "visibility=public",
    "--set",
    "location_precision=exact",
];

fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

pub fn files() -> Vec<MessyFile> {
    vec![
        MessyFile {
            name: "IAP akcije 2026.xlsx",
            bytes: xlsx(
                "Akcijski načrt mesta Celje||||||||\n\
                 ||||||||\n\
                 Akcija|||Obdobje||Finance|Lokacija|\n\
                 Št.|Naziv|Stanje|Začetek|Konec|Vrednost|E|N\n\
                 CE-01|Preureditev Prešernove ulice|predlagano|Q1 2027|Q4 2028|1.900.000,00|520402|121084\n\
                 CE-03|Gosposka: mestni avtobus|zaključeno|Q3 2025|Q4 2025|380.000,00|520549|120884\n\
                 CE-07|Spodbude za fasade in strehe|poteka|Q1 2024|–|600.000,00||\n\
                 CE-13|Savinova: šolska ulica|poskus|1. 3. 2026|30. 6. 2027|30.000,00|520456|121129\n\
                 Skupaj|||||2.910.000,00||\n\
                 Opomba: zneski so brez DDV.||||||",
                &[(2, 0, 2, 2), (2, 3, 2, 4), (2, 6, 2, 7)],
            ),
            into: "interventions",
            answers: &["--crs", "EPSG:3794", SET[0], SET[1], SET[2], SET[3], SET[4], SET[5], SET[6], SET[7]],
            asked: &["crs", "missing"],
            expected: "code|title|status|start|end|cost|place\n\
                CE-01|Preureditev Prešernove ulice|proposed|2027-01-01|2028-12-31|1900000|15.2645 46.2292\n\
                CE-03|Gosposka: mestni avtobus|completed|2025-07-01|2025-12-31|380000|15.2664 46.2274\n\
                CE-07|Spodbude za fasade in strehe|in_progress|2024-01-01||600000|\n\
                CE-13|Savinova: šolska ulica|testing|2026-03-01|2027-06-30|30000|15.2652 46.2296",
        },
        MessyFile {
            name: "ukrepi.csv",
            bytes: encoded(
                "Šifra;Naziv ukrepa;Stanje;Ocenjena vrednost (€);Obdobje;Nosilec\r\n\
                 M-1;Ureditev tržnice;v teku;12.000 €;2026–2028;Mestna občina Celje\r\n\
                 M-2;Zelena streha;ideja;1,2 mio. €;od 2026;Občina\r\n\
                 M-3;Češnjev drevored;končano;cca 150 tisoč;2025;Komunala\r\n",
                WINDOWS_1250,
            ),
            into: "interventions",
            answers: &SET,
            asked: &["missing"],
            expected: "code|title|status|cost|start|end|date_precision|lead\n\
                M-1|Ureditev tržnice|in_progress|12000|2026-01-01|2028-12-31|year|Mestna občina Celje\n\
                M-2|Zelena streha|idea|1200000|2026-01-01||year|Občina\n\
                ~",
        },
        MessyFile {
            name: "plan d'actions.csv",
            bytes: encoded(
                "Code;Intitulé;État d’avancement;Coût (k€);Début;Fin\r\n\
                 A1;Réaménagement de la place;en cours;1 250,5;mars 2026;déc. 2026\r\n\
                 A2;Été piéton;terminé;80;1er juin 2025;31 août 2025\r\n",
                WINDOWS_1252,
            ),
            into: "interventions",
            answers: &[
                "--encoding",
                "windows-1252",
                SET[0],
                SET[1],
                SET[2],
                SET[3],
                SET[4],
                SET[5],
                SET[6],
                SET[7],
            ],
            asked: &["encoding", "missing"],
            expected: "code|title|status|cost|start|end|date_precision\n\
                A1|Réaménagement de la place|in_progress|1250500|2026-03-01|2026-12-31|month\n\
                A2|Été piéton|completed|80000|2025-06-01|2025-08-31|day",
        },
        MessyFile {
            name: "plan działań.csv",
            bytes: encoded(
                "Lp.;Nazwa;Stan realizacji;Okres realizacji\r\n\
                 1;Przebudowa ulicy Głównej;w trakcie;II kw. 2026\r\n\
                 2;Ścieżka zieleni;zakończone;15 listopada 2025\r\n\
                 3;Łąka miejska;pomysł;wiosna 2027\r\n",
                ISO_8859_2,
            ),
            into: "interventions",
            answers: &["--language", "pl", SET[0], SET[1], SET[2], SET[3], SET[4], SET[5], SET[6], SET[7]],
            asked: &["language", "missing"],
            expected: "code|title|status|start|end\n\
                1|Przebudowa ulicy Głównej|in_progress|2026-04-01|2026-06-30\n\
                2|Ścieżka zieleni|completed|2025-11-15|2025-11-15\n\
                3|Łąka miejska|idea|2027-03-01|2027-05-31",
        },
        MessyFile {
            name: "mjere.csv",
            bytes: utf16(
                "Šifra\tNaziv mjere\tStanje provedbe\tProcijenjena vrijednost\tRazdoblje\n\
                 OS-1\tObnova tržnice\tu tijeku\t2.500.000,00 €\tlistopad 2026. – ožujak 2027.\n\
                 OS-2\tBiciklistička staza\todobreno\t75.000,00 €\tproljeće 2027.\n",
            ),
            into: "interventions",
            answers: &["--language", "hr", SET[0], SET[1], SET[2], SET[3], SET[4], SET[5], SET[6], SET[7]],
            asked: &["language", "missing"],
            expected: "code|title|status|cost|start|end\n\
                OS-1|Obnova tržnice|in_progress|2500000|2026-10-01|2027-03-31\n\
                OS-2|Biciklistička staza|approved|75000|2027-03-01|2027-05-31",
        },
        MessyFile {
            name: "δράσεις.csv",
            bytes: encoded(
                "α/α;Τίτλος;Κατάσταση;Κόστος;Έναρξη;Λήξη\r\n\
                 1;Ανάπλαση πλατείας;σε εξέλιξη;1.234.567,89;Μάρτιος 2026;Γ' τρίμηνο 2027\r\n\
                 2;Πεζόδρομος;ολοκληρώθηκε;50.000,00;01/02/2025;31/12/2025\r\n",
                WINDOWS_1253,
            ),
            into: "interventions",
            answers: &SET,
            asked: &["missing"],
            expected: "code|title|status|cost|start|end\n\
                1|Ανάπλαση πλατείας|in_progress|1234567.89|2026-03-01|2027-09-30\n\
                2|Πεζόδρομος|completed|50000|2025-02-01|2025-12-31",
        },
        MessyFile {
            name: "actuaciones.xlsx",
            bytes: xlsx(
                "Código|Título|Estado|Presupuesto|Inicio|Fin\n\
                 GR-1|Peatonalización de la calle|en ejecución|#1250000.5|@2026-03-01|@2026-12-15\n\
                 GR-2|Jardín de bolsillo|propuesta|#30000|verano 2026|\n\
                 Total|||=SUM(D2:D3):1280000.5||",
                &[],
            ),
            into: "interventions",
            answers: &SET,
            asked: &["missing"],
            expected: "code|title|status|cost|start|end\n\
                GR-1|Peatonalización de la calle|in_progress|1250000.5|2026-03-01|2026-12-15\n\
                GR-2|Jardín de bolsillo|proposed|30000|2026-06-01|",
        },
        MessyFile {
            name: "acties.csv",
            bytes: "Code|Titel|Status|Kosten|Planning\nA1|Nieuw plein|in uitvoering|€ 1.500.000|Q2 2026\nA2|Groene gevel|afgerond|€ 25.000,50|maart–juni 2025\nTotaal|||€ 1.525.000,50|\n".into(),
            into: "interventions",
            answers: &SET,
            asked: &["missing"],
            expected: "code|title|status|cost|start|end\n\
                A1|Nieuw plein|in_progress|1500000|2026-04-01|2026-06-30\n\
                A2|Groene gevel|completed|25000.5|2025-03-01|2025-06-30",
        },
        MessyFile {
            name: "ações.csv",
            bytes: "Código;Designação;Situação;Custo;Prazo\nGU-1;Requalificação do jardim;em curso;1 234 567,50 €;1.º semestre de 2026\nGU-2;Rua aberta;concluída;9 800,00 €;setembro de 2025\n".into(),
            into: "interventions",
            answers: &SET,
            asked: &["missing"],
            expected: "code|title|status|cost|start|end|date_precision\n\
                GU-1|Requalificação do jardim|in_progress|1234567.5|2026-01-01|2026-06-30|half_year\n\
                GU-2|Rua aberta|completed|9800|2025-09-01|2025-09-30|month",
        },
        MessyFile {
            name: "interventi.csv",
            bytes: "Codice;Titolo intervento;Stato di attuazione;Costo;Inizio;Fine;Colore\nCS-1;Piazza verde;in corso;12.000;dal 2026;2027;x\nCS-2;Portici;concluso;3.500;01/02/2025;;y\n".into(),
            into: "interventions",
            answers: &["--decimal", "comma", "--day-order", "day-first", "--map", "Colore=", SET[0], SET[1], SET[2], SET[3], SET[4], SET[5], SET[6], SET[7]],
            asked: &["decimal", "day-order", "unmatched", "missing"],
            expected: "code|title|status|cost|start|end\n\
                CS-1|Piazza verde|in_progress|12000|2026-01-01|2027-12-31\n\
                CS-2|Portici|completed|3500|2025-02-01|",
        },
    ]
}
