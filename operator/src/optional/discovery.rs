//! Which optional APIs the cluster serves.
//!
//! Asked of the API server's discovery, which every account may read: a watch on definitions would take a right on the
//! whole cluster, also where the operator is bound to namespaces. One small request per group every quarter of a minute,
//! by the leader alone.

use std::collections::BTreeSet;
use std::time::Duration;

use kube::Client;
use tokio::sync::watch;

use super::{OptionalApi, Served};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(15);
/// Time between two looks until the first has succeeded.
const FIRST_INTERVAL: Duration = Duration::from_secs(1);

/// Knows which optional APIs are served.
pub struct Discovery {
    client: Client,
    served: watch::Sender<Served>,
}

impl Discovery {
    /// Returns once it is known of every API whether it is served: a plan that is made earlier would report APIs as
    /// missing that are there.
    pub async fn start(client: Client) -> Self {
        loop {
            match look(&client, None).await {
                Ok(served) => {
                    tracing::info!(?served, "optional APIs");
                    let (served, _) = watch::channel(served);
                    return Self { client, served };
                }
                Err(error) => tracing::warn!(%error, "cannot ask which APIs are served"),
            }
            tokio::time::sleep(FIRST_INTERVAL).await;
        }
    }

    /// Those that are served, now and later.
    pub fn served(&self) -> watch::Receiver<Served> {
        self.served.subscribe()
    }

    /// Looks again for ever.
    pub async fn run(&self) {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let before = self.served.borrow().clone();
            if let Ok(served) = look(&self.client, Some(&before)).await
                && served != before
            {
                tracing::info!(?served, "other optional APIs are served than before");
                self.served.send_replace(served);
            }
        }
    }
}

/// The APIs that are served. What cannot be learned, because a server behind the API server does not answer, stays as it was
/// `before`; without a before it is an error.
async fn look(client: &Client, before: Option<&Served>) -> kube::Result<Served> {
    let versions: BTreeSet<&str> = OptionalApi::ALL.map(OptionalApi::api_version).into();
    let mut served = Served::new();
    for version in versions {
        let apis = OptionalApi::ALL
            .into_iter()
            .filter(|api| api.api_version() == version);
        match client.list_api_group_resources(version).await {
            Ok(list) => {
                let is_listed = |api: &OptionalApi| {
                    list.resources
                        .iter()
                        .any(|resource| resource.name == api.plural())
                };
                served.extend(apis.filter(is_listed));
            }
            // Of a group that there is not the server says so in plain text, without a reason.
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => {
                let before = before.ok_or(error)?;
                served.extend(apis.filter(|api| before.contains(api)));
            }
        }
    }
    Ok(served)
}
