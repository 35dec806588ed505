//! What one endpoint says of itself.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use warp::http::StatusCode;

use crate::http::{content_type::Accepts, error::ErrorCode, schema::Schema};

/// What one endpoint says of itself, in the words of OpenAPI.
pub struct Operation {
    generator: SchemaGenerator,
    parameters: Vec<Value>,
    body: Option<Schema>,
    session: Session,
    answers: BTreeMap<u16, Value>,
    errors: BTreeMap<u16, Errors>,
}

/// Whether an endpoint asks for a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Session {
    Unread,
    Welcome,
    Needed,
}

/// The ways to fail with one status.
#[derive(Default)]
struct Errors {
    codes: BTreeSet<&'static str>,
    /// Whether the answer has no body.
    is_empty: bool,
}

impl Operation {
    /// Nothing yet. Types of answers are added to `generator`.
    pub fn new(generator: SchemaGenerator) -> Self {
        Self {
            generator,
            parameters: Vec::new(),
            body: None,
            session: Session::Unread,
            answers: BTreeMap::new(),
            errors: BTreeMap::new(),
        }
    }

    /// It reads a body of this shape.
    pub fn reads_body(&mut self, schema: Schema) {
        self.body = Some(schema);
        self.fails_validation();
    }

    /// It reads a query of this shape, and refuses another.
    pub fn reads_query(&mut self, schema: &Schema) {
        self.takes_query(schema);
        self.fails_validation();
    }

    /// It reads these fields of a query, whatever they hold.
    pub fn takes_query(&mut self, schema: &Schema) {
        let mut schema = schema.to_fields();
        let required = schema["required"].take();
        let is_required = |name: &str| {
            required
                .as_array()
                .is_some_and(|names| names.contains(&json!(name)))
        };
        let Some(properties) = schema["properties"].as_object_mut() else {
            return;
        };
        for (name, schema) in std::mem::take(properties) {
            let required = is_required(&name);
            self.parameters
                .push(json!({"name": name, "in": "query", "required": required, "schema": schema}));
        }
    }

    /// It takes the session of the request into account.
    pub fn welcomes_session(&mut self) {
        self.session = Session::Welcome;
    }

    /// It needs a session.
    pub fn needs_session(&mut self) {
        self.session = Session::Needed;
    }

    /// It answers with a JSON body.
    pub fn answers<T: JsonSchema>(&mut self, status: StatusCode) {
        let schema = self.generator.subschema_for::<T>();
        let content = json!({"application/json": {"schema": schema}});
        self.answers_content(status, &content);
    }

    /// It answers 200 with a JSON body. As [`Self::answers`], for [`Route::answering`](crate::http::table::Route).
    pub fn answers_json<T: JsonSchema>(&mut self) {
        self.answers::<T>(StatusCode::OK);
    }

    /// It answers 200 with a page.
    pub fn answers_html(&mut self) {
        let content = json!({"text/html": {"schema": {"type": "string"}}});
        self.answers_content(StatusCode::OK, &content);
    }

    fn answers_content(&mut self, status: StatusCode, content: &Value) {
        self.answers.insert(
            status.as_u16(),
            json!({"description": reason(status), "content": content}),
        );
    }

    /// It sends a browser elsewhere.
    pub fn redirects(&mut self) {
        let location = json!({"schema": {"type": "string", "format": "uri-reference"}});
        self.answers.insert(
            StatusCode::FOUND.as_u16(),
            json!({"description": reason(StatusCode::FOUND), "headers": {"Location": location}}),
        );
    }

    /// It can fail with this error.
    pub fn fails(&mut self, error: &'static ErrorCode) {
        self.fails_with(error.status, error.code);
    }

    /// It can fail with this code.
    pub fn fails_with(&mut self, status: StatusCode, code: &'static str) {
        self.errors
            .entry(status.as_u16())
            .or_default()
            .codes
            .insert(code);
    }

    /// It can fail with this status, and a body that holds no code.
    pub fn fails_without_code(&mut self, status: StatusCode) {
        self.errors.entry(status.as_u16()).or_default();
    }

    /// It can fail with this status and no body.
    pub fn fails_empty(&mut self, status: StatusCode) {
        self.errors.entry(status.as_u16()).or_default().is_empty = true;
    }

    fn fails_validation(&mut self) {
        self.fails_with(StatusCode::BAD_REQUEST, "VALIDATION_ERROR");
    }

    /// Whether it says what it answers when it does not fail.
    pub fn has_answer(&self) -> bool {
        !self.answers.is_empty()
    }

    /// As the object `Operation` of OpenAPI, apart from its names, with the generator. `accepts` are the bodies that its route reads,
    /// `path` is the route's.
    pub fn into_json(
        self,
        accepts: Accepts,
        path: &str,
        security: &[&'static str],
    ) -> (Map<String, Value>, SchemaGenerator) {
        let mut operation = Map::new();
        let mut parameters = path_parameters(path);
        parameters.extend(self.parameters);
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), parameters.into());
        }
        if let Some(schema) = self.body {
            let required = !schema.optional;
            let schema = schema.to_json_schema();
            let content: Map<_, _> = accepts
                .types()
                .iter()
                .map(|name| ((*name).to_owned(), json!({"schema": schema})))
                .collect();
            operation.insert(
                "requestBody".to_owned(),
                json!({"required": required, "content": content}),
            );
        }
        let mut responses: Map<_, _> = self
            .answers
            .into_iter()
            .map(|(status, answer)| (status.to_string(), answer))
            .collect();
        for (status, errors) in self.errors {
            responses.insert(status.to_string(), errors.into_json(status));
        }
        operation.insert("responses".to_owned(), responses.into());
        let schemes = security.iter().map(|name| json!({(*name): []}));
        let alternatives: Vec<Value> = match self.session {
            Session::Unread => Vec::new(),
            Session::Welcome => std::iter::once(json!({})).chain(schemes).collect(),
            Session::Needed => schemes.collect(),
        };
        operation.insert("security".to_owned(), alternatives.into());
        (operation, self.generator)
    }
}

impl Errors {
    fn into_json(self, status: u16) -> Value {
        let description = StatusCode::from_u16(status).map_or_else(|_| String::new(), reason);
        if self.is_empty && self.codes.is_empty() {
            return json!({"description": description});
        }
        if self.is_empty && status < 500 {
            // No schema says that there may be nothing.
            let codes: Vec<_> = self.codes.into_iter().collect();
            let codes = codes.join(", ");
            let description = format!("{description}: no body, or one with the code {codes}");
            return json!({"description": description, "content": {"application/json": {}}});
        }
        let mut properties = json!({"message": {"type": "string"}});
        if !self.codes.is_empty() {
            properties["code"] = json!({"type": "string", "enum": self.codes});
        }
        let schema = json!({"type": "object", "properties": properties, "required": ["message"]});
        json!({"description": description, "content": {"application/json": {"schema": schema}}})
    }
}

fn reason(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or_default().to_owned()
}

/// The parameters in a path: `/callback/:id` has one.
fn path_parameters(path: &str) -> Vec<Value> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix(':'))
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}))
        .collect()
}
