//! What bodies take in memory: the real program, attacked on every route with bodies that make the most of their
//! bytes, eight at once, and the memory that the system counts for it.

use super::bodies::{ROUTES, head_of, plan_with_token};
use super::normal_client::{SLOWNESS, read_problem, split_reply, use_normally, wait_until_free};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bodies at once.
const AT_ONCE: usize = 8;
/// What the program may take more than before.
const MOST_GROWTH_KB: u64 = 300 << 10;

/// The program in a process of its own, ended with the test.
struct ServerProcess {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl ServerProcess {
    fn start(folder: TempDir) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cityheart"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CITYHEART_")) {
            command.env_remove(name);
        }
        // What is cached for the normal client is not what bodies take.
        command.args(["serve", "plan.gpkg", "--listen", "127.0.0.1:0", "--tile-cache", "0"]).current_dir(folder.path());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|l| l.split_once("http://")?.1.split(['/', ' ']).next()?.parse().ok());
        Self { child, address: address.expect("the address of the server"), _folder: folder }
    }

    /// The memory that is really there for it, in kB.
    fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A body with this start, this part until it is nearly as large as allowed, and this end.
fn fill(start: &str, part: &str, end: &str) -> Vec<u8> {
    let parts = ((15 << 20) - start.len() - end.len()) / part.len();
    [start, &part.repeat(parts), end].concat().into_bytes()
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(vec![], Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

struct HostileBody {
    what: &'static str,
    bytes: Vec<u8>,
    is_gzip: bool,
}

fn hostile_bodies() -> Vec<Arc<HostileBody>> {
    let plain = |what, bytes| HostileBody { what, bytes, is_gzip: false };
    let objects = fill("[", "{\"a\":0},", "0]");
    let bomb = {
        let mut packed = GzEncoder::new(vec![], Compression::fast());
        (0..256).for_each(|_| packed.write_all(&vec![b' '; 1 << 20]).unwrap());
        packed.finish().unwrap()
    };
    let packed = HostileBody { what: "packed objects", bytes: pack(&objects), is_gzip: true };
    let bomb = HostileBody { what: "256 MB of spaces, packed", bytes: bomb, is_gzip: true };
    let all = vec![
        packed,
        bomb,
        plain("objects", objects),
        plain("empty lists", fill("{\"inputs\":[", "[],", "0]}")),
        plain("numbers that are no JSON", fill("", "1e1 ", "")),
        plain("positions", fill("{\"type\":\"LineString\",\"coordinates\":[", "[15.25,46.25],", "[15,46]]}")),
        plain("as many positions as allowed", format!("[{}0]", "[15.25,46.25],".repeat(290_000)).into_bytes()),
        plain("one long text", fill("{\"edits\":\"", "text", "\"}")),
        plain("lists in lists", fill("", "[", "")),
        plain("members", fill("{", "\"\":{},", "\"b\":0}")),
    ];
    all.into_iter().map(Arc::new).collect()
}

/// Sends a body; status and body of the response.
async fn send(address: SocketAddr, route: (&str, &str), token: &str, body: &HostileBody) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let coding = if body.is_gzip { "Content-Encoding: gzip\r\n" } else { "" };
    let head = head_of(
        address,
        route,
        token,
        &format!("Connection: close\r\n{coding}Content-Length: {}\r\n", body.bytes.len()),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let _ = stream.write_all(&body.bytes).await;
    let mut reply = vec![];
    stream.read_to_end(&mut reply).await.unwrap_or_else(|e| panic!("{} {}: {e}", route.0, body.what));
    split_reply(&reply)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_take_less_than_300_mb_and_give_it_back() {
    let (plan, token) = plan_with_token();
    let folder = plan.folder;
    drop(plan.atlas);
    let server = ServerProcess::start(folder);
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let normal = tokio::spawn(use_normally(server.address, stopped));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = server.resident_kb();
    let mut peak = (before, "nothing");
    let (address, token) = (server.address, Arc::new(token));
    for (nth, body) in hostile_bodies().into_iter().enumerate() {
        // Every body to two of the routes, every route with several bodies.
        for route in [ROUTES[nth % ROUTES.len()], ROUTES[5 - nth % 2 * 2]] {
            let sent: Vec<_> = (0..AT_ONCE)
                .map(|_| {
                    let (body, token) = (body.clone(), token.clone());
                    tokio::spawn(async move { send(address, route, &token, &body).await })
                })
                .collect();
            for attack in sent {
                while !attack.is_finished() {
                    peak = peak.max((server.resident_kb(), body.what));
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
                let (status, reply) = attack.await.unwrap();
                let what = format!("{} to {}", body.what, route.0);
                read_problem(&what, status, &reply);
                assert!(matches!(status, 400 | 413 | 422 | 429 | 503), "{what}: {status} {reply}");
            }
        }
    }
    let free = wait_until_free(server.address).await;
    stop.send(()).unwrap();
    let (slowest, count) = normal.await.unwrap();
    let start = Instant::now();
    let mut after = server.resident_kb();
    while after > before + MOST_GROWTH_KB / 3 && start.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        after = server.resident_kb();
    }
    let (most, what) = peak;
    println!(
        "{before} kB before, {most} kB with {what}, {after} kB {:?} after; beside it {count} requests, the slowest {slowest:?}; free after {free:?}",
        start.elapsed()
    );
    assert!(most - before < MOST_GROWTH_KB, "{} kB more with {what}", most - before);
    assert!(after < before + MOST_GROWTH_KB / 3, "{} kB are not given back", after - before);
    assert!(count > 10, "nobody was served");
    assert!(slowest < Duration::from_millis(250) * SLOWNESS, "the slowest took {slowest:?}");
}
