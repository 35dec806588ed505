//! Hands mails to a relay, over connections that are kept for the next mail.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use authbackend_crds::auth::{Smtp, SmtpTls};
use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
    extension::ClientId,
};
use tokio::time::timeout;

use super::compose::Composed;
use crate::{
    config::{Secret, SecretFiles},
    outbox::Failure,
};

/// How long a connection is kept for the next mail: less than any relay waits for the next command.
const REST: Duration = Duration::from_secs(30);

/// How long a kept connection may take to show that it still works.
const PROBE: Duration = Duration::from_secs(3);

/// Refusals that a change of the settings mends (RFC 4954, 3207): the mail itself may be good.
const REFUSALS_OF_CREDENTIALS: [u16; 5] = [503, 530, 534, 535, 538];

/// A relay.
pub(super) struct Relay {
    settings: Smtp,
    hello: ClientId,
    secret_files: SecretFiles,
    /// The one that was used last is the last.
    resting: Mutex<Vec<Resting>>,
    /// The authorities last read, and what was made of them: reading those of the system takes milliseconds.
    tls: Mutex<Option<(Option<Secret>, TlsParameters)>>,
}

struct Resting {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Relay {
    /// The relay that `settings` describe; `host` is the name to introduce ourselves by unless they name one.
    pub(super) fn new(settings: Smtp, host: &str, secret_files: SecretFiles) -> Self {
        let hello = settings.hello_name.as_deref().unwrap_or(host);
        Self {
            hello: ClientId::Domain(hello.to_owned()),
            settings,
            secret_files,
            resting: Mutex::default(),
            tls: Mutex::default(),
        }
    }

    /// Longest that [`Relay::send`] takes.
    pub(super) fn limit(&self) -> Duration {
        PROBE + self.connect_timeout() + self.send_timeout()
    }

    /// Hands a mail over. A connection that fails is thrown away, also when this is dropped half-way: what the relay
    /// answers later must not be taken for the answer to the next mail.
    pub(super) async fn send(&self, mail: &Composed) -> Result<(), Failure> {
        let mut connection = match self.take_resting().await {
            Some(connection) => connection,
            None => timeout(self.connect_timeout(), self.connect())
                .await
                .unwrap_or_else(|_| Err(Failure::later("the relay does not answer in time")))?,
        };
        match timeout(
            self.send_timeout(),
            connection.send(&mail.envelope, &mail.bytes),
        )
        .await
        {
            Ok(Ok(_)) => {
                self.resting().push(Resting {
                    connection,
                    since: Instant::now(),
                });
                Ok(())
            }
            Ok(Err(error)) => Err(judge(&error)),
            Err(_) => Err(Failure::later("the relay does not take the mail in time")),
        }
    }

    /// A connection that was kept and still works.
    async fn take_resting(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let Resting {
                mut connection,
                since,
            } = self.resting().pop()?;
            if since.elapsed() < REST
                && timeout(PROBE, connection.test_connected())
                    .await
                    .unwrap_or(false)
            {
                return Some(connection);
            }
        }
    }

    /// A new connection: encrypted and signed in, as the settings ask for.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let address = (self.settings.host.as_str(), self.settings.port());
        let encryption = self.settings.tls();
        let tls = match encryption {
            SmtpTls::None => None,
            SmtpTls::Starttls | SmtpTls::Implicit => Some(self.tls()?),
        };
        let (first, later) = match encryption {
            SmtpTls::Implicit => (tls, None),
            SmtpTls::Starttls | SmtpTls::None => (None, tls),
        };
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, first, None)
                .await
                .map_err(|error| unreachable(&error))?;
        if let Some(tls) = later {
            // Refuses a relay that does not offer it: nothing has been said yet that anybody may not read.
            let encrypted = connection.starttls(tls, &self.hello).await;
            encrypted.map_err(|error| unreachable(&error))?;
        }
        if let Some(credentials) = self.credentials()? {
            let signed_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            signed_in.map_err(|error| unreachable(&error))?;
        }
        Ok(connection)
    }

    fn credentials(&self) -> Result<Option<Credentials>, Failure> {
        let Smtp {
            username,
            password_ref,
            ..
        } = &self.settings;
        let (Some(username), Some(password)) = (username, password_ref) else {
            return Ok(None);
        };
        let password = self
            .secret_files
            .read(password)
            .map_err(|problem| Failure::later(problem.to_string()))?;
        Ok(Some(Credentials::new(
            username.clone(),
            password.expose().to_owned(),
        )))
    }

    fn tls(&self) -> Result<TlsParameters, Failure> {
        let authorities = self
            .settings
            .ca_ref
            .as_ref()
            .map(|reference| self.secret_files.read(reference))
            .transpose()
            .map_err(|problem| Failure::later(problem.to_string()))?;
        let mut known = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, tls)) = &*known
            && *of == authorities
        {
            return Ok(tls.clone());
        }
        let tls = tls_parameters(&self.settings.host, authorities.as_ref())
            .map_err(|error| Failure::later(format!("TLS cannot be set up: {error}")))?;
        *known = Some((authorities, tls.clone()));
        Ok(tls)
    }

    fn resting(&self) -> std::sync::MutexGuard<'_, Vec<Resting>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect_timeout(&self) -> Duration {
        Duration::from_secs(self.settings.connect_timeout().into())
    }

    fn send_timeout(&self) -> Duration {
        Duration::from_secs(self.settings.send_timeout().into())
    }
}

/// TLS that trusts `authorities`, or those of the system.
fn tls_parameters(host: &str, authorities: Option<&Secret>) -> Result<TlsParameters, Error> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(authorities) = authorities {
        builder = builder
            .certificate_store(CertificateStore::None)
            .add_root_certificate(Certificate::from_pem(authorities.expose().as_bytes())?);
    }
    builder.build_rustls()
}

/// A relay that cannot be reached or signed in to; that may be mended, by its administrators or by ours.
fn unreachable(error: &Error) -> Failure {
    Failure::later(format!("the relay cannot be used: {error}"))
}

/// Whether another attempt can succeed: what the relay refuses for good it would refuse again (RFC 5321, 4.2.1).
fn judge(error: &Error) -> Failure {
    let reason = format!("the relay does not take the mail: {error}");
    let is_of_credentials = error
        .status()
        .is_some_and(|code| REFUSALS_OF_CREDENTIALS.contains(&u16::from(code)));
    if (error.is_permanent() && !is_of_credentials) || error.is_client() {
        Failure::never(reason)
    } else {
        Failure::later(reason)
    }
}
