//! Everything that requests share.

use std::{num::NonZero, sync::Arc, thread};

use crate::{
    clock::Clock,
    config::{Config, Secret, SecretFiles},
    crypto::{
        hmac::Signer, jwt::JwtSigner, password::PasswordError, random::Random,
        secret_box::SecretBox, token,
    },
    db::{Db, IdKind},
    hasher::Hasher,
    http::{
        client_ip::ClientIp,
        cookie::Cookies,
        origin::{InvalidOrigin, TrustedOrigins},
        path::Mount,
    },
    metrics::Metrics,
    outbound::Outbound,
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
    pub origins: TrustedOrigins,
    /// Finds the address of a client.
    pub client_ip: ClientIp,
    /// Where the API is mounted.
    pub mount: Mount,
    /// Calls other servers.
    pub outbound: Outbound,
    /// Reads the secrets that the settings refer to.
    pub secret_files: SecretFiles,
}

/// Settings that passed validation and still cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A trusted origin.
    #[error(transparent)]
    Origin(#[from] InvalidOrigin),
    /// The cost of password hashes.
    #[error("emailAndPassword.password.argon2id: {0}")]
    Password(#[from] PasswordError),
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
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self {
            hasher: Hasher::new(
                &settings.email_and_password(),
                cores,
                Arc::clone(&random),
                metrics.hashing.clone(),
            )?,
            cookies: Arc::new(Cookies::new(settings, &config.base_url)),
            origins: TrustedOrigins::new(
                config.base_url.origin(),
                settings.trusted_origins.as_deref().unwrap_or_default(),
            )?,
            client_ip: ClientIp::new(&advanced.ip_address.clone().unwrap_or_default()),
            mount: Mount::new(
                config.base_url.mount_path(),
                advanced.skip_trailing_slashes.unwrap_or(false),
            ),
            outbound: Outbound::new(),
            secret_files: config.secret_files.clone(),
            config,
            db,
            clock,
            random,
        })
    }

    /// The id of a new row; none where the database counts ids.
    pub fn new_id(&self) -> Option<String> {
        match self.db.tables().ids() {
            IdKind::Text => Some(token::id(&self.random)),
            IdKind::Uuid => Some(token::uuid(&self.random)),
            IdKind::Serial => None,
        }
    }

    /// Signs and verifies with the secrets now in force.
    pub fn signer(&self) -> Signer {
        Signer::new(self.config.secrets.current().iter().map(Secret::expose))
    }

    /// Signs and verifies tokens that carry claims with the secrets now in force.
    pub fn jwt_signer(&self) -> JwtSigner {
        JwtSigner::new(self.config.secrets.current().iter().map(Secret::expose))
    }

    /// Encrypts and decrypts what is stored with the secrets now in force.
    pub fn secret_box(&self) -> SecretBox {
        SecretBox::new(self.config.secrets.current().iter().map(Secret::expose))
    }
}
