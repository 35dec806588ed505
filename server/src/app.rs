//! Everything that requests share.

use std::{num::NonZero, sync::Arc, thread};

use authbackend_crds::auth::{AuthSettings, UnknownPlaceholder};

use crate::{
    clock::Clock,
    config::{Config, Secret, SecretFiles},
    crypto::{
        hmac::Signer,
        jwe::{self, Encrypter},
        jwt::JwtSigner,
        random::Random,
        secret_box::SecretBox,
        token,
    },
    db::{Db, IdKind},
    events::{EventSender, Events},
    hasher::{Hasher, HasherStartError},
    http::{
        body::Bodies,
        client_ip::ClientIp,
        cookie::Cookies,
        cors::Cors,
        origin::{InvalidOrigin, TrustedOrigins},
        path::Mount,
        plugin::Plugins,
        rate_limit::{InvalidRule, RateLimiter},
        serve::Limits,
    },
    identity::{
        fields::AdditionalFields,
        session::{SessionMemory, SessionReads, Sessions},
        verification::Verifications,
    },
    mail::{ComposeError, MailSender, Mailer},
    metrics::Metrics,
    oauth::{refreshes::Refreshes, registry::Providers},
    outbound::Outbound,
    outbox::{Outbox, Senders, Worker, webhook::Poster},
    plugins,
    secondary::Storage,
};

/// Everything that requests share.
pub struct App {
    /// What the process was told.
    pub config: Config,
    /// The one pool.
    pub db: Db,
    /// The time of day.
    pub clock: Clock,
    /// The source of tokens and ids.
    pub random: Arc<Random>,
    /// Hashes passwords.
    pub hasher: Hasher,
    /// The cookies that the settings ask for.
    pub cookies: Arc<Cookies>,
    /// The origins that the settings trust.
    pub origins: Arc<TrustedOrigins>,
    /// Lets pages of those origins read answers.
    pub cors: Cors,
    /// Finds the address of a client.
    pub client_ip: ClientIp,
    /// Limits requests, unless the settings switch that off.
    pub rate_limiter: Option<RateLimiter>,
    /// What the bodies of requests may take.
    pub bodies: Bodies,
    /// Where the API is mounted.
    pub mount: Mount,
    /// Calls other servers.
    pub outbound: Arc<Outbound>,
    /// Takes mails in.
    pub mail: Mailer,
    /// Records what happens.
    pub events: Events,
    /// Takes in what is sent after the answer.
    pub outbox: Outbox,
    /// Keeps what mailed links and begun sign-ins stand for.
    pub verifications: Verifications,
    /// Reads sessions from the database.
    pub session_reads: SessionReads,
    /// The secondary storage, if the settings want one.
    pub secondary: Option<Arc<Storage>>,
    /// Where sessions are kept.
    pub sessions: Sessions,
    /// Sessions in memory, if the settings want that.
    pub session_memory: Option<Arc<SessionMemory>>,
    /// The plugins that the settings want.
    pub plugins: Plugins,
    /// The services that sign users in.
    pub providers: Providers,
    /// Refreshes of tokens that are under way.
    pub refreshes: Arc<Refreshes>,
    /// Reads the secrets that the settings refer to.
    pub secret_files: SecretFiles,
    /// The fields that the settings add to users.
    pub user_fields: AdditionalFields,
    /// The fields that the settings add to sessions.
    pub session_fields: AdditionalFields,
}

/// Settings that passed validation and still cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A trusted origin.
    #[error(transparent)]
    Origin(#[from] InvalidOrigin),
    /// The hashing of passwords.
    #[error(transparent)]
    Hasher(#[from] HasherStartError),
    /// A text of a mail.
    #[error("mail.templates: a text {0}")]
    Template(#[from] UnknownPlaceholder),
    /// The sender of mails.
    #[error(transparent)]
    Mail(#[from] ComposeError),
    /// A path with a rate limit.
    #[error(transparent)]
    RateLimit(#[from] InvalidRule),
}

impl App {
    /// Prepares what the settings describe. `random` is the source of everything secret.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn new(
        config: Config,
        db: Db,
        clock: Clock,
        random: Random,
        metrics: &Metrics,
    ) -> Result<Self, AppError> {
        let random = Arc::new(random);
        let settings = &config.settings;
        let advanced = settings.advanced();
        let outbox = Outbox::new(Arc::clone(&random));
        let secondary = Storage::wanted(settings, &config.secret_files).map(Arc::new);
        let plugins = Plugins::new(plugins::ALL, settings);
        let origins = Arc::new(TrustedOrigins::new(
            config.base_url.origin(),
            settings.trusted_origins.as_deref().unwrap_or_default(),
        )?);
        let cors = match settings.cors() {
            cors if cors.enabled() => Cors::new(
                Arc::clone(&origins),
                config.base_url.origin(),
                cors.max_age(),
            ),
            _ => Cors::off(),
        };
        Ok(Self {
            hasher: Hasher::new(
                &settings.email_and_password(),
                cores(),
                Arc::clone(&random),
                metrics.hashing.clone(),
            )?,
            cookies: Arc::new(Cookies::new(settings, &config.base_url)),
            cors,
            origins,
            client_ip: ClientIp::new(&advanced.ip_address.clone().unwrap_or_default()),
            rate_limiter: RateLimiter::new(settings, &plugins.rate_limits(), secondary.as_ref())?,
            bodies: Bodies::new(Limits::within(config.memory_limit).bodies),
            mount: Mount::new(
                config.base_url.mount_path(),
                advanced.skip_trailing_slashes.unwrap_or(false),
            ),
            outbound: Arc::new(Outbound::new()),
            providers: Providers::new(settings),
            refreshes: Arc::default(),
            mail: Mailer::new(settings, &config.base_url, outbox.clone(), clock.clone())?,
            events: Events::new(settings, outbox.clone(), clock.clone()),
            outbox,
            verifications: Verifications::new(settings, secondary.as_ref()),
            sessions: Sessions::new(settings, secondary.as_ref(), Arc::clone(&random)),
            secondary,
            session_reads: SessionReads::new(db.clone(), metrics.session_reads.clone()),
            session_memory: session_memory(settings, &db, metrics),
            plugins,
            secret_files: config.secret_files.clone(),
            user_fields: AdditionalFields::new(settings.user().additional_fields.as_ref()),
            session_fields: AdditionalFields::new(settings.session().additional_fields.as_ref()),
            config,
            db,
            clock,
            random,
        })
    }

    /// Encrypts and decrypts for one purpose of OAuth alone: see [`SecretBox::for_purpose`].
    pub fn purpose_box(&self, purpose: &str) -> SecretBox {
        let secrets = self.config.secrets.current();
        SecretBox::for_purpose(secrets.iter().map(Secret::expose), purpose)
    }

    /// The id of a new row; none where the database counts ids.
    pub fn new_id(&self) -> Option<String> {
        match self.db.tables().ids() {
            IdKind::Text => Some(token::id(&self.random)),
            IdKind::Uuid => Some(token::uuid(&self.random)),
            IdKind::Serial => None,
        }
    }

    /// What sends the messages of the outbox, as the settings describe it.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn worker(&self, metrics: &Metrics) -> Result<Worker, AppError> {
        let settings = &self.config.settings;
        let poster = Arc::new(Poster::new(
            Arc::clone(&self.outbound),
            self.secret_files.clone(),
            self.clock.clone(),
        ));
        let base_url = &self.config.base_url;
        let mail = MailSender::new(&self.mail, settings, base_url, &self.secret_files, &poster)?;
        let senders = Senders {
            mail: mail.map(|sender| Arc::new(sender) as _),
            webhook: EventSender::new(settings, &poster).map(|sender| Arc::new(sender) as _),
        };
        let metrics = metrics.outbox.clone();
        let db = self.db.clone();
        Ok(Worker::new(&self.outbox, senders, db, metrics))
    }

    /// Signs and verifies with the secrets now in force.
    pub fn signer(&self) -> Signer {
        self.config.secrets.signer()
    }

    /// Signs and verifies tokens that carry claims with the secrets now in force.
    pub fn jwt_signer(&self) -> JwtSigner {
        JwtSigner::new(self.config.secrets.current().iter().map(Secret::expose))
    }

    /// Encrypts and decrypts cookies of `kind` with the secrets now in force.
    pub fn encrypter(&self, kind: jwe::Kind) -> Encrypter {
        let secrets = self.config.secrets.current();
        Encrypter::new(secrets.iter().map(Secret::expose), kind)
    }

    /// Encrypts and decrypts what is stored with the secrets now in force.
    pub fn secret_box(&self) -> SecretBox {
        SecretBox::new(self.config.secrets.current().iter().map(Secret::expose))
    }
}

/// The cores that this process may use.
fn cores() -> u32 {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX)
}

/// Where sessions are remembered, if `settings` want that.
fn session_memory(
    settings: &AuthSettings,
    db: &Db,
    metrics: &Metrics,
) -> Option<Arc<SessionMemory>> {
    let cache = settings.session().memory_cache();
    let metrics = metrics.session_memory.clone();
    let memory = || SessionMemory::new(&cache, db.changes(), metrics);
    cache.enabled().then(memory).map(Arc::new)
}
