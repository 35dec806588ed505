use authbackend_crds::auth::AuthSettings;
use serde_json::json;
use time::{Duration, macros::datetime};
use tokio::time::Instant;
use warp::http::HeaderValue;

use super::*;
use crate::{
    config::BaseUrl,
    crypto::{hmac::Signer, random::Random},
    db::Changes,
    identity::session::SessionUser,
    metrics::SessionMemoryMetrics,
};

const NOW: OffsetDateTime = datetime!(2026-01-10 12:00 UTC);
const SECRET: &str = "0123456789abcdef0123456789abcdefXYZ";
const TOKEN: &str = "FPMr1ltEtvHX6SWALRDRGg6vrekKiwLH";

/// The session of `TOKEN`, which was begun an hour ago and ends in a week.
fn current() -> SessionUser {
    let begun = "2026-01-10T11:00:00.000Z";
    let session = json!({
        "id": "s", "token": TOKEN, "userId": "ann", "expiresAt": "2026-01-17T11:00:00.000Z",
        "createdAt": begun, "updatedAt": begun, "ipAddress": null, "userAgent": null,
    });
    let user = json!({
        "id": "ann", "name": "Ann", "email": "ann@shop.example", "emailVerified": true, "image": null,
        "createdAt": begun, "updatedAt": begun,
    });
    SessionUser {
        session: serde_json::from_value(session).unwrap(),
        user: serde_json::from_value(user).unwrap(),
    }
}

struct Stage {
    sessions: KnownSessions,
    changes: Arc<Changes>,
}

impl Stage {
    /// The session is in memory.
    fn new() -> Self {
        let settings = AuthSettings::default();
        let session = settings.session().into_owned();
        let changes = Arc::new(Changes::new());
        changes.prove(Instant::now());
        let bounds = session.memory_cache();
        let metrics = SessionMemoryMetrics::default();
        let memory = Arc::new(SessionMemory::new(&bounds, Arc::clone(&changes), metrics));
        memory.remember(&current(), changes.moment(), NOW);
        let url = BaseUrl::parse("http://localhost:8100/api").unwrap();
        let sessions = KnownSessions {
            memory,
            recognized: Recognized::new(&bounds, &Random::from_seed(1)),
            cookies: Arc::new(Cookies::new(&settings, &url)),
            secrets: Secrets::fixed(SECRET, &[]),
            settings: session,
        };
        Self { sessions, changes }
    }

    fn find(&self, cookies: &[&str], now: OffsetDateTime) -> Option<Bytes> {
        let cookies = cookies.iter().map(|cookie| {
            let value = HeaderValue::from_str(cookie).unwrap();
            (header::COOKIE, value)
        });
        self.sessions.find(&cookies.collect(), now)
    }

    /// The `Cookie` header has come before.
    fn recognizes(&self, cookie: &str) -> bool {
        let header = HeaderValue::from_str(cookie).unwrap();
        let revision = self.sessions.secrets.revision();
        self.sessions.recognized.find(&header, revision).is_some()
    }
}

fn signed(name: &str, value: &str) -> String {
    format!(
        "better-auth.{name}={value}.{}",
        Signer::new([SECRET]).sign(value)
    )
}

fn good() -> String {
    signed("session_token", TOKEN)
}

#[test]
fn a_session_in_memory_is_told_as_the_long_way_tells_it() {
    let told = Stage::new().find(&[&good()], NOW).unwrap();
    assert_eq!(*told, serde_json::to_vec(&current()).unwrap());
}

#[test]
fn a_header_is_recognized_once_it_was_found_good() {
    let stage = Stage::new();
    assert!(!stage.recognizes(&good()));
    let first = stage.find(&[&good()], NOW);
    assert!(stage.recognizes(&good()));
    assert_eq!(stage.find(&[&good()], NOW), first);
}

#[test]
fn what_is_not_found_good_is_neither_answered_nor_recognized() {
    let stage = Stage::new();
    stage.find(&[&good()], NOW).unwrap();
    for cookie in [
        String::new(),
        format!("better-auth.session_token={TOKEN}"),
        format!("{}A", good()),
        good().replace(TOKEN, &TOKEN.to_lowercase()),
        good().replace("session_token", "session"),
        signed("session_token", "a-token-of-nobody"),
        // The long way removes a copy that another server has left.
        format!("{}; better-auth.session_data=x", good()),
        format!("{}; better-auth.session_data.0=x", good()),
    ] {
        assert_eq!(stage.find(&[&cookie], NOW), None, "{cookie}");
        assert!(!stage.recognizes(&cookie), "{cookie}");
    }
}

#[test]
fn several_cookie_headers_go_the_long_way() {
    let stage = Stage::new();
    assert_eq!(stage.find(&[], NOW), None);
    assert_eq!(stage.find(&[&good(), "a=b"], NOW), None);
    assert_eq!(stage.find(&["a=b", &good()], NOW), None);
}

#[test]
fn a_recognized_header_is_worth_nothing_once_the_session_has_changed() {
    let stage = Stage::new();
    stage.find(&[&good()], NOW).unwrap();
    stage.changes.user_changed("ann");
    assert_eq!(stage.find(&[&good()], NOW), None);
}

#[test]
fn a_recognized_header_is_worth_nothing_once_the_session_has_ended() {
    let stage = Stage::new();
    stage.find(&[&good()], NOW).unwrap();
    stage.sessions.memory.remember(
        &current(),
        stage.changes.moment(),
        current().session.expires_at,
    );
    let end = current().session.expires_at + Duration::SECOND;
    assert_eq!(stage.find(&[&good()], end), None);
}

#[test]
fn a_session_that_is_to_be_extended_goes_the_long_way_unless_it_ends_with_the_browser() {
    let stage = Stage::new();
    let forgotten = format!("{}; {}", good(), signed("dont_remember", "true"));
    let tomorrow = NOW + Duration::DAY;
    stage
        .sessions
        .memory
        .remember(&current(), stage.changes.moment(), tomorrow);
    assert_eq!(stage.find(&[&good()], tomorrow), None);
    assert!(stage.find(&[&forgotten], tomorrow).is_some());
}
