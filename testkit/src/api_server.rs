//! An etcd and a kube-apiserver on loopback, which end with the process that started them.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use k8s_openapi::api::networking::v1::ServiceCIDR;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::PostParams;
use kube::config::{
    AuthInfo, Cluster, Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster,
    NamedContext,
};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Client, Config, CustomResourceExt as _};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

use authbackend_crds::v1alpha1::AuthBackend;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum User {
    /// A member of the group that may do everything.
    Administrator,
    /// The operator, which may do what it was granted.
    Operator,
}

impl User {
    fn token(self) -> &'static str {
        match self {
            Self::Administrator => "administrator-of-a-test",
            Self::Operator => "operator-of-a-test",
        }
    }
}

/// Ends its command and removes its directory when the test process is gone, however it ended: its standard input is a
/// pipe from the test process. Asked politely, an API server whose etcd has gone before it never ends.
const GUARDIAN: &str =
    "dir=$1; shift; \"$@\" & pid=$!; read -r _; kill -KILL $pid; wait $pid; rm -rf \"$dir\"";

/// What stands before the point in the DER form of a public key on the curve P-256 (RFC 5480).
const P256_PUBLIC_KEY_INFO: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A running API server with its etcd. They end with this process, however it ends.
#[derive(Debug)]
pub struct ApiServer {
    url: String,
    log: PathBuf,
    /// Their standard inputs stay open until this process ends.
    guardians: [Child; 2],
}

impl ApiServer {
    /// Starts both programs, which are in the directory `binaries`. Use [`Self::install`] to wait for them.
    pub fn start(binaries: &Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (etcd, url) = start_etcd(binaries);
        start_apiserver(binaries, etcd, &url)
    }

    /// Process ids of the guardians of etcd and of the API server: the programs are their children.
    pub fn guardians(&self) -> [u32; 2] {
        self.guardians.each_ref().map(Child::id)
    }

    /// What programs read to reach the API server, at `path` below its root.
    pub fn kubeconfig(&self, user: User, path: &str) -> Kubeconfig {
        Kubeconfig {
            clusters: vec![NamedCluster {
                name: "test".to_owned(),
                cluster: Some(Cluster {
                    server: Some(format!("{}{path}", self.url)),
                    insecure_skip_tls_verify: Some(true),
                    ..Cluster::default()
                }),
                ..NamedCluster::default()
            }],
            auth_infos: vec![NamedAuthInfo {
                name: "test".to_owned(),
                auth_info: Some(AuthInfo {
                    token: Some(user.token().to_owned().into()),
                    ..AuthInfo::default()
                }),
                ..NamedAuthInfo::default()
            }],
            contexts: vec![NamedContext {
                name: "test".to_owned(),
                context: Some(Context {
                    cluster: "test".to_owned(),
                    user: Some("test".to_owned()),
                    ..Context::default()
                }),
                ..NamedContext::default()
            }],
            current_context: Some("test".to_owned()),
            ..Kubeconfig::default()
        }
    }

    /// The configuration of a client.
    pub async fn config(&self, user: User) -> Config {
        Config::from_custom_kubeconfig(self.kubeconfig(user, ""), &KubeConfigOptions::default())
            .await
            .expect("a configuration without files is complete")
    }

    /// Waits until it answers, and installs the resource's definition.
    pub async fn install(&self, client: &Client) {
        wait_until_ready(client, &self.log).await;
        let api: Api<CustomResourceDefinition> = Api::all(client.clone());
        api.create(&PostParams::default(), &AuthBackend::crd())
            .await
            .unwrap();
        let established = await_condition(
            api,
            AuthBackend::crd_name(),
            conditions::is_crd_established(),
        );
        tokio::time::timeout(Duration::from_secs(30), established)
            .await
            .expect("the definition is accepted within 30 s")
            .unwrap();
        // Until then it lets every Service wait for an address.
        let ranges: Api<ServiceCIDR> = Api::all(client.clone());
        let ready = await_condition(ranges, "kubernetes", is_ready);
        tokio::time::timeout(Duration::from_mins(1), ready)
            .await
            .expect("there are addresses for Services within a minute")
            .unwrap();
    }
}

fn is_ready(range: Option<&ServiceCIDR>) -> bool {
    let status = range.and_then(|range| range.status.as_ref());
    let mut conditions = status.iter().flat_map(|it| it.conditions.iter().flatten());
    conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// Returns the process and its URL for clients.
fn start_etcd(binaries: &Path) -> (Child, String) {
    let urls = free_ports::<2>().map(|port| format!("http://127.0.0.1:{port}"));
    let [client, peer] = &urls;
    let cluster = format!("default={peer}");
    let args = [
        ("--data-dir", "data"),
        ("--listen-client-urls", client),
        ("--advertise-client-urls", client),
        ("--listen-peer-urls", peer),
        ("--initial-advertise-peer-urls", peer),
        ("--initial-cluster", &cluster),
        ("--unsafe-no-fsync", "true"),
    ];
    let process = spawn(&binaries.join("etcd"), &directory("etcd"), &args);
    (process, client.clone())
}

fn start_apiserver(binaries: &Path, etcd: Child, etcd_url: &str) -> ApiServer {
    let dir = directory("apiserver");
    let [administrator, operator] = [User::Administrator, User::Operator].map(User::token);
    let users =
        format!("{administrator},admin,admin,\"system:masters\"\n{operator},operator,operator\n");
    fs::write(dir.join("tokens.csv"), users).unwrap();
    let [private, public] = key_pair();
    fs::write(dir.join("private.pem"), private).unwrap();
    fs::write(dir.join("public.pem"), public).unwrap();
    let [port] = free_ports().map(|port: u16| port.to_string());
    let args = [
        ("--etcd-servers", etcd_url),
        ("--bind-address", "127.0.0.1"),
        ("--secure-port", &port),
        // The addresses of an API server for pods may not be on loopback, and there are no pods.
        ("--endpoint-reconciler-type", "none"),
        ("--cert-dir", "certs"),
        ("--token-auth-file", "tokens.csv"),
        ("--authorization-mode", "RBAC"),
        ("--service-account-issuer", "https://kubernetes.default.svc"),
        ("--service-account-signing-key-file", "private.pem"),
        ("--service-account-key-file", "public.pem"),
        ("--service-cluster-ip-range", "10.0.0.0/16"),
        // Without a controller manager no ServiceAccount `default` appears, which pods would wait for.
        ("--disable-admission-plugins", "ServiceAccount"),
    ];
    let process = spawn(&binaries.join("kube-apiserver"), &dir, &args);
    ApiServer {
        guardians: [etcd, process],
        url: format!("https://127.0.0.1:{port}"),
        log: dir.join("log"),
    }
}

async fn wait_until_ready(client: &Client, log: &Path) {
    for _ in 0..600 {
        let request = hyper::Request::get("/readyz").body(Vec::new()).unwrap();
        if client.request_text(request).await.is_ok() {
            return;
        }
        if let Some(reason) = failure(log) {
            panic!("the API server does not start: {reason}");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the API server is not ready after 60 s");
}

fn failure(log: &Path) -> Option<String> {
    let log = fs::read_to_string(log).ok()?;
    log.lines()
        .find(|line| line.contains("command failed"))
        .map(str::to_owned)
}

fn spawn(binary: &Path, dir: &Path, args: &[(&str, &str)]) -> Child {
    let log = fs::File::create(dir.join("log")).unwrap();
    Command::new("sh")
        .args(["-c", GUARDIAN, "guardian"])
        .args([dir, binary])
        .args(
            args.iter()
                .map(|(option, value)| format!("{option}={value}")),
        )
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("{} cannot be started: {error}", binary.display()))
}

fn directory(name: &str) -> PathBuf {
    tempfile::Builder::new()
        .prefix(&format!("authbackend-{name}-"))
        .tempdir()
        .unwrap()
        .keep()
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// A key pair for the tokens of service accounts: the private and the public half, in PEM.
fn key_pair() -> [String; 2] {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let private = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, private.as_ref(), &random).unwrap();
    let public = [P256_PUBLIC_KEY_INFO, pair.public_key().as_ref()].concat();
    [
        pem("PRIVATE KEY", private.as_ref()),
        pem("PUBLIC KEY", &public),
    ]
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}
