//! What a session is, and the rules of its life.

use std::fmt;

use authbackend_crds::auth;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use crate::{
    crypto::{random::Random, token},
    identity::{date, fields::AdditionalFields, user::User},
};

/// Lifetime of a session that ends with the browser, as far as the server goes: one day.
const UNREMEMBERED_LIFETIME: Duration = Duration::DAY;

/// A session, as clients see it.
#[derive(Clone, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// When the session ends.
    #[serde(with = "date")]
    #[schemars(schema_with = "date::schema")]
    pub expires_at: OffsetDateTime,
    /// Whoever holds it is signed in.
    pub token: String,
    /// When the user signed in.
    #[serde(with = "date")]
    #[schemars(schema_with = "date::schema")]
    pub created_at: OffsetDateTime,
    /// When the session was extended last.
    #[serde(with = "date")]
    #[schemars(schema_with = "date::schema")]
    pub updated_at: OffsetDateTime,
    /// Where the user signed in from; empty where that is not known.
    pub ip_address: Option<String>,
    /// The browser; empty where that is not known.
    pub user_agent: Option<String>,
    /// Whose session it is.
    pub user_id: String,
    /// The fields that the settings add, as far as clients see them.
    #[serde(flatten)]
    pub additional: Map<String, Value>,
    /// The id.
    pub id: String,
}

/// A session with its user.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
pub struct SessionUser {
    /// The session.
    pub session: Session,
    /// Its user.
    pub user: User,
}

/// A session that is not in the database yet.
#[derive(Clone, PartialEq)]
pub struct NewSession {
    pub(in crate::identity) user_id: String,
    /// None where the database counts ids.
    pub(in crate::identity) id: Option<String>,
    pub(in crate::identity) token: String,
    pub(in crate::identity) created_at: OffsetDateTime,
    pub(in crate::identity) expires_at: OffsetDateTime,
    pub(in crate::identity) ip_address: String,
    pub(in crate::identity) user_agent: String,
    pub(in crate::identity) additional: Map<String, Value>,
    visible: Map<String, Value>,
}

impl NewSession {
    /// A session of the user `user_id` from `now` on; `remember` says whether it outlives the browser, `id` is none
    /// where the database counts ids.
    pub fn new(
        user_id: &str,
        remember: bool,
        settings: &auth::Session,
        now: OffsetDateTime,
        random: &Random,
        id: Option<String>,
    ) -> Self {
        let lifetime = if remember {
            lifetime(settings)
        } else {
            UNREMEMBERED_LIFETIME
        };
        Self {
            user_id: user_id.to_owned(),
            id,
            token: token::session_token(random),
            created_at: now,
            expires_at: now + lifetime,
            ip_address: String::new(),
            user_agent: String::new(),
            additional: Map::new(),
            visible: Map::new(),
        }
    }

    /// The same session, with where the user signed in from.
    #[must_use]
    pub fn from_client(self, ip_address: String, user_agent: String) -> Self {
        Self {
            ip_address,
            user_agent,
            ..self
        }
    }

    /// The same session, with the defaults of the fields that the settings add.
    #[must_use]
    pub fn with_additional(self, fields: &AdditionalFields) -> Self {
        let additional = fields.defaults(self.created_at);
        Self {
            visible: fields.visible(&additional),
            additional,
            ..self
        }
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The session as it is once the database holds it under `id`, for the user `user_id`.
    pub fn stored(self, id: String, user_id: String) -> Session {
        Session {
            expires_at: self.expires_at,
            token: self.token,
            created_at: self.created_at,
            updated_at: self.created_at,
            ip_address: Some(self.ip_address),
            user_agent: Some(self.user_agent),
            user_id,
            additional: self.visible,
            id,
        }
    }
}

impl Session {
    /// Whether the session has ended.
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at < now
    }

    /// When the session ends if it is extended now, or none if it is too young to be.
    pub fn extension(
        &self,
        settings: &auth::Session,
        now: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        let update_age = Duration::seconds(settings.update_age().into());
        let is_due = self.expires_at - now <= lifetime(settings) - update_age;
        (!settings.disable_session_refresh() && is_due).then(|| now + lifetime(settings))
    }

    /// Whether the user has signed in so recently that they need not prove again who they are.
    pub fn is_fresh(&self, settings: &auth::Session, now: OffsetDateTime) -> bool {
        let fresh_age = settings.fresh_age();
        fresh_age == 0 || now - self.created_at < Duration::seconds(fresh_age.into())
    }
}

fn lifetime(settings: &auth::Session) -> Duration {
    Duration::seconds(settings.expires_in().into())
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Session")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewSession")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-10 12:00 UTC);

    fn session(created_at: OffsetDateTime, expires_at: OffsetDateTime) -> Session {
        Session {
            expires_at,
            token: "secret-token".to_owned(),
            created_at,
            updated_at: created_at,
            ip_address: None,
            user_agent: None,
            user_id: "u".to_owned(),
            additional: Map::new(),
            id: "s".to_owned(),
        }
    }

    #[test]
    fn a_session_lasts_until_its_last_millisecond() {
        let session = session(NOW, NOW);
        assert!(!session.is_expired(NOW));
        assert!(session.is_expired(NOW + Duration::MILLISECOND));
    }

    #[test]
    fn a_session_is_extended_once_a_day_of_it_has_passed() {
        let settings = auth::Session::default();
        let left = |left| session(NOW, NOW + left).extension(&settings, NOW);
        assert_eq!(left(Duration::days(6) + Duration::MILLISECOND), None);
        assert_eq!(left(Duration::days(6)), Some(NOW + Duration::days(7)));
        assert_eq!(left(Duration::SECOND), Some(NOW + Duration::days(7)));
    }

    #[test]
    fn the_settings_decide_when_a_session_is_extended() {
        let with = |update_age, disable| auth::Session {
            expires_in: Some(3600),
            update_age: Some(update_age),
            disable_session_refresh: Some(disable),
            ..auth::Session::default()
        };
        let fresh = session(NOW, NOW + Duration::HOUR);
        assert_eq!(
            fresh.extension(&with(0, false), NOW),
            Some(NOW + Duration::HOUR)
        );
        assert_eq!(fresh.extension(&with(0, true), NOW), None);
        assert_eq!(fresh.extension(&with(60, false), NOW), None);
    }

    #[test]
    fn a_session_is_fresh_for_a_day_after_sign_in_however_often_it_is_extended() {
        let settings = auth::Session::default();
        let aged = |age| session(NOW - age, NOW + Duration::DAY).is_fresh(&settings, NOW);
        assert!(aged(Duration::DAY - Duration::MILLISECOND));
        assert!(!aged(Duration::DAY));
    }

    #[test]
    fn a_fresh_age_of_zero_makes_every_session_fresh() {
        let settings = auth::Session {
            fresh_age: Some(0),
            ..auth::Session::default()
        };
        assert!(session(NOW - Duration::days(300), NOW).is_fresh(&settings, NOW));
    }

    #[test]
    fn a_session_that_ends_with_the_browser_lasts_a_day_on_the_server() {
        let settings = auth::Session::default();
        let random = Random::from_seed(1);
        for (remember, days) in [(true, 7), (false, 1)] {
            let session = NewSession::new("u", remember, &settings, NOW, &random, None);
            assert_eq!(session.expires_at, NOW + Duration::days(days));
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        assert!(!format!("{:?}", session(NOW, NOW)).contains("secret-token"));
    }
}
