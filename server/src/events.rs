//! What happens to users and sessions: kept in the audit log and told to other services.
//!
//! An event is recorded in the transaction of what happened, so that there is no event without its cause and no cause
//! without its event. Both the log and the webhooks are off unless the settings ask for them, and then recording costs
//! nothing.

mod sender;
pub(crate) mod store;

use std::sync::Arc;

use authbackend_crds::auth::{AuthSettings, EventWebhook};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    clock::Clock,
    db::Conn,
    http::extract::Client,
    identity::{date, session::Session},
    outbox::{self, Outbox, Result},
};

pub use authbackend_crds::auth::EventKind;
pub use sender::EventSender;

/// Most sessions that one event tells of: receivers of webhooks take in some hundred KiB at most.
const SESSIONS_PER_EVENT: usize = 1_000;

/// Characters of an address of which nobody knows whether it is one: as many as an address may have (RFC 5321, section 4.5.3.1).
const MAX_ADDRESS: usize = 320;

/// Something that happened. Holds no secret: no password, no token, no link.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    kind: EventKind,
    user_id: Option<String>,
    session_id: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    data: Map<String, Value>,
}

impl Event {
    /// An event of which nothing else is known.
    pub fn new(kind: EventKind) -> Self {
        Self {
            kind,
            user_id: None,
            session_id: None,
            ip_address: None,
            user_agent: None,
            data: Map::new(),
        }
    }

    /// The same event, of the user `id`.
    #[must_use]
    pub fn of_user(self, id: impl Into<String>) -> Self {
        Self {
            user_id: Some(id.into()),
            ..self
        }
    }

    /// The same event, in or of the session `id` (not its token).
    #[must_use]
    pub fn in_session(self, id: impl Into<String>) -> Self {
        Self {
            session_id: Some(id.into()),
            ..self
        }
    }

    /// The same event, caused by `client`.
    #[must_use]
    pub fn from_client(self, client: &Client) -> Self {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            ip_address: known(&client.ip_address),
            user_agent: known(&client.user_agent),
            ..self
        }
    }

    /// The same event, of somebody who came with this address, be it any or none. Of more than could be one only the
    /// beginning is kept: it costs nothing to send, and is stored.
    #[must_use]
    pub fn with_given_email(self, email: &str) -> Self {
        let kept: String = email.chars().take(MAX_ADDRESS).collect();
        self.with("email", kept)
    }

    /// The same event, of which `name` is `value` too.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }
}

/// What the outbox keeps for one service.
#[derive(Deserialize, Serialize)]
struct Queued {
    url: String,
    body: Body,
}

/// What the service gets, in the form that Standard Webhooks recommends.
#[derive(Clone, Deserialize, Serialize)]
struct Body {
    r#type: String,
    timestamp: String,
    data: Map<String, Value>,
}

/// The transaction of an event, or that none was begun for it.
#[must_use = "what has happened is taken back unless it is committed"]
#[derive(Debug)]
pub struct Scope {
    is_own: bool,
}

/// Records events.
pub struct Events {
    outbox: Outbox,
    clock: Clock,
    has_audit: bool,
    webhooks: Arc<[EventWebhook]>,
}

impl Events {
    /// What the settings ask to record.
    pub fn new(settings: &AuthSettings, outbox: Outbox, clock: Clock) -> Self {
        Self {
            outbox,
            clock,
            has_audit: settings.audit().enabled(),
            webhooks: settings.webhooks.iter().flatten().cloned().collect(),
        }
    }

    /// Whether anybody wants to know of any event.
    pub fn is_on(&self) -> bool {
        self.has_audit || !self.webhooks.is_empty()
    }

    /// Begins a transaction for what is about to happen and its events, unless one is open already or nobody wants to
    /// know of events: without them one statement needs none. To be ended with [`Events::commit`].
    ///
    /// # Errors
    /// The database fails.
    pub async fn begin(&self, db: &mut Conn) -> Result<Scope> {
        let is_own = self.is_on() && !db.is_in_transaction();
        if is_own {
            db.begin().await?;
        }
        Ok(Scope { is_own })
    }

    /// Ends the transaction of [`Events::begin`], if that began one.
    ///
    /// # Errors
    /// The database fails; nothing has happened.
    pub async fn commit(&self, db: &mut Conn, scope: Scope) -> Result<()> {
        if scope.is_own {
            db.commit().await?;
        }
        Ok(())
    }

    /// Takes back what has happened since [`Events::begin`], if that began a transaction.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn roll_back(&self, db: &mut Conn, scope: Scope) -> Result<()> {
        if scope.is_own {
            db.rollback().await?;
        }
        Ok(())
    }

    /// Records that a user has signed in.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn session_created(
        &self,
        db: &mut Conn,
        session: &Session,
        client: &Client,
    ) -> Result<()> {
        let event = Event::new(EventKind::SessionCreated)
            .of_user(&session.user_id)
            .in_session(&session.id)
            .from_client(client);
        self.record(db, event).await
    }

    /// Records that sessions of a user were ended; nothing, if there were none. Of very many, several events tell.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn sessions_revoked(
        &self,
        db: &mut Conn,
        user_id: &str,
        session_ids: Vec<String>,
        client: &Client,
    ) -> Result<()> {
        if !self.is_on() {
            return Ok(());
        }
        for some in session_ids.chunks(SESSIONS_PER_EVENT) {
            let event = Event::new(EventKind::SessionRevoked)
                .of_user(user_id)
                .from_client(client)
                .with("sessionIds", some);
            self.record(db, event).await?;
        }
        Ok(())
    }

    /// Records an event, in the transaction of `db` if one is open.
    ///
    /// # Errors
    /// The database refuses it.
    pub async fn record(&self, db: &mut Conn, event: Event) -> Result<()> {
        let now = self.clock.now();
        if self.has_audit {
            store::insert(db, &event, now).await?;
        }
        let receivers = || {
            let webhooks = self.webhooks.iter();
            webhooks.filter(|webhook| webhook.wants(event.kind))
        };
        if receivers().next().is_none() {
            return Ok(());
        }
        let body = Body {
            r#type: event.kind.as_str().to_owned(),
            timestamp: date::format(now),
            data: event.clone().into_data(),
        };
        for receiver in receivers() {
            let queued = Queued {
                url: receiver.url.clone(),
                body: body.clone(),
            };
            self.outbox
                .queue(db, outbox::Kind::Webhook, &queued)
                .await?;
        }
        Ok(())
    }
}

impl Event {
    /// Everything but kind and time, in one object; what is not known is left out.
    fn into_data(self) -> Map<String, Value> {
        let known = [
            ("userId", self.user_id),
            ("sessionId", self.session_id),
            ("ipAddress", self.ip_address),
            ("userAgent", self.user_agent),
        ];
        let mut data = self.data;
        for (name, value) in known {
            if let Some(value) = value {
                data.insert(name.to_owned(), value.into());
            }
        }
        data
    }
}
