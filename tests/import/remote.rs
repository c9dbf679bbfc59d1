//! Layers and files of other servers: paged, resumed, within limits; and what is not asked.

use crate::support::feature_services::{answer_oapif, answer_wfs, place, trees_page};
use crate::support::importing::{Read, try_read};
use crate::support::raw_server::{RawServer, number_in, reply, reply_json};
use crate::support::shapefiles::{SLOVENIA, dbf, point, shp, zip};
use cityheart::error::Result;
use cityheart::feature::Geometry;
use cityheart::import::{FetchLimits, ImportOptions, ImportSource, RemoteRequest, SourceOptions, fetch_layer};
use cityheart::plan::PlanModel;
use serde_json::json;
use std::io::{Read as _, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn limits() -> FetchLimits {
    FetchLimits {
        patience: Duration::from_millis(1500),
        time: Duration::from_secs(20),
        retries: vec![],
        ..FetchLimits::default()
    }
}

fn request(folder: &Path, url: &str) -> RemoteRequest {
    RemoteRequest {
        url: url.to_owned(),
        plan: folder.join("plan.gpkg"),
        layer: None,
        wants_json: false,
        licence: Some("CC BY 4.0, City".into()),
        is_trial: false,
        allow_private: true,
        limits: limits(),
    }
}

fn import(request: &RemoteRequest) -> Result<Read> {
    let source = ImportSource::from_fetched(fetch_layer(request, &Arc::default())?, SourceOptions::default())?;
    try_read(&PlanModel::load()?, "things", None, &[source], &ImportOptions::default(), &[], &[])
}

/// Imports from an address, and holds that nothing stays beside the plan.
fn import_url(url: &str) -> Result<Read> {
    let folder = tempfile::tempdir().unwrap();
    let read = import(&request(folder.path(), url));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{url} left something behind");
    read
}

fn sentence(read: Result<Read>) -> String {
    crate::support::reading::refusal(read)
}

/// A server that answers every request alike.
fn serve(
    status: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: impl Into<Vec<u8>>,
) -> RawServer {
    let body = body.into();
    RawServer::start(move |_, _, stream| reply(stream, status, headers, &body))
}

fn assert_places(read: &Read, count: usize) {
    assert_eq!((read.features.len(), read.report.findings.errors), (count, 0), "{:?}", read.report.findings.details);
    for (number, feature) in read.features.iter().enumerate() {
        let (lon, lat) = place(number);
        let Some(Geometry::Point(found)) = &feature.geometry else { panic!("{feature:?}") };
        assert!((found.x() - lon).abs() < 1e-7 && (found.y() - lat).abs() < 1e-7, "{number}: {found:?}");
    }
}

#[test]
fn a_collection_is_read_page_by_page_with_its_licence() {
    let server = RawServer::start(|base, target, stream| answer_oapif(base, target, stream, 2345, 1000));
    let folder = tempfile::tempdir().unwrap();
    for path in ["/collections/trees", "/collections/trees/items", "/collections/trees/items?limit=700"] {
        let read =
            import(&RemoteRequest { licence: None, ..request(folder.path(), &format!("{}{path}", server.base)) })
                .unwrap();
        assert_places(&read, 2345);
        assert_eq!(read.features[7].id.to_string(), "tree-7");
        assert_eq!(read.collection.attribution(), "City of Celje, CC-BY-4.0");
        assert_eq!(read.collection.license(), Some(("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/")));
        let told = read.report.lines().join("\n");
        let pages = if path.contains("700") { 4 } else { 3 };
        assert!(told.contains(&format!("The server gave 2345 features in {pages} pages")), "{told}");
        assert!(told.contains("'City of Celje, CC-BY-4.0' is shown with the data."), "{told}");
        assert!(told.contains("EPSG/0/3794, and has converted it itself"), "{told}");
    }
}

#[test]
fn a_layer_of_a_wfs_is_read_page_by_page_with_its_axes() {
    let server = RawServer::start(|base, target, stream| answer_wfs(base, target, stream, 2345, 1000));
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}/wfs?service=WFS", server.base);
    let asked = request(folder.path(), &url);
    let several = sentence(import(&asked));
    assert!(several.contains("choose one of city:trees, city:parks with --layer NAME"), "{several}");
    let read = import(&RemoteRequest { layer: Some("trees".into()), ..asked.clone() }).unwrap();
    assert_places(&read, 2345);
    let source = read.report.to_json()["sources"][0].clone();
    assert_eq!((&source["crs"], &source["licence"]), (&json!("EPSG:4326"), &json!("CC BY 4.0, City")));
    let starts: Vec<usize> = server.asked().iter().filter_map(|target| number_in(target, "startIndex")).collect();
    assert_eq!(starts, [0, 1000, 2000]);
    assert!(server.asked().iter().any(|t| t.contains("map=city")), "what the server's own address says is kept");
    // A few features, as the caller asks for them.
    let few = import(&request(folder.path(), &format!("{url}&typeNames=city:trees&count=10"))).unwrap();
    assert_eq!(few.features.len(), 10);
}

#[test]
fn an_interrupted_import_goes_on_behind_the_last_page() {
    let is_faulty = Arc::new(AtomicBool::new(true));
    let faulty = is_faulty.clone();
    let server = RawServer::start(move |base, target, stream| {
        let is_third = number_in(target, "offset") == Some(2000);
        if is_third && faulty.load(Ordering::Relaxed) {
            reply(stream, "503 Service Unavailable", &[], b"");
        } else {
            answer_oapif(base, target, stream, 2345, 1000);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let asked = request(folder.path(), &format!("{}/collections/trees", server.base));
    let refused = sentence(import(&asked));
    assert!(refused.contains("503") && refused.contains("2 pages of it were kept"), "{refused}");
    assert!(!folder.path().join("plan.gpkg").exists());
    is_faulty.store(false, Ordering::Relaxed);
    let before = server.asked().len();
    let read = import(&asked).unwrap();
    assert_places(&read, 2345);
    let told = read.report.lines().join("\n");
    assert!(told.contains("2 pages with 2000 features were there from an import that was interrupted"), "{told}");
    let since: Vec<String> = server.asked()[before..].iter().filter(|t| t.contains("/items")).cloned().collect();
    assert_eq!(since, ["/collections/trees/items?offset=2000&limit=1000"]);
    drop(read);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the pages go when the import has ended");
}

#[test]
fn a_fault_that_passes_is_asked_about_again() {
    let is_faulty = AtomicBool::new(true);
    let server = RawServer::start(move |base, target, stream| {
        if is_faulty.swap(false, Ordering::Relaxed) {
            reply(stream, "502 Bad Gateway", &[], b"");
        } else {
            answer_oapif(base, target, stream, 5, 1000);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let asked = request(folder.path(), &format!("{}/collections/trees", server.base));
    let patient = FetchLimits { retries: vec![Duration::from_millis(1)], ..limits() };
    assert_places(&import(&RemoteRequest { limits: patient, ..asked }).unwrap(), 5);
}

#[test]
fn inner_addresses_are_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "localhost",
        "localhost.",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fd00::1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[2002:7f00:1::]",
        "[ff02::1]",
    ] {
        for path in ["/a.geojson", "/collections/a", "/wfs?service=WFS"] {
            let asked =
                RemoteRequest { allow_private: false, ..request(folder.path(), &format!("http://{host}{path}")) };
            let refused = sentence(import(&asked));
            assert!(refused.contains("is not asked. If that is meant, say --allow-private"), "{host}: {refused}");
        }
    }
    for (url, words) in [
        ("ftp://example.org/a", "Only http and https"),
        ("file:///etc/passwd", "Only http and https"),
        ("http://user:secret@127.0.0.1/a", "user name or password"),
        ("http://127.0.0.1:99999/a", "port"),
        ("http:///a", "names no host"),
    ] {
        let refused = sentence(import(&request(folder.path(), url)));
        assert!(refused.contains(words), "{url}: {refused}");
    }
}

#[test]
fn redirects_to_inner_addresses_are_not_followed() {
    for target in [
        "http://127.0.0.1:22/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://localhost:1/",
        "//192.168.0.1/a",
        "http://[::ffff:127.0.0.1]/",
        "http://[fd00::1]/",
    ] {
        for (status, page) in [
            ("302 Found", "/a.geojson"),
            ("307 Temporary Redirect", "/collections/trees"),
            ("301 Moved Permanently", "/wfs"),
        ] {
            let server = RawServer::start(move |_, _, stream| reply(stream, status, &[("Location", target)], b""));
            let refused = sentence(import_url(&format!("{}{page}", server.base)));
            assert!(refused.contains("is not asked"), "{target}: {refused}");
        }
        // A link to the next page is a way out, too.
        let server = RawServer::start(move |base, asked, stream| {
            let mut page = trees_page(base, 0, 5, 10);
            page["links"][0]["href"] = target.into();
            if asked.contains("/items") { reply_json(stream, &page) } else { reply(stream, "404 Not Found", &[], b"") }
        });
        let folder = tempfile::tempdir().unwrap();
        let refused = sentence(import(&request(folder.path(), &format!("{}/collections/trees/items", server.base))));
        assert!(refused.contains("is not asked"), "{target}: {refused}");
    }
    for (target, words) in [
        ("file:///etc/passwd", "is not asked"),
        ("/again", "leads on more than 5 times"),
        ("gopher://a/", "is not asked"),
    ] {
        let server = RawServer::start(move |_, _, stream| reply(stream, "302 Found", &[("Location", target)], b""));
        let refused = sentence(import_url(&format!("{}/a", server.base)));
        assert!(refused.contains(words), "{target}: {refused}");
    }
    let server = RawServer::start(|base, target, stream| match target {
        "/old" => reply(stream, "308 Permanent Redirect", &[("Location", "collections/trees")], b""),
        _ => answer_oapif(base, target, stream, 3, 10),
    });
    let described = import_url(&format!("{}/old", server.base)).unwrap();
    assert_places(&described, 3);
}

/// Writes bytes without end, with a pause between them.
fn write_forever(stream: &mut TcpStream, head: &str, bytes: &[u8], pause: Duration) {
    drop(stream.write_all(head.as_bytes()));
    while stream.write_all(bytes).is_ok() {
        std::thread::sleep(pause);
    }
}

#[test]
fn a_server_that_never_ends_trickles_is_silent_or_lies_ends_with_a_sentence() {
    let page = trees_page("http://x", 0, 100, 100).to_string();
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let open = "HTTP/1.1 200 OK\r\nContent-Type: application/geo+json\r\n\r\n";
    let part = page[..900].to_owned();
    let answers: Vec<(&str, Box<dyn Fn(&mut TcpStream) + Send + Sync>)> = vec![
        ("more than 3 million bytes", Box::new(move |s| write_forever(s, open, &[b' '; 65536], Duration::ZERO))),
        (
            "more than 3 million bytes",
            Box::new(move |s| {
                let chunk = format!("10000\r\n{}\r\n", " ".repeat(65536));
                write_forever(s, chunked, chunk.as_bytes(), Duration::ZERO);
            }),
        ),
        (
            "more than 3 million bytes",
            Box::new(|s| drop(s.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{"))),
        ),
        ("bytes a second", Box::new(move |s| write_forever(s, open, b" ", Duration::from_millis(50)))),
        (
            "is silent",
            Box::new(move |s| {
                drop(s.write_all(open.as_bytes()));
                std::thread::sleep(Duration::from_secs(8));
            }),
        ),
        ("is silent", Box::new(|_| std::thread::sleep(Duration::from_secs(8)))),
        (
            "ends after 900 of 5000 bytes",
            Box::new(move |s| {
                let head = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n";
                drop(s.write_all(head.as_bytes()).and_then(|()| s.write_all(part.as_bytes())));
            }),
        ),
        (
            "is broken",
            Box::new(move |s| {
                let head = "HTTP/1.1 200 OK\r\nContent-Length: 300\r\nConnection: close\r\n\r\n";
                drop(s.write_all(head.as_bytes()).and_then(|()| s.write_all(page.as_bytes())));
            }),
        ),
        ("cannot be read", Box::new(|s| drop(s.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}")))),
        ("cannot be read", Box::new(|s| drop(s.write_all(b"SSH-2.0-OpenSSH_9.2\r\n")))),
        (
            "cannot be read",
            Box::new(|s| {
                drop(s.write_all(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(1 << 20)).as_bytes()));
            }),
        ),
    ];
    for (words, answer) in answers {
        let server = RawServer::start(move |_, _, stream| answer(stream));
        let folder = tempfile::tempdir().unwrap();
        let asked = request(folder.path(), &format!("{}/collections/trees/items", server.base));
        let small = FetchLimits {
            bytes: 3_000_000,
            time: Duration::from_secs(6),
            patience: Duration::from_secs(1),
            ..limits()
        };
        let refused = sentence(import(&RemoteRequest { limits: small, ..asked }));
        assert!(refused.contains(words), "{words}: {refused}");
    }
}

#[test]
fn limits_of_pages_features_and_time_are_told_with_their_flags() {
    let server = RawServer::start(|base, target, stream| answer_oapif(base, target, stream, 2345, 100));
    let slow = RawServer::start(|base, target, stream| {
        std::thread::sleep(Duration::from_millis(300));
        answer_oapif(base, target, stream, 2345, 100);
    });
    for (server, limits, words) in [
        (&server, FetchLimits { pages: 3, ..limits() }, "more than 3 pages. Allow more with --max-pages"),
        (
            &server,
            FetchLimits { features: 2000, ..limits() },
            "more than 2000 features. Allow more with --max-features",
        ),
        (&slow, FetchLimits { time: Duration::from_secs(2), ..limits() }, "within 2 s. Run the command again to go on"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let asked = request(folder.path(), &format!("{}/collections/trees", server.base));
        let refused = sentence(import(&RemoteRequest { limits, ..asked }));
        assert!(refused.contains(words), "{words}: {refused}");
    }
}

#[test]
fn pages_that_repeat_lead_in_a_circle_or_are_only_a_part_are_refused() {
    let same =
        RawServer::start(|base, target, stream| answer_wfs(base, &target.replace("startIndex", "x"), stream, 50, 10));
    let folder = tempfile::tempdir().unwrap();
    let asked = request(folder.path(), &format!("{}/wfs?typeNames=city:trees", same.base));
    let refused = sentence(import(&asked));
    assert!(refused.contains("the server does not page"), "{refused}");

    let circle = RawServer::start(|base, target, stream| {
        let offset = number_in(target, "offset").unwrap_or(0);
        let mut page = trees_page(base, offset, 5, 10);
        if offset == 5 {
            page["links"] = json!([{"rel": "next", "href": format!("{base}{target}")}]);
        }
        if target.contains("/items") { reply_json(stream, &page) } else { reply(stream, "404 Not Found", &[], b"") }
    });
    let refused = sentence(import(&request(folder.path(), &format!("{}/collections/trees/items", circle.base))));
    assert!(refused.contains("in a circle"), "{refused}");

    let part = json!({"type": "FeatureCollection", "exceededTransferLimit": true, "features": trees_page("", 0, 5, 5)["features"]});
    let server = RawServer::start(move |_, _, stream| reply_json(stream, &part));
    let refused = sentence(import_url(&format!("{}/FeatureServer/0/query?f=geojson", server.base)));
    assert!(refused.contains("only a part of its features"), "{refused}");
}

#[test]
fn a_licence_must_be_known() {
    let server = RawServer::start(|base, target, stream| answer_wfs(base, target, stream, 5, 10));
    let folder = tempfile::tempdir().unwrap();
    let asked = request(folder.path(), &format!("{}/wfs?typeNames=city:trees", server.base));
    let unsaid = RemoteRequest { licence: None, ..asked };
    let refused = sentence(import(&unsaid));
    assert!(refused.contains("under which licence") && refused.contains("--licence"), "{refused}");
    assert_eq!(import(&RemoteRequest { is_trial: true, ..unsaid }).unwrap().features.len(), 5);
}

#[test]
fn files_of_any_format_are_fetched() {
    let (main, _) = shp(&[point(520_648.429_84, 121_273.945_26)]);
    let table = dbf(0, &[("IME", b'C', 10, 0)], &[vec![b"Kova\xe8i\xe8"]]);
    let packed = zip(&[("a.shp", &main), ("a.dbf", &table), ("a.prj", SLOVENIA.as_bytes())]);
    let geojson = trees_page("", 0, 1, 1);
    let gml = "<gml:FeatureCollection xmlns:gml='http://www.opengis.net/gml'><gml:featureMember><t><g><gml:Point><gml:pos>15 46</gml:pos></gml:Point></g></t></gml:featureMember></gml:FeatureCollection>";
    for (path, kind, body) in [
        ("/ulice.zip", "application/zip", packed),
        ("/a.geojson", "application/geo+json", geojson.to_string().into_bytes()),
        ("/export?format=csv&key=1", "text/csv; charset=utf-8", b"name\tlon\tlat\nA\t15\t46\n".to_vec()),
        (
            "/a.kml",
            "text/plain",
            b"<kml><Placemark><Point><coordinates>15,46</coordinates></Point></Placemark></kml>".to_vec(),
        ),
        ("/a.gml", "text/xml", gml.as_bytes().to_vec()),
    ] {
        let server = RawServer::start(move |_, _, stream| reply(stream, "200 OK", &[("Content-Type", kind)], &body));
        let read = import_url(&format!("{}{path}", server.base)).unwrap();
        assert_eq!(
            (read.features.len(), read.report.findings.errors),
            (1, 0),
            "{path}: {:?}",
            read.report.findings.details
        );
        assert!(!read.report.sources[0].0.contains("key="), "{:?}", read.report.sources);
    }
    let refused = sentence(import_url(&format!("{}/a.shp", serve("200 OK", &[], main).base)));
    assert!(refused.contains("A shapefile is several files"), "{refused}");
}

#[test]
fn a_layer_in_another_reference_system_is_read_in_it() {
    let crs = "<http://www.opengis.net/def/crs/EPSG/0/4326>";
    let answer = |crs: &'static str, x: f64, y: f64| {
        let page = json!({"type": "FeatureCollection", "features": [{"type": "Feature", "id": 1, "properties": {},
            "geometry": {"type": "Point", "coordinates": [x, y]}}]});
        RawServer::start(move |_, target, stream| {
            if target.contains("/items") {
                reply(stream, "200 OK", &[("Content-Crs", crs)], page.to_string().as_bytes());
            } else {
                reply(stream, "404 Not Found", &[], b"");
            }
        })
    };
    for (crs, x, y) in [
        (crs, 46.2309, 15.2677),
        ("<http://www.opengis.net/def/crs/OGC/1.3/CRS84>", 15.2677, 46.2309),
        ("<http://www.opengis.net/def/crs/EPSG/0/3794>", 520_648.429_84, 121_273.945_26),
    ] {
        let read = import_url(&format!("{}/collections/a/items", answer(crs, x, y).base)).unwrap();
        let Some(Geometry::Point(found)) = &read.features[0].geometry else { panic!("{crs}") };
        assert!((found.x() - 15.2677).abs() < 1e-6 && (found.y() - 46.2309).abs() < 1e-6, "{crs}: {found:?}");
    }
    let unknown = answer("<http://www.opengis.net/def/crs/EPSG/0/1>", 1.0, 2.0);
    let folder = tempfile::tempdir().unwrap();
    let refused = sentence(import(&request(folder.path(), &format!("{}/collections/a/items", unknown.base))));
    assert!(refused.contains("not known here"), "{refused}");
}

#[test]
fn what_is_no_layer_is_refused_with_what_to_do() {
    let exception = r#"<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1"><ows:Exception exceptionCode="InvalidParameterValue"><ows:ExceptionText>Feature type unknown</ows:ExceptionText></ows:Exception></ows:ExceptionReport>"#;
    let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbb">]><WFS_Capabilities>&b;</WFS_Capabilities>"#;
    for (path, status, body, words) in [
        ("/wfs", "200 OK", exception, "answers with an error: Feature type unknown"),
        ("/wfs", "200 OK", "<html><body>Sign in</body></html>", "no WFS"),
        ("/wfs", "200 OK", bomb, "type definition"),
        ("/collections/a", "404 Not Found", "", "There is nothing at"),
        ("/collections/a", "401 Unauthorized", "", "asks for a permission"),
        ("/collections/a", "200 OK", "<html></html>", "no JSON document"),
        ("/collections/a/items", "200 OK", "<html></html>", "in place of GeoJSON or GML"),
        ("/a", "200 OK", "<html></html>", "This is a web page"),
        ("/a", "500 Internal Server Error", "", "answers 500"),
        ("/", "200 OK", r#"{"links":[{"rel":"conformance","href":"/conformance"}]}"#, "the start of a service"),
        ("/collections", "200 OK", r#"{"collections":[{"id":"trees"}]}"#, "Name one of them"),
    ] {
        let refused = sentence(import_url(&format!("{}{path}", serve(status, &[], body).base)));
        assert!(refused.contains(words), "{path} {words}: {refused}");
    }
    // A gzip bomb is as large as what it unpacks to.
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
    packed.write_all(&vec![b' '; 20_000_000]).unwrap();
    let server = serve("200 OK", &[("Content-Encoding", "gzip")], packed.finish().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let asked = request(folder.path(), &format!("{}/a.geojson", server.base));
    let small = RemoteRequest { limits: FetchLimits { bytes: 5_000_000, ..limits() }, ..asked };
    let refused = sentence(import(&small));
    assert!(refused.contains("more than 5 million bytes"), "{refused}");
}

/// Positions of all features of a file, in longitude and latitude, as GDAL reads it.
const READ: &str = r#"
import json, sys, pyogrio, pyproj, shapely
meta, _, shapes, _ = pyogrio.raw.read(sys.stdin.read())
xy = shapely.get_coordinates(shapely.from_wkb(shapes))
to = pyproj.Transformer.from_crs(meta["crs"], "OGC:CRS84", always_xy=True)
print(json.dumps([list(p) for p in zip(*to.transform(xy[:, 0], xy[:, 1]))]))
"#;

#[test]
fn gdal_finds_the_same_places_on_a_page_of_the_same_server() {
    let server = RawServer::start(|base, target, stream| answer_wfs(base, target, stream, 50, 50));
    let read = import_url(&format!("{}/wfs?typeNames=city:trees", server.base)).unwrap();
    let mut stream = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(b"GET /wfs?request=GetFeature&count=50&startIndex=0 HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.gml");
    std::fs::write(&path, answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let theirs = crate::support::python::run(READ, &path.display().to_string());
    let theirs: Vec<[f64; 2]> = serde_json::from_str(&theirs).unwrap();
    assert_eq!((read.features.len(), theirs.len()), (50, 50));
    for (feature, [lon, lat]) in read.features.iter().zip(theirs) {
        let Some(Geometry::Point(found)) = &feature.geometry else { panic!("{feature:?}") };
        assert!((found.x() - lon).abs() < 1e-7 && (found.y() - lat).abs() < 1e-7, "{found:?} {lon} {lat}");
    }
}
