//! `connect`: forwards a local port to the API, or prints the psql command for the database.

mod psql;

use std::net::SocketAddr;
use std::sync::Arc;

use authbackend_crds::v1alpha1::{AuthBackend, DEFAULT_MOUNT_PATH};
use authbackend_operator::build::deployment::{ADMIN_PORT, HTTP_PORT};
use authbackend_operator::labels::{Component, selector_text};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, ResourceExt as _};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::args;
use crate::cluster::Cluster;
use crate::output::Screen;
use crate::problem::Problem;

/// Does what `options` ask for; a port is forwarded until the process is interrupted.
pub(crate) async fn run(
    cluster: &Cluster,
    options: &args::Connect,
    screen: &mut Screen<'_>,
) -> Result<(), Problem> {
    let auth_backend = cluster.auth_backend(&options.name).await?;
    if options.psql {
        let command = psql::command(&auth_backend, &cluster.namespace);
        return screen.line(&command);
    }
    let target = Arc::new(Target {
        pods: cluster.api(),
        selector: selector_text(&options.name, Component::Server),
        port: if options.admin { ADMIN_PORT } else { HTTP_PORT },
    });
    // A pod that could be reached now, so that what is wrong is told before anything is promised.
    let found = target
        .pod()
        .await
        .map_err(|error| Problem::of(error, &cluster.namespace))?;
    if found.is_none() {
        return Err(Problem::State(format!(
            "no pod of {0} is ready\nSee why: kubectl authbackend status {0} -n {1}",
            options.name, cluster.namespace
        )));
    }
    let address = SocketAddr::new(options.address, options.port);
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| Problem::Listen { address, error })?;
    for line in greeting(&auth_backend, listener.local_addr()?, options.admin) {
        screen.line(&line)?;
    }
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                tokio::spawn(serve(Arc::clone(&target), stream));
            }
            interrupted = tokio::signal::ctrl_c() => return Ok(interrupted?),
        }
    }
}

/// What is reached at the local address.
fn greeting(auth_backend: &AuthBackend, address: SocketAddr, admin: bool) -> Vec<String> {
    if admin {
        return vec![format!(
            "http://{address}/metrics, /readyz and /livez. Ctrl-C ends it."
        )];
    }
    let base_url = &auth_backend.spec.base_url;
    let path = Url::parse(base_url).map(|url| url.path().trim_end_matches('/').to_owned());
    let path = path.ok().filter(|path| !path.is_empty());
    let path = path.as_deref().unwrap_or(DEFAULT_MOUNT_PATH);
    vec![
        format!("http://{address}{path} is {base_url}. Ctrl-C ends it."),
        format!("Try: curl http://{address}{path}/ok"),
    ]
}

/// Pods that a connection can go to.
struct Target {
    pods: Api<Pod>,
    selector: String,
    port: u16,
}

impl Target {
    /// A pod that is ready and stays.
    async fn pod(&self) -> Result<Option<String>, kube::Error> {
        let params = kube::api::ListParams::default().labels(&self.selector);
        let pods = self.pods.list(&params).await?;
        Ok(pods
            .items
            .iter()
            .find(|pod| is_ready(pod))
            .map(Pod::name_any))
    }
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    pod.metadata.deletion_timestamp.is_none()
        && conditions
            .into_iter()
            .flatten()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Forwards a connection to a pod that is ready now: a rollout ends connections, not the command.
async fn serve(target: Arc<Target>, mut local: TcpStream) {
    let forward = async {
        let pod = target.pod().await?.ok_or("no pod is ready")?;
        let mut forwarder = target.pods.portforward(&pod, &[target.port]).await?;
        let mut remote = forwarder.take_stream(target.port).ok_or("no stream")?;
        copy_bidirectional(&mut local, &mut remote).await?;
        drop(remote);
        forwarder.join().await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    if let Err(error) = forward.await {
        eprintln!("a connection ended: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greet(base_url: &str, admin: bool) -> String {
        let mut auth_backend = AuthBackend::default();
        auth_backend.spec.base_url = base_url.to_owned();
        greeting(&auth_backend, "127.0.0.1:8100".parse().unwrap(), admin).join("\n")
    }

    #[test]
    fn the_local_url_has_the_path_of_the_api() {
        assert_eq!(
            greet("https://shop.example/api", false),
            "http://127.0.0.1:8100/api is https://shop.example/api. Ctrl-C ends it.\n\
             Try: curl http://127.0.0.1:8100/api/ok"
        );
        assert!(greet("https://shop.example", false).contains("http://127.0.0.1:8100/api/auth/ok"));
    }

    #[test]
    fn the_admin_port_is_no_api() {
        assert!(!greet("https://shop.example/api", true).contains("/api"));
    }
}
