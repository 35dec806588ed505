//! What a token says.

use authbackend_crds::auth::JwtClaims;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::identity::session::SessionUser;

/// The claims of a token for the session `current`, issued at `now` by a server at `origin`.
pub(super) fn claims(
    settings: &JwtClaims,
    current: &SessionUser,
    origin: &str,
    now: OffsetDateTime,
) -> Result<Map<String, Value>, serde_json::Error> {
    let fields = serde_json::to_value(current)?;
    let field = |path: &str| {
        let (owner, name) = path.split_once('.')?;
        fields
            .get(owner)?
            .get(name)
            .filter(|value| !value.is_null())
    };
    let mut claims = match &settings.define_payload {
        Some(payload) => payload
            .iter()
            .filter_map(|(claim, path)| Some((claim.clone(), field(path)?.clone())))
            .collect(),
        None => fields
            .get("user")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
    };
    let subject = settings.get_subject.as_deref().and_then(field);
    let subject = subject.map_or_else(|| current.user.id.clone(), as_text);
    let issuer = settings.issuer.as_deref().unwrap_or(origin);
    let issued_at = now.unix_timestamp();
    for (claim, value) in [
        ("iat", issued_at.into()),
        ("exp", (issued_at + i64::from(settings.lifetime())).into()),
        ("iss", issuer.into()),
        ("aud", audience(settings, origin)),
        ("sub", subject.into()),
    ] {
        claims.insert(claim.to_owned(), value);
    }
    Ok(claims)
}

fn audience(settings: &JwtClaims, origin: &str) -> Value {
    match settings.audience.as_deref() {
        None | Some([]) => origin.into(),
        Some([one]) => one.as_str().into(),
        Some(several) => several.to_vec().into(),
    }
}

/// A claim `sub` is always a text (RFC 7519, section 4.1.2).
fn as_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const DATE: &str = "2026-01-02T03:04:05.678Z";

    fn said(yaml: &str) -> Value {
        let session = json!({
            "id": "s", "token": "t", "userId": "u", "ipAddress": "", "userAgent": "",
            "expiresAt": DATE, "createdAt": DATE, "updatedAt": DATE,
        });
        let user = json!({
            "id": "u", "name": "Ann", "email": "ann@example.com", "emailVerified": true,
            "image": null, "createdAt": DATE, "updatedAt": DATE, "level": 3,
        });
        let current = SessionUser {
            session: serde_json::from_value(session).unwrap(),
            user: serde_json::from_value(user).unwrap(),
        };
        let settings: JwtClaims = serde_saphyr::from_str(yaml).unwrap();
        let now = datetime!(2026-01-02 03:04:05.678 UTC);
        claims(&settings, &current, "https://a.example", now)
            .unwrap()
            .into()
    }

    #[test]
    fn by_default_a_token_says_everything_about_the_user_for_a_quarter_of_an_hour() {
        let expected = json!({
            "id": "u", "name": "Ann", "email": "ann@example.com", "emailVerified": true,
            "image": null, "createdAt": DATE, "updatedAt": DATE, "level": 3,
            "sub": "u", "iss": "https://a.example", "aud": "https://a.example",
            "iat": 1_767_323_045, "exp": 1_767_323_945,
        });
        assert_eq!(said("{}"), expected);
    }

    #[test]
    fn the_settings_choose_the_claims() {
        let said = said(
            "{issuer: i, audience: [a, b], expirationTime: 1h, getSubject: user.level,
              definePayload: {mail: user.email, sid: session.id, picture: user.image, none: user.nothing}}",
        );
        let expected = json!({
            "mail": "ann@example.com", "sid": "s", "sub": "3", "iss": "i", "aud": ["a", "b"],
            "iat": 1_767_323_045, "exp": 1_767_326_645,
        });
        assert_eq!(said, expected);
    }

    #[test]
    fn one_audience_is_written_as_a_text() {
        assert_eq!(said("audience: [a]")["aud"], "a");
    }

    #[test]
    fn without_the_field_of_the_subject_it_is_the_user() {
        assert_eq!(said("getSubject: user.image")["sub"], "u");
    }
}
