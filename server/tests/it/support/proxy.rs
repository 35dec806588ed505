//! A wire to Postgres that can go silent: connections stay open, and nothing passes any more.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
};
use url::Url;

/// A proxy on a port of its own.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    target: SocketAddr,
    /// Counts how often the listening connections were silenced: those that listened before say nothing.
    silenced: watch::Sender<usize>,
    listeners: AtomicUsize,
}

impl Proxy {
    /// A proxy to the server that `url` names.
    pub(crate) async fn to(url: &str) -> Self {
        let url = Url::parse(url).unwrap();
        let target = (url.host_str().unwrap(), url.port().unwrap_or(5432));
        let target = tokio::net::lookup_host(target)
            .await
            .unwrap()
            .next()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            target,
            silenced: watch::channel(0).0,
            listeners: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { state.pass(client).await.unwrap_or_default() });
            }
        });
        Self {
            address,
            state,
            task,
        }
    }

    /// `url`, through this proxy.
    pub(crate) fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.into()
    }

    /// Lets nothing pass any more on connections that listen now.
    pub(crate) fn silence_listeners(&self) {
        self.state.silenced.send_modify(|times| *times += 1);
    }

    /// How many connections have begun to listen.
    pub(crate) fn listeners(&self) -> usize {
        self.state.listeners.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    async fn pass(&self, client: TcpStream) -> std::io::Result<()> {
        let server = TcpStream::connect(self.target).await?;
        let ((from_client, to_client), (from_server, to_server)) =
            (client.into_split(), server.into_split());
        let listens = AtomicBool::new(false);
        tokio::select! {
            passed = self.forward(from_client, to_server, &listens, true) => passed,
            passed = self.forward(from_server, to_client, &listens, false) => passed,
        }
    }

    async fn forward(
        &self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
        listens: &AtomicBool,
        looks: bool,
    ) -> std::io::Result<()> {
        let mut silenced = self.silenced.subscribe();
        let mut bytes = vec![0; 16 * 1024];
        loop {
            tokio::select! {
                changed = silenced.changed() => {
                    if changed.is_err() || listens.load(Ordering::SeqCst) {
                        std::future::pending::<()>().await;
                    }
                }
                read = from.read(&mut bytes) => {
                    let read = read?;
                    if read == 0 {
                        return Ok(());
                    }
                    let is_first = looks
                        && bytes[..read].windows(8).any(|word| word == b"LISTEN \"")
                        && !listens.swap(true, Ordering::SeqCst);
                    if is_first {
                        self.listeners.fetch_add(1, Ordering::SeqCst);
                    }
                    to.write_all(&bytes[..read]).await?;
                }
            }
        }
    }
}
