//! The same features in PostGIS, loaded once by the peers' own script, with the indexes that the questions need.

use crate::data;
use crate::postgres::Postgres;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The kind of features that questions call works.
pub const WORKS: &str = "street redesign";

/// The name of the data in the peers' scripts, different from those that the scripts generate themselves.
pub fn name(size: &str) -> String {
    format!("ours_{size}")
}

/// `None` when PostgreSQL is not running, or the peers' scripts are missing.
pub fn database(size: &str, count: i64) -> Option<Postgres> {
    let scripts = PathBuf::from(std::env::var_os("CITYHEART_PEERS")?);
    std::env::var_os("PEERS")?;
    let name = name(size);
    let ours = data::geojson(size, count);
    let copy = ours.with_file_name(format!("f{name}.geojson"));
    if !copy.exists() {
        std::fs::hard_link(&ours, &copy).expect("a second name for the features");
    }
    if let Some(open) = open(&name) {
        return Some(open);
    }
    Postgres::open(&port(), "postgres")?;
    let loaded = Command::new("bash")
        .arg(scripts.join("load_pg.sh"))
        .envs([("SIZE", name.as_str()), ("DATA", &data::folder().to_string_lossy())])
        .stdout(Stdio::null())
        .status();
    if !loaded.is_ok_and(|s| s.success()) {
        return None;
    }
    let mut open = open(&name)?;
    open.query("CREATE INDEX ON features USING gist ((geom::geography))");
    open.query(&format!("CREATE INDEX ON features USING gist ((geom::geography)) WHERE kind = '{WORKS}'"));
    open.query("VACUUM ANALYZE features");
    Some(open)
}

/// A copy of the features with the two indexes that a plan has, by key and by geometry: the indexes for questions would
/// slow inserts.
pub fn table_for_inserts(name: &str) -> Option<&'static str> {
    let mut open = open(name)?;
    if open.query("SELECT to_regclass('inserts')").first.is_empty() {
        open.query("CREATE TABLE inserts AS SELECT * FROM features; ALTER TABLE inserts ADD PRIMARY KEY (id)");
        open.query("CREATE INDEX ON inserts USING gist (geom)");
        open.query("VACUUM ANALYZE inserts");
    }
    Some("inserts")
}

fn open(name: &str) -> Option<Postgres> {
    Postgres::open(&port(), &format!("f{name}"))
}

fn port() -> String {
    std::env::var("PGPORT").unwrap_or_else(|_| "54330".to_owned())
}
