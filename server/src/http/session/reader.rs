//! The session, for handlers that do not always need it.

use super::{CurrentSession, MaybeSession};
use crate::{
    http::{
        call::Call, error::ApiError, error_code::UNAUTHORIZED, extract::Extract, openapi::Operation,
    },
    identity::session::{Current, SessionUser},
};

/// Reads the session when the handler comes to need it: an answer that does not depend on the session neither waits
/// for it nor changes its cookies.
pub struct SessionReader(Call);

impl Extract for SessionReader {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        Ok(Self(call.fork()))
    }

    fn describe(operation: &mut Operation) {
        MaybeSession::describe(operation);
    }
}

impl SessionReader {
    /// The session of the request, if it has one, which may come from the cookie cache. Takes a database connection of
    /// its own: whoever has one should give it back first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn read(mut self) -> Result<Option<SessionUser>, ApiError> {
        let MaybeSession { current, .. } = MaybeSession::extract(&mut self.0).await?;
        Ok(current.map(Current::into_owned))
    }
}

/// The same for what changes something that matters: the session comes from the database.
pub struct CurrentSessionReader(Call);

impl Extract for CurrentSessionReader {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        Ok(Self(call.fork()))
    }

    fn describe(operation: &mut Operation) {
        operation.welcomes_session();
    }
}

impl CurrentSessionReader {
    /// The session of the request, if it has one. Takes a database connection of its own: whoever has one should give
    /// it back first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn read(mut self) -> Result<Option<SessionUser>, ApiError> {
        match CurrentSession::extract(&mut self.0).await {
            Ok(CurrentSession(current)) => Ok(Some(current)),
            Err(ApiError::Code(code)) if *code == UNAUTHORIZED => Ok(None),
            Err(error) => Err(error),
        }
    }
}
