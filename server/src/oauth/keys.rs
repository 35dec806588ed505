//! The public keys of services, each set fetched once for many tokens.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
};

use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::transport::{Call, ServiceError, Transport, json};
use crate::crypto::jws::{Algorithm, Jwks, JwsError, Verified, verify};

/// How long a set is taken for current.
const LIFETIME: Duration = Duration::minutes(10);

/// How often a set is fetched again because it lacks the key of a token, at most: anybody can send tokens with keys
/// that nobody has.
const COOLDOWN: Duration = Duration::seconds(30);

/// The sets, by their URLs.
#[derive(Default)]
pub struct KeyCache(StdMutex<HashMap<String, Arc<Mutex<Entry>>>>);

#[derive(Default)]
struct Entry {
    keys: Option<Arc<Jwks>>,
    fetched_at: Option<OffsetDateTime>,
    refetched_at: Option<OffsetDateTime>,
}

/// Why a token is not believed, or cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The token is wrong.
    #[error(transparent)]
    Token(#[from] JwsError),
    /// The keys cannot be had.
    #[error("the keys of the service cannot be had: {0}")]
    Keys(#[from] ServiceError),
}

impl KeyCache {
    /// Verifies the signature of `token` by the keys at `url`. Of several requests at once, one fetches them.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn verify(
        &self,
        http: &impl Transport,
        url: &str,
        token: &str,
        allowed: &[Algorithm],
        now: OffsetDateTime,
    ) -> Result<Verified, KeyError> {
        let entry = self.entry(url);
        let keys = entry.lock().await.current(http, url, now).await?;
        match verify(&keys, token, allowed) {
            // A service may sign with a new key, under a new name or none.
            Err(JwsError::UnknownKey | JwsError::Signature) => {
                let fresh = entry.lock().await.newer(http, url, &keys, now).await?;
                let fresh = fresh.ok_or(JwsError::UnknownKey)?;
                Ok(verify(&fresh, token, allowed)?)
            }
            verdict => Ok(verdict?),
        }
    }

    fn entry(&self, url: &str) -> Arc<Mutex<Entry>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(entries.entry(url.to_owned()).or_default())
    }
}

impl Entry {
    async fn current(
        &mut self,
        http: &impl Transport,
        url: &str,
        now: OffsetDateTime,
    ) -> Result<Arc<Jwks>, ServiceError> {
        match (&self.keys, self.fetched_at) {
            (Some(keys), Some(fetched_at)) if now - fetched_at < LIFETIME => Ok(Arc::clone(keys)),
            _ => self.fetch(http, url, now).await,
        }
    }

    /// A set newer than `known`; none where it is too early to ask for one.
    async fn newer(
        &mut self,
        http: &impl Transport,
        url: &str,
        known: &Arc<Jwks>,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Jwks>>, ServiceError> {
        if let Some(keys) = &self.keys
            && !Arc::ptr_eq(keys, known)
        {
            return Ok(Some(Arc::clone(keys)));
        }
        if self.refetched_at.is_some_and(|at| now - at < COOLDOWN) {
            return Ok(None);
        }
        self.refetched_at = Some(now);
        self.fetch(http, url, now).await.map(Some)
    }

    async fn fetch(
        &mut self,
        http: &impl Transport,
        url: &str,
        now: OffsetDateTime,
    ) -> Result<Arc<Jwks>, ServiceError> {
        let call = Call::get(url).with(hyper::header::ACCEPT, "application/json");
        let answer = json(&http.send(call).await?)?;
        let keys: Jwks = serde_json::from_value(answer)
            .map_err(|_| ServiceError::Answer("it is no set of keys"))?;
        let keys = Arc::new(keys);
        self.keys = Some(Arc::clone(&keys));
        self.fetched_at = Some(now);
        Ok(keys)
    }
}

#[cfg(test)]
mod tests;
