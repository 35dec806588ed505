//! Cookies that live while a user is at a service.

use std::borrow::Cow;

use super::Jar;

impl Jar {
    /// The state of the sign-in that this browser has begun, if its signature is right.
    pub fn state(&self) -> Option<Cow<'_, str>> {
        self.signed(&self.0.cookies.state)
    }

    /// Sets the state of a sign-in, signed.
    pub fn set_state(&self, state: &str) {
        let cookie = &self.0.cookies.state;
        self.set_signed(cookie, state, cookie.attributes.max_age);
    }

    /// Removes the state of a sign-in.
    pub fn clear_state(&self) {
        self.expire(&self.0.cookies.state);
    }

    /// The encrypted state of the sign-in that this browser has begun.
    pub fn sealed_state(&self) -> Option<Cow<'_, str>> {
        self.0.received.get(&self.0.cookies.oauth_state.name)
    }

    /// Sets the encrypted state of a sign-in.
    pub fn set_sealed_state(&self, sealed: &str) {
        let cookie = &self.0.cookies.oauth_state;
        self.push(&cookie.name, sealed, &cookie.attributes);
    }

    /// Removes the encrypted state of a sign-in.
    pub fn clear_sealed_state(&self) {
        self.expire(&self.0.cookies.oauth_state);
    }
}
