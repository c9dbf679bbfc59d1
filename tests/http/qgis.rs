//! What QGIS 3.44 and 4 send when they edit a layer of OGC API Features, request by request: `OPTIONS` to learn what
//! may be done, `POST` with `Content-Crs` and without id, `Location` for the new id, then `PATCH` or `PUT`, and
//! `DELETE`. Never `If-Match`.

use crate::support::editing::{Client, GEOJSON, ITEMS, MERGE};
use crate::support::server::local;
use axum::body::Body;
use cityheart::access::Viewer;
use cityheart::crs::{Crs, Projection};
use geo_types::Coord;
use serde_json::json;

const GRID: &str = "http://www.opengis.net/def/crs/EPSG/0/3794";

fn grid(lon: f64, lat: f64) -> [f64; 2] {
    let at = Projection::new(Crs::parse(GRID).unwrap()).unwrap().from_lonlat(Coord { x: lon, y: lat }).unwrap();
    [at.x, at.y]
}

#[tokio::test]
async fn qgis_adds_moves_changes_and_deletes_a_feature_in_the_national_grid() {
    let client = Client::new();
    let allow = client.send("OPTIONS", ITEMS, &[], Body::empty()).await;
    assert!(allow.header("allow").split(", ").any(|m| m == "POST"), "otherwise the layer is read-only");

    // All attributes of the form, those without a value as null.
    let new = json!({
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": grid(15.2651234, 46.2301234)},
        "properties": {
            "code": null, "title": "Drevo", "title_en": null, "city": "celje", "kind": "hard_investment", "types": null, "status": "idea",
            "location_precision": "exact", "start": "2027-03-01", "end": null, "cost": 1200.0, "visibility": "public",
            "created": null, "updated": null,
        },
    });
    let posted = client.send("POST", ITEMS, &[GEOJSON, ("content-crs", GRID)], new.to_string()).await;
    assert_eq!(posted.status, 201, "{}", posted.text());
    let path = local(posted.header("location")).to_owned();
    let id = path.rsplit_once("/items/").unwrap().1;
    assert!(!id.is_empty() && !id.contains('/'));
    let feature = client.json(&format!("{ITEMS}/{id}")).await;
    assert_eq!(feature["geometry"]["coordinates"], json!([15.2651234, 46.2301234]));

    let allow = client.send("OPTIONS", &path, &[], Body::empty()).await;
    for method in ["PUT", "PATCH", "DELETE"] {
        assert!(allow.header("allow").split(", ").any(|m| m == method), "{method}");
    }
    let moved = json!({"geometry": {"type": "Point", "coordinates": grid(15.27, 46.23)}});
    let patched = client.send("PATCH", &path, &[MERGE, ("content-crs", GRID)], moved.to_string()).await;
    assert_eq!(patched.status, 204, "{}", patched.text());
    let changed = json!({"properties": {"title": "Drevored", "cost": 5000.0}});
    assert_eq!(client.send("PATCH", &path, &[MERGE], changed.to_string()).await.status, 204);
    let feature = client.json(&path).await;
    assert_eq!(feature["geometry"]["coordinates"], json!([15.27, 46.23]));
    assert_eq!((&feature["properties"]["title"], &feature["properties"]["cost"]), (&json!("Drevored"), &json!(5000)));

    // Without PATCH in Allow it reads the feature, changes it, and puts it back whole.
    let mut whole = client.json(&format!("{path}?crs={GRID}")).await;
    whole["properties"]["title"] = "Gaj".into();
    whole.as_object_mut().unwrap().retain(|name, _| ["type", "geometry", "properties"].contains(&name.as_str()));
    let put = client.send("PUT", &path, &[GEOJSON, ("content-crs", GRID)], whole.to_string()).await;
    assert_eq!(put.status, 204, "{}", put.text());
    let feature = client.json(&path).await;
    assert_eq!(
        (&feature["properties"]["title"], &feature["geometry"]["coordinates"]),
        (&json!("Gaj"), &json!([15.27, 46.23]))
    );

    assert_eq!(client.send("DELETE", &path, &[], Body::empty()).await.status, 204);
    assert_eq!(client.get(&path).await.status, 404);
}

#[tokio::test]
async fn the_layer_is_read_only_in_qgis_for_whoever_may_only_read() {
    let visitor = Client::of(Viewer::visitor());
    let allow = visitor.send("OPTIONS", ITEMS, &[], Body::empty()).await;
    assert_eq!((allow.status.as_u16(), allow.header("allow")), (200, "GET, HEAD, OPTIONS"));
}
