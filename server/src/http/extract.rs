//! What handlers may ask for, one type each.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    call::{Call, Query},
    content_type::latin_1,
    cookie::Jar,
    error::ApiError,
    openapi::Operation,
    schema::Schema,
};
use crate::{app::App, db::Conn};

/// A part of a request that a handler asks for by its parameter's type. A handler's parameters are extracted from
/// left to right, and the first failure is the answer.
pub trait Extract: Sized + Send {
    /// Takes the part from `call`.
    fn extract(call: &mut Call) -> impl Future<Output = Result<Self, ApiError>> + Send;

    /// Says what it reads of a request, and how that fails.
    fn describe(operation: &mut Operation) {
        let _ = operation;
    }
}

/// What requests share.
pub struct State(pub Arc<App>);

impl Extract for State {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        Ok(Self(Arc::clone(&call.app)))
    }
}

/// A body or a query that a route reads.
pub trait Input: DeserializeOwned + Send {
    /// What it must look like; whatever passes can be deserialized.
    const SCHEMA: Schema;
}

/// The body of the request, validated.
pub struct Body<T>(pub T);

impl<T: Input> Extract for Body<T> {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        T::SCHEMA
            .check(call.body.as_ref())
            .map_err(ApiError::validation)?;
        let body = call
            .body
            .take()
            .unwrap_or_else(|| Value::Object(Map::new()));
        Ok(Self(serde_json::from_value(body)?))
    }

    fn describe(operation: &mut Operation) {
        operation.reads_body(T::SCHEMA);
    }
}

/// The query of the request, validated.
pub struct Queried<T>(pub T);

impl<T: Input> Extract for Queried<T> {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        let query = call.query.to_json();
        T::SCHEMA
            .check_query(&query)
            .map_err(ApiError::validation)?;
        Ok(Self(serde_json::from_value(query)?))
    }

    fn describe(operation: &mut Operation) {
        operation.reads_query(&T::SCHEMA);
    }
}

/// The parameter in the path of the route, decoded.
pub struct Param(pub String);

impl Extract for Param {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        Ok(Self(call.parameter.clone().unwrap_or_default()))
    }
}

impl Extract for Query {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        Ok(call.query.clone())
    }
}

impl Extract for Jar {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        Ok(call.jar.clone())
    }
}

/// The request's database connection, for handlers that do not hash passwords: a connection is never held across
/// a hash.
pub struct Database(pub Conn);

impl Extract for Database {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        Ok(Self(call.take_db().await?))
    }
}

/// Where a request comes from; what is not known is empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Client {
    /// The address.
    pub ip_address: String,
    /// The browser.
    pub user_agent: String,
    /// The languages that its user reads, as the header `Accept-Language` has them.
    pub accept_language: String,
}

impl Extract for Client {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        let header = |name| call.headers.get(name).map(latin_1).unwrap_or_default();
        Ok(Self {
            ip_address: call.app.client_ip.find(&call.headers).unwrap_or_default(),
            user_agent: header("user-agent"),
            accept_language: header("accept-language"),
        })
    }
}
