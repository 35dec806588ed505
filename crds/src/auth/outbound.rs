//! Which ports of other services the settings make the server connect to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::AuthSettings;

/// Port of HTTPS.
const HTTPS: u16 = 443;

/// Port of Redis and Valkey, with and without TLS.
const REDIS: u16 = 6379;

/// Settings that name origins of browsers, which the server does not connect to.
const ORIGINS: [&str; 2] = ["trustedOrigins", "cors"];

/// Settings that stand for services whose addresses the server knows by itself.
const KNOWN_SERVICES: [&str; 4] = [
    "socialProviders",
    "genericOAuth",
    "captcha",
    "haveIBeenPwned",
];

impl AuthSettings {
    /// TCP ports of other services that the server connects to with these settings: those of every URL in them, 443 where
    /// they name a service that the server knows, and that of the mail relay. A new setting with a URL is found without
    /// being listed here.
    pub fn outbound_ports(&self) -> BTreeSet<u16> {
        let mut ports = BTreeSet::new();
        // Settings are maps with text keys, lists and plain values, so that they always serialize.
        if let Ok(settings) = serde_json::to_value(self) {
            collect(&settings, &mut ports);
        }
        let smtp = self.mail.as_ref().and_then(|mail| mail.smtp.as_ref());
        ports.extend(smtp.map(super::Smtp::port));
        ports
    }
}

fn collect(value: &Value, ports: &mut BTreeSet<u16>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if ORIGINS.contains(&name.as_str()) {
                    continue;
                }
                if KNOWN_SERVICES.contains(&name.as_str()) {
                    ports.insert(HTTPS);
                }
                collect(value, ports);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, ports)),
        Value::String(text) => ports.extend(port_of(text)),
        _ => {}
    }
}

/// Port of an http, https, redis or rediss URL; `None` for any other text.
pub(crate) fn port_of(text: &str) -> Option<u16> {
    let (rest, default) = match text.split_once("://")? {
        ("https", rest) => (rest, HTTPS),
        ("http", rest) => (rest, 80),
        ("redis" | "rediss", rest) => (rest, REDIS),
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let host_and_port = authority.rsplit('@').next()?;
    // The colons of an IPv6 address stand in brackets.
    let after_host = host_and_port
        .rsplit_once(']')
        .map_or(host_and_port, |(_, after)| after);
    match after_host.rsplit_once(':') {
        Some((_, port)) => port.parse().ok(),
        None => Some(default),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ports(settings: Value) -> Vec<u16> {
        let settings: AuthSettings = serde_json::from_value(settings).unwrap();
        settings.outbound_ports().into_iter().collect()
    }

    #[test]
    fn settings_without_other_services_need_no_port() {
        let settings =
            json!({"trustedOrigins": ["https://app.example:8443"], "session": {"expiresIn": 60}});
        assert!(ports(settings).is_empty());
    }

    #[test]
    fn a_built_in_service_needs_https() {
        let secret = json!({"name": "google", "key": "secret"});
        let settings =
            json!({"socialProviders": {"google": {"clientId": "x", "clientSecretRef": secret}}});
        assert_eq!(ports(settings), [443]);
    }

    #[test]
    fn a_relay_and_a_webhook_need_their_own_ports() {
        let secret = json!({"name": "hooks", "key": "secret"});
        let settings = json!({
            "mail": {"smtp": {"host": "relay.example"}, "from": "a@b.example"},
            "webhooks": [{"url": "http://[::1]:8080/hook?x=1", "signingSecretRef": secret}],
        });
        assert_eq!(ports(settings), [587, 8080]);
    }

    #[test]
    fn the_port_of_a_url_is_the_written_one_or_that_of_its_scheme() {
        for (url, port) in [
            ("https://a.example/x", Some(443)),
            ("http://a.example", Some(80)),
            ("https://u:p@a.example:8443/x:1", Some(8443)),
            ("http://[::1]:8080/hook", Some(8080)),
            ("http://[::1]/hook", Some(80)),
            ("redis://cache", Some(6379)),
            ("rediss://cache:6380/1", Some(6380)),
            ("myapp://callback", None),
            ("text", None),
        ] {
            assert_eq!(port_of(url), port, "{url}");
        }
    }
}
