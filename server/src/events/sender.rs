//! Tells events to other services.

use std::{sync::Arc, time::Duration};

use authbackend_crds::auth::{AuthSettings, EventWebhook};
use futures::{FutureExt as _, future::BoxFuture};

use super::Queued;
use crate::outbox::{
    Deliver, Failure, Item,
    webhook::{self, Poster},
};

/// Tells events to other services.
pub struct EventSender {
    webhooks: Vec<EventWebhook>,
    poster: Arc<Poster>,
}

impl EventSender {
    /// A sender to the services that the settings name, if they do.
    pub fn new(settings: &AuthSettings, poster: &Arc<Poster>) -> Option<Self> {
        let webhooks: Vec<_> = settings.webhooks.iter().flatten().cloned().collect();
        (!webhooks.is_empty()).then(|| Self {
            webhooks,
            poster: Arc::clone(poster),
        })
    }

    async fn send(&self, item: &Item) -> Result<(), Failure> {
        let Queued { url, body } = serde_json::from_str(&item.payload)
            .map_err(|_| Failure::never("the event was queued by a server of another version"))?;
        let webhook = self.webhooks.iter().find(|webhook| webhook.url == url);
        let webhook = webhook
            .ok_or_else(|| Failure::never("the settings do not name its receiver any more"))?;
        let body =
            serde_json::to_string(&body).map_err(|error| Failure::never(error.to_string()))?;
        self.poster
            .post(&url, &webhook.signing_secret_ref, &item.message_id, body)
            .await
    }
}

impl Deliver for EventSender {
    fn deliver<'a>(&'a self, item: &'a Item) -> BoxFuture<'a, Result<(), Failure>> {
        self.send(item).boxed()
    }

    fn limit(&self) -> Duration {
        webhook::LIMIT
    }

    fn receivers(&self) -> usize {
        self.webhooks.len()
    }
}
