//! Clients of other houses against a running server: OWSLib, and GDAL's OGC API Features driver as pyogrio bundles it.

use crate::python;
use crate::server::{plan, public};
use cityheart::config::Config;
use serde_json::{Value as Json, json};
use std::net::{Ipv4Addr, SocketAddr};

/// Runs a Python script beside a server over the demo plan; `url` is the landing page. Gives what the script prints as JSON.
async fn beside(script: &'static str) -> Json {
    let config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() };
    let server = cityheart::http::bind(config).await.unwrap();
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
