//! New users.

use sqlx::types::Json;

use crate::{
    db::{Conn, is_refused},
    identity::{account::NewAccount, session::NewSession, user::User},
};

/// A user who is not in the database yet, with their account and perhaps the first session.
#[derive(Debug)]
pub struct Registration<'a> {
    /// The user; the id is empty where the database counts ids.
    pub user: &'a User,
    /// The account that they sign in with; its `user_id` is not looked at.
    pub account: &'a NewAccount,
    /// The session to begin with; its `user_id` is not looked at.
    pub session: Option<&'a NewSession>,
}

/// What became of a registration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Registered {
    /// User, account and session are there.
    Done {
        /// Id of the user.
        user_id: String,
        /// Id of the session, if there is one.
        session_id: Option<String>,
    },
    /// Nothing is: someone else has the address, or the value of another field that no two users share.
    EmailTaken,
    /// Nothing is: the database refuses a value.
    Unstorable,
}

const SQL: &str = "
    WITH new_user AS (
        INSERT INTO {user}
            ({user.id}, {user.name}, {user.email}, {user.emailVerified}, {user.image},
             {user.createdAt}, {user.updatedAt}{user.+columns})
        VALUES ({user.newId:$1}, $2, $3, $4, $5, $6, $6{user.+values:$7})
        RETURNING {user.id} AS id
    ), new_account AS (
        INSERT INTO {account}
            ({account.id}, {account.accountId}, {account.providerId}, {account.userId}, {account.accessToken},
             {account.refreshToken}, {account.idToken}, {account.accessTokenExpiresAt},
             {account.refreshTokenExpiresAt}, {account.scope}, {account.password}, {account.createdAt},
             {account.updatedAt}{account.+columns})
        SELECT {account.newId:$8}, COALESCE($9, id::text), $10, id, $11, $12, $13, $14, $15, $16, $17, $6, $6
               {account.+values:$18}
        FROM new_user
    ), new_session AS (
        INSERT INTO {session}
            ({session.id}, {session.expiresAt}, {session.token}, {session.createdAt}, {session.updatedAt},
             {session.ipAddress}, {session.userAgent}, {session.userId}{session.+columns})
        SELECT {session.newId:$19}, $20, $21, $6, $6, $22, $23, id{session.+values:$24}
        FROM new_user WHERE $21 IS NOT NULL
        RETURNING {session.id} AS id
    )
    SELECT new_user.id::text, new_session.id::text FROM new_user LEFT JOIN new_session ON true";

/// Adds user, account and session, all or none, in one statement. The account of a password is named after its user.
///
/// # Errors
/// The database fails.
pub async fn register(db: &mut Conn, registration: &Registration<'_>) -> sqlx::Result<Registered> {
    let Registration {
        user,
        account,
        session,
    } = registration;
    let query = sqlx::query_as(db.sql(SQL))
        .bind(Some(&user.id).filter(|id| !id.is_empty()))
        .bind(&user.name)
        .bind(&user.email)
        .bind(user.email_verified)
        .bind(&user.image)
        .bind(user.created_at)
        .bind(Json(&user.additional))
        .bind(&account.id)
        .bind(&account.account_id)
        .bind(&account.provider_id)
        .bind(&account.tokens.access_token)
        .bind(&account.tokens.refresh_token)
        .bind(&account.tokens.id_token)
        .bind(account.tokens.access_token_expires_at)
        .bind(account.tokens.refresh_token_expires_at)
        .bind(&account.tokens.scope)
        .bind(&account.password)
        .bind(Json(&account.additional))
        .bind(session.and_then(|session| session.id.as_ref()))
        .bind(session.map(|session| session.expires_at))
        .bind(session.map(|session| &session.token))
        .bind(session.map(|session| &session.ip_address))
        .bind(session.map(|session| &session.user_agent))
        .bind(session.map(|session| Json(&session.additional)));
    match query.fetch_one(&mut **db).await {
        Ok((user_id, session_id)) => Ok(Registered::Done {
            user_id,
            session_id,
        }),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            Ok(Registered::EmailTaken)
        }
        Err(error) if is_refused(&error) => Ok(Registered::Unstorable),
        Err(error) => Err(error),
    }
}
