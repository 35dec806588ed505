//! The limits: a bare hyper server that answers a constant, or that first runs the query of a session.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_postgres::{Client, NoTls, Statement};

/// The session and its user by token, as the auth server asks.
pub const QUERY: &str =
    r#"SELECT s.*, u.* FROM "session" s JOIN "user" u ON u."id" = s."userId" WHERE s."token" = $1"#;

/// Options of `peer`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Port on loopback.
    #[arg(long)]
    port: u16,

    /// Bytes of the answer's body.
    #[arg(long)]
    length: usize,

    /// Database of the query; without one, nothing is asked.
    #[arg(long, requires = "tokens")]
    database: Option<String>,

    /// Token of a session that is asked for in turn with the others.
    #[arg(long = "token")]
    tokens: Vec<String>,
}

/// A query that is prepared on connections over which requests are pipelined.
struct Prepared {
    lanes: Vec<(Client, Statement)>,
    next: AtomicUsize,
    tokens: Vec<String>,
}

/// Connections to the database: with one, its one process is the limit; with more than two there is less to pipeline.
const LANES: usize = 2;

/// Serves until it is killed.
pub async fn run(arguments: Arguments) -> Result<()> {
    let prepared = match arguments.database {
        Some(database) => Some(Arc::new(prepare(&database, arguments.tokens).await?)),
        None => None,
    };
    let body = Bytes::from(vec![b'x'; arguments.length]);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (body, prepared) = (body.clone(), prepared.clone());
        let service = service_fn(move |_: Request<hyper::body::Incoming>| {
            let (body, prepared) = (body.clone(), prepared.clone());
            async move { Ok::<_, Infallible>(answer(body, prepared.as_deref()).await) }
        });
        tokio::spawn(async move {
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A client that leaves ends its connection; there is nobody to tell.
            let _ = connection.await;
        });
    }
}

async fn prepare(database: &str, tokens: Vec<String>) -> Result<Prepared> {
    let mut lanes = Vec::with_capacity(LANES);
    for _ in 0..LANES {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
        tokio::spawn(connection);
        let statement = client.prepare(QUERY).await?;
        lanes.push((client, statement));
    }
    Ok(Prepared {
        lanes,
        next: AtomicUsize::new(0),
        tokens,
    })
}

async fn answer(body: Bytes, prepared: Option<&Prepared>) -> Response<Full<Bytes>> {
    if let Some(Prepared {
        lanes,
        next,
        tokens,
    }) = prepared
    {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (client, statement) = &lanes[number % LANES];
        let token = &tokens[number % tokens.len()];
        // The row is read and not turned into the answer: a limit has nothing of an auth server's work.
        if client.query_one(statement, &[&token]).await.is_err() {
            let mut failed = Response::new(Full::default());
            *failed.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            return failed;
        }
    }
    Response::new(Full::new(body))
}
