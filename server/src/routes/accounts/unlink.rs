//! `POST /unlink-account`.

use serde::Deserialize;
use serde_json::Value;

use super::selection::is_meant;
use crate::{
    events::{Event, EventKind},
    http::{
        call::Call,
        error::ApiError,
        error_code::{ACCOUNT_NOT_FOUND, FAILED_TO_UNLINK_LAST_ACCOUNT},
        extract::{Body, Client, Database, Extract, Input, State},
        openapi::Operation,
        reply::Json,
        schema::{Field, Schema},
        session::FreshSession,
        table::Route,
    },
    identity::{
        account::{
            Account,
            store::{of_user, remove},
        },
        user,
    },
    route,
    routes::session::{DONE, Done},
};

pub(super) const ROUTE: Route = route!(POST "/unlink-account" => unlink)
    .summary("Unlink an account from the user")
    .fails(&[&FAILED_TO_UNLINK_LAST_ACCOUNT, &ACCOUNT_NOT_FOUND]);

/// The account that is to go: by its id here, or as clients of better-auth 1.6 name it, by its service and perhaps the
/// user's id there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unlink {
    account_id: Option<String>,
    /// Clients of 1.7 may send anything here.
    provider_id: Option<Value>,
}

impl Input for Unlink {
    const SCHEMA: Schema = Schema::object(&[Field::string("accountId").optional()]);
}

impl Unlink {
    fn provider(&self) -> Option<&str> {
        self.provider_id.as_ref().and_then(Value::as_str)
    }

    fn means(&self, account: &Account) -> bool {
        let id = self.account_id.as_deref();
        // An id here is good whatever comes with it, as it is for better-auth 1.7.
        id.is_some_and(|id| account.id == id)
            || self
                .provider()
                .is_some_and(|provider| is_meant(account, provider, id))
    }
}

/// The body, which has to name an account.
struct Named(Unlink);

impl Extract for Named {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        let Body(input) = Body::<Unlink>::extract(call).await?;
        if input.account_id.is_none() && input.provider().is_none() {
            let message = "[body.accountId] Invalid input: expected string, received undefined";
            return Err(ApiError::validation(message.to_owned()));
        }
        Ok(Self(input))
    }

    fn describe(operation: &mut Operation) {
        Body::<Unlink>::describe(operation);
    }
}

async fn unlink(
    State(app): State,
    Named(input): Named,
    FreshSession(current): FreshSession,
    Database(mut db): Database,
    client: Client,
) -> Result<Json<Done>, ApiError> {
    let user_id = &current.user.id;
    let linking = app.config.settings.account().account_linking();
    db.begin().await?;
    // Of several requests at once, each has to see what those before it have left.
    user::store::lock(&mut db, user_id).await?;
    let accounts = of_user(&mut db, user_id).await?;
    if accounts.len() == 1 && !linking.allow_unlinking_all() {
        return Err((&FAILED_TO_UNLINK_LAST_ACCOUNT).into());
    }
    let account = accounts
        .iter()
        .find(|account| input.means(account))
        .ok_or(&ACCOUNT_NOT_FOUND)?;
    remove(&mut db, &account.id).await?;
    let event = Event::new(EventKind::AccountUnlinked)
        .of_user(user_id)
        .in_session(&current.session.id)
        .from_client(&client)
        .with("providerId", account.provider_id.as_str())
        .with("accountId", account.id.as_str());
    app.events.record(&mut db, event).await?;
    db.commit().await?;
    Ok(Json(DONE))
}
