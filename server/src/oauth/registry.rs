//! The services that the settings offer, found by their names.

use std::sync::Arc;

use authbackend_crds::auth::{AuthSettings, GenericOAuthConfig};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::{catalog, generic, keys::KeyCache, provider::Provider};
use crate::outbound::Outbound;

/// How long a service is taken for unreachable after its discovery document could not be had.
const RETRY_AFTER: Duration = Duration::seconds(5);

/// The services that the settings offer.
pub struct Providers {
    built_in: Vec<Arc<Provider>>,
    generic: Vec<Discovered>,
    keys: KeyCache,
}

/// A service that the settings describe, and what its discovery document says, once it is known.
struct Discovered {
    config: GenericOAuthConfig,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    provider: Option<Arc<Provider>>,
    failed_at: Option<OffsetDateTime>,
}

impl Providers {
    /// The services of `settings`.
    pub fn new(settings: &AuthSettings) -> Self {
        let built_in = settings.social_providers.iter().flatten();
        let built_in = built_in.filter(|(_, settings)| settings.enabled != Some(false));
        let plugins = settings.plugins.as_ref();
        let generic = plugins.and_then(|plugins| plugins.generic_oauth.as_ref());
        Self {
            built_in: built_in
                .filter_map(|(id, settings)| {
                    let service = catalog::find(id)?;
                    Some(Arc::new(Provider::BuiltIn(
                        service,
                        Box::new(settings.clone()),
                    )))
                })
                .collect(),
            generic: generic
                .iter()
                .flat_map(|generic| &generic.config)
                .map(|config| Discovered {
                    config: config.clone(),
                    state: Mutex::default(),
                })
                .collect(),
            keys: KeyCache::default(),
        }
    }

    /// The public keys of services.
    pub fn keys(&self) -> &KeyCache {
        &self.keys
    }

    /// The service `id`; none where there is none, or where its discovery document cannot be had now.
    pub async fn find(
        &self,
        http: &Outbound,
        id: &str,
        now: OffsetDateTime,
    ) -> Option<Arc<Provider>> {
        let generic = self
            .generic
            .iter()
            .find(|one| one.config.provider_id() == id);
        if let Some(generic) = generic {
            return generic.get(http, now).await;
        }
        let known = self.built_in.iter().find(|provider| provider.id() == id);
        known.cloned()
    }

    /// Whether any service may have a page that signs users out.
    pub fn can_sign_out(&self) -> bool {
        !self.generic.is_empty()
    }

    /// The service `id` if it can be used at once: whoever signs out waits for no discovery document.
    pub fn discovered(&self, id: &str) -> Option<Arc<Provider>> {
        let generic = self
            .generic
            .iter()
            .find(|one| one.config.provider_id() == id);
        match generic {
            Some(generic) => generic.state.try_lock().ok()?.provider.clone(),
            None => self
                .built_in
                .iter()
                .find(|provider| provider.id() == id)
                .cloned(),
        }
    }

    /// Asks for every discovery document, so that the first user need not wait for it.
    pub async fn discover_all(&self, http: &Outbound, now: OffsetDateTime) {
        for generic in &self.generic {
            generic.get(http, now).await;
        }
    }
}

impl Discovered {
    /// Of several requests at once, one asks for the document and the others wait for it.
    async fn get(&self, http: &Outbound, now: OffsetDateTime) -> Option<Arc<Provider>> {
        let mut state = self.state.lock().await;
        if state.provider.is_some() {
            return state.provider.clone();
        }
        if state.failed_at.is_some_and(|at| now - at < RETRY_AFTER) {
            return None;
        }
        match generic::discover(http, &self.config).await {
            Ok(generic) => {
                state.provider = Some(Arc::new(Provider::Generic(Box::new(generic))));
                state.provider.clone()
            }
            Err(error) => {
                let provider = self.config.provider_id();
                tracing::error!(provider, %error, "the discovery document cannot be used");
                state.failed_at = Some(now);
                None
            }
        }
    }
}
