//! Load on a server: as much as it takes, or as much as is asked for.

use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::response::{Response, read};
use crate::statistics::Sorted;

/// A request and where it goes.
#[derive(Clone, Debug)]
pub struct Target {
    /// Port on loopback.
    pub port: u16,
    /// The request as it is sent, but for [`NUMBER`] in it.
    pub request: Arc<[u8]>,
    /// Stands in the place of [`NUMBER`], another one each time; the same for all clones.
    pub number: Arc<AtomicU32>,
}

/// What is replaced by a number of as many digits.
pub const NUMBER: &str = "########";

impl Target {
    /// The request that is sent next.
    pub fn next(&self) -> Cow<'_, [u8]> {
        let width = NUMBER.len();
        let mut places = self.request.windows(width);
        let Some(place) = places.position(|bytes| bytes == NUMBER.as_bytes()) else {
            return Cow::Borrowed(&self.request);
        };
        let mut request = self.request.to_vec();
        let number = format!("{:0width$}", self.number.fetch_add(1, Ordering::Relaxed));
        request.splice(place..place + width, number.into_bytes());
        Cow::Owned(request)
    }
}

/// What came of a load. Every answer had status 200.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Number of answers.
    pub answers: usize,
    /// From the first request to the last answer.
    pub took: Duration,
    /// How long the answers took.
    pub latencies: Sorted,
}

impl Outcome {
    /// Answers per second.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn rate(&self) -> f64 {
        self.answers as f64 / self.took.as_secs_f64()
    }
}

/// A connection that is kept.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects to `port` on loopback.
    pub async fn open(port: u16) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and reads its answer.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Response> {
        self.stream.write_all(request).await?;
        read(&mut self.stream, &mut self.buffer).await
    }

    async fn measured(&mut self, request: &[u8], since: Instant) -> Result<Duration> {
        let response = self.ask(request).await?;
        ensure!(response.status == 200, "status {}", response.status);
        Ok(since.elapsed())
    }
}

/// Each of `connections` asks again as soon as it has its answer: what the server is able to do.
pub async fn closed(target: &Target, connections: usize, span: Duration) -> Result<Outcome> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let target = target.clone();
        tasks.spawn(async move {
            let mut connection = Connection::open(target.port).await?;
            let mut latencies = Vec::new();
            while start.elapsed() < span {
                let request = target.next();
                latencies.push(connection.measured(&request, Instant::now()).await?);
            }
            Ok(latencies)
        });
    }
    gather(tasks, start).await
}

/// `rate` requests per second, spread evenly over `connections`, whether or not earlier ones have been answered in
/// time. A latency counts from when the request was due, so that a stalled server is charged for all that it kept
/// waiting (no coordinated omission).
pub async fn open(target: &Target, connections: u32, rate: u32, span: Duration) -> Result<Outcome> {
    let start = Instant::now();
    let pace = Duration::from_secs(1) * connections / rate;
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        let target = target.clone();
        let mut due = start + Duration::from_secs(1) * number / rate;
        tasks.spawn(async move {
            let mut connection = Connection::open(target.port).await?;
            let mut latencies = Vec::new();
            while due < start + span {
                tokio::time::sleep_until(due.into()).await;
                latencies.push(connection.measured(&target.next(), due).await?);
                due += pace;
            }
            Ok(latencies)
        });
    }
    gather(tasks, start).await
}

async fn gather(mut tasks: JoinSet<Result<Vec<Duration>>>, start: Instant) -> Result<Outcome> {
    let mut latencies = Vec::new();
    while let Some(task) = tasks.join_next().await {
        latencies.extend(task.context("a connection's task ended")??);
    }
    Ok(Outcome {
        answers: latencies.len(),
        took: start.elapsed(),
        latencies: Sorted::of(latencies),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(request: &str) -> Target {
        Target {
            port: 0,
            request: Arc::from(request.as_bytes()),
            number: Arc::default(),
        }
    }

    #[test]
    fn a_numbered_request_is_another_one_each_time_and_as_long() {
        let target = target("POST a########@b");
        assert_eq!(&*target.next(), b"POST a00000000@b");
        assert_eq!(&*target.clone().next(), b"POST a00000001@b");
    }

    #[test]
    fn a_request_without_a_number_is_always_the_same() {
        let target = target("GET /");
        assert_eq!(target.next(), target.next());
    }
}
