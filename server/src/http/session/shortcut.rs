//! `GET /get-session` from memory, without the way through warp and the dispatcher.
//!
//! Of all requests most are this one, from browsers that sent the very same cookies a moment ago. What their signatures
//! are worth does not change while the secrets do not, so a `Cookie` header that was found good is recognized when it
//! comes again; what the session is worth is asked anew each time.
//!
//! Only what nothing but the session decides is answered here, and in the words of the long way; everything else goes
//! that way ([decision 19](../../../../docs/decisions/0019-a-short-way-for-sessions.md)).

mod recognized;

use std::{mem, sync::Arc};

use bytes::Bytes;
use futures::FutureExt as _;
use time::OffsetDateTime;
use warp::{
    http::{HeaderMap, Method, StatusCode, Uri, header},
    reply::Response,
};

use self::recognized::{Recognized, Said};
use crate::{
    app::App,
    config::Secrets,
    http::{
        cookie::{Cookies, Jar},
        dispatch, path,
        rate_limit::RateLimiter,
        reply, serve,
        table::{Match, Table},
    },
    identity::session::{SessionKey, SessionMemory},
    metrics::RouteMetrics,
};
use authbackend_crds::auth::Session as Settings;

const PATH: &str = "/get-session";

/// Answers `GET /get-session` where nothing but the session in memory decides.
pub struct Shortcut {
    app: Arc<App>,
    sessions: KnownSessions,
    /// The whole path.
    path: String,
    /// What the head of an answer says besides its length.
    headers: HeaderMap,
    metrics: RouteMetrics,
}

impl Shortcut {
    /// None where the settings let anything else decide: where there are no sessions in memory, where the browser gets a
    /// copy of the session, where a plugin has a say.
    pub fn new(app: &Arc<App>, table: &Table) -> Option<Self> {
        let settings = app.config.settings.session();
        let memory = app.session_memory.clone()?;
        let Match { route, metrics, .. } = table.find(&Method::GET, PATH)?;
        let limiter = app.rate_limiter.as_ref();
        let path = app.mount.path_of(PATH);
        let is_plain = route.path == PATH
            && app.sessions.are_in_database_only()
            && !settings.cookie_cache().enabled()
            && !settings.defer_session_refresh()
            && limiter.is_none_or(RateLimiter::counts_at_once)
            && app.plugins.before(route).next().is_none()
            && app.plugins.after(route).next().is_none()
            && !dispatch::is_disabled(app, &path)
            // Else a URL parser would write the path in another way.
            && path::resolve(&path) == path;
        is_plain.then(|| Self {
            sessions: KnownSessions {
                recognized: Recognized::new(&settings.memory_cache(), &app.random),
                cookies: Arc::clone(&app.cookies),
                secrets: app.config.secrets.clone(),
                settings: settings.clone().into_owned(),
                memory,
            },
            app: Arc::clone(app),
            path,
            headers: headers(),
            metrics: metrics.clone(),
        })
    }

    /// The answer to a client that calls too often. Counts the call.
    fn refusal(&self, headers: &HeaderMap) -> Option<Response> {
        let limiter = self.app.rate_limiter.as_ref()?;
        let check = limiter.check(&self.app, PATH, Some(PATH), headers);
        // Nothing to wait for: see `RateLimiter::counts_at_once`.
        check.now_or_never().flatten()
    }
}

impl serve::Shortcut<Response> for Shortcut {
    fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
        if *method != Method::GET || uri.path() != self.path || uri.query().is_some() {
            return None;
        }
        // Counted last: what is not answered here will be counted on the long way.
        let json = self.sessions.find(headers, self.app.clock.now())?;
        let response = self.refusal(headers).unwrap_or_else(|| {
            let mut response = Response::new(json.into());
            self.headers.clone_into(response.headers_mut());
            response
        });
        Some(response)
    }

    fn metrics(&self) -> &RouteMetrics {
        &self.metrics
    }
}

/// What the head of an answer with a session says.
fn headers() -> HeaderMap {
    let mut answer = reply::written_json(StatusCode::OK, Bytes::new());
    dispatch::forbid_storing(answer.headers_mut());
    mem::take(answer.headers_mut())
}

/// Sessions in memory, by the `Cookie` header that carries their token.
struct KnownSessions {
    memory: Arc<SessionMemory>,
    recognized: Recognized,
    cookies: Arc<Cookies>,
    secrets: Secrets,
    settings: Settings,
}

impl KnownSessions {
    /// The session and its user in JSON, if they are in memory and the answer says and changes nothing else.
    fn find(&self, headers: &HeaderMap, now: OffsetDateTime) -> Option<Bytes> {
        let mut sent = headers.get_all(header::COOKIE).iter();
        let cookie = sent.next().filter(|_| sent.next().is_none())?;
        // Before the secrets themselves: what old ones have signed must not count as signed by new ones.
        let revision = self.secrets.revision();
        let known = self.recognized.find(cookie, revision);
        let said = known.or_else(|| self.read(headers, revision))?;
        let current = self.memory.find(&said.session, now)?;
        let is_extended =
            said.is_remembered && current.session.extension(&self.settings, now).is_some();
        if current.session.is_expired(now) || is_extended {
            return None;
        }
        let json = current.remembered_json().ok().flatten()?;
        self.memory.count_hit();
        if known.is_none() {
            self.recognized.keep(cookie, said);
        }
        Some(json)
    }

    /// What the cookies say, if there are none that the answer would have to remove.
    fn read(&self, headers: &HeaderMap, revision: u64) -> Option<Said> {
        let signer = self.secrets.signer();
        let jar = Jar::new(headers, Arc::clone(&self.cookies), signer);
        if jar.has_session_data() {
            return None;
        }
        Some(Said {
            session: SessionKey::of(&jar.session_token()?),
            is_remembered: !jar.is_not_remembered(),
            revision,
        })
    }
}

#[cfg(test)]
mod tests;
