//! One resolved address of a database with the credentials for it.

use crate::config::Secret;

/// Where to connect and as whom. Two equal targets need no new connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Host name, IP address, or the directory of a Unix socket when it starts with a slash.
    pub host: String,
    /// TCP port, or the number in the Unix socket's name.
    pub port: u16,
    /// The database; Postgres takes the user's name when there is none.
    pub name: Option<String>,
    /// The role to sign in as.
    pub user: String,
    /// Its password, where one is needed.
    pub password: Option<Secret>,
    /// Whether the connection is encrypted and the server's certificate checked.
    pub ssl_mode: SslMode,
    /// Certificates (PEM) of the authorities to trust instead of the system's.
    pub certificate_authority: Option<String>,
    /// Run-time parameters of the session, from the URL's `options=-c name=value`, such as `search_path`.
    pub parameters: Vec<(String, String)>,
    /// Names of URL parameters that mean nothing to this server.
    pub ignored: Vec<String>,
}

impl Target {
    /// `host:port/name`, to tell a person which database is meant.
    pub fn address(&self) -> String {
        let name = self.name.as_deref().unwrap_or(&self.user);
        format!("{}:{}/{name}", self.host, self.port)
    }
}

/// libpq's `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SslMode {
    /// No encryption.
    Disable,
    /// Encryption when the server insists.
    Allow,
    /// Encryption when the server offers it.
    #[default]
    Prefer,
    /// Encryption; the certificate is checked only when an authority is given.
    Require,
    /// Encryption with a certificate from a trusted authority.
    VerifyCa,
    /// Encryption with a certificate from a trusted authority for this very host.
    VerifyFull,
}

impl SslMode {
    /// What to tell about a value that [`SslMode::parse`] does not know.
    pub(super) const REMEDY: &'static str =
        "must be one of disable, allow, prefer, require, verify-ca, verify-full";

    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }
}
