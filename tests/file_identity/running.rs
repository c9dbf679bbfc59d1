//! The file is swapped under a running server: edits are refused with a sentence, the server is not ready, reads go on
//! from memory, and a clean stop writes nothing into a file that is not ours.

use super::{assert_sound, directories, ids, named};
use crate::support::editing::{GEOJSON, ITEMS, measure};
use crate::support::server::{Plan, Reply, by, demo, fresh_in, get, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use cityheart::access::{AccessRole, Viewer};
use cityheart::atlas::PlanFile;
use cityheart::config::Config;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the answered edits are, when the server has stopped.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    At(&'static str),
    /// In the copy that the server made.
    Aside,
    /// The refusal told that they are gone: what was saved was overwritten.
    Told,
}

struct Served {
    plan: Plan,
    router: Router,
    answered: Vec<String>,
}

/// A plan of the demo, in a directory where another plan and a backup are.
fn serve(folder: tempfile::TempDir) -> Served {
    let mut content = demo();
    content.retain(|(id, _)| ["interventions", "cities"].contains(&id.as_str()));
    let cities = [content.iter().find(|(id, _)| id == "cities").unwrap().clone()];
    let elsewhere = tempfile::tempdir_in(folder.path()).unwrap();
    let Plan { atlas, folder: other } = fresh_in(elsewhere, &cities);
    drop(atlas);
    fs::rename(other.path().join("plan.gpkg"), folder.path().join("other.gpkg")).unwrap();
    drop(other);
    let plan = fresh_in(folder, &content);
    PlanFile::open_read_only(&plan.folder.path().join("plan.gpkg"))
        .unwrap()
        .backup(&plan.folder.path().join("backup.gpkg"))
        .unwrap();
    let router = cityheart::http::build_router(plan.atlas.clone(), Config::default());
    Served { plan, router, answered: vec![] }
}

impl Served {
    fn path(&self, name: &str) -> PathBuf {
        self.plan.folder.path().join(name)
    }

    async fn edit(&mut self, id: &str) -> Reply {
        let viewer = Viewer::new("ana", "Ana", AccessRole::Editor, ["celje"]);
        let request = Request::post(ITEMS).header("host", "plan.test").header(GEOJSON.0, GEOJSON.1);
        let body = Body::from(measure(Some(id)).to_string());
        let reply = send(&self.router, by(request.body(body).unwrap(), &viewer)).await;
        if reply.status == StatusCode::CREATED {
            self.answered.push(id.to_owned());
        }
        reply
    }

    /// A clean stop; returns when the file is closed.
    fn stop(self) -> (tempfile::TempDir, Vec<String>) {
        drop(self.router);
        // A thread of the atlas may hold it a moment longer than its answer.
        while Arc::strong_count(&self.plan.atlas) > 1 {
            std::thread::yield_now();
        }
        drop(self.plan.atlas);
        (self.plan.folder, self.answered)
    }

    async fn readiness(&self) -> (StatusCode, String) {
        let request = Request::get("/health/ready").header("host", "plan.test").body(Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(self.router.clone(), request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        (status, json["reason"].as_str().unwrap_or_default().to_owned())
    }
}

type Deed = fn(&Path);

fn overwrite(from: &Path, to: &Path) {
    // As `cp` does: the file stays, its bytes are others.
    let bytes = fs::read(from).unwrap();
    fs::write(to, bytes).unwrap();
}

/// What is done, a word of the sentence, where the edits are then, and the file that must be as it was put there.
const FAULTS: [(&str, Deed, &str, Kept, Option<&str>); 14] = [
    (
        "copied over",
        |d| overwrite(&d.join("other.gpkg"), &d.join("plan.gpkg")),
        "overwritten",
        Kept::Told,
        Some("other"),
    ),
    (
        "moved over",
        |d| {
            fs::copy(d.join("other.gpkg"), d.join("new.gpkg")).unwrap();
            fs::rename(d.join("new.gpkg"), d.join("plan.gpkg")).unwrap();
        },
        "replaced",
        Kept::Aside,
        Some("other"),
    ),
    ("deleted", |d| fs::remove_file(d.join("plan.gpkg")).unwrap(), "deleted", Kept::Aside, None),
    (
        "deleted with its log",
        |d| ["plan.gpkg", "plan.gpkg-wal", "plan.gpkg-shm"].iter().for_each(|n| fs::remove_file(d.join(n)).unwrap()),
        "deleted",
        Kept::Aside,
        None,
    ),
    (
        "deleted and made again",
        |d| {
            fs::remove_file(d.join("plan.gpkg")).unwrap();
            fs::copy(d.join("other.gpkg"), d.join("plan.gpkg")).unwrap();
        },
        "replaced",
        Kept::Aside,
        Some("other"),
    ),
    (
        "moved away",
        |d| fs::rename(d.join("plan.gpkg"), d.join("old.gpkg")).unwrap(),
        "moved",
        Kept::At("old.gpkg"),
        None,
    ),
    ("-wal deleted", |d| fs::remove_file(d.join("plan.gpkg-wal")).unwrap(), "-wal", Kept::At("plan.gpkg"), None),
    ("-shm deleted", |d| fs::remove_file(d.join("plan.gpkg-shm")).unwrap(), "-shm", Kept::At("plan.gpkg"), None),
    (
        "a backup copied over",
        |d| overwrite(&d.join("backup.gpkg"), &d.join("plan.gpkg")),
        "overwritten",
        Kept::Told,
        Some("backup"),
    ),
    (
        "another log copied over",
        |d| fs::write(d.join("plan.gpkg-wal"), vec![7; 1_000_000]).unwrap(),
        "write-ahead log",
        Kept::Told,
        Some("backup"),
    ),
    (
        "another log moved over",
        |d| {
            fs::write(d.join("log"), vec![7; 1_000_000]).unwrap();
            fs::rename(d.join("log"), d.join("plan.gpkg-wal")).unwrap();
        },
        "-wal",
        Kept::Aside,
        None,
    ),
    (
        "the log truncated",
        |d| fs::File::options().write(true).open(d.join("plan.gpkg-wal")).unwrap().set_len(0).unwrap(),
        "write-ahead log",
        Kept::Told,
        Some("backup"),
    ),
    (
        "emptied",
        |d| fs::File::options().write(true).open(d.join("plan.gpkg")).unwrap().set_len(0).unwrap(),
        "overwritten",
        Kept::Told,
        None,
    ),
    (
        "renamed with its directory",
        |d| {
            fs::create_dir(d.join("there")).unwrap();
            for name in ["plan.gpkg", "plan.gpkg-wal", "plan.gpkg-shm"] {
                fs::rename(d.join(name), d.join("there").join(name)).unwrap();
            }
        },
        "moved",
        Kept::At("there/plan.gpkg"),
        None,
    ),
];

#[tokio::test]
async fn a_file_that_is_swapped_under_the_server_is_noticed_before_the_next_edit() {
    for place in directories() {
        for (what, deed, word, kept, as_put) in FAULTS {
            let folder = tempfile::tempdir_in(place.path()).unwrap();
            assert_noticed(folder, deed, (what, word), kept, as_put).await;
        }
    }
}

async fn assert_noticed(
    folder: tempfile::TempDir,
    deed: Deed,
    (what, word): (&str, &str),
    kept: Kept,
    as_put: Option<&str>,
) {
    let what = format!("{what} in {}", folder.path().display());
    let mut served = serve(folder);
    for id in ["celje-one", "celje-two"] {
        let reply = served.edit(id).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{what}: {}", reply.text());
    }
    assert_eq!(served.readiness().await, (StatusCode::OK, String::new()), "{what}");
    deed(served.plan.folder.path());

    let refused = served.edit("celje-three").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{what}: {}", refused.text());
    let sentence = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(sentence.contains(word) && sentence.contains("restore"), "{what}: {sentence}");
    assert!(!sentence.contains("celje-") && !sentence.contains("/tmp"), "{what}: {sentence}");
    assert_eq!(served.readiness().await, (StatusCode::SERVICE_UNAVAILABLE, sentence), "{what}");
    for id in &served.answered {
        assert_eq!(get(&served.router, &format!("{ITEMS}/{id}")).await.status, StatusCode::OK, "{what}: {id}");
    }

    let (folder, answered) = served.stop();
    let found = |path: &Path| answered.iter().all(|id| ids(path, "interventions").contains(id));
    match kept {
        Kept::At(name) => assert!(found(&folder.path().join(name)), "{what}: the edits are not in {name}"),
        Kept::Aside => {
            let aside: Vec<_> = named(folder.path(), "plan.gpkg.aside-");
            assert!(aside.len() == 1 && found(&aside[0]), "{what}: {aside:?} of {:?}", super::files(folder.path()));
        }
        Kept::Told => {}
    }
    assert_sound(folder.path(), &what);
    let plan = folder.path().join("plan.gpkg");
    match as_put {
        Some("other") => assert!(!ids(&plan, "cities").is_empty(), "{what}"),
        Some(name) => {
            let copy = folder.path().join(format!("{name}.gpkg"));
            assert_eq!(ids(&plan, "interventions"), ids(&copy, "interventions"), "{what}");
        }
        None => {}
    }
    if plan.exists() && fs::metadata(&plan).unwrap().len() > 0 {
        PlanFile::open(&plan).unwrap();
        assert_sound(folder.path(), &what);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_plan_that_is_made_read_only_takes_edits_again_when_it_may_be_written_to() {
    use std::os::unix::fs::PermissionsExt;
    for folder in directories() {
        let mut served = serve(folder);
        let plan = served.path("plan.gpkg");
        let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(served.edit("celje-one").await.status, StatusCode::CREATED);
        allow(&plan, 0o444);
        let refused = served.edit("celje-two").await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.text().contains("read-only"), "{}", refused.text());
        assert_eq!(served.readiness().await.0, StatusCode::SERVICE_UNAVAILABLE);
        allow(&plan, 0o644);
        assert_eq!(served.readiness().await.0, StatusCode::OK);
        assert_eq!(served.edit("celje-two").await.status, StatusCode::CREATED);
        // The files are open, so that a directory that may not be written to changes nothing.
        allow(served.plan.folder.path(), 0o555);
        assert_eq!(served.edit("celje-three").await.status, StatusCode::CREATED);
        let (folder, answered) = served.stop();
        allow(folder.path(), 0o755);
        assert!(answered.iter().all(|id| ids(&plan, "interventions").contains(id)));
        assert_sound(folder.path(), "read-only");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_leads_to_another_plan_is_noticed() {
    use std::os::unix::fs::symlink;
    for folder in directories() {
        let mut content = demo();
        content.retain(|(id, _)| ["interventions", "cities"].contains(&id.as_str()));
        let dir = folder.path().to_owned();
        let real = tempfile::tempdir_in(&dir).unwrap();
        let Plan { atlas, folder: real } = fresh_in(real, &content);
        drop(atlas);
        symlink(real.path().join("plan.gpkg"), dir.join("plan.gpkg")).unwrap();
        fs::copy(real.path().join("plan.gpkg"), dir.join("other.gpkg")).unwrap();
        let plan = fresh_in(folder, &[]);
        let router = cityheart::http::build_router(plan.atlas.clone(), Config::default());
        let mut served = Served { plan, router, answered: vec![] };
        assert_eq!(served.edit("celje-one").await.status, StatusCode::CREATED);
        fs::remove_file(dir.join("plan.gpkg")).unwrap();
        symlink(dir.join("other.gpkg"), dir.join("plan.gpkg")).unwrap();
        let refused = served.edit("celje-two").await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.text().contains("replaced"), "{}", refused.text());
        let (folder, _) = served.stop();
        assert!(ids(&real.path().join("plan.gpkg"), "interventions").contains(&"celje-one".to_owned()));
        assert!(!ids(&dir.join("other.gpkg"), "interventions").contains(&"celje-one".to_owned()));
        assert_sound(folder.path(), "a link");
    }
}

#[test]
fn a_program_that_writes_through_sqlite_and_empties_the_log_is_no_fault() {
    use crate::store::features::{bare, edits, load};
    use cityheart::change::FeatureEdit;
    use cityheart::store::{GeoPackage, Store};
    use std::sync::atomic::{AtomicBool, Ordering};
    for place in directories() {
        let path = place.path().join("plan.gpkg");
        let store = GeoPackage::create(&path).unwrap();
        load(&store, false, vec![bare("a")]);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    store.check_file().unwrap();
                }
            });
            scope.spawn(|| {
                let other = rusqlite::Connection::open(&path).unwrap();
                other.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
                other.execute_batch("CREATE TABLE theirs (x); PRAGMA synchronous=OFF").unwrap();
                for n in 0..150 {
                    let mode = ["PASSIVE", "TRUNCATE", "RESTART"][n % 3];
                    let sql = format!("INSERT INTO theirs VALUES (zeroblob(30000)); PRAGMA wal_checkpoint({mode})");
                    other.execute_batch(&sql).unwrap();
                }
                other.execute_batch("DROP TABLE theirs; VACUUM").unwrap();
                done.store(true, Ordering::Relaxed);
            });
            let mut n = 0;
            while !done.load(Ordering::Relaxed) {
                store.commit_change_set(&edits(vec![FeatureEdit::Create(bare(&format!("b{n}")))])).unwrap();
                n += 1;
            }
        });
        store.check_file().unwrap();
        drop(store);
        assert_sound(place.path(), "two programs");
    }
}
