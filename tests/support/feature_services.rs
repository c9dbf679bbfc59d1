//! Services of features that tests run: OGC API Features with links from page to page, and WFS 2.0 with GML 3.2.

use super::raw_server::{number_in, reply, reply_json};
use serde_json::{Value as Json, json};
use std::net::TcpStream;

/// Where the feature of this number is.
pub fn place(number: usize) -> (f64, f64) {
    (15.0 + number as f64 / 10_000.0, 46.0 + number as f64 / 20_000.0)
}

/// Answers as OGC API Features with one collection of so many points, `trees`; `most` on a page.
pub fn answer_oapif(base: &str, target: &str, stream: &mut TcpStream, count: usize, most: usize) {
    match target.split('?').next().unwrap_or_default() {
        "/collections/trees" => reply_json(stream, &describe_trees(base)),
        "/collections/trees/items" => {
            let offset = number_in(target, "offset").unwrap_or(0);
            let limit = number_in(target, "limit").unwrap_or(10).min(most);
            reply_json(stream, &trees_page(base, offset, limit, count));
        }
        "/collections" => reply_json(stream, &json!({"links": [], "collections": [{"id": "trees"}, {"id": "parks"}]})),
        _ => reply(stream, "404 Not Found", &[], b"{}"),
    }
}

fn describe_trees(base: &str) -> Json {
    json!({"id": "trees", "title": "Trees", "attribution": "City of Celje",
    "storageCrs": "http://www.opengis.net/def/crs/EPSG/0/3794",
    "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/def/crs/EPSG/0/3794"],
    "links": [
        {"rel": "items", "type": "text/html", "href": format!("{base}/collections/trees/items?f=html")},
        {"rel": "items", "type": "application/geo+json", "href": format!("{base}/collections/trees/items")},
        {"rel": "license", "href": "https://creativecommons.org/licenses/by/4.0/", "title": "CC BY 4.0"},
    ]})
}

/// A page of points, with the link to the next one.
pub fn trees_page(base: &str, offset: usize, limit: usize, count: usize) -> Json {
    let end = (offset + limit).min(count);
    let features: Vec<Json> = (offset..end)
        .map(|n| {
            let (lon, lat) = place(n);
            json!({"type": "Feature", "id": format!("tree-{n}"), "properties": {"n": n},
                "geometry": {"type": "Point", "coordinates": [lon, lat]}})
        })
        .collect();
    let next = format!("{base}/collections/trees/items?offset={end}&limit={limit}");
    let links =
        if end < count { json!([{"rel": "next", "type": "application/geo+json", "href": next}]) } else { json!([]) };
    json!({"type": "FeatureCollection", "numberMatched": count, "numberReturned": features.len(), "links": links,
        "features": features})
}

/// Answers as WFS 2.0 with so many points in `city:trees`, latitude first; `most` on a page.
pub fn answer_wfs(base: &str, target: &str, stream: &mut TcpStream, count: usize, most: usize) {
    let xml = if target.to_ascii_lowercase().contains("getcapabilities") {
        capabilities(base)
    } else {
        let offset = number_in(target, "startIndex").unwrap_or(0).min(count);
        gml_page(offset, number_in(target, "count").unwrap_or(most).min(most), count)
    };
    reply(stream, "200 OK", &[("Content-Type", "application/gml+xml; version=3.2")], xml.as_bytes());
}

fn capabilities(base: &str) -> String {
    let layer = |name: &str| {
        format!(
            r#"<wfs:FeatureType xmlns:city="http://city.example"><wfs:Name>city:{name}</wfs:Name><wfs:Title>{name}</wfs:Title><wfs:DefaultCRS>urn:ogc:def:crs:EPSG::3794</wfs:DefaultCRS><wfs:OtherCRS>urn:ogc:def:crs:EPSG::4326</wfs:OtherCRS></wfs:FeatureType>"#
        )
    };
    format!(
        r#"<?xml version="1.0"?><wfs:WFS_Capabilities version="2.0.0" xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink">
<ows:ServiceIdentification><ows:Fees>none</ows:Fees><ows:AccessConstraints>NONE</ows:AccessConstraints></ows:ServiceIdentification>
<ows:OperationsMetadata><ows:Operation name="GetFeature"><ows:DCP><ows:HTTP><ows:Get xlink:href="{base}/wfs?map=city"/></ows:HTTP></ows:DCP></ows:Operation></ows:OperationsMetadata>
<wfs:FeatureTypeList>{}{}</wfs:FeatureTypeList></wfs:WFS_Capabilities>"#,
        layer("trees"),
        layer("parks")
    )
}

fn gml_page(offset: usize, size: usize, count: usize) -> String {
    use std::fmt::Write;
    let end = (offset + size).min(count);
    let mut xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:city="http://city.example" timeStamp="2026-11-30T10:00:00Z" numberMatched="{count}" numberReturned="{}">"#,
        end - offset
    );
    for n in offset..end {
        let (lon, lat) = place(n);
        write!(xml, r#"<wfs:member><city:trees gml:id="trees.{n}"><city:n>{n}</city:n><city:geom><gml:Point gml:id="p.{n}" srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>{lat} {lon}</gml:pos></gml:Point></city:geom></city:trees></wfs:member>"#).unwrap();
    }
    xml + "</wfs:FeatureCollection>"
}
