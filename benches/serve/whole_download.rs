//! The whole collection as one GeoJSON document, read by curl on the other core: megabytes per second of processor
//! time.

use crate::machine::{Server, on_client_core};

const WHOLE: &str = "/api/collections/features/download";
/// A round reads at least so much, because processor time is measured in hundredths of a second.
const ROUND_MB: f64 = 500.0;

pub fn measure(server: &Server, rounds: usize) {
    let (before, _) = server.memory_mb();
    let mut speeds: Vec<f64> = (0..rounds).map(|_| round(server)).collect();
    speeds.sort_by(f64::total_cmp);
    let (_, most) = server.memory_mb();
    println!(
        "\nThe whole collection as GeoJSON: {:.0} MB per CPU second; memory grew by at most {:.0} MB.",
        speeds[speeds.len() / 2],
        most - before
    );
}

fn round(server: &Server) -> f64 {
    let (start, mut read) = (server.cpu_ms(), 0.0);
    while read < ROUND_MB {
        read += read_all(server);
    }
    read / (server.cpu_ms() - start) * 1e3
}

/// Reads the whole collection; returns megabytes.
fn read_all(server: &Server) -> f64 {
    let url = format!("http://{}{WHOLE}?f=json", server.address);
    let out = on_client_core("curl", &["-sf", "-o", "/dev/null", "-w", "%{size_download}", &url])
        .output()
        .expect("curl runs (Debian: apt-get install curl)");
    let bytes: f64 = String::from_utf8_lossy(&out.stdout).parse().expect("curl prints how much it read");
    assert!(out.status.success() && bytes > 0.0, "the download of the collection failed");
    bytes / 1e6
}
