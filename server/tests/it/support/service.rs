//! A service that gives tokens and tells who a user is, and counts how often it is asked.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A service on a port of its own. Its answers take a while, so that requests at once meet there.
pub(crate) struct Service {
    address: SocketAddr,
    /// The bodies of the requests for tokens.
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Service {
    /// A service that answers each request for tokens with new ones, numbered, which end after an hour.
    pub(crate) async fn start() -> Self {
        Self::answering(|number| {
            json!({
                "access_token": format!("access {number}"),
                "refresh_token": format!("refresh {number}"),
                "expires_in": 3600,
            })
        })
        .await
    }

    /// A service that answers the nth request for tokens with `tokens(n)`.
    pub(crate) async fn answering(tokens: fn(usize) -> Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&log), tokens));
            }
        });
        Self {
            address,
            asked,
            task,
        }
    }

    /// The settings of a server that knows the service as `shop`.
    pub(crate) fn settings(&self) -> String {
        let url = format!("http://{}", self.address);
        format!(
            "plugins: {{genericOAuth: {{config: [{{providerId: shop, clientId: client, \
             authorizationUrl: '{url}/authorize', tokenUrl: '{url}/token', userInfoUrl: '{url}/me'}}]}}}}\n"
        )
    }

    /// The bodies of the requests for tokens so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The head and the body of a request, which says how long it is; `None` if the connection ends before.
pub(crate) async fn receive(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().unwrap())
        });
        if body.len() >= length.unwrap_or(0_usize) {
            return Some((head.to_owned(), body.to_owned()));
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    log: Arc<Mutex<Vec<String>>>,
    tokens: fn(usize) -> Value,
) -> Option<()> {
    let (head, body) = receive(&mut stream).await?;
    let answer = if head.starts_with("POST /token") {
        let number = {
            let mut log = log.lock().unwrap();
            log.push(body);
            log.len()
        };
        tokio::time::sleep(Duration::from_millis(500)).await;
        tokens(number)
    } else {
        json!({"id": "ann-there", "name": "Ann", "email": "ann@there.example", "email_verified": true})
    };
    let status = if answer["error"].is_null() {
        "200 OK"
    } else {
        "400 Bad Request"
    };
    let answer = answer.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        answer.len()
    );
    stream.write_all((head + &answer).as_bytes()).await.ok()
}
