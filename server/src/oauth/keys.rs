//! The public keys of services, each set fetched once for many tokens.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
};

use arc_swap::ArcSwapOption;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::transport::{Call, ServiceError, Transport, json};
use crate::crypto::jws::{Algorithm, Jwks, JwsError, Verified, verify};

/// How long a set is taken for current.
const LIFETIME: Duration = Duration::minutes(10);

/// How long a set is used that cannot be fetched again: a service that is down for some hours has not changed its keys,
/// or nobody has heard of it.
const LONGEST: Duration = Duration::hours(6);

/// How often a set is fetched again because it lacks the key of a token, at most: anybody can send tokens with keys
/// that nobody has.
const COOLDOWN: Duration = Duration::seconds(30);

/// How long after a fetch began that failed there is no other: twice what a call may take, so that whoever waited for it
/// shares its end.
const PAUSE: Duration = Duration::seconds(20);

/// The sets, by their URLs.
#[derive(Default)]
pub struct KeyCache(StdMutex<HashMap<String, Arc<Entry>>>);

#[derive(Default)]
struct Entry {
    /// The newest set. Whoever verifies by it waits for nobody.
    set: ArcSwapOption<Set>,
    /// Held by whoever fetches.
    fetches: Mutex<Fetches>,
}

struct Set {
    keys: Jwks,
    fetched_at: OffsetDateTime,
}

#[derive(Default)]
struct Fetches {
    /// When a set was last fetched because it lacked a key.
    renewed_at: Option<OffsetDateTime>,
    /// When the last fetch began that failed, unless one has succeeded since, and why.
    failed: Option<(OffsetDateTime, Arc<ServiceError>)>,
}

/// Why a token is not believed, or cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The token is wrong.
    #[error(transparent)]
    Token(#[from] JwsError),
    /// The keys cannot be had.
    #[error("the keys of the service cannot be had: {0}")]
    Keys(#[from] Arc<ServiceError>),
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
        let set = entry.current(http, url, now).await?;
        match verify(&set.keys, token, allowed) {
            // A service may sign with a new key, under a new name or none.
            Err(JwsError::UnknownKey | JwsError::Signature) => {
                let newer = entry.newer(http, url, &set, now).await?;
                let newer = newer.ok_or(JwsError::UnknownKey)?;
                Ok(verify(&newer.keys, token, allowed)?)
            }
            verdict => Ok(verdict?),
        }
    }

    fn entry(&self, url: &str) -> Arc<Entry> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(entries.entry(url.to_owned()).or_default())
    }
}

impl Entry {
    /// A set to verify by: the one that is known while it is current, or while nothing better is to be had.
    async fn current(
        &self,
        http: &impl Transport,
        url: &str,
        now: OffsetDateTime,
    ) -> Result<Arc<Set>, Arc<ServiceError>> {
        let is_younger = |set: &Arc<Set>, age| now - set.fetched_at < age;
        let known = self.set.load_full();
        if let Some(known) = known.filter(|set| is_younger(set, LONGEST)) {
            if is_younger(&known, LIFETIME) {
                return Ok(known);
            }
            // One fetches, and the others go on with what there is.
            let Ok(mut fetches) = self.fetches.try_lock() else {
                return Ok(known);
            };
            let fetched = self.fetch(&mut fetches, http, url, now).await;
            return Ok(fetched.unwrap_or(known));
        }
        let mut fetches = self.fetches.lock().await;
        match self.set.load_full() {
            Some(set) if is_younger(&set, LIFETIME) => Ok(set),
            _ => self.fetch(&mut fetches, http, url, now).await,
        }
    }

    /// A set newer than `known`; none where it is too early to ask for one.
    async fn newer(
        &self,
        http: &impl Transport,
        url: &str,
        known: &Arc<Set>,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Set>>, Arc<ServiceError>> {
        let mut fetches = self.fetches.lock().await;
        let newest = self.set.load_full();
        if newest.as_ref().is_some_and(|it| !Arc::ptr_eq(it, known)) {
            return Ok(newest);
        }
        if fetches.renewed_at.is_some_and(|at| now - at < COOLDOWN) {
            return Ok(None);
        }
        let set = self.fetch(&mut fetches, http, url, now).await?;
        fetches.renewed_at = Some(now);
        Ok(Some(set))
    }

    /// Fetches the set, unless that has failed a moment ago.
    async fn fetch(
        &self,
        fetches: &mut Fetches,
        http: &impl Transport,
        url: &str,
        now: OffsetDateTime,
    ) -> Result<Arc<Set>, Arc<ServiceError>> {
        if let Some((at, error)) = &fetches.failed
            && now - *at < PAUSE
        {
            return Err(Arc::clone(error));
        }
        match fetch(http, url).await {
            Ok(keys) => {
                let set = Arc::new(Set {
                    keys,
                    fetched_at: now,
                });
                self.set.store(Some(Arc::clone(&set)));
                fetches.failed = None;
                Ok(set)
            }
            Err(error) => {
                tracing::warn!(%error, url, "the keys of a service cannot be fetched");
                let error = Arc::new(error);
                fetches.failed = Some((now, Arc::clone(&error)));
                Err(error)
            }
        }
    }
}

async fn fetch(http: &impl Transport, url: &str) -> Result<Jwks, ServiceError> {
    let call = Call::get(url).with(hyper::header::ACCEPT, "application/json");
    let answer = json(&http.send(call).await?)?;
    serde_json::from_value(answer).map_err(|_| ServiceError::Answer("it is no set of keys"))
}

#[cfg(test)]
mod tests;
