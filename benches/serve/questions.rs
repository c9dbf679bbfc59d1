//! Three planning questions compared with PostGIS on the same features: ours over HTTP, PostGIS in SQL over a
//! persistent connection, with prepared statements and indexes on the geography. Both return every feature found, with
//! metres on the ellipsoid.

use crate::BenchOptions;
use crate::city::{self, Random};
use crate::http_connection::HttpConnection;
use crate::machine::Server;
use crate::postgis::{self, WORKS};
use serde_json::{Value as Json, json};
use std::time::Instant;

const COLUMNS: &str = "id, title, status, kind, budget, \"start\", \"end\", ST_AsGeoJSON(geom, 7)";

/// A question as inputs of a process and as SQL.
struct QuestionPair {
    process: &'static str,
    inputs: Json,
    sql: String,
}

/// A question with its prepared statement, and how many times it runs in a round.
struct QuestionKind {
    name: &'static str,
    process: &'static str,
    prepared: String,
    times: usize,
}

fn question_kinds() -> Vec<QuestionKind> {
    vec![
        QuestionKind {
            name: "nearby, 150 m",
            process: "nearby",
            prepared: format!(
                "PREPARE nearby (float8, float8) AS SELECT {COLUMNS}, ST_Distance(geom::geography, ST_Point($1, $2, 4326)::geography) AS d
                 FROM features WHERE ST_DWithin(geom::geography, ST_Point($1, $2, 4326)::geography, 150) ORDER BY d"
            ),
            times: 200,
        },
        QuestionKind {
            name: "inside, with the share of each",
            process: "inside",
            prepared: format!(
                "PREPARE inside (text) AS SELECT {COLUMNS}, CASE WHEN ST_Covers(area, geom) THEN 1
                   WHEN ST_Dimension(geom) = 2 THEN ST_Area(ST_Intersection(geom, area)::geography) / ST_Area(geom::geography)
                   ELSE ST_Length(ST_Intersection(geom, area)::geography) / ST_Length(geom::geography) END
                 FROM features, (SELECT ST_GeomFromGeoJSON($1) AS area) asked WHERE ST_Intersects(geom, area)"
            ),
            times: 100,
        },
        QuestionKind {
            name: "inside (PostGIS without shares)",
            process: "inside",
            prepared: format!(
                "DEALLOCATE inside; PREPARE inside (text) AS SELECT {COLUMNS} FROM features WHERE ST_Intersects(geom, ST_GeomFromGeoJSON($1))"
            ),
            times: 100,
        },
        QuestionKind {
            name: "conflicts of 3,700 works, 50 m",
            process: "conflicts",
            prepared: format!(
                "PREPARE conflicts (float8) AS SELECT a.id, b.id, ST_Distance(a.geom::geography, b.geom::geography),
                   greatest(a.\"start\", b.\"start\"), least(a.\"end\", b.\"end\"), ST_AsGeoJSON(ST_ShortestLine(a.geom, b.geom), 7)
                 FROM features a JOIN features b ON a.id < b.id AND ST_DWithin(a.geom::geography, b.geom::geography, $1)
                   AND a.\"start\" <= b.\"end\" AND b.\"start\" <= a.\"end\" AND b.kind = '{WORKS}' WHERE a.kind = '{WORKS}'"
            ),
            times: 2,
        },
    ]
}

/// One question of a kind, at a random place, so that no server can answer from a cache.
fn random_question(process: &'static str, r: &mut Random) -> QuestionPair {
    let within = city::bbox(r);
    let (lon, lat) = (f64::midpoint(within.west, within.east), f64::midpoint(within.south, within.north));
    let (lon, lat) = ((lon * 1e6).round() / 1e6, (lat * 1e6).round() / 1e6);
    let (inputs, sql) = match process {
        "nearby" => (json!({"point": [lon, lat], "radius_m": 150}), format!("EXECUTE nearby ({lon}, {lat})")),
        "inside" => {
            // An irregular district of 600 m by 550 m.
            let at = |x: f64, y: f64| json!([lon + x * 0.004, lat + y * 0.0025]);
            let ring = [at(-1.0, -0.8), at(0.7, -1.0), at(1.0, 0.6), at(0.2, 1.0), at(-0.9, 0.9), at(-1.0, -0.8)];
            let area = json!({"type": "Polygon", "coordinates": [ring]});
            let sql = format!("EXECUTE inside ('{area}')");
            (json!({"area": area}), sql)
        }
        _ => {
            let metres = (40.0 + 20.0 * r.unit()).round() + (r.unit() * 1e3).round() / 1e3;
            (json!({"filter": {"kind": WORKS}, "distance_m": metres}), format!("EXECUTE conflicts ({metres})"))
        }
    };
    let mut inputs = inputs;
    inputs["collection"] = json!("features");
    QuestionPair { process, inputs, sql }
}

/// Sends each question to both servers in turn and prints a table; reports when PostGIS is missing.
pub fn measure(server: &Server, size: &str, count: i64, options: &BenchOptions) {
    let Some(mut theirs) = postgis::database(size, count) else {
        eprintln!("PostGIS is left out of the questions: set CITYHEART_PEERS and PEERS, and start it with start_pg.sh");
        return;
    };
    let mut ours = HttpConnection::open(&server.address);
    println!("\n| question | found | kB ours / theirs | ours ms | PostGIS ms | times as fast | same number found |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for kind in question_kinds() {
        theirs.query(&kind.prepared);
        let r = &mut Random(5);
        let (mut our_times, mut their_times, mut ratios) = (vec![], vec![], vec![]);
        let (mut found, mut bytes, mut same, mut all) = (0, (0, 0), 0, 0_usize);
        // The first round warms both servers and is not counted.
        for round in 0..=options.rounds {
            let list: Vec<QuestionPair> = (0..kind.times).map(|_| random_question(kind.process, r)).collect();
            let (our_ms, ours) = timed(&list, |a| {
                let path = format!("/api/processes/{}/execution", a.process);
                let body = json!({"inputs": a.inputs}).to_string();
                let reply = ours.request("POST", &path, "Content-Type: application/json\r\n", body.as_bytes());
                assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
                reply.body
            });
            let (their_ms, theirs) = timed(&list, |a| theirs.query(&a.sql));
            if round == 0 {
                continue;
            }
            for (body, rows) in ours.iter().zip(&theirs) {
                let answer: Json = serde_json::from_slice(body).expect("JSON");
                let features = answer["features"]["features"].as_array().expect("features").len();
                same += usize::from(features == rows.count);
                all += 1;
                found += rows.count;
                bytes = (bytes.0 + body.len(), bytes.1 + rows.bytes);
            }
            our_times.push(our_ms);
            their_times.push(their_ms);
            ratios.push(their_ms / our_ms);
        }
        let kb = |n: usize| n as f64 / all as f64 / 1e3;
        println!(
            "| {} | {:.0} | {:.1} / {:.1} | {:.3} | {:.3} | {:.1} | {same} of {all} |",
            kind.name,
            found as f64 / all as f64,
            kb(bytes.0),
            kb(bytes.1),
            median(our_times),
            median(their_times),
            median(ratios),
        );
    }
}

/// The median time of a list of questions, in milliseconds, and the answers.
fn timed<T>(list: &[QuestionPair], mut answer: impl FnMut(&QuestionPair) -> T) -> (f64, Vec<T>) {
    let mut times = Vec::new();
    let answers = list
        .iter()
        .map(|question| {
            let start = Instant::now();
            let one = answer(question);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            one
        })
        .collect();
    (median(times), answers)
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
