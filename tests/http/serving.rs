//! A server on a real port: it answers, it counts, it finishes what is open when told to stop.

use crate::support::server::{get, json, plan, router};
use cityheart::config::{Config, ServerLimits};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

fn any_port() -> Config {
    Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() }
}

/// Sends bytes as they are and reads until the other side closes.
fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(request).unwrap();
    let mut reply = vec![];
    stream.read_to_end(&mut reply).unwrap();
    String::from_utf8_lossy(&reply).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_answers_on_the_port_it_got_and_stops_when_told() {
    let server = cityheart::http::bind_server(any_port()).await.unwrap();
    let address = server.address();
    assert_ne!(address.port(), 0);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run_until(plan().atlas.clone(), async {
        let _ = stopped.await;
    }));
    let ask = move |path: &'static str| {
        tokio::task::spawn_blocking(move || {
            exchange(address, format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())
        })
    };
    let reply = ask("/api").await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 OK"), "{reply}");
    assert!(reply.contains(&format!("http://{address}/api/collections")), "{reply}");
    // A connection that stays open and asks nothing does not hold the end up.
    let idle = TcpStream::connect(address).unwrap();
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err());
    drop(idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_never_taken_is_cut_after_the_drain() {
    let limits = ServerLimits { drain: Duration::from_millis(50), ..ServerLimits::default() };
    let server = cityheart::http::bind_server(Config { limits, ..any_port() }).await.unwrap();
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run_until(plan().atlas.clone(), async {
        let _ = stopped.await;
    }));
    // Half a request: the server waits for the rest, which does not come.
    let half = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /api HTTP/1.1\r\nHost: x\r\n").unwrap();
        stream
    });
    let half = half.await.unwrap();
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    drop(half);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_http_do_not_stop_it() {
    let server = cityheart::http::bind_server(any_port()).await.unwrap();
    let address = server.address();
    let running = tokio::spawn(server.run(plan().atlas.clone()));
    let replies = tokio::task::spawn_blocking(move || {
        let noise: [&[u8]; 4] = [
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\r\n\r\n\r\nBREW\r\n\r\n",
        ];
        for bytes in noise {
            drop(exchange_and_close(address, bytes));
        }
        exchange(address, b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    });
    let reply = replies.await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 OK"), "{reply}");
    running.abort();
}

fn exchange_and_close(address: SocketAddr, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(bytes)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut reply = vec![];
    stream.read_to_end(&mut reply)?;
    Ok(reply)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_has_one_host() {
    let server = cityheart::http::bind_server(any_port()).await.unwrap();
    let address = server.address();
    let running = tokio::spawn(server.run_until(plan().atlas.clone(), std::future::pending()));
    let replies = tokio::task::spawn_blocking(move || {
        ["HTTP/1.1\r\n", "HTTP/1.1\r\nHost: a\r\nHost: a\r\n", "HTTP/1.1\r\nHost: a\r\n", "HTTP/1.0\r\n"]
            .map(|head| exchange(address, format!("GET /health/live {head}Connection: close\r\n\r\n").as_bytes()))
    });
    let statuses = replies.await.unwrap().map(|reply| reply.split(' ').nth(1).unwrap_or_default().to_owned());
    assert_eq!(statuses, ["400", "400", "200", "200"]);
    running.abort();
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_in_a_sentence() {
    let first = cityheart::http::bind_server(any_port()).await.unwrap();
    let Err(error) = cityheart::http::bind_server(Config { listen: first.address(), ..Config::default() }).await else {
        panic!("bound twice")
    };
    assert!(error.to_string().contains("--listen"), "{error}");
}

#[tokio::test]
async fn health_and_metrics_tell_what_is_there_and_what_was_done() {
    let router = router();
    assert_eq!(json(&router, "/health/live").await["status"], "live");
    let ready = json(&router, "/health/ready").await;
    assert_eq!(ready["status"], "ready");
    get(&router, "/tiles/areas/0/0/0.mvt").await;
    get(&router, "/api/nothing").await;
    let metrics = get(&router, "/metrics").await;
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = metrics.text();
    for line in [
        "cityheart_http_requests_total{kind=\"tiles\",status=\"2xx\"} 1",
        "cityheart_http_requests_total{kind=\"api\",status=\"4xx\"} 1",
        "cityheart_http_requests_total{kind=\"operations\",status=\"2xx\"} 2",
        "cityheart_http_seconds_bucket{kind=\"tiles\",le=\"+Inf\"} 1",
        "# TYPE cityheart_tiles_drawn_total counter",
        "cityheart_features{collection=\"areas\"}",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("cityheart_") && value.parse::<f64>().is_ok(), "{line}");
    }
}
