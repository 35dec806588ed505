//! Why something cannot be done, and what to do about it.

use std::io;

use kube::config::KubeconfigError;
use kube::core::Status;

/// Why something cannot be done. Its text ends with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The kubeconfig.
    #[error(
        "{0}\nSet KUBECONFIG or --kubeconfig, and --context to one of: kubectl config get-contexts"
    )]
    Kubeconfig(#[from] KubeconfigError),

    /// The API server does not answer.
    #[error(
        "the API server cannot be reached: {0}\nCheck the connection and the context: kubectl --context CONTEXT version"
    )]
    Unreachable(String),

    /// The API server does not know who asks.
    #[error(
        "the API server does not accept the credentials of this context: {0}\nSign in again, or choose another --context"
    )]
    Unauthorized(String),

    /// Who asks may not do it.
    #[error(
        "{message}\nAsk for that right: the chart adds AuthBackends to the cluster roles view, edit and admin. Check it with: kubectl auth can-i --list -n {namespace}"
    )]
    Forbidden {
        /// What the API server says.
        message: String,
        /// The namespace.
        namespace: String,
    },

    /// The API server has no such kind.
    #[error(
        "this cluster has no AuthBackends: their definition is not installed\nInstall the operator's chart: helm install authbackend-operator oci://ghcr.io/authbackend/charts/authbackend-operator -n authbackend-system --create-namespace"
    )]
    NotInstalled,

    /// There is no AuthBackend of that name.
    #[error(
        "there is no AuthBackend {name} in namespace {namespace}\nList them with: kubectl authbackend status -n {namespace}, or -A for all namespaces"
    )]
    NotFound {
        /// Its name.
        name: String,
        /// The namespace.
        namespace: String,
    },

    /// The API server refuses for another reason.
    #[error("the API server refuses: {0}")]
    Refused(String),

    /// The state does not allow it.
    #[error("{0}")]
    State(String),

    /// A local port.
    #[error(
        "{address} cannot be listened on: {error}\nChoose another port, or 0 for one that is free: --port 0"
    )]
    Listen {
        /// Address and port.
        address: std::net::SocketAddr,
        /// Why.
        error: io::Error,
    },

    /// The output.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),

    /// A value that has no form in the wanted format.
    #[error("the output cannot be written: {0}")]
    Format(String),
}

impl Problem {
    /// What the client library's error means in `namespace`.
    pub(crate) fn of(error: kube::Error, namespace: &str) -> Self {
        match error {
            kube::Error::Api(status) => Self::of_status(&status, namespace),
            error => Self::Unreachable(chain(&error)),
        }
    }

    fn of_status(status: &Status, namespace: &str) -> Self {
        let message = status.message.clone();
        match status.code {
            401 => Self::Unauthorized(message),
            403 => Self::Forbidden {
                message,
                namespace: namespace.to_owned(),
            },
            _ => Self::Refused(message),
        }
    }

    /// As [`Self::of`], for a request about AuthBackends, or the one that is called `name`.
    pub(crate) fn of_auth_backend(error: kube::Error, namespace: &str, name: Option<&str>) -> Self {
        let kube::Error::Api(status) = &error else {
            return Self::of(error, namespace);
        };
        // Of an object that does not exist the answer names the object; of a kind that does not exist, it is a page.
        let names_object = status
            .details
            .as_ref()
            .is_some_and(|details| !details.name.is_empty());
        match name {
            Some(name) if status.code == 404 && names_object => Self::NotFound {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
            },
            _ if status.code == 404 => Self::NotInstalled,
            _ => Self::of(error, namespace),
        }
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
