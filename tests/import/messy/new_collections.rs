//! Tables into a new collection: cells become numbers and days only where they come back.

use super::{MessyFile, encoded, xlsx};
use encoding_rs::WINDOWS_1250;

fn text(
    name: &'static str,
    text: &str,
    answers: &'static [&'static str],
    asked: &'static [&'static str],
    expected: &'static str,
) -> MessyFile {
    MessyFile { name, bytes: text.into(), into: "things", answers, asked, expected }
}

pub fn files() -> Vec<MessyFile> {
    vec![
        text(
            "decimal commas.csv",
            "id;ime;cena;delež;teža\na;Klop;1.234,50;41 %;1,5\nb;Koš;12,00;7 %;2\nc;Luč;1.000.000,25;100 %;0,25\n",
            &[],
            &[],
            "id|ime|cena|delež|teža\na|Klop|1234.5|41|1.5\nb|Koš|12|7|2\nc|Luč|1000000.25|100|0.25",
        ),
        text(
            "codes stay.csv",
            "id;šifra;verzija;davčna;eksp;dolga\na;1,1;007;01234567;12E3;9007199254740993\nb;1,10;012;00000001;1E5;12\n",
            &[],
            &[],
            "id|šifra|verzija|davčna|eksp|dolga\na|1,1|007|01234567|12E3|9007199254740993\nb|1,10|012|00000001|1E5|12",
        ),
        text(
            "thousands with points.csv",
            "id;n\na;1.234\nb;12.500\n",
            &["--decimal", "comma"],
            &["decimal"],
            "id|n\na|1234\nb|12500",
        ),
        text(
            "thousands with points, decided elsewhere.csv",
            "id;n;m\na;1.234;1,50\nb;12.500;2,25\n",
            &[],
            &[],
            "id|n|m\na|1234|1.5\nb|12500|2.25",
        ),
        text(
            "decimals with points.csv",
            "id;n\na;1.234\nb;2.500\n",
            &["--decimal", "point"],
            &["decimal"],
            // 2.500 would come back as 2.5.
            "id|n\na|1.234\nb|2.500",
        ),
        text(
            "days.csv",
            "id;dan;rok\na;1. 3. 2026;Q3 2026\nb;15.12.2026;2027\n",
            &[],
            &[],
            "id|dan|rok\na|2026-03-01|Q3 2026\nb|2026-12-15|2027",
        ),
        text(
            "slashed days.csv",
            "id;jour\na;03/04/2026\nb;05/06/2026\n",
            &["--day-order", "day-first"],
            &["day-order"],
            "id|jour\na|2026-04-03\nb|2026-06-05",
        ),
        text(
            "slashed days that prove themselves.csv",
            "id;date\na;03/04/2026\nb;12/31/2026\n",
            &[],
            &[],
            "id|date\na|2026-03-04\nb|2026-12-31",
        ),
        text("two-digit years.csv", "id;dan\na;1. 3. 26\nb;2. 3. 26\n", &[], &[], "id|dan\na|1. 3. 26\nb|2. 3. 26"),
        MessyFile {
            name: "brez naslova.csv",
            bytes: encoded(
                "Popis dreves, Celje;;;\r\n;;;\r\nid;vrsta;obseg (cm);zaščiteno\r\n1;češnja;120,5;da\r\n2;žalujka;80;ne\r\n;;;\r\nSkupaj;;200,5;\r\nVir: Zavod za gozdove, popis 2025;;;\r\n",
                WINDOWS_1250,
            ),
            into: "things",
            answers: &[],
            asked: &[],
            expected: "id|vrsta|obseg (cm)|zaščiteno\n1|češnja|120.5|true\n2|žalujka|80|false",
        },
        text(
            "lat lon with commas.csv",
            "id;lat;lon\na;46,2311;15,2675\nb;;\n",
            &[],
            &[],
            "id|place\na|15.2675 46.2311\nb|",
        ),
        text(
            "degrees.csv",
            "id;lega\na;46°13'52\" N, 15°16'3\" E\nb;46°14'0\" N, 15°16'0\" E\n",
            &[],
            &[],
            "id|place\na|15.2675 46.2311\nb|15.2667 46.2333",
        ),
        text(
            "gauss.csv",
            "id|KOORX|KOORY\na|520.648,4|121.273,9\nb|520.700,0|121.300,5\n",
            &["--crs", "EPSG:3794"],
            &["crs"],
            "id|place\na|15.2677 46.2309\nb|15.2684 46.2311",
        ),
        text(
            "northing first.csv",
            "id;X;Y\na;121273,9;520648,4\nb;121300,5;520700,0\n",
            &["--crs", "EPSG:3794", "--map", "X=northing", "--map", "Y=easting"],
            &["crs"],
            "id|place\na|15.2677 46.2309\nb|15.2684 46.2311",
        ),
        text(
            "money of all kinds.csv",
            "id;a;b;c\n1;1,2 mio. €;(500,00);12'000\n2;450 tis. €;1.250,50;1'250'000\n3;12.000 €;–;500\n",
            &[],
            &[],
            "id|a|b|c\n1|1200000|-500|12000\n2|450000|1250.5|1250000\n3|12000||500",
        ),
        text(
            "text with figures.csv",
            "id;opis;mera\na;Prenova 12.000 m2;5 m\nb;1.234,50 €;1,5 m\n",
            &[],
            &[],
            "id|opis|mera\na|Prenova 12.000 m2|5 m\nb|1.234,50 €|1,5 m",
        ),
        MessyFile {
            name: "groups.xlsx",
            bytes: xlsx(
                "Št.|Naziv|2026||2027|\n||Plan|Real.|Plan|Real.\nA|Trg|#5|#1.5|#6|#2\nB|Park|#7|#0.1|#8|#N/A\nSkupaj||=SUM(C3:C4):12|||",
                &[(0, 2, 0, 3), (0, 4, 0, 5)],
            ),
            into: "things",
            answers: &["--id", "Št."],
            asked: &[],
            expected: "id|Naziv|2026 / Plan|2026 / Real.|2027 / Plan\nA|Trg|5|1.5|6\nB|Park|7|0.1|8",
        },
    ]
}
