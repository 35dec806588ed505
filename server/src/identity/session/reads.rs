//! Reading sessions, many with one query.
//!
//! A session check is one prepared select, of which the round trip costs more than the row. So only a few requests read at
//! once, each for itself; those that come meanwhile wait, and the next reader that is done asks for all of them with one
//! query, as databases commit in groups. While few ask nobody waits, and nothing is different. A read begins after its
//! request came: nobody joins a query that was sent before. (docs/decisions/0014-sessions-read-in-groups.md)

mod group;
mod queue;

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::oneshot,
    task::yield_now,
    time::{Instant, timeout, timeout_at},
};

use self::queue::Queue;
use super::SessionUser;
use crate::{
    db::{CHECKOUT_TIMEOUT, Db, DbError, ReadError, Reservation},
    metrics::SessionReadMetrics,
};

/// How long reading a group may take: as long as the requests wait that are in it.
const LIMIT: Duration = Duration::from_secs(30);

type Answer = Result<Option<SessionUser>, ReadError>;

/// Reads sessions by their token. Clones share the readers.
#[derive(Clone)]
pub struct SessionReads(Arc<Inner>);

struct Inner {
    db: Db,
    queue: Mutex<Queue<Waiting>>,
    metrics: SessionReadMetrics,
}

/// A request that waits.
struct Waiting {
    token: String,
    since: Instant,
    answer: oneshot::Sender<Answer>,
}

impl Waiting {
    fn is_there(&self) -> bool {
        !self.answer.is_closed()
    }

    /// Whether it has waited for as long as anybody waits for a connection.
    fn is_late(&self, now: Instant) -> bool {
        self.since + CHECKOUT_TIMEOUT <= now
    }
}

/// How a request comes to its session.
pub enum Turn {
    /// It reads the session itself, now, and keeps this until it has.
    Now(Reader),
    /// Somebody reads it along.
    Later(Promise),
}

/// The right to read at once. Dropping it lets those be read for who have waited.
pub struct Reader(SessionReads);

/// The session of a request that waits.
pub struct Promise {
    answer: oneshot::Receiver<Answer>,
    reads: SessionReads,
}

impl Promise {
    /// The session and its user, expired or not.
    ///
    /// # Errors
    /// The database fails.
    pub async fn kept(mut self) -> Result<Option<SessionUser>, ReadError> {
        let gone = |_| Err(DbError::Closed.into());
        (&mut self.answer).await.unwrap_or_else(gone)
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.reads.0.metrics.waiting.dec();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Self(reads) = self;
        if !reads.queue().leave() {
            return;
        }
        // In a task of its own: no request that ends early takes the others along.
        let task = Task::new(reads.clone());
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(task.run());
        }
    }
}

impl SessionReads {
    /// Reads from `db`.
    pub fn new(db: Db, metrics: SessionReadMetrics) -> Self {
        Self(Arc::new(Inner {
            db,
            queue: Mutex::default(),
            metrics,
        }))
    }

    /// How a request that has no connection comes to the session with `token`. Whoever has one reads on it instead: to
    /// wait for readers, who wait for connections, would keep it from them.
    pub async fn turn(&self, token: &str) -> Turn {
        let is_reader = self.queue().enter();
        if !is_reader {
            return Turn::Later(self.wait(token));
        }
        let reader = Reader(self.clone());
        // What has arrived already comes first: often many requests at once, which wait then, and this one with them.
        yield_now().await;
        if self.queue().oldest().is_some() {
            return Turn::Later(self.wait(token));
        }
        self.0.metrics.count(1);
        Turn::Now(reader)
    }

    fn wait(&self, token: &str) -> Promise {
        let (sender, answer) = oneshot::channel();
        let now = Instant::now();
        let mut queue = self.queue();
        queue.wait(Waiting {
            token: token.to_owned(),
            since: now,
            answer: sender,
        });
        // Readers may be stuck in the database. They end with their requests; nobody else waits for that.
        let late = queue.take_while(|waiting| waiting.is_late(now));
        drop(queue);
        self.refuse_late(late);
        self.0.metrics.waiting.inc();
        Promise {
            answer,
            reads: self.clone(),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue<Waiting>> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads for a group of those who wait. They are taken once there is a connection: until then the group grows.
    async fn read_group(&self) {
        let Some(reservation) = self.reservation().await else {
            return;
        };
        let connection = match reservation {
            Ok(reservation) => self.0.db.connect(reservation).await,
            Err(error) => Err(error),
        };
        let mut connection = match connection {
            Ok(connection) => connection,
            Err(error) => return self.refuse_all(error),
        };
        let group = self.queue().take(Waiting::is_there);
        if group.is_empty() {
            return;
        }
        self.0.metrics.count(group.len());
        if timeout(LIMIT, group::read(&mut connection, group))
            .await
            .is_err()
        {
            let limit_seconds = LIMIT.as_secs();
            tracing::error!(limit_seconds, "the database did not answer");
        }
    }

    /// A place in the pool; none when nobody waits any more. Whoever has waited for as long as for a connection of
    /// their own is told so.
    async fn reservation(&self) -> Option<Result<Reservation, DbError>> {
        let mut reservation = pin!(self.0.db.reserve());
        loop {
            let due = self.queue().oldest()?.since + CHECKOUT_TIMEOUT;
            if let Ok(reservation) = timeout_at(due, &mut reservation).await {
                return Some(reservation);
            }
            let now = Instant::now();
            let late = self.queue().take_while(|waiting| waiting.is_late(now));
            self.refuse_late(late);
        }
    }

    fn refuse_late(&self, late: Vec<Waiting>) {
        if !late.is_empty() {
            let number = late.len().try_into().unwrap_or(u64::MAX);
            refuse(late, self.0.db.exhausted(number));
        }
    }

    fn refuse_all(&self, error: DbError) {
        let all = self.queue().take_while(|_| true);
        refuse(all, error);
    }
}

/// Tells those who have waited why there is no connection.
fn refuse(refused: Vec<Waiting>, error: DbError) {
    let error = ReadError::from(error);
    for waiting in refused {
        // Whoever has left need not know.
        let _ = waiting.answer.send(Err(error.clone()));
    }
}

/// A reader that is no request. If it ends before its time, because the process does, so does the wait of all.
struct Task {
    reads: SessionReads,
    is_done: bool,
}

impl Task {
    fn new(reads: SessionReads) -> Self {
        Self {
            reads,
            is_done: false,
        }
    }

    /// Reads until nobody waits.
    async fn run(mut self) {
        while !self.is_done {
            // Whoever has just been answered may ask again: the group grows by what has arrived.
            yield_now().await;
            self.reads.read_group().await;
            self.is_done = !self.reads.queue().leave();
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.is_done {
            self.reads.refuse_all(DbError::Closed);
            self.reads.queue().leave();
        }
    }
}
