//! The accept loop, for the API and for the admin port.
//!
//! It keeps what one client can cost within bounds (connections, size and time of a request) and ends gracefully:
//! no new connection, idle ones closed, requests finished.

mod api;
mod limits;
mod pauses;
mod trace;

use std::{
    convert::Infallible,
    error::Error,
    future::{Ready, ready},
    io,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures::future::{BoxFuture, Either, FutureExt as _};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::TokioIo,
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

pub use api::{Api, Shortcut};
pub use limits::Limits;
use pauses::Pauses;

/// Time for the head of a request, and between requests of a kept connection: longer than the idle timeout of common
/// load balancers (60 s), so that it is they who close.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// Bytes of a request's head, as nginx allows by default (4 buffers of 8 KiB).
const MAX_HEAD_SIZE: usize = 32 * 1024;

/// Pause after an accept that failed for want of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers the requests of one listener.
pub trait Answer: Send + Sync + 'static {
    /// The body of an answer.
    type Body: hyper::body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>
        + Send
        + 'static;

    /// The answer to a request that came at `came`, if it is to be had without waiting.
    fn answer_at_once(
        &self,
        request: &Request<Incoming>,
        came: Instant,
    ) -> Option<Response<Self::Body>> {
        let _ = (request, came);
        None
    }

    /// Answers one request.
    fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// Serves `listener` until `stop` is cancelled, and then for at most `drain_limit` until every request is answered.
/// False when some were not. No more than `max_connections` are open at once; others wait to be accepted.
pub async fn serve<A: Answer>(
    listener: TcpListener,
    answer: Arc<A>,
    max_connections: usize,
    stop: CancellationToken,
    drain_limit: Duration,
) -> bool {
    let connections = Arc::new(Semaphore::new(max_connections));
    let graceful = GracefulShutdown::new();
    let mut stopped = pin!(stop.cancelled());
    loop {
        let accepted = tokio::select! {
            () = &mut stopped => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                let answer = Arc::clone(&answer);
                tokio::spawn(connection(stream, answer, graceful.watcher(), permit));
            }
            Err(error) if is_connection_error(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    timeout(drain_limit, graceful.shutdown()).await.is_ok()
}

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, permit))
}

/// Whether the client left before it was accepted, which needs no pause and no log.
fn is_connection_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

async fn connection<A: Answer>(
    stream: TcpStream,
    answer: Arc<A>,
    watcher: Watcher,
    _permit: OwnedSemaphorePermit,
) {
    let pauses = Arc::new(Pauses::new());
    let service = Requests {
        answer,
        pauses: Arc::clone(&pauses),
    };
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(MAX_HEAD_SIZE)
        // Else the pieces of a body may have more than ten times that.
        .max_buf_size(MAX_HEAD_SIZE)
        // Answers are small: to copy one costs less than to hand it over in pieces.
        .writev(false)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        biased;
        ended = watcher.watch(connection) => if let Err(error) = ended {
            // A client that left, or spoke no HTTP.
            tracing::debug!(%error, "connection ended");
        },
        () = pauses.longer_than(HEAD_TIMEOUT) => tracing::debug!("no request came"),
    }
}

/// Has the requests of one connection answered.
struct Requests<A> {
    answer: Arc<A>,
    pauses: Arc<Pauses>,
}

type Answered<A> = Result<Response<<A as Answer>::Body>, Infallible>;

impl<A: Answer> Service<Request<Incoming>> for Requests<A> {
    type Response = Response<A::Body>;
    type Error = Infallible;
    // hyper moves it into a place of its own, and with it what it is made of.
    type Future = Either<Ready<Answered<A>>, BoxFuture<'static, Answered<A>>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let came = Instant::now();
        if let Some(response) = self.answer.answer_at_once(&request, came) {
            self.pauses.begin(came);
            return Either::Left(ready(Ok(response)));
        }
        let (answer, pauses) = (Arc::clone(&self.answer), Arc::clone(&self.pauses));
        let answered = async move {
            pauses.end();
            let response = answer.answer(request).await;
            pauses.begin(Instant::now());
            Ok(response)
        };
        Either::Right(answered.boxed())
    }
}
