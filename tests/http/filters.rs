//! Filters and reference systems over the real router: the classes of CQL2, of Features Part 2 and of Features Part 3,
//! one test each. Every answer is held against the whole collection, looked through feature by feature.

use crate::support::server::{demo, fresh, get, json, link, local, plan, router};
use axum::Router;
use cityheart::crs::{Crs, Projection};
use geo::{Intersects, Relate};
use geo_types::{Coord, Geometry, line_string, polygon};
use serde_json::{Value as Json, json};

pub const PROVEN: [(&str, &str); 18] = [
    ("ogcapi-features-2/1.0/conf/crs", "features_crs"),
    ("ogcapi-features-3/1.0/conf/filter", "features_filter"),
    ("ogcapi-features-3/1.0/conf/features-filter", "features_filter"),
    ("cql2/1.0/conf/cql2-text", "cql2_text"),
    ("cql2/1.0/conf/cql2-json", "cql2_json"),
    ("cql2/1.0/conf/basic-cql2", "cql2_basic"),
    ("cql2/1.0/conf/advanced-comparison-operators", "cql2_advanced_comparison"),
    ("cql2/1.0/conf/case-insensitive-comparison", "cql2_case_insensitive"),
    ("cql2/1.0/conf/accent-insensitive-comparison", "cql2_accent_insensitive"),
    ("cql2/1.0/conf/basic-spatial-functions", "cql2_basic_spatial"),
    ("cql2/1.0/conf/basic-spatial-operators", "cql2_basic_spatial"),
    ("cql2/1.0/conf/basic-spatial-functions-plus", "cql2_basic_spatial_plus"),
    ("cql2/1.0/conf/spatial-functions", "cql2_spatial"),
    ("cql2/1.0/conf/temporal-functions", "cql2_temporal"),
    ("cql2/1.0/conf/array-functions", "cql2_arrays"),
    ("cql2/1.0/conf/property-property", "cql2_property_property"),
    ("cql2/1.0/conf/arithmetic", "cql2_arithmetic"),
    ("cql2/1.0/conf/functions", "cql2_functions"),
];

const ITEMS: &str = "/api/collections/interventions/items";
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/// Everything but letters and digits as `%xx`.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}

async fn found(router: &Router, filter: &str) -> Vec<String> {
    let answer = json(router, &format!("{ITEMS}?limit=10000&filter={}", encoded(filter))).await;
    assert_eq!(answer["numberMatched"], answer["features"].as_array().unwrap().len(), "{filter}");
    ids(&answer)
}

fn ids(answer: &Json) -> Vec<String> {
    answer["features"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

/// The interventions of the demo that are as `keep` says, by looking at all of them.
fn looked_through(keep: impl Fn(&Json, &Json) -> bool) -> Vec<String> {
    let all = demo().into_iter().find(|(id, _)| id == "interventions").unwrap().1;
    all.iter()
        .filter(|f| keep(&f["properties"], &f["geometry"]))
        .map(|f| f["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Asks, and compares; the answer must be some of all.
async fn same(filter: &str, keep: impl Fn(&Json, &Json) -> bool) {
    let expected = looked_through(keep);
    assert!(!expected.is_empty() && expected.len() < 87, "{filter} tells nothing apart: {}", expected.len());
    assert_eq!(found(&router(), filter).await, expected, "{filter}");
}

async fn refused(path: &str, at: &str, words: &str) {
    let reply = get(&router(), path).await;
    assert_eq!(reply.status, 400, "{path}: {}", reply.text());
    let problem = reply.json();
    assert!(
        problem.to_string().contains(at) && problem["detail"].as_str().unwrap().contains(words),
        "{path}: {problem}"
    );
}

fn geometry(json: &Json) -> Option<Geometry> {
    serde_json::from_value::<geojson::Geometry>(json.clone()).ok().map(|g| Geometry::try_from(g).unwrap())
}

#[tokio::test]
async fn features_filter() {
    let router = router();
    same("status = 'proposed'", |p, _| p["status"] == "proposed").await;
    // Together with what else is asked for, and from page to page.
    let filter = encoded("status = 'completed'");
    let both = json(&router, &format!("{ITEMS}?limit=10000&city=celje&filter={filter}")).await;
    assert_eq!(ids(&both), looked_through(|p, _| p["status"] == "completed" && p["city"] == "celje"));
    let mut page = json(&router, &format!("{ITEMS}?limit=7&filter={filter}")).await;
    let mut all = ids(&page);
    while let Some(next) = link(&page, "next", "") {
        page = json(&router, local(next)).await;
        all.extend(ids(&page));
    }
    assert_eq!(all, looked_through(|p, _| p["status"] == "completed"));
    refused(&format!("{ITEMS}?filter=statsu%3D1"), "filter", "Did you mean 'status'?").await;
    refused(&format!("{ITEMS}?filter-lang=sql&filter=true"), "filter-lang", "cql2-text").await;
    refused(&format!("{ITEMS}?filter-crs=EPSG:1&filter=true"), "filter-crs", "EPSG").await;
    let long = encoded(&format!("title = '{}'", "x".repeat(5_000)));
    assert!(get(&router, &format!("{ITEMS}?filter={long}")).await.status.is_success());
    // Tiles go through the same filter, and are kept by what it says.
    let (z, x, y) = (14, 8886, 5813);
    let tile = |filter: &str| format!("/tiles/interventions/{z}/{x}/{y}.mvt?filter={}", encoded(filter));
    let whole = get(&router, &format!("/tiles/interventions/{z}/{x}/{y}.mvt")).await;
    let some = get(&router, &tile("city = 'celje' AND status = 'proposed'")).await;
    let none = get(&router, &tile("city = 'sligo'")).await;
    assert!(whole.body.len() > some.body.len() && !some.body.is_empty(), "{} {}", whole.body.len(), some.body.len());
    assert_eq!(none.status, 204);
    let spelt = get(&router, &tile("(\"city\"='celje') and (status =  'proposed')")).await;
    assert_eq!((spelt.header("etag"), &spelt.body), (some.header("etag"), &some.body));
    assert!(some.body.windows(25).any(|w| w == b"celje-presernova-redesign"));
    refused(&tile("nothing = 1"), "filter", "no property 'nothing'").await;
    refused("/tiles/world/0/0/0.mvt?filter=true", "filter", "base map").await;
}

#[tokio::test]
async fn cql2_text() {
    let router = router();
    let explicit =
        json(&router, &format!("{ITEMS}?filter-lang=cql2-text&limit=10000&filter={}", encoded("city='lamia'"))).await;
    assert_eq!(ids(&explicit), looked_through(|p, _| p["city"] == "lamia"));
}

#[tokio::test]
async fn cql2_json() {
    let router = router();
    let filter = json!({"op": "and", "args": [
        {"op": "=", "args": [{"property": "status"}, "completed"]},
        {"op": "not", "args": [{"op": "isNull", "args": [{"property": "geometry"}]}]},
    ]});
    let path = format!("{ITEMS}?limit=10000&filter-lang=cql2-json&filter={}", encoded(&filter.to_string()));
    let expected = looked_through(|p, g| p["status"] == "completed" && !g.is_null());
    assert!(!expected.is_empty());
    assert_eq!(ids(&json(&router, &path).await), expected);
}

#[tokio::test]
async fn cql2_basic() {
    same("schematic = true AND NOT (status = 'completed' OR status = 'proposed')", |p, _| {
        p["schematic"] == true && p["status"] != "completed" && p["status"] != "proposed"
    })
    .await;
    same("cost >= 1000000", |p, _| p["cost"].as_f64().is_some_and(|c| c >= 1e6)).await;
    same("cost IS NULL", |p, _| p["cost"].is_null()).await;
    same("start < DATE('2024-01-01')", |p, _| p["start"].as_str().is_some_and(|s| s < "2024-01-01")).await;
    same("geometry IS NOT NULL", |_, g| !g.is_null()).await;
    // What is unknown is neither so nor not so.
    same("NOT (cost >= 1000000)", |p, _| p["cost"].as_f64().is_some_and(|c| c < 1e6)).await;
}

#[tokio::test]
async fn cql2_advanced_comparison() {
    same("title_en LIKE '%street%'", |p, _| p["title_en"].as_str().is_some_and(|t| t.contains("street"))).await;
    same("city IN ('celje','osijek')", |p, _| p["city"] == "celje" || p["city"] == "osijek").await;
    same("city NOT IN ('celje','osijek')", |p, _| p["city"] != "celje" && p["city"] != "osijek").await;
    same("cost BETWEEN 100000 AND 2000000", |p, _| p["cost"].as_f64().is_some_and(|c| (1e5..=2e6).contains(&c))).await;
}

#[tokio::test]
async fn cql2_case_insensitive() {
    let has = |p: &Json, word: &str| p["title"].as_str().unwrap().to_lowercase().contains(word);
    same("CASEI(title) LIKE CASEI('%PREŠERNOV%')", |p, _| has(p, "prešernov")).await;
    same("CASEI(city) IN (CASEI('CELJE'))", |p, _| p["city"] == "celje").await;
}

#[tokio::test]
async fn cql2_accent_insensitive() {
    same("ACCENTI(title) LIKE ACCENTI('%Presernov%')", |p, _| p["title"].as_str().unwrap().contains("Prešernov")).await;
}

#[tokio::test]
async fn cql2_basic_spatial() {
    let celje = geo_types::Rect::new((15.2, 46.2), (15.3, 46.3)).to_polygon();
    same("S_INTERSECTS(geometry, BBOX(15.2, 46.2, 15.3, 46.3))", |_, g| {
        geometry(g).is_some_and(|g| g.intersects(&celje))
    })
    .await;
    same("S_INTERSECTS(geometry, POINT(15.2631 46.22935))", |_, g| {
        geometry(g).is_some_and(|g| g.intersects(&geo_types::Point::new(15.2631, 46.22935)))
    })
    .await;
}

#[tokio::test]
async fn cql2_basic_spatial_plus() {
    let area = polygon![(x: 15.0, y: 46.0), (x: 20.5, y: 45.0), (x: 20.0, y: 50.5), (x: 15.0, y: 46.0)];
    same("S_INTERSECTS(geometry, POLYGON((15 46, 20.5 45, 20 50.5, 15 46)))", |_, g| {
        geometry(g).is_some_and(|g| g.intersects(&area))
    })
    .await;
}

#[tokio::test]
async fn cql2_spatial() {
    let line: Geometry = line_string![(x: 15.2631, y: 46.22935), (x: 15.2638, y: 46.22925), (x: 15.2646, y: 46.2291), (x: 15.2653, y: 46.229), (x: 15.2659, y: 46.22895)].into();
    let wkt = "LINESTRING(15.2631 46.22935, 15.2638 46.22925, 15.2646 46.2291, 15.2653 46.229, 15.2659 46.22895)";
    let matrix = |g: &Json| geometry(g).map(|g| g.relate(&line));
    same(&format!("S_EQUALS(geometry, {wkt})"), |_, g| matrix(g).is_some_and(|m| m.is_equal_topo())).await;
    same(&format!("S_DISJOINT(geometry, {wkt})"), |_, g| matrix(g).is_some_and(|m| m.is_disjoint())).await;
    let wide = geo_types::Rect::new((15.0, 46.0), (16.0, 47.0)).to_polygon();
    same("S_WITHIN(geometry, BBOX(15, 46, 16, 47))", |_, g| geometry(g).is_some_and(|g| g.relate(&wide).is_within()))
        .await;
    same("NOT S_CONTAINS(BBOX(15, 46, 16, 47), geometry)", |_, g| {
        geometry(g).is_some_and(|g| !g.relate(&wide).is_within())
    })
    .await;
    let half = geo_types::Rect::new((15.2631, 46.0), (15.2646, 47.0)).to_polygon();
    same("S_CROSSES(geometry, BBOX(15.2631, 46, 15.2646, 47))", |_, g| {
        geometry(g).is_some_and(|g| g.relate(&half).is_crosses())
    })
    .await;
    for relation in ["S_TOUCHES", "S_OVERLAPS"] {
        let keep = |_: &Json, g: &Json| {
            geometry(g).is_some_and(|g| {
                if relation == "S_TOUCHES" { g.relate(&half).is_touches() } else { g.relate(&half).is_overlaps() }
            })
        };
        assert_eq!(
            found(&router(), &format!("{relation}(geometry, BBOX(15.2631, 46, 15.2646, 47))")).await,
            looked_through(keep)
        );
    }
}

#[tokio::test]
async fn cql2_temporal() {
    let day = |v: &Json| v.as_str().map(str::to_owned);
    same("T_AFTER(start, DATE('2025-01-01'))", |p, _| day(&p["start"]).is_some_and(|s| s.as_str() > "2025-01-01"))
        .await;
    same("T_INTERSECTS(INTERVAL(start, \"end\"), INTERVAL('2024-01-01','2024-12-31'))", |p, _| {
        let (start, end) = (day(&p["start"]), day(&p["end"]));
        (start.is_some() || end.is_some())
            && start.is_none_or(|s| s.as_str() <= "2024-12-31")
            && end.is_none_or(|e| e.as_str() >= "2024-01-01")
    })
    .await;
    same("T_DURING(INTERVAL(start, \"end\"), INTERVAL('2020-01-01','2026-12-31'))", |p, _| {
        day(&p["start"]).is_some_and(|s| s.as_str() > "2020-01-01")
            && day(&p["end"]).is_some_and(|e| e.as_str() < "2026-12-31")
    })
    .await;
}

#[tokio::test]
async fn cql2_arrays() {
    let has = |p: &Json, name: &str, value: &str| p[name].as_array().is_some_and(|a| a.iter().any(|v| v == value));
    same("A_CONTAINS(objectives, ('PO2','PO5'))", |p, _| has(p, "objectives", "PO2") && has(p, "objectives", "PO5"))
        .await;
    same("A_OVERLAPS(types, ('parking','greening'))", |p, _| has(p, "types", "parking") || has(p, "types", "greening"))
        .await;
    same("A_CONTAINEDBY(objectives, ('PO2','PO5'))", |p, _| {
        p["objectives"].as_array().is_some_and(|a| a.iter().all(|v| v == "PO2" || v == "PO5"))
    })
    .await;
    same("A_EQUALS(objectives, ('PO5'))", |p, _| {
        p["objectives"].as_array().is_some_and(|a| !a.is_empty() && a.iter().all(|v| v == "PO5"))
    })
    .await;
}

#[tokio::test]
async fn cql2_property_property() {
    same("start = \"end\" OR start < \"end\"", |p, _| match (p["start"].as_str(), p["end"].as_str()) {
        (Some(a), Some(b)) => a <= b,
        _ => false,
    })
    .await;
    same("cost = eu_share", |p, _| p["cost"].as_f64().zip(p["eu_share"].as_f64()).is_some_and(|(a, b)| a == b)).await;
}

#[tokio::test]
async fn cql2_arithmetic() {
    same("eu_share / cost > 0.5", |p, _| {
        p["cost"].as_f64().zip(p["eu_share"].as_f64()).is_some_and(|(c, e)| e / c > 0.5)
    })
    .await;
    same("cost - 2 * 500000 > 0 AND cost div 1000000 < 5", |p, _| {
        p["cost"].as_f64().is_some_and(|c| c > 1e6 && (c / 1e6).trunc() < 5.0)
    })
    .await;
}

#[tokio::test]
async fn cql2_functions() {
    let router = router();
    let landing = json(&router, "/api").await;
    let listed = link(&landing, "http://www.opengis.net/def/rel/ogc/1.0/functions", "application/json").unwrap();
    let functions = json(&router, local(listed)).await;
    let named = |name: &str| {
        functions["functions"].as_array().unwrap().iter().any(|f| f["name"] == name && f["returns"][0].is_string())
    };
    for name in ["YEAR", "COUNT", "CASEI", "S_CROSSES", "T_METBY", "A_EQUALS"] {
        assert!(named(name), "{name}");
    }
    same("YEAR(start) = 2024", |p, _| p["start"].as_str().is_some_and(|s| s.starts_with("2024"))).await;
    same("COUNT(objectives) > 1", |p, _| p["objectives"].as_array().is_some_and(|a| a.len() > 1)).await;
    refused(&format!("{ITEMS}?filter=buffer(geometry,10)%3D1"), "filter", "no function 'buffer'").await;
}

#[tokio::test]
async fn features_crs() {
    let router = router();
    let collection = json(&router, "/api/collections/interventions").await;
    let listed: Vec<&str> = collection["crs"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    assert_eq!(listed[0], CRS84);
    assert!(listed.contains(&collection["storageCrs"].as_str().unwrap()));
    assert_eq!(collection["storageCrs"], CRS84, "the demo's cities are in several grids");
    let plain = json(&router, &format!("{ITEMS}?limit=10000")).await;
    for uri in &listed {
        let crs = Crs::parse(uri).unwrap();
        let projection = Projection::new(crs).unwrap();
        let reply = get(&router, &format!("{ITEMS}?limit=10000&crs={uri}")).await;
        assert_eq!(reply.header("content-crs"), format!("<{uri}>"));
        let answer = reply.json();
        for (mine, theirs) in plain["features"].as_array().unwrap().iter().zip(answer["features"].as_array().unwrap()) {
            assert_eq!((&mine["id"], &mine["properties"]), (&theirs["id"], &theirs["properties"]));
            let Some(first) = first(&mine["geometry"]["coordinates"]) else { continue };
            let wire = self::first(&theirs["geometry"]["coordinates"])
                .unwrap_or_else(|| panic!("{crs}: {}", theirs["geometry"]));
            let expected = projection.from_lonlat(first).unwrap();
            let step = if crs.is_degrees() { 1e-7 } else { 1e-3 };
            assert!(
                (wire.x - expected.x).abs() <= step && (wire.y - expected.y).abs() <= step,
                "{crs}: {wire:?} {expected:?}"
            );
        }
        let one = get(&router, &format!("{ITEMS}/celje-presernova-redesign?crs={uri}")).await;
        assert_eq!(one.header("content-crs"), format!("<{uri}>"));
        let wire = first(&one.json()["geometry"]["coordinates"]).unwrap();
        let listed =
            answer["features"].as_array().unwrap().iter().find(|f| f["id"] == "celje-presernova-redesign").unwrap();
        assert_eq!(first(&listed["geometry"]["coordinates"]).unwrap(), wire);
    }
    for parameter in ["crs", "bbox-crs"] {
        refused(
            &format!("{ITEMS}?bbox=1,2,3,4&{parameter}=http://www.opengis.net/def/crs/0/unsupported"),
            parameter,
            "not a known",
        )
        .await;
    }
    // The same box in every system that covers the place, in its order of axes, finds the same.
    let inside = ids(&json(&router, &format!("{ITEMS}?limit=10000&bbox=15.2,46.2,15.3,46.3")).await);
    assert!(!inside.is_empty());
    for code in [3794, 3857, 4258, 4326, 3035, 3906] {
        let crs = Crs::from_epsg(code).unwrap();
        let projection = Projection::new(crs).unwrap();
        let (a, b) = (
            projection.from_lonlat(Coord { x: 15.2, y: 46.2 }).unwrap(),
            projection.from_lonlat(Coord { x: 15.3, y: 46.3 }).unwrap(),
        );
        let asked = format!("bbox={},{},{},{}&bbox-crs={}", a.x, a.y, b.x, b.y, crs.uri());
        assert_eq!(ids(&json(&router, &format!("{ITEMS}?limit=10000&{asked}")).await), inside, "{crs}");
        let filter = encoded(&format!("S_INTERSECTS(geometry, BBOX({},{},{},{}))", a.x, a.y, b.x, b.y));
        let asked = format!("filter={filter}&filter-crs={}", crs.uri());
        assert_eq!(ids(&json(&router, &format!("{ITEMS}?limit=10000&{asked}")).await), inside, "{crs}");
    }
}

/// A plan of one country is offered in its grid first of all.
#[tokio::test]
async fn a_plan_whose_cities_share_a_grid_is_stored_in_it() {
    let mut content = demo();
    content.retain(|(id, _)| id == "cities" || id == "interventions");
    content[0].1.retain(|f| f["properties"]["storage_crs"] == "EPSG:3794");
    content.iter_mut().for_each(|(id, features)| {
        if id == "cities" {
            features.retain(|f| f["properties"]["storage_crs"] == "EPSG:3794");
        }
    });
    let celje = fresh(&content);
    let router = cityheart::http::build_router(celje.atlas.clone(), cityheart::config::Config::default());
    let collection = json(&router, "/api/collections/interventions").await;
    assert_eq!(collection["storageCrs"], "http://www.opengis.net/def/crs/EPSG/0/3794");
    assert_eq!(collection["crs"][0], CRS84);
    assert!(plan().atlas.collections().len() > 2);
}

fn first(coordinates: &Json) -> Option<Coord<f64>> {
    let list = coordinates.as_array()?;
    match list.first()? {
        Json::Number(x) => Some(Coord { x: x.as_f64()?, y: list.get(1)?.as_f64()? }),
        inner => first(inner),
    }
}

/// The geometry as a program with other digits writes it: each position is moved by less than half a step of the grid.
fn with_other_digits(geometry: &Json) -> Json {
    match geometry {
        Json::Array(items) => items.iter().map(with_other_digits).collect(),
        Json::Number(n) => json!(n.as_f64().unwrap() + 3.1e-8),
        Json::Object(members) => members.iter().map(|(k, v)| (k.clone(), with_other_digits(v))).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn what_is_taken_from_a_file_finds_its_feature_by_every_way_in() {
    let router = router();
    let all = demo();
    let located: Vec<&Json> = all
        .iter()
        .find(|(id, _)| id == "interventions")
        .unwrap()
        .1
        .iter()
        .filter(|f| f["geometry"].is_object())
        .collect();
    for feature in located.iter().step_by(5) {
        let (id, written) = (feature["id"].as_str().unwrap(), with_other_digits(&feature["geometry"]));
        for relation in ["s_equals", "s_within", "s_contains", "s_intersects"] {
            let filter = json!({"op": relation, "args": [{"property": "geometry"}, written]}).to_string();
            let found = ids(&json(&router, &format!("{ITEMS}?limit=10000&filter={}", encoded(&filter))).await);
            assert!(found.iter().any(|f| f == id), "{relation} does not find {id}");
        }
        let positions = geometry(&written).unwrap();
        let bbox = cityheart::feature::bbox_of(&positions).unwrap();
        let south_west = format!("{0},{1},{0},{1}", bbox.west, bbox.south);
        let whole = format!("{},{},{},{}", bbox.west, bbox.south, bbox.east, bbox.north);
        let found = ids(&json(&router, &format!("{ITEMS}?limit=10000&bbox={whole}")).await);
        assert!(found.iter().any(|f| f == id), "the box of {id} does not find it");
        if feature["geometry"]["type"] == "Point" {
            let found = ids(&json(&router, &format!("{ITEMS}?limit=10000&bbox={south_west}")).await);
            assert!(found.iter().any(|f| f == id), "the box of the point {id} does not find it");
        }
    }
    // A drawn area is rounded in the same way, so that it is the plan's own area.
    let (_, areas) = all.iter().find(|(id, _)| id == "areas").unwrap();
    let area = areas.iter().find(|f| f["geometry"]["type"] == "Polygon").unwrap();
    let inside = async |area: &Json| {
        let body = json!({"inputs": {"area": area}}).to_string();
        crate::support::processes::post("inside", body).await.json()["numbers"].clone()
    };
    assert_eq!(inside(&area["geometry"]).await, inside(&with_other_digits(&area["geometry"])).await);
    let speck = json!({"type": "Polygon", "coordinates": [[[15.26, 46.23], [15.260_000_01, 46.23], [15.26, 46.230_000_01], [15.26, 46.23]]]});
    let body = json!({"inputs": {"area": speck}}).to_string();
    let refusal = crate::support::processes::post("inside", body).await;
    assert_eq!(refusal.status, 400);
    assert!(refusal.text().contains("encloses nothing"), "{}", refusal.text());
}
