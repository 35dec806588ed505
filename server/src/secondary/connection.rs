//! The one connection to the secondary storage, which all requests share.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use authbackend_crds::auth;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ErrorKind, FromRedisValue,
    IntoConnectionInfo as _, RedisConnectionInfo, RedisError, RedisResult, ServerErrorKind,
    TlsCertificates, aio::MultiplexedConnection,
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::error::{SecondaryError, reason};
use crate::config::{Problem, Secret, SecretFiles};

/// For name resolution, the TCP and TLS handshakes and signing in together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest that the answer to a command is waited for.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// For so long after a connection failed no other is tried: requests that find none fail at once, instead of one after
/// another at the end of its patience.
const PAUSE: Duration = Duration::from_millis(500);

/// The one connection to the secondary storage. Commands of all requests go through it at once, each answered in its
/// turn. It is made when it is needed, and made again when it broke; the files of Secrets are read each time.
pub(super) struct Connection {
    redis: auth::Redis,
    files: SecretFiles,
    live: RwLock<Option<Arc<Live>>>,
    /// Held by whoever connects. What the last try failed with, and when.
    opening: Mutex<Option<(Instant, SecondaryError)>>,
}

struct Live {
    credentials: Credentials,
    connection: MultiplexedConnection,
}

/// What is read from Secrets.
#[derive(PartialEq)]
struct Credentials {
    password: Option<Secret>,
    certificate_authority: Option<Secret>,
}

/// Whether a command may be sent again when the connection was lost before its answer came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Repeat {
    /// Doing it twice is doing it once.
    Harmless,
    /// Doing it twice counts twice.
    Never,
}

impl Connection {
    pub(super) fn new(redis: auth::Redis, files: SecretFiles) -> Self {
        Self {
            redis,
            files,
            live: RwLock::default(),
            opening: Mutex::default(),
        }
    }

    /// Sends `command` and reads its answer.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        command: &Cmd,
        repeat: Repeat,
    ) -> Result<T, SecondaryError> {
        let live = self.live().await?;
        let first = command.query_async(&mut live.connection.clone()).await;
        if let Ok(done) = self.judge(first, &live, repeat) {
            return done;
        }
        let live = self.live().await?;
        let second = command.query_async(&mut live.connection.clone()).await;
        second.map_err(|error| self.failed(&error))
    }

    /// Takes other credentials if the files of Secrets hold others than those in use and they work.
    pub(super) async fn refresh(&self) -> Result<bool, SecondaryError> {
        let Some(live) = self.current() else {
            // Whoever connects reads them.
            return Ok(false);
        };
        let credentials = self.credentials()?;
        if credentials == live.credentials {
            return Ok(false);
        }
        let fresh = self.connect(credentials).await?;
        self.put(Some(Arc::new(fresh)));
        Ok(true)
    }

    fn current(&self) -> Option<Arc<Live>> {
        self.live
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn put(&self, live: Option<Arc<Live>>) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
    }

    /// What to do about the outcome of a command on `live`.
    fn judge<T>(
        &self,
        outcome: RedisResult<T>,
        live: &Arc<Live>,
        repeat: Repeat,
    ) -> Result<Result<T, SecondaryError>, Again> {
        let error = match outcome {
            Ok(value) => return Ok(Ok(value)),
            Err(error) => error,
        };
        // A server that became a replica refuses what writes: the name leads to another one by now.
        let is_demoted = error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly);
        if is_demoted || error.is_timeout() || error.is_unrecoverable_error() {
            self.forget(live);
        }
        let is_lost = error.is_unrecoverable_error() && !error.is_timeout();
        if is_demoted || (is_lost && repeat == Repeat::Harmless) {
            return Err(Again);
        }
        Ok(Err(self.failed(&error)))
    }

    /// Lets nobody else use `broken`.
    fn forget(&self, broken: &Arc<Live>) {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        if live.as_ref().is_some_and(|live| Arc::ptr_eq(live, broken)) {
            *live = None;
        }
    }

    /// The connection; made now if there is none. One caller makes it, the others wait for it.
    async fn live(&self) -> Result<Arc<Live>, SecondaryError> {
        if let Some(live) = self.current() {
            return Ok(live);
        }
        let mut last = self.opening.lock().await;
        if let Some(live) = self.current() {
            return Ok(live);
        }
        if let Some((at, error)) = &*last
            && at.elapsed() < PAUSE
        {
            return Err(error.clone());
        }
        let opened = match self.credentials() {
            Ok(credentials) => self.connect(credentials).await,
            Err(problem) => Err(problem.into()),
        };
        match opened {
            Ok(live) => {
                let live = Arc::new(live);
                self.put(Some(Arc::clone(&live)));
                *last = None;
                Ok(live)
            }
            Err(error) => {
                *last = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn credentials(&self) -> Result<Credentials, Problem> {
        let read = |reference: &Option<_>| {
            let reference: Option<&auth::SecretKeyRef> = reference.as_ref();
            reference.map(|it| self.files.read(it)).transpose()
        };
        Ok(Credentials {
            password: read(&self.redis.password_ref)?,
            certificate_authority: read(&self.redis.ca_ref)?,
        })
    }

    async fn connect(&self, credentials: Credentials) -> Result<Live, SecondaryError> {
        let refused = |reason| SecondaryError::Connect {
            address: self.address(),
            reason,
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let opening = async {
            let client = self.client(&credentials)?;
            client
                .get_multiplexed_async_connection_with_config(&config)
                .await
        };
        match timeout(CONNECT_TIMEOUT, opening).await {
            Ok(Ok(connection)) => Ok(Live {
                credentials,
                connection,
            }),
            Ok(Err(error)) => Err(refused(reason(&error))),
            Err(_) => Err(refused(format!(
                "no answer within {} s",
                CONNECT_TIMEOUT.as_secs()
            ))),
        }
    }

    fn client(&self, credentials: &Credentials) -> RedisResult<Client> {
        let (host, port) = self.redis.host_and_port().unwrap_or_default();
        let host = host.to_owned();
        let mut settings = RedisConnectionInfo::default()
            .set_db(self.redis.database().into())
            .set_lib_name("auth-server", env!("CARGO_PKG_VERSION"));
        if let Some(username) = &self.redis.username {
            settings = settings.set_username(username);
        }
        if let Some(password) = &credentials.password {
            settings = settings.set_password(password.expose());
        }
        let address = if self.redis.has_tls() {
            ConnectionAddr::TcpTls {
                host,
                port,
                insecure: false,
                tls_params: None,
            }
        } else {
            ConnectionAddr::Tcp(host, port)
        };
        let info = address.into_connection_info()?.set_redis_settings(settings);
        if !self.redis.has_tls() {
            return Client::open(info);
        }
        let authority = credentials.certificate_authority.as_ref();
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: authority.map(|it| it.expose().as_bytes().to_vec()),
        };
        Client::build_with_tls(info, certificates)
    }

    /// `host:port`, to tell a person which one is meant.
    pub(super) fn address(&self) -> String {
        let (host, port) = self.redis.host_and_port().unwrap_or_default();
        format!("{host}:{port}")
    }

    fn failed(&self, error: &RedisError) -> SecondaryError {
        SecondaryError::Command {
            address: self.address(),
            reason: reason(error),
        }
    }
}

/// Send it once more, on another connection.
struct Again;
