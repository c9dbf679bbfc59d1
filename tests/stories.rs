//! The user stories of the planners, asked of the demo plan over HTTP. The expected numbers were worked out beside the
//! program, with shapely 2 on an azimuthal plane (pyproj) and by hand from the files in `geodata/demo`; the comments
//! say how.

use crate::support::editing::{Client, ITEMS, ONE, measure};
use crate::support::processes::{ask, found, number, value};
use cityheart::access::{AccessRole, Viewer};
use serde_json::json;

fn close(got: f64, want: f64, relative: f64) -> bool {
    (got - want).abs() <= want.abs() * relative
}

#[tokio::test]
async fn story_1_a_coordinator_in_celje_sees_every_action_inside_the_old_core() {
    let answer = ask("inside", json!({"area": "celje-staro-mestno-jedro", "filter": {"city": "celje"}})).await;
    // Of Celje's twelve, five meet the core in the lines and polygons as drawn, one more with its point, one with its
    // two polygons; two car parks lie east of it, three soft measures have no place.
    let want = [
        "celje-presernova-redesign",
        "celje-presernova-trial-closure",
        "celje-gosposka-bus",
        "celje-krekov-gubceva-carfree",
        "celje-presernova-dialogue",
        "celje-renewal-1",
        "celje-renewal-2",
    ];
    assert_eq!(found(&answer), want);
    assert_eq!(value(&answer, "features", &[]), 7.0);
    assert_eq!(
        answer["left_out"]["without_place"],
        json!(["celje-facade-grants", "celje-parking-screens", "celje-centralka-card"])
    );
}

#[tokio::test]
async fn story_2_a_planner_in_fleurus_sees_which_works_meet_in_place_and_time() {
    let unasked = ask("conflicts", json!({"filter": {"city": "fleurus"}, "distance_m": 100})).await;
    let all = json!({"filter": {"city": "fleurus"}, "distance_m": 100, "with_completed": true});
    let answer = ask("conflicts", all).await;
    // Completed works collide with none unless they are asked for.
    assert!(value(&unasked, "conflicts", &[]) < 16.0);
    // 26 pairs lie within 100 m. Without those of the three undated works, and without shared space and station
    // esplanade (begun in 2023 and in 2021: a year apart even when each takes a year more), 16 remain: murals 3, Place
    // Albert Ier 5, venelles 2, cour 3, couvent 2, shared space 1. All dates are years, so none is certain.
    assert_eq!(value(&answer, "conflicts", &[]), 16.0);
    assert_eq!(value(&answer, "certain", &[]), 0.0);
    let pair = &answer["features"]["features"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["id"] == "fleurus-murals~fleurus-place-albert-ier")
        .unwrap()["result"];
    // The murals ended in November 2025 and began at most twelve months before; the square, begun in 2023, ends by
    // December 2024.
    assert_eq!(pair["months"], json!(["2024-11", "2024-12"]));
    // Street by street: the segment of rue du Couvent passes within 50 m of ten of the shortest ways, that of rue de la
    // Station of one.
    let streets: Vec<(&str, f64)> = answer["numbers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|n| n["name"] == "conflicts")
        .filter_map(|n| {
            let group = n["group"].as_object()?;
            (group.len() == 1).then(|| (group["street"].as_str().unwrap(), n["value"].as_f64().unwrap()))
        })
        .collect();
    assert_eq!(streets, [("", 5.0), ("Rue de la Station", 1.0), ("Rue du Couvent", 10.0)]);
    assert!(value(&answer, "conflicts", &[("street", "Rue du Couvent"), ("month", "2023-06")]) >= 1.0);
    assert!(close(pair["distance_m"].as_f64().unwrap(), 19.18, 0.001));
    let undated: Vec<_> =
        answer["left_out"]["undated"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert!(undated.contains(&"fleurus-three-houses") && undated.contains(&"fleurus-admin-centre"));
}

#[tokio::test]
async fn story_3_a_merchant_in_cesena_taps_the_door_and_sees_what_is_near() {
    let point = json!([12.2438, 44.1372]);
    let answer = ask("nearby", json!({"point": point, "radius_m": 250})).await;
    assert_eq!(found(&answer), ["cesena-three-squares", "cesena-market-rebrand"]);
    for (feature, want) in answer["features"]["features"].as_array().unwrap().iter().zip([158.44, 220.58]) {
        assert!(close(feature["result"]["distance_m"].as_f64().unwrap(), want, 0.0001), "{}", feature["result"]);
    }
    let none = ask("nearby", json!({"point": point, "radius_m": 150})).await;
    assert_eq!(found(&none), [""; 0]);
}

#[tokio::test]
async fn story_4_the_mayor_of_sligo_sees_cost_and_eu_share_of_the_bid_by_status() {
    let answer = ask("summary", json!({"area": "sligo-bid", "group_by": ["status"]})).await;
    // Completed: Queen Maeve Square 3,800,000 + O'Connell Street 1,250,000, the grant alone and all from the EU: a
    // share of it says nothing. Funded: the campus, 28,680,000. Greenfort and the footbridge (proposed) and
    // over-the-shop (idea) state no cost.
    assert_eq!(value(&answer, "features", &[]), 6.0);
    assert_eq!(value(&answer, "cost", &[]), 33_730_000.0);
    assert_eq!(value(&answer, "cost", &[("status", "completed")]), 5_050_000.0);
    assert_eq!(value(&answer, "cost", &[("status", "funded")]), 28_680_000.0);
    assert_eq!(value(&answer, "features", &[("status", "proposed")]), 2.0);
    assert_eq!(value(&answer, "eu_money", &[]), 1_250_000.0);
    assert_eq!(number(&answer, "eu_share", &[])["value"], json!(null));
    assert_eq!(
        answer["left_out"]["without_cost"],
        json!(["sligo-greenfort", "sligo-rockwood-footbridge", "sligo-over-the-shop"])
    );
    // The public realm plan, 19,160,000, is a programme of several actions: in the whole city it is told apart and not
    // added.
    let city = ask("summary", json!({"filter": {"city": "sligo"}})).await;
    assert_eq!(value(&city, "cost", &[]), 33_730_000.0);
    assert_eq!(value(&city, "programme_cost", &[]), 19_160_000.0);
    assert_eq!(answer["left_out"].get("programme_cost"), None);
    assert_eq!(city["left_out"]["programme_cost"], json!(["sligo-public-realm-plan"]));
    // By share, Greenfort counts with the 19.03 % of its ground that lie in the BID; all others lie inside.
    let shares = ask("summary", json!({"area": "sligo-bid", "rule": "share"})).await;
    assert!(close(value(&shares, "shares", &[]), 5.1903, 0.0001));
}

#[tokio::test]
async fn story_5_a_centre_manager_sees_vacancy_per_street_segment_and_its_change() {
    let survey = |year: u32| json!({"survey": format!("Anketa poslovnih prostorov {year} (izmišljena)")});
    let inputs = json!({
        "numerator": {"state": "vacant"},
        "denominator": {"state": ["occupied", "vacant", "works"]},
        "group_by": "segment",
        "places": "segments",
        "before": survey(2024),
        "after": survey(2025),
    });
    let answer = ask("rate", inputs).await;
    // 2024: 5 of 30. 2025: 3 of 29, as one unit became a dwelling. Prešernova 1: 4 of 24, then 3 of 23; Prešernova 2: 1
    // of 6, then 0.
    let of = |name: &str, group: &[(&str, &str)]| {
        let n = number(&answer, name, group);
        (n["numerator"].as_u64().unwrap(), n["denominator"].as_u64().unwrap())
    };
    assert_eq!((of("rate_before", &[]), of("rate", &[])), ((5, 30), (3, 29)));
    let first = [("segment", "celje-presernova-1")];
    assert_eq!((of("rate_before", &first), of("rate", &first)), ((4, 24), (3, 23)));
    let second = [("segment", "celje-presernova-2")];
    assert_eq!((of("rate_before", &second), of("rate", &second)), ((1, 6), (0, 6)));
    assert!(close(value(&answer, "change", &[]), 300.0 / 29.0 - 500.0 / 30.0, 1e-6));
    assert_eq!(found(&answer), ["celje-presernova-1", "celje-presernova-2"]);
    assert_eq!(answer["left_out"]["outside_denominator"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn story_6_a_metropolis_sees_the_same_numbers_for_all_centres_in_one_table() {
    let answer = ask("summary", json!({"group_by": ["area"]})).await;
    // Each area's interventions, counted whole: (features, cost, how many state one).
    for (area, features, cost, costed) in [
        ("celje-staro-mestno-jedro", 7, 3_020_756.0, 1),
        ("sligo-health-check-area", 6, 33_730_000.0, 3),
        ("granada-centro", 2, 314_623.45, 1),
        ("osijek-tvrda", 1, 16_922_158.07, 1),
        ("braga-centro-historico", 2, 8_248_000.0, 2),
        ("wieliczka-centrum", 0, 0.0, 0),
    ] {
        let here = [("area", area)];
        assert_eq!(value(&answer, "features", &here), f64::from(features), "{area}");
        let sum = number(&answer, "cost", &here);
        assert_eq!(sum["value"].as_f64(), Some(cost), "{area}");
        assert_eq!(sum["ids"].as_array().map_or(0, Vec::len), costed, "{area}");
    }
    assert_eq!(number(&answer, "cost", &[("area", "osijek-tvrda")])["decimal"], "16922158.07");
    assert_eq!(found(&answer).len(), 31);
}

#[tokio::test]
async fn story_7_a_mobility_officer_in_celje_sees_parking_within_five_minutes_before_and_after() {
    let from = json!([15.2667, 46.22885]);
    let inputs = json!({
        "point": from, "minutes": 5, "streets": "segments", "collection": "interventions",
        "filter": "city = 'celje' AND A_CONTAINS(types, ('parking'))", "before": "2025-08-31", "after": "2025-09-30",
    });
    let answer = ask("reach", inputs.clone()).await;
    // From the west end of Krekov trg, along the segments as drawn. The bus and parking works in Gosposka, south of it,
    // began in September 2025; Prešernova's redesign (2026) is not there on either day, and the two car parks are
    // undated.
    assert_eq!((value(&answer, "reached_before", &[]), value(&answer, "reached", &[])), (0.0, 1.0));
    assert_eq!(number(&answer, "gained", &[])["ids"], json!(["celje-gosposka-bus"]));
    // Gosposka begins where Razlagova nearly ends: along Krekov 31.4 m east, Razlagova 155.9 m south, and 13.1 m off
    // the street.
    assert!(
        answer["features"]["features"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f["id"] == "reach" && f["result"]["way"] == "network")
    );
    // The plan has no imported streets: left to itself, it measures straight, and says so.
    let mut straight = inputs;
    straight.as_object_mut().unwrap().remove("streets");
    let answer = ask("reach", straight).await;
    assert!(answer["rules"].as_array().unwrap().iter().any(|r| r.as_str().unwrap().contains("straight line")));
    assert_eq!(value(&answer, "reached", &[]), 1.0);
}

#[tokio::test]
async fn story_8_a_climate_officer_in_granada_sees_what_is_far_from_any_park() {
    let answer = ask("gaps", json!({"area": "granada-centro", "filter": {"class": "park"}, "distance_m": 300})).await;
    // The district has 1,047,083.8 m2 on the ellipsoid; 929,394.5 m2 of it lie outside circles of 300 m around the two
    // parks.
    let share = number(&answer, "gap_share", &[]);
    assert!(close(share["denominator"].as_f64().unwrap(), 1_047_083.8, 1e-5));
    assert!(close(value(&answer, "gap_area", &[]), 929_394.5, 0.001));
    assert!(close(share["value"].as_f64().unwrap(), 88.76, 0.001));
}

#[tokio::test]
async fn story_9_a_monitoring_officer_gets_rco114_of_a_year_without_double_counting() {
    let year = |area: &str, year: u32| json!({"preset": "RCO114", "area": area, "from": format!("{year}-01-01"), "to": format!("{year}-12-31")});
    // Famalicão's new centre was finished in November 2022: 43,041.5 m2 of it lie within the perimeter.
    let answer = ask("footprint", year("famalicao-centro", 2022)).await;
    assert!(close(value(&answer, "RCO114", &[]), 43_041.5, 1e-5));
    assert_eq!(number(&answer, "RCO114", &[])["unit"], "m2");
    assert_eq!(value(&ask("footprint", year("famalicao-centro", 2021)).await, "RCO114", &[]), 0.0);
    // Braga's square has its money and is not finished: nothing to report for 2026.
    assert_eq!(value(&ask("footprint", year("braga-centro-historico", 2026)).await, "RCO114", &[]), 0.0);
}

#[tokio::test]
async fn story_10_a_test_designer_finds_places_without_a_calmed_street() {
    let inputs = json!({
        "collection": "facilities",
        "filter": {"class": ["museum", "town_hall"], "city": ["niepolomice", "sligo", "famalicao"]},
        "other": "interventions",
        "other_filter": {"types": "traffic_calming"},
        "distance_m": 120,
    });
    let answer = ask("without", inputs).await;
    // Metres to the nearest calmed street: Sligo city hall 208, county museum 110, Model 410; Niepołomice town hall
    // 142, castle 129; Famalicão town hall 41.
    assert_eq!(found(&answer), ["sligo-city-hall", "sligo-model", "niepolomice-town-hall", "niepolomice-castle"]);
    let share = number(&answer, "share", &[]);
    assert_eq!((share["numerator"].as_u64(), share["denominator"].as_u64()), (Some(4), Some(6)));
}

#[tokio::test]
async fn story_11_a_resident_of_osijek_sees_what_others_say_about_the_park() {
    let inputs = json!({"collection": "contributions", "filter": {"state": "published"}, "point": [18.6718, 45.5622], "radius_m": 300});
    let answer = ask("nearby", inputs).await;
    assert_eq!(found(&answer), ["osijek-comment-1"]);
    // One comment is about the city's helpers, who have no place.
    assert_eq!(answer["left_out"]["without_place"], json!(["krakow-comment-1"]));
}

#[tokio::test]
async fn story_12_a_gis_officer_pulls_what_changed_since_last_night() {
    let client = Client::new();
    let changes = "/api/collections/interventions/changes";
    let night = client.json(changes).await["revision"].as_u64().unwrap();
    // Three edits during the day: one is new, one is renamed, one is gone.
    assert_eq!(client.post(&measure(Some("celje-bench"))).await.status, 201);
    assert_eq!(client.patch(ONE, &json!({"properties": {"title": "Parkirišče"}})).await.status, 204);
    let gone = format!("{ITEMS}/celje-parking-rakusev-mlin");
    assert_eq!(client.send("DELETE", &gone, &[], "").await.status, 204);
    // In pages of two, as a script would: every change once, deletions too, in the order they were made.
    let mut path = format!("{changes}?since={night}&limit=2");
    let mut seen = Vec::new();
    loop {
        let page = client.json(&path).await;
        for change in page["changes"].as_array().unwrap() {
            let here = change["feature"].is_object();
            seen.push((change["id"].as_str().unwrap().to_owned(), change["kind"].as_str().unwrap().to_owned(), here));
        }
        let Some(next) = crate::support::server::link(&page, "next", "application/json") else { break };
        path = crate::support::server::local(next).to_owned();
    }
    let want = [
        ("celje-bench", "put", true),
        ("celje-parking-teharska", "put", true),
        ("celje-parking-rakusev-mlin", "removed", false),
    ];
    assert_eq!(seen, want.map(|(id, kind, here)| (id.to_owned(), kind.to_owned(), here)));
    let now = client.json(changes).await["revision"].as_u64().unwrap();
    assert_eq!(now, night + 3);
    assert_eq!(client.json(&format!("{changes}?since={now}")).await["changes"], json!([]));
}

#[tokio::test]
async fn a_city_takes_an_intervention_of_another_over_as_an_idea() {
    let client = Client::of(Viewer::new("ana", "Ana", AccessRole::Editor, ["celje"]));
    // What the idea is goes over; place, time, money and state are each city's own.
    let theirs = client.json(&format!("{ITEMS}/sligo-oconnell-street")).await;
    let copied = ["title_en", "summary_en", "kind", "types", "functions", "pillars", "objectives"];
    let mut idea = json!({"type": "Feature", "geometry": null, "properties": {
        "title": "Ulica kot v Sligu", "city": "celje", "status": "idea", "origin": "sligo-oconnell-street",
        "location_precision": "unknown", "visibility": "public",
    }});
    for name in copied {
        idea["properties"][name] = theirs["properties"][name].clone();
    }
    let reply = client.post(&idea).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let ours = client.json(crate::support::server::local(reply.header("location"))).await;
    assert_eq!(ours["properties"]["origin"], "sligo-oconnell-street");
    assert_eq!(ours["properties"]["types"], theirs["properties"]["types"]);
    assert!(ours["properties"]["cost"].is_null() && ours["properties"]["start"].is_null());
    // It resembles its origin more than anything else.
    let id = ours["id"].as_str().unwrap();
    let body = json!({"inputs": {"intervention": id, "k": 1}}).to_string();
    let reply = client.send("POST", "/api/processes/similar/execution", &[crate::support::editing::JSON], body).await;
    let best = &reply.json()["features"]["features"][0];
    assert_eq!(best["id"], "sligo-oconnell-street");
    assert_eq!(best["result"]["likeness"]["types"], 1);
    // And nobody takes it into a city that is not theirs.
    idea["properties"]["city"] = "sligo".into();
    assert_eq!(client.post(&idea).await.status, 403);
}

#[tokio::test]
async fn the_integrated_approach_shows_which_functions_a_quarter_lacks() {
    let answer = ask("coverage", json!({"areas_filter": {"city": "fleurus"}})).await;
    let core = answer["features"]["features"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["id"] == "fleurus-place-albert-ier")
        .unwrap();
    // Six works meet the core: all are investments or small-scale actions, for public space, commerce, leisure, housing
    // and public facilities; none serves work, and none is a soft measure.
    let missing: Vec<_> = core["result"]["missing"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert!(missing.contains(&"functions/work"), "{missing:?}");
    assert_eq!(core["result"]["only"], "hard");
}

#[tokio::test]
async fn an_exchange_of_practice_finds_what_resembles_sligos_street() {
    let answer =
        ask("similar", json!({"intervention": "sligo-oconnell-street", "k": 3, "weights": {"types": 1}})).await;
    // public_realm, traffic_calming, accessibility: Barcelos shares two of the four that either has, Famalicão two of
    // four too, and so do the market of Cesena and the streets of Braga (two of three).
    let first = &answer["features"]["features"][0];
    assert_eq!((first["id"].as_str(), first["result"]["score"].as_f64()), (Some("braga-roman-streets"), Some(0.6667)));
    assert_eq!(first["result"]["shared"]["types"], json!(["accessibility", "public_realm"]));
}

#[tokio::test]
async fn a_council_of_granada_chooses_under_a_budget() {
    let inputs = json!({"filter": {"city": "granada"}, "budget": 600_000, "weights": {"interventions": 1}});
    let answer = ask("portfolio", inputs.clone()).await;
    // Candidates with a cost: planters 314,623.45, Zirí wall (design) 269,225, park Andalucía 560,642.49, EU urban
    // money 11,900,000; the works plan is under way. Planters and wall cost 583,848.45; the tenth more, 660,000, does
    // not pay for the park too.
    assert_eq!(found(&answer), ["granada-reyes-catolicos-planters", "granada-ziri-wall-walk"]);
    assert_eq!(number(&answer, "cost", &[])["decimal"], "583848.45");
    assert_eq!(value(&answer, "next_points", &[]), 0.0);
    assert!(answer["left_out"]["without_cost"].as_array().unwrap().contains(&json!("granada-avenida-cervantes")));
}
