//! Who may call each endpoint, and how often. An endpoint that nobody has decided on fails here: eleven advisories
//! were about one forgotten among its siblings.

use auth_server::{http::table::Route, plugins, routes};
use time::Duration;

use crate::{
    routes::browser::{Browser, ORIGIN, server},
    support::TestServer,
};

/// Who may call an endpoint.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    Anyone,
    /// Who has a session.
    Session,
    /// Who signed in within the last day.
    Fresh,
}

/// Requests of a client before it is refused.
const GENERAL: usize = 100;
/// For what checks a password, makes a user, or sends mail.
const STRICT: usize = 3;

/// Method and path, who may call it, and how often. Endpoints that the settings switch on are listed too.
const POLICIES: &[(&str, Who, usize)] = &[
    ("GET /account-info", Who::Session, GENERAL),
    ("GET /callback/:id", Who::Anyone, GENERAL),
    ("POST /callback/:id", Who::Anyone, GENERAL),
    ("POST /change-email", Who::Session, STRICT),
    ("POST /change-password", Who::Session, STRICT),
    ("POST /delete-user", Who::Session, STRICT),
    ("GET /delete-user/callback", Who::Session, GENERAL),
    ("GET /error", Who::Anyone, GENERAL),
    ("POST /get-access-token", Who::Session, GENERAL),
    ("GET /get-session", Who::Anyone, GENERAL),
    ("POST /get-session", Who::Anyone, GENERAL),
    ("GET /jwks", Who::Anyone, GENERAL),
    ("POST /link-social", Who::Session, GENERAL),
    ("GET /list-accounts", Who::Session, GENERAL),
    ("GET /list-sessions", Who::Fresh, GENERAL),
    ("GET /ok", Who::Anyone, GENERAL),
    ("GET /open-api/generate-schema", Who::Anyone, GENERAL),
    ("GET /reference", Who::Anyone, GENERAL),
    ("POST /refresh-token", Who::Session, GENERAL),
    ("POST /request-password-reset", Who::Anyone, STRICT),
    ("POST /reset-password", Who::Anyone, GENERAL),
    ("GET /reset-password/:token", Who::Anyone, GENERAL),
    ("POST /revoke-other-sessions", Who::Session, GENERAL),
    ("POST /revoke-session", Who::Session, GENERAL),
    ("POST /revoke-sessions", Who::Session, GENERAL),
    ("POST /send-verification-email", Who::Anyone, STRICT),
    ("POST /sign-in/email", Who::Anyone, STRICT),
    ("POST /sign-in/social", Who::Anyone, STRICT),
    ("POST /sign-out", Who::Anyone, GENERAL),
    ("POST /sign-up/email", Who::Anyone, STRICT),
    ("GET /token", Who::Session, GENERAL),
    ("POST /unlink-account", Who::Fresh, GENERAL),
    ("POST /update-session", Who::Session, GENERAL),
    ("POST /update-user", Who::Session, GENERAL),
    ("GET /verify-email", Who::Anyone, GENERAL),
    ("POST /verify-password", Who::Session, STRICT),
];

/// Settings with which as much as possible is there.
const EVERYTHING: &str = "plugins: {openAPI: {enabled: true}}";

fn all_routes() -> Vec<&'static Route> {
    let plugins = plugins::ALL.iter().flat_map(|plugin| plugin.routes);
    routes::ALL
        .iter()
        .copied()
        .flatten()
        .chain(plugins)
        .collect()
}

fn policy(route: &Route) -> (Who, usize) {
    let name = format!("{} {}", route.method, route.path);
    let found = POLICIES.iter().find(|(known, ..)| *known == name);
    assert!(found.is_some(), "nobody has decided who may call {name}");
    let (_, who, limit) = found.unwrap();
    (*who, *limit)
}

/// Calls the endpoint with what many of them want.
async fn call(browser: &mut Browser, route: &Route, address: &str) -> u16 {
    let path = route.path.replace(":token", "x").replace(":id", "x");
    let headers = [
        ("content-type", "application/json"),
        ("origin", ORIGIN),
        ("x-forwarded-for", address),
    ];
    let body = if route.method == "GET" {
        ""
    } else {
        r#"{"name":"x","token":"x","password":"correct horse","currentPassword":"correct horse","newPassword":"another horse","newEmail":"x@example.com","provider":"x","providerId":"x","accountId":"x"}"#
    };
    browser
        .send(route.method.as_str(), &path, &headers, body)
        .await
        .status
}

#[tokio::test]
async fn every_endpoint_has_a_policy() {
    for route in all_routes() {
        policy(route);
    }
}

#[tokio::test]
async fn nobody_gets_anything_without_the_session_that_an_endpoint_wants() {
    let server = server(EVERYTHING).await;
    for route in all_routes() {
        let status = call(&mut Browser::new(&server), route, "192.0.2.1").await;
        let (who, _) = policy(route);
        if who == Who::Anyone {
            assert_ne!(status, 401, "{} {}", route.method, route.path);
        } else {
            assert!(
                (400..500).contains(&status),
                "{} {}: {status}",
                route.method,
                route.path
            );
        }
    }
}

#[tokio::test]
async fn an_old_session_gets_nothing_where_a_fresh_one_is_wanted() {
    let server = server(EVERYTHING).await;
    for route in all_routes()
        .into_iter()
        .filter(|route| policy(route).0 == Who::Fresh)
    {
        let mut browser = signed_up_long_ago(&server).await;
        let status = call(&mut browser, route, "192.0.2.1").await;
        assert!(
            (400..500).contains(&status),
            "{} {}: {status}",
            route.method,
            route.path
        );
    }
}

async fn signed_up_long_ago(server: &TestServer) -> Browser {
    server.database.execute(r#"DELETE FROM "user""#).await;
    let browser = Browser::signed_up(server, "ann").await;
    server.clock.step(Duration::days(2));
    browser
}

#[tokio::test]
async fn every_endpoint_can_be_called_as_often_as_its_policy_says() {
    let server = server(&format!("{EVERYTHING}\nrateLimit: {{enabled: true}}")).await;
    for (number, route) in all_routes().into_iter().enumerate() {
        let address = format!("192.0.2.{number}");
        let (_, limit) = policy(route);
        // Endpoints of one path share their count.
        server.clock.step(Duration::minutes(5));
        for _ in 0..limit {
            let status = call(&mut Browser::new(&server), route, &address).await;
            assert_ne!(status, 429, "{} {}", route.method, route.path);
        }
        let status = call(&mut Browser::new(&server), route, &address).await;
        assert_eq!(status, 429, "{} {}", route.method, route.path);
    }
}
