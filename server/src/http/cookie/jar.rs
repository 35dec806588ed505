//! The cookies of one request and its response.

mod oauth;

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use percent_encoding::percent_decode_str;
use warp::http::{HeaderMap, HeaderValue, header};

use super::{Attributes, Cookie, Cookies, Received, pieces, serialize};
use crate::crypto::hmac::Signer;

/// Whether a session outlives the browser.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Remember {
    /// It does.
    Yes,
    /// It ends with the browser.
    No,
    /// As the request's own cookies have it; without any it does.
    AsBefore,
}

impl From<bool> for Remember {
    fn from(remember: bool) -> Self {
        if remember { Self::Yes } else { Self::No }
    }
}

/// What cookies a request brought, and which ones its response sets. Clones share both.
#[derive(Clone)]
pub struct Jar(Arc<Inner>);

struct Inner {
    cookies: Arc<Cookies>,
    signer: Signer,
    received: Received,
    /// Name and header value, in the order of the headers.
    set: Mutex<Vec<(String, String)>>,
    starts_session: AtomicBool,
}

impl Jar {
    /// The jar of a request with `headers`.
    pub fn new(headers: &HeaderMap, cookies: Arc<Cookies>, signer: Signer) -> Self {
        let received = Received::new(headers);
        Self(Arc::new(Inner {
            cookies,
            signer,
            received,
            set: Mutex::default(),
            starts_session: AtomicBool::default(),
        }))
    }

    /// The jar of the same request with `signed`, a session token with its signature, in place of the session token
    /// that it carries.
    #[must_use]
    pub fn with_session_token(&self, signed: String) -> Self {
        let Inner {
            cookies,
            signer,
            received,
            set,
            starts_session,
        } = &*self.0;
        let set = set.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self(Arc::new(Inner {
            received: received.with(&cookies.session_token.name, signed),
            cookies: Arc::clone(cookies),
            signer: signer.clone(),
            set: Mutex::new(set),
            starts_session: AtomicBool::new(starts_session.load(Ordering::Relaxed)),
        }))
    }

    /// The session token that the response sets, with its signature.
    pub fn new_session_token(&self) -> Option<String> {
        let set = self.0.set.lock().unwrap_or_else(PoisonError::into_inner);
        let name = &self.0.cookies.session_token.name;
        let (_, cookie) = set.iter().rfind(|(known, _)| known == name)?;
        let (value, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let value = value.strip_prefix(name)?.strip_prefix('=')?;
        let is_kept = !value.is_empty() && !attributes.split(';').any(|it| it == " Max-Age=0");
        let value = percent_decode_str(value).decode_utf8().ok()?;
        is_kept.then(|| value.into_owned())
    }

    /// The session token that the request carries, if its signature is right.
    pub fn session_token(&self) -> Option<Cow<'_, str>> {
        self.signed(&self.0.cookies.session_token)
    }

    /// Whether the request's session ends with the browser.
    pub fn is_not_remembered(&self) -> bool {
        self.signed(&self.0.cookies.dont_remember).is_some()
    }

    /// Sets the session cookie to `token`. Returns whether it outlives the browser.
    pub fn set_session(&self, token: &str, remember: Remember) -> bool {
        let cookies = &self.0.cookies;
        let was_forgotten = self.is_not_remembered();
        let remember = match remember {
            Remember::Yes => true,
            Remember::No => false,
            Remember::AsBefore => !was_forgotten,
        };
        let lifetime = cookies
            .session_token
            .attributes
            .max_age
            .filter(|_| remember);
        self.set_signed(&cookies.session_token, token, lifetime);
        if !remember {
            let lifetime = cookies.dont_remember.attributes.max_age;
            self.set_signed(&cookies.dont_remember, "true", lifetime);
        } else if was_forgotten {
            self.expire(&cookies.dont_remember);
        }
        remember
    }

    /// Notes that a session was opened for this request.
    pub fn note_session_start(&self) {
        self.0.starts_session.store(true, Ordering::Relaxed);
    }

    /// Whether a session was opened for this request.
    pub fn starts_session(&self) -> bool {
        self.0.starts_session.load(Ordering::Relaxed)
    }

    /// Whether the request carries a copy of the session, or a piece of one.
    pub fn has_session_data(&self) -> bool {
        let name = &self.0.cookies.session_data.name;
        self.0.received.pieces(name).next().is_some()
    }

    /// The copy of the session that the request carries, put together from its pieces.
    pub fn session_data(&self) -> Option<String> {
        self.0.received.whole(&self.0.cookies.session_data.name)
    }

    /// Seconds for which a copy of the session is believed.
    pub fn session_data_max_age(&self) -> Option<u32> {
        self.0.cookies.session_data.attributes.max_age
    }

    /// Sets the copy of the session to `value`, in several cookies where one cannot hold it. `max_age` is in seconds;
    /// without it the copy ends with the browser.
    pub fn set_session_data(&self, value: &str, max_age: Option<u32>) {
        let cookie = &self.0.cookies.session_data;
        let attributes = Attributes {
            max_age,
            ..cookie.attributes.clone()
        };
        self.set_in_pieces(&cookie.name, value, &attributes);
    }

    /// Removes a copy of the session that is not to be believed.
    pub fn expire_session_data(&self) {
        self.expire(&self.0.cookies.session_data);
    }

    /// Removes every cookie of the session from the browser.
    pub fn clear_session(&self) {
        let cookies = &self.0.cookies;
        self.expire(&cookies.session_token);
        self.expire(&cookies.session_data);
        if cookies.is_state_in_cookie {
            // As better-auth does: whoever signs out has no sign-in under way either.
            self.expire(&cookies.oauth_state);
        }
        self.clear_session_data();
        self.expire(&cookies.dont_remember);
    }

    /// Removes the copies of the session that another better-auth server has left in the browser.
    pub fn clear_session_data(&self) {
        let cookie = &self.0.cookies.session_data;
        for piece in self.0.received.pieces(&cookie.name) {
            self.push(piece.name, "", &expired(&cookie.attributes));
        }
    }

    /// Adds the `Set-Cookie` headers to those of a response.
    pub fn write(&self, headers: &mut HeaderMap) {
        let set = self.0.set.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, cookie) in set.iter() {
            // Values are percent-encoded and the settings allow no control characters.
            if let Ok(value) = HeaderValue::from_str(cookie) {
                headers.append(header::SET_COOKIE, value);
            }
        }
    }

    /// Sets a cookie that may be too long for one, and removes the pieces of its former value that remain.
    fn set_in_pieces(&self, name: &str, value: &str, attributes: &Attributes) {
        let pieces = pieces::split(name, value, attributes);
        if pieces.is_empty() {
            tracing::warn!(
                cookie = name,
                "a value is too long for cookies and was left out"
            );
        }
        // In better-auth's order: what was there, in place, then what is new.
        let mut remaining = pieces;
        for old in self.0.received.pieces(name).map(|piece| piece.name) {
            match remaining.iter().position(|(name, _)| name == old) {
                Some(index) => {
                    let (name, value) = remaining.remove(index);
                    self.push(&name, value, attributes);
                }
                None => self.push(old, "", &expired(attributes)),
            }
        }
        for (name, value) in &remaining {
            self.push(name, value, attributes);
        }
    }

    fn signed(&self, cookie: &Cookie) -> Option<Cow<'_, str>> {
        self.0.received.get_signed(&cookie.name, &self.0.signer)
    }

    fn set_signed(&self, cookie: &Cookie, value: &str, max_age: Option<u32>) {
        let signed = format!("{value}.{}", self.0.signer.sign(value));
        let attributes = Attributes {
            max_age,
            ..cookie.attributes.clone()
        };
        self.push(&cookie.name, &signed, &attributes);
    }

    /// Removes a cookie, and whatever this response has set it to before: nobody who reads the headers alone
    /// may find a value that is void.
    fn expire(&self, cookie: &Cookie) {
        let mut set = self.0.set.lock().unwrap_or_else(PoisonError::into_inner);
        set.retain(|(name, _)| {
            name.strip_prefix(&cookie.name)
                .is_none_or(|rest| !rest.is_empty() && !rest.starts_with('.'))
        });
        drop(set);
        self.push(&cookie.name, "", &expired(&cookie.attributes));
    }

    fn push(&self, name: &str, value: &str, attributes: &Attributes) {
        let cookie = (name.to_owned(), serialize(name, value, attributes));
        self.0
            .set
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(cookie);
    }
}

fn expired(attributes: &Attributes) -> Attributes {
    Attributes {
        max_age: Some(0),
        ..attributes.clone()
    }
}

#[cfg(test)]
mod tests {
    use authbackend_crds::auth::AuthSettings;

    use super::*;
    use crate::config::BaseUrl;

    const SESSION: &str =
        "better-auth.session_token=t.9zVX6J9Yqvxl1+G0sWv0Ck0cNCDWWKd8o7lQ+QY0kZk=";
    const FORGET: &str = "better-auth.dont_remember=true.";

    fn signer() -> Signer {
        Signer::new(["0123456789abcdef0123456789abcdefXYZ"])
    }

    fn jar(cookie: &str) -> Jar {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        let url = BaseUrl::parse("http://localhost:8100/api").unwrap();
        Jar::new(
            &headers,
            Arc::new(Cookies::new(&AuthSettings::default(), &url)),
            signer(),
        )
    }

    fn forgetful_jar() -> Jar {
        jar(&format!("{FORGET}{}", signer().sign("true")))
    }

    /// Each cookie that the response sets: its name without the prefix, and its `Max-Age`.
    fn set(jar: &Jar) -> Vec<(String, Option<String>)> {
        let mut headers = HeaderMap::new();
        jar.write(&mut headers);
        let cookies = headers.get_all(header::SET_COOKIE).iter();
        cookies
            .map(|cookie| {
                let cookie = cookie.to_str().unwrap();
                let name = cookie
                    .strip_prefix("better-auth.")
                    .unwrap()
                    .split_once('=')
                    .unwrap()
                    .0;
                let max_age = cookie
                    .split("; ")
                    .find_map(|part| part.strip_prefix("Max-Age="));
                (name.to_owned(), max_age.map(str::to_owned))
            })
            .collect()
    }

    fn expect(list: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        list.iter()
            .map(|(name, age)| ((*name).to_owned(), age.map(str::to_owned)))
            .collect()
    }

    #[test]
    fn a_remembered_session_has_one_cookie_that_lasts() {
        let jar = jar("a=b");
        jar.set_session("token", Remember::Yes);
        assert_eq!(set(&jar), expect(&[("session_token", Some("604800"))]));
    }

    #[test]
    fn a_session_that_ends_with_the_browser_says_so_in_a_second_cookie() {
        let jar = jar("a=b");
        jar.set_session("token", Remember::No);
        assert_eq!(
            set(&jar),
            expect(&[("session_token", None), ("dont_remember", None)])
        );
    }

    #[test]
    fn a_session_set_again_stays_as_the_request_has_it() {
        let jar = forgetful_jar();
        jar.set_session("token", Remember::AsBefore);
        assert_eq!(
            set(&jar),
            expect(&[("session_token", None), ("dont_remember", None)])
        );
    }

    #[test]
    fn remembering_a_session_removes_the_cookie_that_said_otherwise() {
        let jar = forgetful_jar();
        jar.set_session("token", Remember::Yes);
        let cookies = [
            ("session_token", Some("604800")),
            ("dont_remember", Some("0")),
        ];
        assert_eq!(set(&jar), expect(&cookies));
    }

    #[test]
    fn clearing_removes_all_cookies_and_copies_and_whatever_was_set_before() {
        let jar = jar("better-auth.session_data.0=x; better-auth.session_data.1=y");
        jar.set_session("token", Remember::No);
        jar.clear_session_data();
        jar.clear_session();
        let zero = Some("0");
        let cookies = [
            ("session_token", zero),
            ("session_data", zero),
            ("session_data.0", zero),
            ("session_data.1", zero),
            ("dont_remember", zero),
        ];
        assert_eq!(set(&jar), expect(&cookies));
    }

    #[test]
    fn however_many_pieces_are_sent_no_more_are_removed_than_anybody_writes() {
        let pieces = (0..1100).map(|number| format!("better-auth.session_data.{number}=x"));
        let jar = jar(&pieces.collect::<Vec<_>>().join(";"));
        jar.clear_session_data();
        assert_eq!(set(&jar).len(), 100);
    }

    #[test]
    fn a_token_with_a_wrong_signature_is_none() {
        assert_eq!(jar(SESSION).session_token(), None);
    }
}
