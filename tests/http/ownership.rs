//! A feature belongs to the account that created it: another account with the same name does not own it, and nobody
//! owns what a program wrote.

use crate::support::editing::{GEOJSON, ITEMS, MERGE, measure};
use crate::support::server::{Plan, Reply, demo, fresh, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use cityheart::access::{AccessRole, Viewer};
use cityheart::atlas::AccountService;
use cityheart::config::Config;
use cityheart::error::Error;
use rusqlite::Connection;
use serde_json::json;

const PASSWORD: &str = "correct horse battery";

struct Served {
    plan: Plan,
    router: Router,
}

impl Served {
    fn new() -> Self {
        let mut content = demo();
        content.retain(|(id, _)| ["interventions", "cities"].contains(&id.as_str()));
        let plan = fresh(&content);
        let router = cityheart::http::build_router(plan.atlas.clone(), Config::default());
        Self { plan, router }
    }

    fn accounts(&self) -> &AccountService {
        self.plan.atlas.accounts().unwrap()
    }

    /// A token of a contributor.
    fn token(&self, name: &str) -> String {
        self.accounts().add_token(&contributor(name), 1).unwrap()
    }

    async fn add(&self, secret: &str, id: &str) {
        let reply = self.send("POST", ITEMS, secret, GEOJSON, measure(Some(id)).to_string()).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    }

    /// The status of an edit of this feature.
    async fn change(&self, secret: &str, id: &str) -> StatusCode {
        let patch = json!({"properties": {"code": "X 1"}}).to_string();
        self.send("PATCH", &format!("{ITEMS}/{id}"), secret, MERGE, patch).await.status
    }

    async fn send(&self, method: &str, path: &str, secret: &str, media: (&str, &str), body: String) -> Reply {
        let request = Request::builder().method(method).uri(path).header("host", "plan.test").header(media.0, media.1);
        let request = request.header("authorization", format!("Bearer {secret}"));
        send(&self.router, request.body(Body::from(body)).unwrap()).await
    }

    fn in_plan(&self, sql: &str) {
        Connection::open(self.plan.folder.path().join("plan.gpkg")).unwrap().execute_batch(sql).unwrap();
    }

    fn in_accounts(&self, sql: &str) {
        Connection::open(self.accounts().path()).unwrap().execute_batch(sql).unwrap();
    }
}

fn contributor(name: &str) -> Viewer {
    Viewer::new(name, "", AccessRole::Contributor, ["celje"])
}

const OK: StatusCode = StatusCode::NO_CONTENT;
const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;
/// A measure of the demo, which was imported.
const IMPORTED: &str = "celje-parking-teharska";

#[tokio::test]
async fn a_name_that_is_given_away_again_owns_nothing_of_before() {
    let served = Served::new();
    let first = served.token("bo");
    served.add(&first, "celje-bench").await;
    assert_eq!(served.change(&first, "celje-bench").await, OK);
    served.accounts().revoke_token("bo").unwrap();
    let second = served.token("bo");
    assert_eq!(served.change(&second, "celje-bench").await, FORBIDDEN);
    served.add(&second, "celje-tree").await;
    let history = served.send("GET", &format!("{ITEMS}/celje-bench/history"), &second, GEOJSON, String::new()).await;
    assert!(history.text().contains("\"author\":\"bo\""), "the history shows the name: {}", history.text());
    let ids: i64 = Connection::open(served.plan.folder.path().join("plan.gpkg"))
        .unwrap()
        .query_row("SELECT count(DISTINCT author_id) FROM cityheart_changes WHERE author='bo'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(ids, 2);
}

#[tokio::test]
async fn nobody_owns_what_a_program_wrote_by_taking_its_name() {
    let served = Served::new();
    let bo = served.token("bo");
    assert_eq!(served.change(&bo, IMPORTED).await, FORBIDDEN);
    for name in
        ["import", "file", "system", "program", "cityheart", "visitor", "somebody", "nobody", "anonymous", "qgis"]
    {
        let refused = served.accounts().add_user(&contributor(name), PASSWORD).unwrap_err();
        assert!(
            matches!(&refused, Error::Invalid(e) if e.at == "login" && e.message.contains("reserved")),
            "{refused}"
        );
    }
    assert!(served.accounts().add_token(&contributor("import"), 1).is_err());
    assert!(served.accounts().add_token(&contributor("qgis"), 1).is_ok(), "a token stands for a program");
    // An account of this name from before, and edits that QGIS made.
    served.in_accounts("UPDATE tokens SET login='import', since_s=0 WHERE login='bo'");
    assert_eq!(served.change(&bo, IMPORTED).await, FORBIDDEN);
    served.in_accounts("UPDATE tokens SET login='another program' WHERE login='import'");
    served.in_plan("UPDATE cityheart_changes SET author='another program', author_id=NULL");
    assert_eq!(served.change(&bo, IMPORTED).await, FORBIDDEN);
}

#[tokio::test]
async fn authors_of_older_files_are_the_accounts_that_are_older_than_the_feature() {
    let served = Served::new();
    let bo = served.token("bo");
    served.add(&bo, "celje-bench").await;
    // As an older version left both files: no ids.
    served.in_plan("UPDATE cityheart_changes SET author_id=NULL");
    served.in_accounts(
        "ALTER TABLE users DROP COLUMN id; ALTER TABLE users DROP COLUMN since_s; ALTER TABLE tokens DROP COLUMN id; ALTER TABLE tokens DROP COLUMN since_s",
    );
    let Served { plan: Plan { atlas, folder }, router } = served;
    drop((atlas, router));
    let path = folder.path().join("plan.gpkg");
    Connection::open(&path).unwrap().execute_batch("ALTER TABLE cityheart_changes DROP COLUMN author_id").unwrap();
    let plan = crate::support::server::fresh_in(folder, &[]);
    let served = Served { router: cityheart::http::build_router(plan.atlas.clone(), Config::default()), plan };
    assert_eq!(served.change(&bo, "celje-bench").await, OK);
    served.add(&bo, "celje-tree").await;
    assert_eq!(served.change(&bo, "celje-tree").await, OK);
    // The name is given away after the feature was created.
    served.accounts().revoke_token("bo").unwrap();
    let next = served.token("bo");
    served.in_plan("UPDATE cityheart_changes SET at='2026-01-01T00:00:00Z'");
    assert_eq!(served.change(&next, "celje-bench").await, FORBIDDEN);
    assert_eq!(served.change(&next, "celje-tree").await, FORBIDDEN);
}
