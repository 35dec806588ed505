//! `serve`: wires the parts together, runs them, and ends them in the right order.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    admin::Admin,
    app::{App, AppError},
    clock::Clock,
    config::{Config, Problem, Secrets},
    crypto::random::Random,
    db::{Db, DbError, Tables},
    events,
    http::{
        filter,
        serve::{Api, RequestIds, serve as accept},
    },
    metrics::Metrics,
    self_check::{self, Finding},
    signals::Signals,
};

/// How often the files of the signing secrets are looked at.
const SECRETS_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How long closing the idle connections of the pool may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A setting cannot be used.
    #[error(transparent)]
    Configuration(#[from] Problem),
    /// A setting that passed validation cannot be used.
    #[error("AUTH_CONFIG: {0}")]
    Settings(#[from] AppError),
    /// The pool cannot be opened.
    #[error(transparent)]
    Database(DbError),
    /// An address cannot be listened on.
    #[error("{variable} {address} cannot be listened on: {source}")]
    Listen {
        /// The variable with the address.
        variable: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system denies something else.
    #[error("{0}: {1}")]
    System(&'static str, io::Error),
}

impl ServeError {
    /// 78 when the configuration has to change first, 1 when a retry may help.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration(_) | Self::Settings(_) => 78,
            Self::Database(_) | Self::Listen { .. } | Self::System(..) => 1,
        }
    }
}

impl From<DbError> for ServeError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Configuration(problem) => Self::Configuration(problem),
            other => Self::Database(other),
        }
    }
}

/// Serves until SIGTERM or SIGINT, then drains.
pub async fn serve(config: Config) -> Result<(), ServeError> {
    let mut signals =
        Signals::catch().map_err(|error| ServeError::System("cannot catch signals", error))?;
    let server = Server::start(config, Clock::system()).await?;
    let signal = signals.received().await;
    tracing::info!(signal, "stopping");
    server.stop().await;
    Ok(())
}

/// A server that runs.
pub struct Server {
    api_address: SocketAddr,
    admin_address: SocketAddr,
    shutdown_delay: Duration,
    db: Db,
    /// First: not ready any more.
    draining: CancellationToken,
    /// Second: no new request.
    closing: CancellationToken,
    /// Third: no new message.
    sending: CancellationToken,
    /// Last: no admin port.
    ending: CancellationToken,
    api: JoinHandle<bool>,
    messages: JoinHandle<()>,
    shutdown_timeout: Duration,
    background: TaskTracker,
}

impl Server {
    /// Binds the listeners and starts to serve. The database need not be reachable: `/readyz` tells.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, ServeError> {
        let metrics = Metrics::new();
        let tables = Tables::of(&config.settings);
        let db = Db::open_measured(&config.database, tables, metrics.pool.clone())?;
        let random = Random::from_system()
            .map_err(|error| ServeError::System("no random numbers", io::Error::other(error)))?;
        let ids = request_ids(&random);
        let api_listener = bind("LISTEN_ADDR", config.listen).await?;
        let admin_listener = bind("ADMIN_LISTEN_ADDR", config.admin_listen).await?;
        let api_address = local_address(&api_listener)?;
        let admin_address = local_address(&admin_listener)?;
        warn_of(&config);
        let [draining, closing, sending, ending] =
            std::array::from_fn(|_| CancellationToken::new());
        let (shutdown_delay, shutdown_timeout) = (config.shutdown_delay, config.shutdown_timeout);
        let base_url = config.base_url.clone();

        let background = TaskTracker::new();
        background.spawn(db.clone().maintain(ending.clone()));
        background.spawn(follow_secrets(config.secrets.clone(), ending.clone()));
        let admin = Arc::new(Admin::new(db.clone(), metrics.clone(), draining.clone()));
        background.spawn(accept(admin_listener, admin, ending.clone(), CLOSE_LIMIT));
        let audit = config.settings.audit();
        let tidying = events::keep_tidy(audit, db.clone(), clock.clone(), ending.clone());
        background.spawn(tidying);
        background.close();

        let app = Arc::new(App::new(config, db.clone(), clock, random, &metrics)?);
        let messages = tokio::spawn(app.worker(&metrics)?.run(sending.clone()));
        background.spawn(do_chores(Arc::clone(&app), ending.clone()));
        let api = Api::new(
            filter::service(Arc::clone(&app)),
            app.cors.clone(),
            metrics,
            ids,
            draining.clone(),
        );
        let api = tokio::spawn(accept(
            api_listener,
            Arc::new(api),
            closing.clone(),
            shutdown_timeout,
        ));
        tracing::info!(url = base_url.as_str(), %api_address, %admin_address, "serving");
        Ok(Self {
            api_address,
            admin_address,
            shutdown_delay,
            db,
            draining,
            closing,
            sending,
            ending,
            api,
            messages,
            shutdown_timeout,
            background,
        })
    }

    /// Where the API listens.
    pub fn api_address(&self) -> SocketAddr {
        self.api_address
    }

    /// Where the admin port listens.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// Turns unready, waits until load balancers have noticed, answers what is under way, sends what that has queued,
    /// and closes the pool.
    pub async fn stop(self) {
        self.draining.cancel();
        sleep(self.shutdown_delay).await;
        self.closing.cancel();
        let deadline = Instant::now() + self.shutdown_timeout;
        match self.api.await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("some requests were not answered in time"),
            Err(error) => tracing::error!(%error, "the accept loop failed"),
        }
        self.sending.cancel();
        let stop_messages = self.messages.abort_handle();
        match timeout_at(deadline, self.messages).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "sending messages failed"),
            Err(_) => {
                stop_messages.abort();
                tracing::warn!("some messages were not sent in time: they will be sent later");
            }
        }
        if timeout(CLOSE_LIMIT, self.db.close()).await.is_err() {
            tracing::warn!("some database connections were still in use");
        }
        self.ending.cancel();
        self.background.wait().await;
        tracing::info!("stopped");
    }
}

/// Tells what does not stop the start but is hardly meant.
fn warn_of(config: &Config) {
    for path in &config.unknown_settings {
        tracing::warn!(%path, "ignoring a setting that this version does not know");
    }
    // What needs the Secret fails until it is there; everything else serves.
    for problem in config.secret_files.problems(&config.settings) {
        tracing::warn!(%problem, "a Secret that the settings refer to cannot be read");
    }
    for problem in self_check::malformed_origins(&config.settings) {
        tracing::warn!(%problem, "a trusted origin trusts nobody");
    }
    for finding in self_check::check(&config.settings, &config.base_url) {
        let Finding {
            subject,
            fact,
            warnings,
        } = finding;
        tracing::info!(subject, fact, "cookies");
        for warning in warnings {
            tracing::warn!(subject, warning, "browsers will refuse cookies");
        }
    }
}

async fn prune_rate_limits(app: Arc<App>, stop: CancellationToken) {
    if let Some(limiter) = &app.rate_limiter {
        limiter.prune(&app, &stop).await;
    }
}

async fn bind(variable: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen {
            variable,
            address,
            source,
        })
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, ServeError> {
    listener
        .local_addr()
        .map_err(|error| ServeError::System("a listener has no address", error))
}

fn request_ids(random: &Random) -> RequestIds {
    let mut prefix = [0; 8];
    random.fill(&mut prefix);
    RequestIds::new(u64::from_be_bytes(prefix))
}

/// What requests need not wait for.
async fn do_chores(app: Arc<App>, ending: CancellationToken) {
    let discovery = discover_services(Arc::clone(&app), ending.clone());
    tokio::join!(discovery, prune_rate_limits(app, ending));
}

/// Reads the discovery documents of services, while requests are served already.
async fn discover_services(app: Arc<App>, ending: CancellationToken) {
    let now = app.clock.now();
    let discovery = app.providers.discover_all(&app.outbound, now);
    ending.run_until_cancelled(discovery).await;
}

/// Reads the signing secrets again when their files change; what cannot be used is told once per change.
async fn follow_secrets(secrets: Secrets, stop: CancellationToken) {
    let mut ticks = interval(SECRETS_POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = Vec::new();
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match secrets.refresh() {
            Ok(changed) => {
                if changed {
                    tracing::info!(count = secrets.current().len(), "signing secrets replaced");
                }
                told.clear();
            }
            Err(problems) if problems == told => {}
            Err(problems) => {
                for problem in &problems {
                    tracing::warn!(%problem, "new signing secrets cannot be used, the old ones stay in force");
                }
                told = problems;
            }
        }
    }
}
