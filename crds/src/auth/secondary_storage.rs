//! A second store besides the database, as better-auth's `secondaryStorage`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AuthSettings, RateLimitStorage, SecretKeyRef,
    problem::{Problem, check_range},
};

/// What better-auth's package for Redis puts before every key.
const DEFAULT_KEY_PREFIX: &str = "better-auth:";

/// Redis and Valkey number their databases; 16 is what both have unless told otherwise.
const MAX_DATABASE: u32 = 65_535;

/// A second store besides the database, in better-auth's own format: sessions, verifications and counts of requests are
/// kept there, as the settings `session.storeSessionInDatabase`, `verification.storeInDatabase` and `rateLimit.storage`
/// say. Servers of better-auth may share it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecondaryStorage {
    /// A Redis (6.2 or later) or a Valkey that all replicas reach.
    pub redis: Redis,
}

/// How a Redis or a Valkey is reached.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Redis {
    /// Where it is: `redis://host:port`, or `rediss://host:port` with TLS, without user and password. The port may be left
    /// out: 6379.
    #[schemars(
        length(min = 9, max = 512),
        regex(pattern = r"^rediss?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$")
    )]
    pub url: String,

    /// Number of the database, 0 to 65535. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 65_535))]
    pub database: Option<u32>,

    /// Who signs in, where there are users. Default: the user that needs no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub username: Option<String>,

    /// The password. A new one is used without a restart. Default: none is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_ref: Option<SecretKeyRef>,

    /// Certificate authorities (PEM) that the certificate must come from. Default: those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_ref: Option<SecretKeyRef>,

    /// What every key begins with. Default: `better-auth:`, as with the package `@better-auth/redis-storage`; empty
    /// for a `secondaryStorage` of one's own that adds nothing to keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub key_prefix: Option<String>,
}

impl Redis {
    /// What every key begins with.
    pub fn key_prefix(&self) -> &str {
        self.key_prefix.as_deref().unwrap_or(DEFAULT_KEY_PREFIX)
    }

    /// Number of the database.
    pub fn database(&self) -> u32 {
        self.database.unwrap_or(0)
    }

    /// Whether the connection is encrypted.
    pub fn has_tls(&self) -> bool {
        self.url.starts_with("rediss://")
    }

    /// Host name or address, and TCP port; none where the URL has none.
    pub fn host_and_port(&self) -> Option<(&str, u16)> {
        let (_, authority) = self.url.split_once("://")?;
        let port = super::port_of(&self.url)?;
        let host = match authority.strip_prefix('[') {
            Some(address) => address.split_once(']')?.0,
            None => authority.split(':').next()?,
        };
        Some((host, port))
    }

    fn validate(&self, problems: &mut Vec<Problem>) {
        let is_url = self.url.starts_with("redis://") || self.has_tls();
        let is_plain = !self.url.contains(['@', '?', '#']) && self.url.matches('/').count() == 2;
        let has_place = self
            .host_and_port()
            .is_some_and(|(host, port)| !host.is_empty() && port > 0);
        if !(is_url && is_plain && has_place) {
            problems.push(Problem::new(
                "secondaryStorage.redis.url",
                "must be redis://host:port or rediss://host:port, with user, password and database in username, \
                 passwordRef and database",
            ));
        }
        check_range(
            problems,
            "secondaryStorage.redis.database",
            self.database,
            0..=MAX_DATABASE,
        );
        if self.username.is_some() && self.password_ref.is_none() {
            problems.push(Problem::new(
                "secondaryStorage.redis.username",
                "has no use without passwordRef: set both",
            ));
        }
        if self.ca_ref.is_some() && !self.has_tls() {
            problems.push(Problem::new(
                "secondaryStorage.redis.caRef",
                "has no use without TLS: let url begin with rediss://",
            ));
        }
    }
}

impl AuthSettings {
    /// Where requests are counted: in the secondary storage if there is one and nothing else is said, as better-auth
    /// has it.
    pub fn rate_limit_storage(&self) -> RateLimitStorage {
        let said = self.rate_limit.as_ref().and_then(|limit| limit.storage);
        said.unwrap_or(if self.secondary_storage.is_some() {
            RateLimitStorage::SecondaryStorage
        } else {
            RateLimitStorage::Memory
        })
    }

    /// Whether sessions are rows of the database: without a secondary storage always.
    pub fn stores_sessions_in_database(&self) -> bool {
        self.secondary_storage.is_none()
            || self.session().store_session_in_database.unwrap_or(false)
    }

    /// Whether verifications are rows of the database: without a secondary storage always.
    pub fn stores_verifications_in_database(&self) -> bool {
        self.secondary_storage.is_none() || self.verification().store_in_database.unwrap_or(false)
    }

    pub(super) fn validate_secondary_storage(&self, problems: &mut Vec<Problem>) {
        let session = self.session();
        if let Some(storage) = &self.secondary_storage {
            storage.redis.validate(problems);
            if session.memory_cache().enabled() {
                problems.push(Problem::new(
                    "session.memoryCache.enabled",
                    "cannot be combined with secondaryStorage, whose sessions change without the database knowing: \
                     use one of them",
                ));
            }
        }
        let needs_storage = [
            (
                "session.storeSessionInDatabase",
                session.store_session_in_database == Some(false),
            ),
            (
                "session.preserveSessionInDatabase",
                session.preserve_session_in_database(),
            ),
            (
                "verification.storeInDatabase",
                self.verification().store_in_database == Some(false),
            ),
            (
                "rateLimit.storage",
                self.rate_limit_storage() == RateLimitStorage::SecondaryStorage,
            ),
        ];
        for (path, is_set) in needs_storage {
            if is_set && self.secondary_storage.is_none() {
                problems.push(Problem::new(
                    path,
                    "needs secondaryStorage: set it, or leave this out",
                ));
            }
        }
        if session.preserve_session_in_database() && !self.stores_sessions_in_database() {
            problems.push(Problem::new(
                "session.preserveSessionInDatabase",
                "has no use unless sessions are in the database: set storeSessionInDatabase",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(yaml: &str) -> AuthSettings {
        serde_saphyr::from_str(yaml).unwrap()
    }

    fn problems(yaml: &str) -> Vec<String> {
        let problems = settings(yaml).validate();
        problems.into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn a_url_says_where_and_whether_encrypted_and_nothing_else() {
        for (url, expected) in [
            ("redis://cache", Some(("cache", 6379, false))),
            (
                "rediss://cache.shop.svc:6380",
                Some(("cache.shop.svc", 6380, true)),
            ),
            ("redis://[::1]:7000", Some(("::1", 7000, false))),
            ("redis://[::1]", Some(("::1", 6379, false))),
            ("redis://user:hush@cache", None),
            ("redis://cache/1", None),
            ("redis://cache?protocol=resp3", None),
            ("redis://cache:0", None),
            ("redis://:6379", None),
            ("http://cache:6379", None),
            ("unix:///run/redis.sock", None),
            ("cache:6379", None),
        ] {
            let redis = Redis {
                url: url.to_owned(),
                ..Redis::default()
            };
            let mut problems = Vec::new();
            redis.validate(&mut problems);
            let found = redis.host_and_port();
            let found = found.map(|(host, port)| (host, port, redis.has_tls()));
            assert_eq!(found.filter(|_| problems.is_empty()), expected, "{url}");
        }
    }

    #[test]
    fn what_needs_a_secondary_storage_or_cannot_stand_one_is_refused_by_name() {
        let storage = "secondaryStorage: {redis: {url: 'redis://cache'}}";
        for (yaml, with, without) in [
            (
                "session: {memoryCache: {enabled: true}}",
                vec!["session.memoryCache.enabled"],
                vec![],
            ),
            ("session: {storeSessionInDatabase: true}", vec![], vec![]),
            (
                "session: {storeSessionInDatabase: false}",
                vec![],
                vec!["session.storeSessionInDatabase"],
            ),
            (
                "session: {preserveSessionInDatabase: true}",
                vec!["session.preserveSessionInDatabase"],
                vec!["session.preserveSessionInDatabase"],
            ),
            (
                "session: {storeSessionInDatabase: true, preserveSessionInDatabase: true}",
                vec![],
                vec!["session.preserveSessionInDatabase"],
            ),
            (
                "verification: {storeInDatabase: false}",
                vec![],
                vec!["verification.storeInDatabase"],
            ),
            (
                "rateLimit: {storage: secondary-storage}",
                vec![],
                vec!["rateLimit.storage"],
            ),
        ] {
            assert_eq!(
                problems(&format!("{yaml}\n{storage}")),
                with,
                "{yaml}, with"
            );
            assert_eq!(problems(yaml), without, "{yaml}, without");
        }
    }

    #[test]
    fn a_secondary_storage_is_where_everything_is_unless_the_settings_say_otherwise() {
        let with = settings("secondaryStorage: {redis: {url: 'redis://cache'}}");
        assert_eq!(
            with.rate_limit_storage(),
            RateLimitStorage::SecondaryStorage
        );
        assert!(!with.stores_sessions_in_database());
        assert!(!with.stores_verifications_in_database());
        let without = AuthSettings::default();
        assert_eq!(without.rate_limit_storage(), RateLimitStorage::Memory);
        assert!(without.stores_sessions_in_database());
        assert!(without.stores_verifications_in_database());
    }

    #[test]
    fn a_record_of_sessions_is_not_cleaned_up_unless_that_is_said() {
        for (yaml, stays) in [
            ("session: {storeSessionInDatabase: true}", false),
            ("session: {preserveSessionInDatabase: true}", true),
            (
                "session: {preserveSessionInDatabase: true, disableCleanup: false}",
                false,
            ),
        ] {
            assert_eq!(settings(yaml).session().disable_cleanup(), stays, "{yaml}");
        }
    }

    #[test]
    fn a_certificate_authority_needs_tls_and_a_user_a_password() {
        let yaml = "secondaryStorage: {redis: {url: 'redis://cache', username: shop, caRef: {name: a, key: b}}}";
        assert_eq!(
            problems(yaml),
            [
                "secondaryStorage.redis.username",
                "secondaryStorage.redis.caRef"
            ]
        );
    }

    #[test]
    fn a_policy_of_the_network_admits_the_port_and_the_secret_is_mounted() {
        let yaml = "secondaryStorage: {redis: {url: 'rediss://cache:6380', passwordRef: {name: cache, key: password}}}";
        let settings = settings(yaml);
        assert_eq!(
            settings.outbound_ports().into_iter().collect::<Vec<_>>(),
            [6380]
        );
        let refs = settings.secret_refs();
        assert_eq!(refs.len(), 1);
        assert_eq!(
            (refs[0].name.as_str(), refs[0].key.as_str()),
            ("cache", "password")
        );
    }
}
