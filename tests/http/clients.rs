//! Clients of other houses against a running server: OWSLib, and GDAL's OGC API Features driver as pyogrio bundles it.

use crate::support::python;
use crate::support::server::{json as api, plan, public, router};
use cityheart::config::Config;
use serde_json::{Value as Json, json};
use std::net::{Ipv4Addr, SocketAddr};

/// Runs a Python script beside a server over the demo plan; `url` is the landing page. Gives what the script prints as
/// JSON.
pub async fn beside(script: &'static str) -> Json {
    let config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() };
    let server = cityheart::http::bind_server(config).await.unwrap();
    let url = format!("http://{}/api", server.address());
    let running = tokio::spawn(server.run_until(plan().atlas.clone(), std::future::pending()));
    let printed = tokio::task::spawn_blocking(move || {
        python::run(&format!("import json, sys\nurl = sys.stdin.read()\n{script}"), &url)
    })
    .await
    .unwrap();
    running.abort();
    serde_json::from_str(&printed).unwrap_or_else(|e| panic!("{e}: {printed}"))
}

fn counts() -> Json {
    public().into_iter().map(|(id, features)| (id, features.len().into())).collect::<serde_json::Map<_, _>>().into()
}

/// How many features of a collection a test on their properties holds for.
fn count(id: &str, test: impl Fn(&Json) -> bool) -> usize {
    let demo = public();
    demo.iter().find(|(name, _)| name == id).unwrap().1.iter().filter(|f| test(&f["properties"])).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owslib_reads_every_collection_and_walks_all_pages() {
    let seen = beside(
        "from owslib.ogcapi.features import Features
api = Features(url)
out = {'counts': {}, 'feature': {}, 'paths': len(api.api()['paths']), 'conformance': len(api.conformance()['conformsTo'])}
for name in api.feature_collections():
    page = api.collection_items(name, limit=3)
    found = [f['id'] for f in page['features']]
    while any(l['rel'] == 'next' for l in page['links']):
        cursor = next(l['href'] for l in page['links'] if l['rel'] == 'next').split('cursor=')[1].split('&')[0]
        page = api.collection_items(name, limit=3, cursor=cursor)
        found += [f['id'] for f in page['features']]
    assert len(found) == len(set(found)) == page['numberMatched'], name
    out['counts'][name] = len(found)
    assert api.collection_queryables(name)['type'] == 'object'
out['feature'] = api.collection_item('cities', 'celje')['properties']['name']
out['box'] = api.collection_items('cities', bbox=[15, 46, 15.5, 46.5])['numberMatched']
print(json.dumps(out))",
    )
    .await;
    assert_eq!(seen["counts"], counts());
    assert_eq!((&seen["feature"], &seen["box"]), (&"Celje".into(), &1.into()));
    assert!(seen["paths"].as_u64() > Some(30) && seen["conformance"].as_u64() > Some(20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gdal_reads_every_collection_whole_with_its_types() {
    let seen = beside(
        "import pyogrio
src = 'OAPIF:' + url
out = {'counts': {}, 'fields': {}}
for name, _ in pyogrio.list_layers(src):
    info = pyogrio.read_info(src, layer=name, force_feature_count=True)
    meta, fids, geometry, fields = pyogrio.raw.read(src, layer=name)
    assert info['features'] == len(fields[0]), (name, info['features'], len(fields[0]))
    out['counts'][name] = len(fields[0])
    out['fields'][name] = {f: str(t) for f, t in zip(info['fields'], info['dtypes'])}
    out.setdefault('crs', {})[name] = info['crs']
    out.setdefault('bounds', {})[name] = list(info['total_bounds']) if info['total_bounds'] is not None else None
print(json.dumps(out))",
    )
    .await;
    assert_eq!(seen["counts"], counts());
    let fields = &seen["fields"]["interventions"];
    assert!(fields["title"] == "object" && fields["cost"] == "float64", "{fields}");
    assert!(fields["start"].as_str().is_some_and(|t| t.starts_with("datetime64")), "{fields}");
    assert_eq!(seen["fields"]["areas"]["population"], "int32");
    assert_eq!(seen["fields"]["interventions"]["synthetic"], "bool");
    assert_eq!(seen["fields"]["interventions"]["types"], "list(str)");
    let crs = seen["crs"]["areas"].as_str().unwrap();
    assert!(crs.contains("CRS84") || crs.contains("4326"), "{crs}");
    let west = seen["bounds"]["areas"][0].as_f64().unwrap();
    assert!((-9.0..0.0).contains(&west), "longitude comes first: {west}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gdal_s_filters_find_what_the_files_have() {
    let seen = beside(
        "import pyogrio
src = 'OAPIF:' + url
def count(layer, **how):
    return len(pyogrio.raw.read(src, layer=layer, **how)[3][0])
print(json.dumps({
    'city': count('interventions', where=\"city = 'celje'\"),
    'status': count('interventions', where=\"status = 'completed'\"),
    'both': count('interventions', where=\"city = 'celje' AND status = 'completed'\"),
    'cost': count('interventions', where=\"cost > 1000000\"),
    'flag': count('interventions', where=\"schematic = 1\"),
    'box': count('cities', bbox=(15, 46, 15.5, 46.5)),
}))",
    )
    .await;
    let is = |p: &Json, name: &str, value: &str| p[name] == value;
    let wanted = json!({
        "city": count("interventions", |p| is(p, "city", "celje")),
        "status": count("interventions", |p| is(p, "status", "completed")),
        "both": count("interventions", |p| is(p, "city", "celje") && is(p, "status", "completed")),
        "cost": count("interventions", |p| p["cost"].as_f64().is_some_and(|c| c > 1e6)),
        "flag": count("interventions", |p| p["schematic"] == true),
        "box": 1,
    });
    assert_eq!(seen, wanted);
}

/// The features of each collection that a visitor sees, from the API itself.
async fn seen_by_a_visitor() -> Vec<(String, Vec<Json>)> {
    let router = router();
    let mut all = vec![];
    for (id, _) in public() {
        let page = api(&router, &format!("/api/collections/{id}/items?limit=10000")).await;
        all.push((id, page["features"].as_array().unwrap().clone()));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gdal_sees_every_place_where_it_is_in_any_reference_system() {
    let seen = beside(
        "import pyogrio, shapely
src = 'OAPIF:' + url
out = {}
for name, _ in pyogrio.list_layers(src):
    meta, fids, geometry, fields = pyogrio.raw.read(src, layer=name)
    ids = dict(zip(meta['fields'].tolist(), fields))['id'].tolist()
    out[name] = {i: None if g is None else shapely.get_coordinates(shapely.from_wkb(g))[0].tolist() for i, g in zip(ids, geometry)}
def city(name, crs):
    # Not asked for by its id: GDAL then fetches that one feature without saying the reference system.
    meta, fids, geometry, fields = pyogrio.raw.read(src, layer='cities', CRS=crs)
    found = dict(zip(dict(zip(meta['fields'].tolist(), fields))['id'].tolist(), geometry))
    return [meta['crs'], shapely.get_coordinates(shapely.from_wkb(found[name]))[0].tolist()]
out['grids'] = [city('krakow', 'EPSG:2180'), city('celje', 'EPSG:3794'), city('celje', 'EPSG:3035')]
print(json.dumps(out))",
    )
    .await;
    for (id, features) in seen_by_a_visitor().await {
        let read = seen[&id].as_object().unwrap();
        assert_eq!(read.len(), features.len(), "{id}");
        for feature in features {
            let mut first = &feature["geometry"]["coordinates"];
            while first[0].is_array() {
                first = &first[0];
            }
            assert_eq!(read[feature["id"].as_str().unwrap()], *first, "{id}/{}", feature["id"]);
        }
    }
    // Easting first in GDAL, whatever the order on the wire.
    for (found, (crs, east, north)) in seen["grids"].as_array().unwrap().iter().zip([
        ("EPSG:2180", 567_000.0, 244_000.0),
        ("EPSG:3794", 520_000.0, 121_000.0),
        ("EPSG:3035", 4_720_000.0, 2_580_000.0),
    ]) {
        let near = |at: usize, wanted: f64| found[1][at].as_f64().is_some_and(|v| (v - wanted).abs() < 10_000.0);
        assert!(found[0] == crs && near(0, east) && near(1, north), "{crs}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gdal_s_boxes_and_conditions_find_what_brute_force_finds() {
    const BOXES: [[f64; 4]; 4] = [
        [15.0, 46.0, 15.5, 46.5],
        [-9.0, 37.0, 3.0, 49.0],
        [15.2635, 46.2285, 15.266, 46.2295],
        [100.0, 0.0, 101.0, 1.0],
    ];
    let seen = beside(
        "import pyogrio
src = 'OAPIF:' + url
def ids(layer, **how):
    meta, fids, geometry, fields = pyogrio.raw.read(src, layer=layer, **how)
    return sorted(dict(zip(meta['fields'].tolist(), fields))['id'].tolist())
boxes = [[15.0, 46.0, 15.5, 46.5], [-9.0, 37.0, 3.0, 49.0], [15.2635, 46.2285, 15.266, 46.2295], [100.0, 0.0, 101.0, 1.0]]
out = {'boxes': {layer: [ids(layer, bbox=tuple(b)) for b in boxes] for layer in ['areas', 'cities', 'interventions', 'premises', 'segments', 'facilities']}, 'where': {}}
for where in [\"status = 'funded'\", \"city = 'celje' AND kind <> 'physical'\", \"cost >= 100000 AND cost < 5000000\", \"title LIKE '%trg%'\", \"start IS NULL\", \"city IN ('celje', 'osijek')\"]:
    out['where'][where] = ids('interventions', where=where)
print(json.dumps(out))",
    )
    .await;
    for (id, features) in seen_by_a_visitor().await {
        let Some(found) = seen["boxes"][&id].as_array() else { continue };
        for (bbox, found) in BOXES.iter().zip(found) {
            let meets = |f: &Json| {
                let Ok(geometry) = serde_json::from_value::<geojson::Geometry>(f["geometry"].clone()) else {
                    return false;
                };
                let geometry = geo_types::Geometry::<f64>::try_from(geometry).unwrap();
                let corners = [(bbox[0], bbox[1]), (bbox[2], bbox[3])];
                geo::Intersects::intersects(&geometry, &geo_types::Rect::new(corners[0], corners[1]))
            };
            assert_eq!(*found, sorted(&features, meets), "{id} in {bbox:?}");
        }
    }
    let all = seen_by_a_visitor().await;
    let interventions = &all.iter().find(|(id, _)| id == "interventions").unwrap().1;
    let text = |f: &Json, name: &str| f["properties"][name].as_str().unwrap_or_default().to_owned();
    let cost = |f: &Json| f["properties"]["cost"].as_f64();
    let conditions: [(&str, &dyn Fn(&Json) -> bool); 6] = [
        ("status = 'funded'", &|f| text(f, "status") == "funded"),
        ("city = 'celje' AND kind <> 'physical'", &|f| {
            text(f, "city") == "celje" && !f["properties"]["kind"].is_null() && text(f, "kind") != "physical"
        }),
        ("cost >= 100000 AND cost < 5000000", &|f| cost(f).is_some_and(|c| (100_000.0..5_000_000.0).contains(&c))),
        // GDAL's LIKE looks at case.
        ("title LIKE '%trg%'", &|f| text(f, "title").contains("trg")),
        ("start IS NULL", &|f| f["properties"]["start"].is_null()),
        ("city IN ('celje', 'osijek')", &|f| ["celje", "osijek"].contains(&&*text(f, "city"))),
    ];
    for (condition, holds) in conditions {
        assert_eq!(seen["where"][condition], sorted(interventions, holds), "{condition}");
    }
}

/// The ids of those that a test holds for, in order.
fn sorted(features: &[Json], holds: impl Fn(&Json) -> bool) -> Json {
    let mut ids: Vec<&str> = features.iter().filter(|f| holds(f)).map(|f| f["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    json!(ids)
}
