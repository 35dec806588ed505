//! A session as it is remembered, and as requests get it.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use time::OffsetDateTime;

use crate::{
    db::{Moment, Place},
    identity::session::SessionUser,
};

/// A session as it was read.
pub struct Copy {
    pub(super) current: SessionUser,
    /// As clients see it, in JSON; made when the first one asks.
    pub(super) json: OnceLock<Bytes>,
    /// Before it was read.
    pub(super) moment: Moment,
    /// Where changes of its user are noted.
    pub(super) place: Place,
    /// When it was read, and for how long after that it is good.
    pub(super) read_at: OffsetDateTime,
    pub(super) good_until: OffsetDateTime,
    /// Bytes that it takes.
    pub(super) weight: u64,
}

impl Copy {
    /// As clients see it, in JSON.
    fn json(&self) -> serde_json::Result<Bytes> {
        if let Some(json) = self.json.get() {
            return Ok(json.clone());
        }
        let json = serde_json::to_vec(&self.current)?;
        Ok(self.json.get_or_init(|| json.into()).clone())
    }
}

/// A session and its user, read by the request itself or remembered.
pub enum Current {
    /// Read.
    Own(Box<SessionUser>),
    /// Remembered, and shared with other requests.
    Shared(Arc<Copy>),
}

impl Current {
    /// The session and its user, to be changed or kept.
    pub fn into_owned(self) -> SessionUser {
        match self {
            Self::Own(current) => *current,
            Self::Shared(copy) => copy.current.clone(),
        }
    }

    /// What is remembered, as clients see it in JSON: nothing has to be written again. None for what was read.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn remembered_json(&self) -> serde_json::Result<Option<Bytes>> {
        match self {
            Self::Own(_) => Ok(None),
            Self::Shared(copy) => copy.json().map(Some),
        }
    }
}

impl Deref for Current {
    type Target = SessionUser;

    fn deref(&self) -> &SessionUser {
        match self {
            Self::Own(current) => current,
            Self::Shared(copy) => &copy.current,
        }
    }
}

impl From<SessionUser> for Current {
    fn from(current: SessionUser) -> Self {
        Self::Own(Box::new(current))
    }
}
