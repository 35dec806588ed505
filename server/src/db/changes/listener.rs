//! The connection that hears of changes, and the proof that it does.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{
    Acquire as _, PgConnection,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    Changes, LEASE, are_in_place,
    triggers::{BEAT, CHANNEL, USER},
};
use crate::{
    crypto::random::Random,
    db::{
        Db, DbError,
        connect::{CONNECT_TIMEOUT, options},
        pooler,
    },
    metrics::ChannelGauges,
};

/// How often the proof is renewed, and how long triggers may be missing unnoticed.
const BEAT_INTERVAL: Duration = Duration::from_millis(500);

/// How long a renewal waits for a connection of the pool. One that is exhausted says nothing about the channel, so the
/// listening connection sends the renewal itself.
const POOL_PATIENCE: Duration = Duration::from_millis(250);

/// Time before the second try; doubled before each further one.
const FIRST_RETRY: Duration = Duration::from_millis(100);

/// The longest time between two tries.
const LAST_RETRY: Duration = Duration::from_secs(5);

/// Hears of changes of users and sessions on a connection of its own, beside those of the pool.
pub struct Listener {
    db: Db,
    changes: Arc<Changes>,
    gauges: ChannelGauges,
    /// Tells this listener's notifications from those of other servers.
    id: String,
    pending: Mutex<Pending>,
    /// The pending notification has come back.
    echoed: Notify,
    /// The proof does not hold any more.
    doubted: Notify,
}

/// The notification that is under way.
struct Pending {
    beat: String,
    sent: Instant,
    /// Notifications sent before prove nothing.
    doubted: Instant,
}

/// Why changes are not heard of.
#[derive(Debug, thiserror::Error)]
enum Deaf {
    #[error(transparent)]
    Connect(#[from] DbError),
    #[error("the connection was lost: {0}")]
    Lost(#[from] sqlx::Error),
    #[error("the connection ended")]
    Ended,
    #[error(
        "there is a pooler in transaction mode in between, through which the database tells nothing: connect directly, or set session.memoryCache.enabled to false"
    )]
    Pooled,
    #[error("no notification came back within {} s", LEASE.as_secs())]
    Silent,
    #[error(
        "the triggers that tell of changes are not in place: run `auth-server migrate` with these settings"
    )]
    NoTriggers,
    #[error("the database credentials were replaced")]
    Rotated,
}

impl Listener {
    /// A listener on the database of `db`, which tells `changes` what it hears.
    pub fn new(db: &Db, changes: Arc<Changes>, random: &Random, gauges: ChannelGauges) -> Self {
        let mut id = [0; 8];
        random.fill(&mut id);
        let now = Instant::now();
        Self {
            db: db.clone(),
            changes,
            gauges,
            id: format!("{:016x}", u64::from_be_bytes(id)),
            pending: Mutex::new(Pending {
                beat: String::new(),
                sent: now,
                doubted: now,
            }),
            echoed: Notify::new(),
            doubted: Notify::new(),
        }
    }

    /// Listens until `stop` is cancelled, and again whenever the connection is lost. A reason is logged once per change.
    pub async fn run(self, stop: CancellationToken) {
        // Lives as long as the process: it need not lie within what waits for it.
        let listening = Box::pin(self.listen_again_and_again());
        stop.run_until_cancelled(listening).await;
        self.lose();
    }

    async fn listen_again_and_again(&self) {
        let mut told = String::new();
        let mut pause = FIRST_RETRY;
        loop {
            let begun = Instant::now();
            let reason = match self.listen().await {
                Ok(never) => match never {},
                Err(reason) => reason,
            };
            self.lose();
            if matches!(reason, Deaf::Connect(DbError::Closed)) {
                return;
            }
            if begun.elapsed() > LAST_RETRY {
                told.clear();
                pause = FIRST_RETRY;
            }
            let message = reason.to_string();
            if matches!(reason, Deaf::Rotated) {
                tracing::info!("listening again with the new database credentials");
            } else if message != told {
                tracing::warn!(reason = message, "sessions are not answered from memory");
            }
            told = message;
            sleep(pause).await;
            pause = (pause * 2).min(LAST_RETRY);
        }
    }

    async fn listen(&self) -> Result<Infallible, Deaf> {
        let generation = self.db.0.credentials.current();
        // The driver's listener takes its connection from a pool of the driver: this one never holds more than that.
        let holder = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(CONNECT_TIMEOUT)
            .connect_lazy_with(options(&generation.target));
        let mut ear = PgListener::connect_with(&holder).await?;
        ear.ignore_pool_close_event(true);
        ear.eager_reconnect(false);
        let connection = (&mut ear).acquire().await?;
        if pooler::is_between(connection, &generation.target).await? {
            return Err(Deaf::Pooled);
        }
        timeout(CONNECT_TIMEOUT, ear.listen(CHANNEL))
            .await
            .map_err(|_| Deaf::Silent)??;
        let (ask, asked) = mpsc::channel(1);
        tokio::select! {
            biased;
            heard = self.hear(ear, asked) => heard,
            proven = self.prove(generation.number, ask) => proven,
        }
    }

    /// Takes in what is told, and sends what the pool has no connection for.
    async fn hear(
        &self,
        mut ear: PgListener,
        mut asked: mpsc::Receiver<String>,
    ) -> Result<Infallible, Deaf> {
        loop {
            tokio::select! {
                heard = ear.try_recv() => match heard? {
                    Some(notification) => self.take(notification.payload()),
                    None => return Err(Deaf::Ended),
                },
                Some(beat) = asked.recv() => {
                    sqlx::query("SELECT pg_notify($1, $2)")
                        .bind(CHANNEL)
                        .bind(beat)
                        .execute(&mut ear)
                        .await?;
                }
            }
        }
    }

    fn take(&self, told: &str) {
        if let Some(user_id) = told.strip_prefix(USER) {
            self.gauges.heard.inc();
            self.changes.user_changed(user_id);
        } else if told.starts_with(BEAT) {
            let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            if pending.beat == told {
                if pending.sent > pending.doubted {
                    self.changes.prove(pending.sent);
                    self.gauges.up.set(1);
                }
                self.echoed.notify_one();
            }
        } else {
            // A table was emptied, or the triggers were made anew or removed: whether they are there is asked again.
            self.gauges.heard.inc();
            self.lose();
            self.doubted.notify_one();
        }
    }

    /// Sends a notification through the pool, which must come back on the listening connection: again and again.
    async fn prove(&self, generation: u64, ask: mpsc::Sender<String>) -> Result<Infallible, Deaf> {
        let mut patience = LEASE;
        for number in 0_u64.. {
            let beat = format!("{BEAT}{}.{number}", self.id);
            let sent = self.remember(&beat);
            let proven = async {
                self.send(beat, patience, &ask).await?;
                self.echoed.notified().await;
                Ok::<_, Deaf>(())
            };
            timeout_at(sent + LEASE, proven)
                .await
                .map_err(|_| Deaf::Silent)??;
            patience = POOL_PATIENCE;
            tokio::select! {
                () = sleep_until(sent + BEAT_INTERVAL) => {}
                () = self.doubted.notified() => {}
            }
            if self.db.0.credentials.current().number != generation {
                return Err(Deaf::Rotated);
            }
        }
        Err(Deaf::Ended)
    }

    fn remember(&self, beat: &str) -> Instant {
        let sent = Instant::now();
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        beat.clone_into(&mut pending.beat);
        pending.sent = sent;
        sent
    }

    async fn send(
        &self,
        beat: String,
        patience: Duration,
        ask: &mpsc::Sender<String>,
    ) -> Result<(), Deaf> {
        let Ok(connection) = timeout(patience, self.db.get()).await else {
            // Whoever hears has gone only when this ends too.
            return ask.send(beat).await.map_err(|_| Deaf::Ended);
        };
        let mut connection = connection?;
        let connection: &mut PgConnection = &mut connection;
        if !are_in_place(connection, self.db.tables()).await? {
            return Err(Deaf::NoTriggers);
        }
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(beat)
            .execute(connection)
            .await?;
        Ok(())
    }

    fn lose(&self) {
        self.changes.lose();
        self.gauges.up.set(0);
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.doubted = Instant::now();
    }
}
