//! One etcd and one kube-apiserver for the whole test binary.

use std::path::PathBuf;

use authbackend_testkit::{ApiServer, User};
use kube::config::Kubeconfig;
use kube::{Client, Config};
use tokio::sync::OnceCell;

/// The API server's client configuration. Starts it when it is called first.
pub async fn config(user: User) -> Config {
    server().await.config(user).await
}

/// What reaches the API server, at `path` below its root.
pub async fn kubeconfig(user: User, path: &str) -> Kubeconfig {
    server().await.kubeconfig(user, path)
}

/// Installs the resource's definition, once.
pub async fn install(client: &Client) {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    INSTALLED
        .get_or_init(|| async { server().await.install(client).await })
        .await;
}

async fn server() -> &'static ApiServer {
    static SERVER: OnceCell<ApiServer> = OnceCell::const_new();
    SERVER
        .get_or_init(|| async {
            let binaries = std::env::var_os("TEST_APISERVER_BIN").map(PathBuf::from).expect(
                "TEST_APISERVER_BIN (directory with kube-apiserver and etcd) is not set; run: cargo xtask test operator",
            );
            ApiServer::start(&binaries)
        })
        .await
}
