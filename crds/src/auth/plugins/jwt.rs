//! Signed tokens for other services.

mod schema;

use std::{borrow::Cow, collections::BTreeMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use schema::{JwksTable, JwtSchema};

use super::time_span;
use crate::auth::{
    or_default,
    problem::{Problem, check_range},
};

/// Ten years, in seconds: nobody keeps a key longer.
const MAX_PERIOD: u32 = 315_360_000;

/// Signed tokens for other services, which verify them by the server's public keys.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Jwt {
    /// The keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Jwks>,

    /// What tokens say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<JwtClaims>,

    /// Leave the header `set-auth-jwt` out of the answers of `/get-session`. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_setting_jwt_header: Option<bool>,

    /// What the tables are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<JwtSchema>,
}

/// The keys by which tokens are signed and verified.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Jwks {
    /// Where the public keys are published instead: `/jwks` answers 404. Needs `keyPairConfig.alg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub remote_url: Option<String>,

    /// New keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_pair_config: Option<KeyPair>,

    /// Store private keys as they are. Keys that are stored encrypted are read all the same. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_private_key_encryption: Option<bool>,

    /// Seconds after which a new key takes over, 60 to 315360000 (10 years). Default: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 60, max = 315_360_000))]
    pub rotation_interval: Option<u32>,

    /// Seconds for which a key is published after another has taken over, 0 to 315360000. Default: 2592000 (30 days).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 315_360_000))]
    pub grace_period: Option<u32>,

    /// Path of the public keys below the mount path, such as `/.well-known/jwks.json`. Default: `/jwks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 512))]
    pub jwks_path: Option<String>,
}

/// New keys.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyPair {
    /// The algorithm. Default: `EdDSA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<JwtAlgorithm>,

    /// Bits of an RSA modulus: 2048, 3072 or 4096. Default: 2048.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2048, max = 4096))]
    pub modulus_length: Option<u32>,
}

/// By what tokens are signed. Default: `EdDSA`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum JwtAlgorithm {
    /// Ed25519.
    #[default]
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA on P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA on P-521.
    #[serde(rename = "ES512")]
    Es512,
    /// RSASSA-PSS.
    #[serde(rename = "PS256")]
    Ps256,
    /// RSASSA-PKCS1-v1_5.
    #[serde(rename = "RS256")]
    Rs256,
}

/// What tokens say.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JwtClaims {
    /// The claim `iss`. Default: the origin of `baseURL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub issuer: Option<String>,

    /// The claim `aud`: one is written as a text, several as a list. Default: the origin of `baseURL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), inner(length(min = 1, max = 2048)))]
    pub audience: Option<Vec<String>>,

    /// How long a token is good, such as `15m` or `2 hours`. Default: `15m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 64))]
    pub expiration_time: Option<String>,

    /// Claims by their names, each with the field that it is taken from, such as `email: user.email` or
    /// `sid: session.id`. Default: every field of the user under its own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub define_payload: Option<BTreeMap<String, String>>,

    /// The field that the claim `sub` is taken from. Default: `user.id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub get_subject: Option<String>,
}

impl Jwt {
    /// The keys, with defaults where nothing is set.
    pub fn jwks(&self) -> Cow<'_, Jwks> {
        or_default(self.jwks.as_ref())
    }

    /// What tokens say, with defaults where nothing is set.
    pub fn jwt(&self) -> Cow<'_, JwtClaims> {
        or_default(self.jwt.as_ref())
    }

    /// Whether `/get-session` leaves tokens out.
    pub fn disable_setting_jwt_header(&self) -> bool {
        self.disable_setting_jwt_header.unwrap_or(false)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if let Some(settings) = &self.jwks {
            settings.validate(problems);
        }
        if let Some(settings) = &self.jwt {
            settings.validate(problems);
        }
    }
}

impl Jwks {
    /// The algorithm of new keys.
    pub fn alg(&self) -> JwtAlgorithm {
        let settings = self.key_pair_config.as_ref();
        settings.and_then(|pair| pair.alg).unwrap_or_default()
    }

    /// Bits of the modulus of new RSA keys.
    pub fn modulus_length(&self) -> u32 {
        let settings = self.key_pair_config.as_ref();
        settings
            .and_then(|pair| pair.modulus_length)
            .unwrap_or(2048)
    }

    /// Whether private keys are stored as they are.
    pub fn disable_private_key_encryption(&self) -> bool {
        self.disable_private_key_encryption.unwrap_or(false)
    }

    /// Seconds for which a key is published after another has taken over.
    pub fn grace_period(&self) -> u32 {
        self.grace_period.unwrap_or(2_592_000)
    }

    fn validate(&self, problems: &mut Vec<Problem>) {
        let path = |field: &str| format!("plugins.jwt.jwks.{field}");
        let pair = self.key_pair_config.as_ref();
        if self.remote_url.is_some() && pair.and_then(|pair| pair.alg).is_none() {
            problems.push(Problem::new(
                path("keyPairConfig.alg"),
                "is required with remoteUrl: the algorithm of the keys there",
            ));
        }
        if !matches!(self.modulus_length(), 2048 | 3072 | 4096) {
            problems.push(Problem::new(
                path("keyPairConfig.modulusLength"),
                "must be 2048, 3072 or 4096",
            ));
        }
        let is_path = |path: &String| path.starts_with('/') && !path.contains("..");
        if !self.jwks_path.as_ref().is_none_or(is_path) {
            problems.push(Problem::new(
                path("jwksPath"),
                "must start with a slash and not contain .., for example /.well-known/jwks.json",
            ));
        }
        let field = path("rotationInterval");
        check_range(problems, &field, self.rotation_interval, 60..=MAX_PERIOD);
        let field = path("gracePeriod");
        check_range(problems, &field, self.grace_period, 0..=MAX_PERIOD);
    }
}

impl JwtClaims {
    /// Seconds for which a token is good.
    pub fn lifetime(&self) -> u32 {
        let text = self.expiration_time.as_deref().unwrap_or("15m");
        time_span::seconds(text).unwrap_or(900)
    }

    fn validate(&self, problems: &mut Vec<Problem>) {
        let path = |field: &str| format!("plugins.jwt.jwt.{field}");
        let span = self.expiration_time.as_deref();
        if span.is_some_and(|text| time_span::seconds(text).is_none()) {
            problems.push(Problem::new(
                path("expirationTime"),
                "must be a number and a unit, for example 15m or 2 hours",
            ));
        }
        let payload = self.define_payload.iter().flatten();
        let payload =
            payload.map(|(claim, field)| (path(&format!("definePayload.{claim}")), field));
        let subject = self.get_subject.iter();
        let fields = payload.chain(subject.map(|field| (path("getSubject"), field)));
        for (path, field) in fields {
            let is_field = ["user.", "session."].iter().any(|owner| {
                field
                    .strip_prefix(owner)
                    .is_some_and(|name| !name.is_empty())
            });
            if !is_field {
                problems.push(Problem::new(
                    path,
                    "must name a field of the user or the session, for example user.email",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(yaml: &str) -> Vec<String> {
        let settings: Jwt = serde_saphyr::from_str(yaml).unwrap();
        let mut problems = Vec::new();
        settings.validate(&mut problems);
        problems.into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn absent_settings_take_the_documented_defaults() {
        let settings = Jwt::default();
        assert_eq!(settings.jwks().alg(), JwtAlgorithm::EdDsa);
        assert_eq!(settings.jwks().grace_period(), 2_592_000);
        assert_eq!(settings.jwt().lifetime(), 900);
        assert_eq!(paths("{}"), [""; 0]);
    }

    #[test]
    fn valid_settings_have_no_problem() {
        let yaml = "
            jwks: {keyPairConfig: {alg: PS256, modulusLength: 3072}, rotationInterval: 86400, jwksPath: /keys}
            jwt: {audience: [a], expirationTime: 1h, definePayload: {mail: user.email}, getSubject: user.email}";
        assert_eq!(paths(yaml), [""; 0]);
    }

    #[test]
    fn every_problem_is_reported_with_its_path() {
        let yaml = "
            jwks: {remoteUrl: 'https://a.example', keyPairConfig: {modulusLength: 1024}, rotationInterval: 1,
              gracePeriod: 315360001, jwksPath: /a/..}
            jwt: {expirationTime: soon, definePayload: {mail: email}, getSubject: user.}";
        assert_eq!(
            paths(yaml),
            [
                "plugins.jwt.jwks.keyPairConfig.alg",
                "plugins.jwt.jwks.keyPairConfig.modulusLength",
                "plugins.jwt.jwks.jwksPath",
                "plugins.jwt.jwks.rotationInterval",
                "plugins.jwt.jwks.gracePeriod",
                "plugins.jwt.jwt.expirationTime",
                "plugins.jwt.jwt.definePayload.mail",
                "plugins.jwt.jwt.getSubject",
            ]
        );
    }
}
