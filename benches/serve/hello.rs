//! The HTTP limit of this machine: the same web framework, which responds with a body from memory.

use axum::Router;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bytes::Bytes;
use std::net::{Ipv4Addr, SocketAddr};

/// `/N` responds with N bytes. Prints its address on standard output and serves until it is killed.
pub fn serve() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let body = Bytes::from((0..4_000_000_u32).map(|i| b'a' + (i % 26) as u8).collect::<Vec<u8>>());
        let answer = move |Path(size): Path<usize>| {
            let body = body.slice(..size.min(body.len()));
            async move { ([(CONTENT_TYPE, "application/octet-stream")], body) }
        };
        let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a port");
        println!("http://{}", listener.local_addr().expect("an address"));
        axum::serve(listener, Router::new().route("/{size}", get(answer))).await.expect("it serves");
    });
}
