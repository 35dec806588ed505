//! Session checks of random users at a steady rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use auth_server::crypto::hmac::Signer;

use crate::server::contestants::SECRET;
use crate::server::load::{Outcome, paced};

/// Connections over which they come.
const CONNECTIONS: u32 = 16;

/// Session checks of one after another of many users.
pub(super) struct Steady {
    port: u16,
    rate: u32,
    requests: Arc<[Vec<u8>]>,
    next: Arc<AtomicUsize>,
}

impl Steady {
    /// `rate` checks per second of the sessions with `tokens`, of which there is at least one.
    pub(super) fn new(port: u16, rate: u32, tokens: &[String]) -> Self {
        let request = |token: &String| {
            let cookie = cookie(token);
            format!(
                "GET /api/get-session HTTP/1.1\r\nHost: localhost:8100\r\nCookie: {cookie}\r\n\r\n"
            )
            .into_bytes()
        };
        Self {
            port,
            rate,
            requests: tokens.iter().map(request).collect(),
            next: Arc::default(),
        }
    }

    /// Asks for `span`.
    pub(super) async fn run(&self, span: Duration) -> Result<Outcome> {
        let (requests, next) = (Arc::clone(&self.requests), Arc::clone(&self.next));
        let request = move || {
            let index = next.fetch_add(1, Ordering::Relaxed) % requests.len();
            requests.get(index).cloned().unwrap_or_default()
        };
        paced(self.port, CONNECTIONS, self.rate, span, request).await
    }
}

/// The cookie of the session with `token`, signed as the server of this benchmark signs.
pub(super) fn cookie(token: &str) -> String {
    let signature = Signer::new([SECRET]).sign(token);
    let signature = signature
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    format!("better-auth.session_token={token}.{signature}")
}
