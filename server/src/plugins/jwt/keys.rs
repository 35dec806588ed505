//! The keys: made when they are needed, stored as better-auth stores them, and kept in memory while they sign.

use std::sync::{Arc, PoisonError, RwLock};

use authbackend_crds::auth::{Jwks, JwtAlgorithm};
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::store::{self, StoredKey};
use crate::{
    app::App,
    crypto::jws::{self, Algorithm, PrivateJwk, PrivateKey},
    http::error::ApiError,
};

/// How long a key signs before the database is asked again whether it still should.
const MEMORY: Duration = Duration::MINUTE;

/// A key that signs, and the name by which tokens refer to it.
pub(super) struct SigningKey {
    pub(super) id: String,
    pub(super) key: PrivateKey,
}

/// What the plugin remembers.
#[derive(Default)]
struct KeyRing {
    current: RwLock<Option<(Arc<SigningKey>, OffsetDateTime)>>,
    /// Held while a key is read or made, so that requests that need one wait for it together.
    loading: Mutex<()>,
}

impl KeyRing {
    fn current(&self, now: OffsetDateTime) -> Option<Arc<SigningKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let (key, until) = current.as_ref()?;
        (now < *until).then(|| Arc::clone(key))
    }

    /// Forgets the key that signs unless it is one of `stored`: nobody could verify what it signs.
    fn keep(&self, stored: &[StoredKey]) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|(key, _)| stored.iter().all(|it| it.id != key.id));
    }
}

/// A stored key that cannot be used.
#[derive(Debug, thiserror::Error)]
enum StoredKeyError {
    /// It is encrypted by a secret that is not known.
    #[error(
        "the private key {0} of the table jwks cannot be decrypted: list the secret that it was encrypted with, or delete its row"
    )]
    Secret(String),
    /// It is no key.
    #[error("the row {0} of the table jwks holds no key that can sign: delete it")]
    Form(String),
    /// There is none, though one was stored a moment ago.
    #[error("the table jwks holds no key")]
    Missing,
}

/// The key that signs now: the newest that has not expired. Makes one where there is none.
pub(super) async fn signing(app: &App, settings: &Jwks) -> Result<Arc<SigningKey>, ApiError> {
    let ring = app.plugins.memory::<KeyRing>();
    if let Some(key) = ring.current(app.clock.now()) {
        return Ok(key);
    }
    let _loading = ring.loading.lock().await;
    let now = app.clock.now();
    if let Some(key) = ring.current(now) {
        return Ok(key);
    }
    let mut keys = store::all(&mut app.db.get().await?).await?;
    if newest(&keys, settings, now).is_none() {
        keys = create(app, settings, |keys| newest(keys, settings, now).is_some()).await?;
    }
    let stored = newest(&keys, settings, now).ok_or(StoredKeyError::Missing)?;
    let key = Arc::new(SigningKey {
        key: open(app, settings, stored)?,
        id: stored.id.clone(),
    });
    let until = stored
        .expires_at
        .map_or(now + MEMORY, |expires_at| expires_at.min(now + MEMORY));
    let mut current = ring.current.write().unwrap_or_else(PoisonError::into_inner);
    *current = Some((Arc::clone(&key), until));
    Ok(key)
}

/// The public keys whose tokens may still be around. Makes the first one.
pub(super) async fn published(
    app: &App,
    settings: &Jwks,
) -> Result<Vec<Map<String, Value>>, ApiError> {
    let ring = app.plugins.memory::<KeyRing>();
    let mut keys = store::all(&mut app.db.get().await?).await?;
    if keys.is_empty() {
        // Of those who find none at once one makes it: anybody may ask, and an RSA key takes its time.
        let _loading = ring.loading.lock().await;
        keys = store::all(&mut app.db.get().await?).await?;
        if keys.is_empty() {
            keys = create(app, settings, |keys| !keys.is_empty()).await?;
        }
    }
    ring.keep(&keys);
    let grace_period = Duration::seconds(settings.grace_period().into());
    let oldest = app.clock.now() - grace_period;
    let published = keys.iter().filter(|key| key.is_live(oldest));
    published.map(|key| public(key, settings)).collect()
}

fn public(key: &StoredKey, settings: &Jwks) -> Result<Map<String, Value>, ApiError> {
    let members: Map<String, Value> = serde_json::from_str(&key.public_key)?;
    let algorithm = key.algorithm.as_deref();
    let algorithm = algorithm.unwrap_or_else(|| algorithm_of(settings).name());
    let mut public = Map::from_iter([("alg".to_owned(), algorithm.into())]);
    if let Some(curve) = &key.curve {
        public.insert("crv".to_owned(), curve.as_str().into());
    }
    public.extend(members);
    public.insert("kid".to_owned(), key.id.as_str().into());
    Ok(public)
}

/// The newest live key of the algorithm that the settings want, or of any.
fn newest<'a>(
    keys: &'a [StoredKey],
    settings: &Jwks,
    now: OffsetDateTime,
) -> Option<&'a StoredKey> {
    let wanted = algorithm_of(settings).name();
    let live = || keys.iter().filter(|key| key.is_live(now));
    live()
        .find(|key| key.algorithm.as_deref().unwrap_or(wanted) == wanted)
        .or_else(|| live().next())
}

/// Makes a key and stores it, unless another process has stored one that `is_enough` in the meantime.
async fn create(
    app: &App,
    settings: &Jwks,
    is_enough: impl Fn(&[StoredKey]) -> bool + Send,
) -> Result<Vec<StoredKey>, ApiError> {
    let algorithm = algorithm_of(settings);
    let (bits, random) = (settings.modulus_length(), Arc::clone(&app.random));
    tracing::info!(algorithm = algorithm.name(), "making a signing key");
    // An RSA key takes its time.
    let made = tokio::task::spawn_blocking(move || jws::generate(algorithm, bits, &random));
    let jwk = made.await??;
    let private_key = serde_json::to_string(&jwk)?;
    let now = app.clock.now();
    let key = StoredKey {
        id: String::new(),
        public_key: serde_json::to_string(&jwk.public)?,
        private_key: if settings.disable_private_key_encryption() {
            private_key
        } else {
            serde_json::to_string(&app.secret_box().seal(&private_key, &app.random)?)?
        },
        created_at: now,
        expires_at: settings
            .rotation_interval
            .map(|interval| now + Duration::seconds(interval.into())),
        algorithm: Some(algorithm.name().to_owned()),
        curve: jwk.public.crv.clone(),
    };
    let id = app.new_id();
    let mut db = app.db.get().await?;
    Ok(store::add(&mut db, id.as_deref(), &key, is_enough).await?)
}

/// The private key of a row, be it encrypted or not.
fn open(app: &App, settings: &Jwks, stored: &StoredKey) -> Result<PrivateKey, StoredKeyError> {
    let no_key = || StoredKeyError::Form(stored.id.clone());
    let value: Value = serde_json::from_str(&stored.private_key).map_err(|_| no_key())?;
    let jwk: PrivateJwk = match value {
        Value::String(sealed) => {
            let opened = app.secret_box().open(&sealed);
            let opened = opened.ok_or_else(|| StoredKeyError::Secret(stored.id.clone()))?;
            serde_json::from_str(&opened).map_err(|_| no_key())?
        }
        clear => serde_json::from_value(clear).map_err(|_| no_key())?,
    };
    let algorithm = match &stored.algorithm {
        Some(name) => Algorithm::from_name(name).ok_or_else(no_key)?,
        None => algorithm_of(settings),
    };
    PrivateKey::new(&jwk, algorithm).map_err(|_| no_key())
}

fn algorithm_of(settings: &Jwks) -> Algorithm {
    match settings.alg() {
        JwtAlgorithm::EdDsa => Algorithm::EdDsa,
        JwtAlgorithm::Es256 => Algorithm::Es256,
        JwtAlgorithm::Es512 => Algorithm::Es512,
        JwtAlgorithm::Ps256 => Algorithm::Ps256,
        JwtAlgorithm::Rs256 => Algorithm::Rs256,
    }
}
