//! Which account a request means.

use serde::Deserialize;

use crate::{
    app::App,
    http::{
        StatusCode,
        error::ApiError,
        error_code::ACCOUNT_NOT_FOUND,
        extract::Input,
        openapi::Operation,
        schema::{Field, Schema},
        session::CurrentSessionReader,
    },
    identity::account::{
        Account,
        store::{of_user, of_user_by_id},
    },
};

/// The account that a request means: as clients of better-auth 1.7 name it, by its id here, or as those of 1.6 do, by
/// its service and perhaps the user's id there. The account in a cookie can be asked for as well; there is never one,
/// as the database keeps every account. Whose account it is says the session, not `userId`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Selection {
    account_id: Option<String>,
    provider_id: Option<String>,
}

impl Input for Selection {
    const SCHEMA: Schema = Schema::one_of(
        &[
            &[
                Field::string("accountId"),
                Field::string("userId").optional(),
            ],
            &[
                Field::always_true("useAccountCookie"),
                Field::string("userId").optional(),
            ],
            &[
                Field::string("providerId"),
                Field::string("accountId").optional(),
                Field::string("userId").optional(),
            ],
        ],
        &[
            Field::string("accountId").optional(),
            Field::string("providerId").optional(),
            Field::always_true("useAccountCookie").optional(),
            Field::string("userId").optional(),
        ],
    );
}

impl Selection {
    /// The account, if it belongs to whoever is signed in.
    pub(super) async fn find(
        self,
        app: &App,
        session: CurrentSessionReader,
    ) -> Result<Account, ApiError> {
        let current = session
            .read()
            .await?
            .ok_or(ApiError::Empty(StatusCode::UNAUTHORIZED))?;
        let user_id = &current.user.id;
        let account_id = self.account_id.as_deref();
        let mut db = app.db.get().await?;
        let found = match (self.provider_id, account_id) {
            (Some(provider), id) => {
                let accounts = of_user(&mut db, user_id).await?;
                accounts
                    .into_iter()
                    .find(|account| is_meant(account, &provider, id))
            }
            (None, Some(id)) => of_user_by_id(&mut db, user_id, id).await?,
            (None, None) => None,
        };
        found.ok_or_else(|| (&ACCOUNT_NOT_FOUND).into())
    }
}

/// Without a session the answer is 401 and nothing else, as that of better-auth.
pub(super) fn describe_session(operation: &mut Operation) {
    operation.needs_session();
    operation.fails_empty(StatusCode::UNAUTHORIZED);
}

/// Whether an account is that of `provider`, and of `id` if one is given: the user's id there, or the id here.
pub(super) fn is_meant(account: &Account, provider: &str, id: Option<&str>) -> bool {
    account.provider_id == provider
        && id.is_none_or(|id| account.account_id == id || account.id == id)
}
