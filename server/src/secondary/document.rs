//! The JSON that better-auth keeps of a session with its user.
//!
//! Both servers read what the other wrote, and anybody may have written anything: what is no such document is nobody's
//! session. better-auth reads dates out of texts and numbers, as JavaScript's `new Date` does.

use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::milliseconds;
use crate::identity::{
    fields::AdditionalFields,
    session::{Session, SessionUser},
    user::User,
};

/// The members of a session and its user that the settings add.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) session: AdditionalFields,
    pub(super) user: AdditionalFields,
}

/// A session with its user as better-auth keeps them: with whatever else whoever wrote it keeps of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Document {
    session: Map<String, Value>,
    user: Value,
}

impl Document {
    /// Of a session that begins; `additional` are all members that the settings add to it, also those that clients do not
    /// see.
    pub(super) fn new(session: &Session, additional: &Map<String, Value>, user: &User) -> Self {
        let mut members = object(session);
        for (name, value) in additional {
            members.insert(name.clone(), value.clone());
        }
        Self {
            session: members,
            user: Value::Object(object(user)),
        }
    }

    /// Reads what is kept; none if it is no such document.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Value::Object(mut members) = serde_json::from_str(text).ok()? else {
            return None;
        };
        let Value::Object(session) = members.remove("session")? else {
            return None;
        };
        let user = members.remove("user").unwrap_or(Value::Null);
        Some(Self { session, user })
    }

    pub(super) fn text(&self) -> String {
        serde_json::json!({ "session": self.session, "user": self.user }).to_string()
    }

    /// Whose session it is.
    pub(super) fn user_id(&self) -> Option<String> {
        text(&self.session, "userId")
    }

    /// The session's id.
    pub(super) fn id(&self) -> Option<String> {
        text(&self.session, "id")
    }

    /// When it ends, in milliseconds since 1970.
    pub(super) fn ends(&self) -> Option<i64> {
        date(&self.session, "expiresAt").map(milliseconds)
    }

    /// When it began, in milliseconds since 1970.
    pub(super) fn began(&self) -> Option<i64> {
        date(&self.session, "createdAt").map(milliseconds)
    }

    pub(super) fn set(&mut self, changes: Map<String, Value>) {
        self.session.extend(changes);
    }

    pub(super) fn set_user(&mut self, user: &User) {
        self.user = Value::Object(object(user));
    }

    /// The session as clients see it.
    pub(super) fn session(&self, fields: &Fields) -> Option<Session> {
        let from = &self.session;
        Some(Session {
            expires_at: date(from, "expiresAt")?,
            token: from.get("token")?.as_str()?.to_owned(),
            created_at: date(from, "createdAt")?,
            updated_at: date(from, "updatedAt")?,
            ip_address: optional(from, "ipAddress").ok()?,
            user_agent: optional(from, "userAgent").ok()?,
            user_id: self.user_id()?,
            additional: fields.session.visible(from),
            id: self.id()?,
        })
    }

    /// The session and its user as clients see them.
    pub(super) fn current(&self, fields: &Fields) -> Option<SessionUser> {
        let session = self.session(fields)?;
        let from = self.user.as_object()?;
        let user = User {
            name: from.get("name")?.as_str()?.to_owned(),
            email: from.get("email")?.as_str()?.to_owned(),
            email_verified: match from.get("emailVerified") {
                None | Some(Value::Null) => false,
                Some(value) => value.as_bool()?,
            },
            image: optional(from, "image").ok()?,
            created_at: date(from, "createdAt")?,
            updated_at: date(from, "updatedAt")?,
            additional: fields.user.visible(from),
            id: text(from, "id")?,
        };
        // Whoever's session it is must be the one whom the answer names.
        (user.id == session.user_id).then_some(SessionUser { session, user })
    }
}

/// A date out of a text or a number, as JavaScript counts.
pub(super) fn parse_date(value: &Value) -> Option<OffsetDateTime> {
    match value {
        Value::String(text) => OffsetDateTime::parse(text, &Rfc3339).ok(),
        Value::Number(number) => from_milliseconds(whole(number)?),
        _ => None,
    }
}

/// Milliseconds since 1970 out of a number or a date.
pub(super) fn parse_milliseconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => whole(number),
        value => parse_date(value).map(milliseconds),
    }
}

fn from_milliseconds(milliseconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()
}

/// JavaScript's numbers are doubles; a date is a whole number of at most 8.64e15 milliseconds (ECMA-262, section
/// 21.4.1.1).
fn whole(number: &serde_json::Number) -> Option<i64> {
    const LIMIT: f64 = 8.64e15;
    let number = number.as_f64().filter(|number| number.abs() <= LIMIT)?;
    // Within the limit only the fraction is cut off, as JavaScript does.
    #[expect(clippy::cast_possible_truncation, reason = "checked")]
    Some(number as i64)
}

fn date(from: &Map<String, Value>, name: &str) -> Option<OffsetDateTime> {
    parse_date(from.get(name)?)
}

/// A text, or the number that a database which counts ids may have given.
fn text(from: &Map<String, Value>, name: &str) -> Option<String> {
    match from.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Something else than a text.
struct NoText;

/// A text that may be missing.
fn optional(from: &Map<String, Value>, name: &str) -> Result<Option<String>, NoText> {
    match from.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(NoText),
    }
}

/// Rows have members with text names, so that they always serialize.
fn object(row: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
