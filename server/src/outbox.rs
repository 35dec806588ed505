//! What the server sends after it has answered: mails and webhooks.
//!
//! A message is a row that is written in the transaction of what it tells, so that both happen or neither. A worker
//! per process takes rows that are due, gives the database connection back, sends, and removes the row. Taking a row
//! puts its next attempt off by the time that sending may take: when the process dies the row becomes due again, so
//! that a message is sent at least once, and several processes share the work without talking to each other.

mod lane;
mod schedule;
mod slots;
pub(crate) mod store;
pub mod webhook;
mod worker;

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use serde::Serialize;
use tokio::sync::Notify;

use crate::{
    crypto::{random::Random, token},
    db::Conn,
};

pub use store::{Error, Result};
pub use worker::{Senders, Worker};

/// What a message is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// A mail.
    Mail,
    /// An event, told to another service.
    Webhook,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Webhook];

    /// Its name in the database and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }
}

/// Takes messages in.
#[derive(Clone)]
pub struct Outbox {
    random: Arc<Random>,
    mail: Arc<Notify>,
    webhooks: Arc<Notify>,
}

impl Outbox {
    /// An outbox that nobody empties yet.
    pub fn new(random: Arc<Random>) -> Self {
        Self {
            random,
            mail: Arc::default(),
            webhooks: Arc::default(),
        }
    }

    /// Adds a message, in the transaction of `db` if one is open, and wakes the worker.
    ///
    /// # Errors
    /// The database refuses the row.
    pub async fn queue(&self, db: &mut Conn, kind: Kind, payload: &impl Serialize) -> Result<()> {
        let message_id = format!("msg_{}", token::id(&self.random));
        store::insert(db, kind.as_str(), &message_id, payload).await?;
        self.wake(kind).notify_one();
        Ok(())
    }

    fn wake(&self, kind: Kind) -> &Arc<Notify> {
        match kind {
            Kind::Mail => &self.mail,
            Kind::Webhook => &self.webhooks,
        }
    }
}

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Item {
    id: i64,
    /// Stays the same over all attempts.
    pub message_id: String,
    /// What was queued, as JSON.
    pub payload: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Whom it is for: the URL of a webhook; empty where all go to the same.
    receiver: String,
}

/// Why a message was not sent. Neither reason holds a secret: it goes to the log and into the row.
#[derive(Debug)]
pub enum Failure {
    /// A later attempt may succeed.
    Later {
        /// What failed.
        reason: String,
        /// The earliest time for it, where the receiver says so.
        after: Option<Duration>,
    },
    /// No attempt will.
    Never {
        /// What failed.
        reason: String,
    },
}

impl Failure {
    /// A failure that may pass.
    pub fn later(reason: impl Into<String>) -> Self {
        Self::Later {
            reason: reason.into(),
            after: None,
        }
    }

    /// A failure that will not pass.
    pub fn never(reason: impl Into<String>) -> Self {
        Self::Never {
            reason: reason.into(),
        }
    }

    /// The same failure, with none of the `secrets` in its reason.
    #[must_use]
    pub fn without(mut self, secrets: &[&str]) -> Self {
        let (Self::Later { reason, .. } | Self::Never { reason }) = &mut self;
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            *reason = reason.replace(secret, "[redacted]");
        }
        self
    }
}

/// Sends messages of one kind.
pub trait Deliver: Send + Sync + 'static {
    /// Sends one. Holds no database connection.
    fn deliver<'a>(&'a self, item: &'a Item) -> BoxFuture<'a, std::result::Result<(), Failure>>;

    /// Longest that [`Deliver::deliver`] may take.
    fn limit(&self) -> Duration;

    /// How many receivers there are.
    fn receivers(&self) -> usize {
        1
    }
}
