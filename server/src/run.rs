//! `serve`: wires the parts together, runs them, and ends them in the right order.

mod chores;
mod error;

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    admin::Admin,
    app::App,
    clock::Clock,
    config::Config,
    crypto::random::Random,
    db::{Db, Tables},
    draining::Draining,
    http::{
        filter,
        serve::{Answer, Api, Limits, serve as accept},
        session::Shortcut,
        table::Table,
    },
    janitor::Janitor,
    metrics::Metrics,
    migrate::known_versions,
    oauth::refreshes::Refreshes,
    self_check::{self, Finding},
    signals::Signals,
    telemetry::RequestIds,
};
use chores::{do_chores, follow_secrets};
pub use error::ServeError;

/// Open connections to the admin port: probes and those who collect metrics are few.
const ADMIN_CONNECTIONS: usize = 100;

/// How long closing the idle connections of the pool may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

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
    draining: Draining,
    /// Second: no new request.
    closing: CancellationToken,
    /// Third: no new message.
    sending: CancellationToken,
    /// Last: no admin port.
    ending: CancellationToken,
    api: JoinHandle<bool>,
    messages: JoinHandle<()>,
    refreshes: Arc<Refreshes>,
    shutdown_timeout: Duration,
    background: TaskTracker,
}

impl Server {
    /// Binds the listeners and starts to serve. The database need not be reachable: `/readyz` tells.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, ServeError> {
        let metrics = Metrics::new();
        let tables = Tables::of(&config.settings);
        let known = known_versions(config.migrations.as_deref())?;
        let db = Db::open_measured(&config.database, tables, known, metrics.pool.clone())?;
        let random = Random::from_system()
            .map_err(|error| ServeError::System("no random numbers", io::Error::other(error)))?;
        let ids = request_ids(&random);
        let api_listener = bind("LISTEN_ADDR", config.listen).await?;
        let admin_listener = bind("ADMIN_LISTEN_ADDR", config.admin_listen).await?;
        let api_address = local_address(&api_listener)?;
        let admin_address = local_address(&admin_listener)?;
        warn_of(&config);
        let draining = Draining::new();
        let [closing, sending, ending] = std::array::from_fn(|_| CancellationToken::new());
        let (shutdown_delay, shutdown_timeout) = (config.shutdown_delay, config.shutdown_timeout);
        let base_url = config.base_url.clone();
        let limits = Limits::within(config.memory_limit);

        let background = TaskTracker::new();
        background.spawn(db.clone().maintain(ending.clone()));
        background.spawn(follow_secrets(config.secrets.clone(), ending.clone()));
        let janitor = Janitor::new(&config.settings, &db, &clock, &metrics);
        background.spawn(janitor.run(draining.token()));

        let app = Arc::new(App::new(config, db.clone(), clock, random, &metrics)?);
        let admin = Arc::new(Admin::new(&app, metrics.clone(), draining.clone()));
        background.spawn(accept(
            admin_listener,
            admin,
            ADMIN_CONNECTIONS,
            ending.clone(),
            CLOSE_LIMIT,
        ));
        let messages = tokio::spawn(app.worker(&metrics)?.run(sending.clone()));
        background.spawn(do_chores(Arc::clone(&app), metrics.clone(), ending.clone()));
        background.close();
        let api = api(&app, &metrics, ids, draining.clone());
        let api = tokio::spawn(accept(
            api_listener,
            Arc::new(api),
            limits.connections,
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
            refreshes: Arc::clone(&app.refreshes),
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

    /// Turns unready, waits until load balancers have noticed, answers what is under way, stores the tokens that services
    /// have been asked for, sends what that has queued, and closes the pool.
    pub async fn stop(self) {
        self.draining.begin();
        sleep(self.shutdown_delay).await;
        self.closing.cancel();
        let deadline = Instant::now() + self.shutdown_timeout;
        match self.api.await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("some requests were not answered in time"),
            Err(error) => tracing::error!(%error, "the accept loop failed"),
        }
        if timeout_at(deadline, self.refreshes.finish()).await.is_err() {
            tracing::warn!("some accounts were being refreshed: they may have to be linked again");
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

/// The API behind its limits.
fn api(app: &Arc<App>, metrics: &Metrics, ids: RequestIds, draining: Draining) -> impl Answer {
    let table = Arc::new(Table::of(app, &metrics.http));
    Api::new(
        filter::service(Arc::clone(app), Arc::clone(&table)),
        Shortcut::new(app, &table),
        app.cors.clone(),
        &metrics.http,
        ids,
        draining,
    )
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

async fn bind(variable: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    let mut listener = TcpListener::bind(address).await;
    if listener.is_err() && address.ip() == Ipv6Addr::UNSPECIFIED {
        // A kernel without IPv6: every address is one of IPv4 then.
        let other = TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await;
        // Of two errors the first one is told.
        listener = other.or(listener);
    }
    listener.map_err(|source| ServeError::Listen {
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
