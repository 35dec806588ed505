//! One request on its way to a handler.

use std::sync::Arc;

use serde_json::{Map, Value};
use warp::http::HeaderMap;

use super::{cookie::Jar, error::ApiError, session::Known};
use crate::{app::App, db::Conn};

/// One request on its way to a handler: extractors take from it what the handler asks for.
pub struct Call {
    /// What requests share.
    pub app: Arc<App>,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The request's query.
    pub query: Query,
    /// The parameter in the path of the route, decoded.
    pub parameter: Option<String>,
    /// The request's body as JSON, if it has one that the route reads.
    pub body: Option<Value>,
    /// The cookies of the request and of its response.
    pub jar: Jar,
    /// Whose request it turns out to be.
    pub known: Known,
    db: Option<Conn>,
}

impl Call {
    /// A request that has passed the checks of the dispatcher.
    pub fn new(app: Arc<App>, headers: HeaderMap, query: Query, body: Option<Value>) -> Self {
        let jar = Jar::new(&headers, Arc::clone(&app.cookies), app.signer());
        Self {
            app,
            headers,
            query,
            parameter: None,
            body,
            jar,
            known: Known::default(),
            db: None,
        }
    }

    /// The same request, to read more of it later: without its body and without a database connection.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            app: Arc::clone(&self.app),
            headers: self.headers.clone(),
            query: self.query.clone(),
            parameter: self.parameter.clone(),
            body: None,
            jar: self.jar.clone(),
            known: self.known.clone(),
            db: None,
        }
    }

    /// The request's database connection: checked out at the first call, one for all extractors.
    ///
    /// # Errors
    /// No connection is to be had.
    pub async fn db(&mut self) -> Result<&mut Conn, ApiError> {
        let connection = match self.db.take() {
            Some(connection) => connection,
            None => self.app.db.get().await?,
        };
        Ok(self.db.insert(connection))
    }

    /// Whether the request has a database connection already.
    pub fn has_db(&self) -> bool {
        self.db.is_some()
    }

    /// The request's database connection, for a handler that keeps it.
    ///
    /// # Errors
    /// No connection is to be had.
    pub async fn take_db(&mut self) -> Result<Conn, ApiError> {
        match self.db.take() {
            Some(connection) => Ok(connection),
            None => Ok(self.app.db.get().await?),
        }
    }
}

/// The query of a request: names and values, decoded, in their order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query without its question mark.
    pub fn parse(query: &str) -> Self {
        Self(
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The first value of `name`.
    pub fn first<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).next()
    }

    /// The value of `name` where it is not empty; `Some(None)` where it was given more than once.
    pub fn single<'a>(&'a self, name: &'a str) -> Option<Option<&'a str>> {
        let mut values = self.values(name);
        let first = values.next()?;
        if values.next().is_some() {
            Some(None)
        } else {
            (!first.is_empty()).then_some(Some(first))
        }
    }

    /// Whether `name` has any value but an empty one, even `false`: how better-auth reads a flag.
    pub fn has_flag(&self, name: &str) -> bool {
        self.single(name).is_some()
    }

    /// The query as one JSON object: a name given more than once holds a list.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        for (name, value) in &self.0 {
            let value = Value::String(value.clone());
            match object.get_mut(name) {
                None => {
                    object.insert(name.clone(), value);
                }
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Value::Object(object)
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn any_text_but_an_empty_one_sets_a_flag() {
        for (query, set) in [
            ("", false),
            ("flag", false),
            ("flag=", false),
            ("flag=true", true),
            ("flag=false", true),
            ("flag=0", true),
            ("flag=&flag=", true),
            ("other=1", false),
        ] {
            assert_eq!(Query::parse(query).has_flag("flag"), set, "{query}");
        }
    }

    #[test]
    fn a_query_as_json_holds_texts_and_lists() {
        assert_eq!(
            Query::parse("a=1&b=&a=2&a=3").to_json(),
            serde_json::json!({"a": ["1", "2", "3"], "b": ""})
        );
    }

    #[test]
    fn a_value_given_twice_is_no_single_value() {
        assert_eq!(Query::parse("a=%2Fx+y").single("a"), Some(Some("/x y")));
        assert_eq!(Query::parse("a=1&a=2").single("a"), Some(None));
        assert_eq!(Query::parse("a=1&a=2").first("a"), Some("1"));
    }

    proptest! {
        #[test]
        fn any_query_is_read_without_harm(text in ".{0,60}", name in ".{0,5}") {
            let query = Query::parse(&text);
            prop_assert!(query.to_json().is_object());
            prop_assert_eq!(query.has_flag(&name), query.single(&name).is_some());
        }

        #[test]
        fn an_encoded_query_is_read_as_it_was(name in ".{1,8}", value in ".{0,16}") {
            let text = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            let query = Query::parse(&text);
            prop_assert_eq!(query.first(&name), Some(value.as_str()));
        }
    }
}
