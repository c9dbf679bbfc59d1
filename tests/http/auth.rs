//! Signing in and out, tokens, and what keeps others from using somebody's session.

use crate::support::server::{Plan, Reply, fresh, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use cityheart::access::{AccessRole, Viewer};
use cityheart::config::Config;
use serde_json::json;

const PASSWORD: &str = "correct horse battery";

fn open(config: Config) -> (Plan, Router) {
    let plan = fresh(&[]);
    let accounts = plan.atlas.accounts().unwrap();
    accounts.add_user(&Viewer::new("anna", "Anna", AccessRole::Editor, ["celje"]), PASSWORD).unwrap();
    let router = cityheart::http::build_router(plan.atlas.clone(), config);
    (plan, router)
}

fn post(path: &str, host: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header("host", host)
        .header("content-type", "application/json")
        .header("sec-fetch-site", "same-origin")
}

async fn sign_in(router: &Router, host: &str, login: &str, password: &str) -> Reply {
    let body = json!({"login": login, "password": password}).to_string();
    send(router, post("/auth/login", host).body(Body::from(body)).unwrap()).await
}

async fn me(router: &Router, host: &str, header: (&str, &str)) -> Reply {
    send(router, Request::get("/auth/me").header("host", host).header(header.0, header.1).body(Body::empty()).unwrap())
        .await
}

/// The cookie as a browser sends it back.
fn cookie(reply: &Reply) -> String {
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_signs_in_is_known_and_signs_out() {
    let (_plan, router) = open(Config::default());
    let reply = sign_in(&router, "localhost:8080", "anna", PASSWORD).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let anna = json!({"login": "anna", "name": "Anna", "role": "editor", "cities": ["celje"]});
    assert_eq!(reply.json(), anna);
    assert_eq!(reply.header("cache-control"), "no-store");
    let set = reply.header("set-cookie");
    assert!(
        set.starts_with("cityheart=cityheart_") && set.contains("; HttpOnly") && set.contains("; SameSite=Lax"),
        "{set}"
    );
    assert!(set.contains("; Path=/;") && set.contains("Max-Age=43200") && !set.contains("Domain"), "{set}");
    let cookie = cookie(&reply);
    assert_eq!(me(&router, "localhost:8080", ("cookie", &format!("a=b; {cookie}"))).await.json(), anna);
    let out = post("/auth/logout", "localhost:8080").header("cookie", &cookie).header("x-cityheart", "1");
    let reply = send(&router, out.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert!(reply.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(me(&router, "localhost:8080", ("cookie", &cookie)).await.json(), json!({"role": "visitor"}));
}

#[tokio::test]
async fn over_https_the_cookie_is_tied_to_the_host() {
    let config = Config { public_url: Some("https://maps.example.org/centre".parse().unwrap()), ..Config::default() };
    let (_plan, router) = open(config);
    let reply = sign_in(&router, "maps.example.org", "anna", PASSWORD).await;
    let set = reply.header("set-cookie").to_owned();
    assert!(set.starts_with("__Host-cityheart=") && set.ends_with("; Secure") && set.contains("; Path=/;"), "{set}");
    assert_eq!(me(&router, "maps.example.org", ("cookie", &cookie(&reply))).await.json()["login"], "anna");
    let plain = cookie(&reply).replace("__Host-", "");
    assert_eq!(me(&router, "maps.example.org", ("cookie", &plain)).await.json()["role"], "visitor");
}

#[tokio::test]
async fn a_password_is_not_taken_where_others_can_read_along() {
    let (_plan, router) = open(Config::default());
    for (host, status) in [
        ("plan.test", StatusCode::FORBIDDEN),
        ("192.168.1.5:8080", StatusCode::FORBIDDEN),
        ("127.0.0.1.example.org", StatusCode::FORBIDDEN),
        ("127.0.0.1:8080", StatusCode::OK),
        ("[::1]:8080", StatusCode::OK),
        ("localhost", StatusCode::OK),
    ] {
        let reply = sign_in(&router, host, "anna", PASSWORD).await;
        assert_eq!(reply.status, status, "{host}: {}", reply.text());
        assert_eq!(reply.status.is_success(), reply.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_are_one_answer_and_soon_too_many() {
    let (_plan, router) = open(Config::default());
    let wrong = sign_in(&router, "localhost", "anna", "not it at all").await;
    let unknown = sign_in(&router, "localhost", "nobody", "not it at all").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.text(), unknown.text());
    let mut refused = None;
    for _ in 0..12 {
        let reply = sign_in(&router, "localhost", "anna", "not it at all").await;
        if reply.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(reply);
            break;
        }
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    let refused = refused.expect("an end to the tries");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    let right = sign_in(&router, "localhost", "anna", PASSWORD).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "a guess that is right learns nothing either");
    assert_eq!(sign_in(&router, "localhost", "nobody", "x").await.status, StatusCode::UNAUTHORIZED, "others can go on");
}

#[tokio::test]
async fn who_signs_in_well_is_never_too_often() {
    let (_plan, router) = open(Config::default());
    for _ in 0..15 {
        assert_eq!(sign_in(&router, "localhost", "anna", PASSWORD).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_session_changes_things_only_from_our_own_pages() {
    let (_plan, router) = open(Config::default());
    let cookie = cookie(&sign_in(&router, "localhost", "anna", PASSWORD).await);
    let ask = |path: &'static str, headers: &'static [(&'static str, &'static str)]| {
        let mut request = Request::post(path).header("host", "localhost").header("cookie", &cookie);
        request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let router = router.clone();
        async move { send(&router, request.body(Body::from("{}")).unwrap()).await }
    };
    for headers in [
        &[][..],
        &[("sec-fetch-site", "same-origin")],
        &[("x-cityheart", "1"), ("sec-fetch-site", "cross-site")],
        &[("x-cityheart", "1"), ("sec-fetch-site", "same-site")],
        &[("x-cityheart", "1"), ("origin", "https://evil.example")],
        &[("x-cityheart", "1"), ("origin", "http://localhost:81")],
        &[("x-cityheart", "1"), ("origin", "null")],
    ] {
        let reply = ask("/auth/logout", headers).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    let question = ask("/api/processes/summary/execution", &[("sec-fetch-site", "same-origin")]).await;
    assert_ne!(question.status, StatusCode::FORBIDDEN, "a question changes nothing");
    let foreign = ask("/api/processes/summary/execution", &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert_eq!(me(&router, "localhost", ("cookie", &cookie)).await.json()["login"], "anna", "still signed in");
    let reply = ask("/auth/logout", &[("x-cityheart", "1"), ("origin", "http://localhost")]).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let preflight = Request::options("/auth/logout")
        .header("host", "localhost")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "x-cityheart");
    let reply = send(&router, preflight.body(Body::empty()).unwrap()).await;
    assert!(!reply.header("access-control-allow-headers").to_lowercase().contains("x-cityheart"));
    assert!(!reply.headers.contains_key("access-control-allow-credentials"));
}

#[tokio::test]
async fn every_change_by_a_session_needs_the_header_whatever_its_address_ends_with() {
    let (_plan, router) = open(Config::default());
    let cookie = cookie(&sign_in(&router, "localhost", "anna", PASSWORD).await);
    // A feature may be called as the route of a question ends; only that route itself is computed and not changed.
    let items = "/api/collections/interventions/items";
    for (method, path, headers, status) in [
        ("POST", items.to_owned(), &[][..], StatusCode::FORBIDDEN),
        ("POST", format!("{items}/execution/history"), &[], StatusCode::FORBIDDEN),
        ("POST", "/api/collections/interventions/changes".into(), &[], StatusCode::FORBIDDEN),
        ("POST", "/auth/login".into(), &[], StatusCode::FORBIDDEN),
        ("POST", "/auth/logout".into(), &[("x-cityheart", "0")], StatusCode::FORBIDDEN),
        ("PUT", format!("{items}/execution"), &[], StatusCode::FORBIDDEN),
        ("PATCH", format!("{items}/execution"), &[], StatusCode::FORBIDDEN),
        ("DELETE", format!("{items}/execution"), &[], StatusCode::FORBIDDEN),
        ("DELETE", format!("{items}/execution"), &[("x-cityheart", "1")], StatusCode::NOT_FOUND),
        ("POST", "/api/processes/summary/execution".into(), &[], StatusCode::BAD_REQUEST),
        ("POST", "/api/processes/execution".into(), &[], StatusCode::METHOD_NOT_ALLOWED),
        ("GET", items.to_owned(), &[], StatusCode::NOT_FOUND),
        ("OPTIONS", items.to_owned(), &[], StatusCode::NOT_FOUND),
    ] {
        let mut request = Request::builder().method(method).uri(&path).header("host", "localhost");
        request = request.header("cookie", &cookie).header("sec-fetch-site", "same-origin");
        request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body =
            if path.ends_with("summary/execution") { "{\"inputs\":{\"collection\":\"interventions\"}}" } else { "{}" };
        let reply = send(&router, request.body(Body::from(body)).unwrap()).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text());
        let named = reply.text().contains("X-Cityheart");
        assert_eq!(named, status == StatusCode::FORBIDDEN, "{method} {path}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_sign_in_is_json_of_our_own_page() {
    let (_plan, router) = open(Config::default());
    let send_as = |media: &'static str, site: &'static str, body: String| {
        let request = Request::post("/auth/login").header("host", "localhost").header("sec-fetch-site", site);
        let request = request.header("content-type", media).body(Body::from(body)).unwrap();
        let router = router.clone();
        async move { send(&router, request).await.status }
    };
    let good = json!({"login": "anna", "password": PASSWORD}).to_string();
    assert_eq!(send_as("application/json; charset=utf-8", "same-origin", good.clone()).await, StatusCode::OK);
    assert_eq!(send_as("text/plain", "same-origin", good.clone()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(send_as("application/json", "cross-site", good).await, StatusCode::FORBIDDEN);
    for bad in ["", "{", "[]", "{\"login\":\"anna\"}", "{\"login\":1,\"password\":2}"] {
        assert_eq!(send_as("application/json", "same-origin", bad.into()).await, StatusCode::BAD_REQUEST, "{bad}");
    }
    let long = json!({"login": "anna", "password": "x".repeat(1 << 20)}).to_string();
    assert_eq!(send_as("application/json", "same-origin", long).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_token_opens_as_long_as_it_is_valid() {
    let (plan, router) = open(Config::default());
    let accounts = plan.atlas.accounts().unwrap();
    let robot = Viewer::new("robot", "", AccessRole::Contributor, ["cesena"]);
    let secret = accounts.add_token(&robot, 1).unwrap();
    let ask = |value: String| {
        let router = router.clone();
        async move { me(&router, "plan.test", ("authorization", &value)).await }
    };
    let robot = json!({"login": "robot", "name": "", "role": "contributor", "cities": ["cesena"]});
    assert_eq!(ask(format!("Bearer {secret}")).await.json(), robot);
    assert_eq!(ask(format!("bearer {secret}")).await.json(), robot);
    let ended = accounts.add_token(&Viewer::new("old", "", AccessRole::Viewer, []), 0).unwrap();
    for wrong in [
        format!("Bearer {secret}0"),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Basic {secret}"),
        format!("Bearer {ended}"),
    ] {
        let reply = ask(wrong.clone()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{wrong}");
        assert!(reply.header("www-authenticate").starts_with("Bearer"), "{wrong}");
    }
    accounts.revoke_token("robot").unwrap();
    assert_eq!(ask(format!("Bearer {secret}")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_account_that_ends_or_changes_its_password_ends_its_sessions() {
    let (plan, router) = open(Config::default());
    let accounts = plan.atlas.accounts().unwrap();
    let first = cookie(&sign_in(&router, "localhost", "anna", PASSWORD).await);
    // As another program does it: over the same file, from another connection.
    let outside = cityheart::atlas::AccountService::beside_plan(&plan.folder.path().join("plan.gpkg")).unwrap();
    outside.set_password("anna", "another password").unwrap();
    assert_eq!(me(&router, "localhost", ("cookie", &first)).await.json()["role"], "visitor");
    assert_eq!(sign_in(&router, "localhost", "anna", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    let second = cookie(&sign_in(&router, "localhost", "anna", "another password").await);
    assert_eq!(me(&router, "localhost", ("cookie", &second)).await.json()["login"], "anna");
    accounts.remove_user("anna").unwrap();
    assert_eq!(me(&router, "localhost", ("cookie", &second)).await.json()["role"], "visitor");
}

#[tokio::test]
async fn who_is_remembered_is_forgotten_when_another_program_changes_the_accounts() {
    let (plan, router) = open(Config::default());
    let path = plan.folder.path().join("plan.gpkg");
    let outside = cityheart::atlas::AccountService::beside_plan(&path).unwrap();
    let secret = outside.add_token(&Viewer::new("robot", "", AccessRole::Contributor, ["cesena"]), 1).unwrap();
    let session = cookie(&sign_in(&router, "localhost", "anna", PASSWORD).await);
    // An hour passes without a change: what was found is remembered from here on.
    let file = std::fs::File::options().write(true).open(outside.path()).unwrap();
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_hours(1)).unwrap();
    let bearer = format!("Bearer {secret}");
    for _ in 0..2 {
        assert_eq!(me(&router, "localhost", ("authorization", &bearer)).await.json()["login"], "robot");
        assert_eq!(me(&router, "localhost", ("cookie", &session)).await.json()["login"], "anna");
    }
    // A remembered session is no token, nor the other way round.
    let value = session.split_once('=').unwrap().1.split(';').next().unwrap();
    let as_token = me(&router, "localhost", ("authorization", &format!("Bearer {value}"))).await;
    assert_eq!(as_token.status, StatusCode::UNAUTHORIZED);
    outside.revoke_token("robot").unwrap();
    outside.remove_user("anna").unwrap();
    assert_eq!(me(&router, "localhost", ("authorization", &bearer)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(me(&router, "localhost", ("cookie", &session)).await.json()["role"], "visitor");
}

#[tokio::test]
async fn without_any_account_signing_in_says_how_to_make_one() {
    let plan = fresh(&[]);
    let router = cityheart::http::build_router(plan.atlas.clone(), Config::default());
    let reply = sign_in(&router, "localhost", "anna", PASSWORD).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.text().contains("cityheart user add"), "{}", reply.text());
}

#[tokio::test]
async fn a_short_password_is_refused_and_a_role_without_its_city_too() {
    let plan = fresh(&[]);
    let accounts = plan.atlas.accounts().unwrap();
    let add = |role, cities: &[&str], password| {
        accounts.add_user(&Viewer::new("bo", "", role, cities.iter().copied()), password).is_ok()
    };
    assert!(!add(AccessRole::Admin, &[], "too short"));
    assert!(!add(AccessRole::Editor, &[], PASSWORD));
    assert!(!add(AccessRole::Contributor, &[], PASSWORD));
    assert!(add(AccessRole::Viewer, &[], PASSWORD));
}
