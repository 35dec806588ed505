//! WeChat, which has its own form of everything: <https://developers.weixin.qq.com/doc/oplatform/en/Website_App/WeChat_Login/Wechat_Login.html>.

use serde_json::Value;
use time::OffsetDateTime;

use super::{
    token::{Client, Tokens, expiry},
    transport::{Call, ServiceError, Transport, json},
};
use crate::{config::Secret, http::uri::encode_component};

/// The last segment of the URL that gives tokens for a code, and of that which refreshes them.
const SEGMENTS: (&str, &str) = ("access_token", "refresh_token");

/// The tokens for `code`.
pub(super) async fn exchange(
    http: &impl Transport,
    url: &str,
    client: Client<'_>,
    code: &str,
    now: OffsetDateTime,
) -> Result<Tokens, ServiceError> {
    let secret = client
        .secret
        .map(Secret::expose)
        .ok_or(ServiceError::NoSecret)?;
    let query = [
        ("appid", client.id),
        ("secret", secret),
        ("code", code),
        ("grant_type", "authorization_code"),
    ];
    let answer = ask(http, url, &query).await?;
    let open_id = answer.get("openid").and_then(Value::as_str);
    Ok(Tokens {
        open_id: open_id.map(str::to_owned),
        ..read(&answer, now)
    })
}

/// New tokens for a refresh token.
pub(super) async fn refresh(
    http: &impl Transport,
    url: &str,
    client: Client<'_>,
    refresh_token: &str,
    now: OffsetDateTime,
) -> Result<Tokens, ServiceError> {
    let (old, new) = SEGMENTS;
    let url = match url.strip_suffix(old) {
        Some(base) => format!("{base}{new}"),
        None => url.to_owned(),
    };
    let query = [
        ("appid", client.id),
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    Ok(read(&ask(http, &url, &query).await?, now))
}

/// The profile of the user `open_id`.
pub(super) async fn profile(
    http: &impl Transport,
    url: &str,
    access_token: &str,
    open_id: &str,
) -> Result<Value, ServiceError> {
    let query = [
        ("access_token", access_token),
        ("openid", open_id),
        ("lang", "zh_CN"),
    ];
    ask(http, url, &query).await
}

async fn ask(
    http: &impl Transport,
    url: &str,
    query: &[(&str, &str)],
) -> Result<Value, ServiceError> {
    let query: Vec<_> = query
        .iter()
        .map(|(name, value)| format!("{name}={}", encode_component(value)))
        .collect();
    let call = Call::get(format!("{url}?{}", query.join("&")));
    let answer = json(&http.send(call).await?)?;
    match answer.get("errcode").and_then(Value::as_i64) {
        None | Some(0) => Ok(answer),
        Some(code) => Err(ServiceError::Refused {
            status: 200,
            code: Some(code.to_string()),
        }),
    }
}

fn read(answer: &Value, now: OffsetDateTime) -> Tokens {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    Tokens {
        access_token: text("access_token"),
        refresh_token: text("refresh_token"),
        access_token_expires_at: expiry(answer.get("expires_in"), now),
        scopes: text("scope")
            .map(|scope| scope.split(',').map(str::to_owned).collect())
            .unwrap_or_default(),
        ..Tokens::default()
    }
}
