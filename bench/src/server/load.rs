//! Load on a server: as much as it takes, or as much as is asked for.

use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;

use super::response::{Response, read};
use crate::statistics::Sorted;

/// Requests and where they go. Clones take turns with one another.
#[derive(Clone, Debug)]
pub struct Target {
    /// Port on loopback.
    pub port: u16,
    requests: Arc<[Request]>,
    /// How many have been sent.
    sent: Arc<AtomicU32>,
}

/// A request as it is sent, but for its number.
#[derive(Debug)]
struct Request {
    bytes: Box<[u8]>,
    /// Where [`NUMBER`] is in it. Looked for once: a load generator shares the processors with what it measures.
    place: Option<usize>,
}

/// What is replaced by a number of as many digits, another one each time.
pub const NUMBER: &str = "########";

impl Target {
    /// These requests in turn, of which there is one at least.
    pub fn new(port: u16, requests: impl IntoIterator<Item = String>) -> Self {
        let requests = requests.into_iter().map(|request| Request {
            place: request.find(NUMBER),
            bytes: request.into_bytes().into(),
        });
        Self {
            port,
            requests: requests.collect(),
            sent: Arc::default(),
        }
    }

    /// The request that is sent next.
    pub fn next(&self) -> Cow<'_, [u8]> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let turn = usize::try_from(number).unwrap_or(0) % self.requests.len();
        let Request { bytes, place } = &self.requests[turn];
        let Some(place) = *place else {
            return Cow::Borrowed(bytes);
        };
        let width = NUMBER.len();
        let mut request = bytes.to_vec();
        let number = format!("{number:0width$}");
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
    let (port, target) = (target.port, target.clone());
    let next = move || target.next().into_owned();
    paced(port, connections, rate, span, next).await
}

/// As [`open`], of requests that `next` gives.
pub async fn paced(
    port: u16,
    connections: u32,
    rate: u32,
    span: Duration,
    next: impl Fn() -> Vec<u8> + Clone + Send + 'static,
) -> Result<Outcome> {
    let (mut clocks, mut tasks) = (Vec::new(), JoinSet::new());
    for _ in 0..connections {
        let next = next.clone();
        let (clock, mut ticks) = mpsc::unbounded_channel();
        clocks.push(clock);
        let mut connection = Connection::open(port).await?;
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            while let Some(due) = ticks.recv().await {
                latencies.push(connection.measured(&next(), due).await?);
            }
            Ok(latencies)
        });
    }
    let start = Instant::now();
    // Not on a thread of the runtime, whose clock counts milliseconds: it would add one to what is measured.
    let metronome = thread::spawn(move || beat(&clocks, rate, start, span));
    let outcome = gather(tasks, start).await;
    metronome
        .join()
        .map_err(|_| anyhow!("the clock of the load has failed"))?;
    outcome
}

/// Tells one of `clocks` after the other that a request is due.
fn beat(clocks: &[UnboundedSender<Instant>], rate: u32, start: Instant, span: Duration) {
    for (number, clock) in (0..).zip(clocks.iter().cycle()) {
        let due = start + Duration::from_secs(1) * number / rate;
        if due >= start + span {
            return;
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if clock.send(due).is_err() {
            // Its connection has failed, which `gather` tells.
            return;
        }
    }
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

    #[test]
    fn a_numbered_request_is_another_one_each_time_and_as_long() {
        let target = Target::new(0, ["POST a########@b".to_owned()]);
        assert_eq!(&*target.next(), b"POST a00000000@b");
        assert_eq!(&*target.clone().next(), b"POST a00000001@b");
    }

    #[test]
    fn requests_take_turns() {
        let target = Target::new(0, ["GET /a".to_owned(), "GET /b".to_owned()]);
        for expected in [b"GET /a", b"GET /b", b"GET /a"] {
            assert_eq!(&*target.clone().next(), expected);
        }
    }
}
