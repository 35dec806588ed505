//! A way to the API server that can be closed, as when the server is gone: connections end, and new ones are refused.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A way to the API server.
pub struct Proxy {
    address: SocketAddr,
    open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// One that is open.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, mut is_open) = watch::channel(true);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { continue };
                        if *is_open.borrow() {
                            connections.spawn(forward(stream, server));
                        }
                    }
                    changed = is_open.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        if !*is_open.borrow() {
                            connections.shutdown().await;
                        }
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Self {
            address,
            open,
            task,
        }
    }

    /// Where it begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends what is under way, and lets nothing through.
    pub fn close(&self) {
        self.open.send_replace(false);
    }

    /// Lets everything through again.
    pub fn reopen(&self) {
        self.open.send_replace(true);
    }
}

async fn forward(mut client: TcpStream, server: SocketAddr) {
    if let Ok(mut server) = TcpStream::connect(server).await {
        let _ended = copy_bidirectional(&mut client, &mut server).await;
    }
}
