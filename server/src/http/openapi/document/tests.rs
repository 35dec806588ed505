use super::*;
use crate::routes;

const ABOUT: About<'_> = About {
    url: "https://shop.example/api",
    session_cookie: "better-auth.session_token",
    has_bearer: true,
};

fn of_all() -> Value {
    let routes = routes::ALL.iter().copied().flatten();
    document(&ABOUT, routes.map(|route| ("Default", route)))
}

/// Method and path of each operation, with the operation.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let methods = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    methods.collect()
}

#[test]
fn every_route_is_an_operation() {
    let routes = routes::ALL.iter().copied().flatten().count();
    assert_eq!(operations(&of_all()).len(), routes);
}

#[test]
fn every_operation_says_what_it_does_and_what_it_answers() {
    for (name, operation) in operations(&of_all()) {
        let summary = operation["summary"].as_str().unwrap();
        assert!(!summary.is_empty(), "{name}: give its route a `.summary()`");
        let responses = operation["responses"].as_object().unwrap();
        assert!(
            responses.keys().any(|status| status.as_str() < "400"),
            "{name}: give its route an `.answering()`, or its handler a reply with a type"
        );
    }
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let document = of_all();
    let mut ids: Vec<&str> = operations(&document)
        .iter()
        .map(|(_, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert!(ids.contains(&"signInEmail") && ids.contains(&"getSessionPost"));
}

#[test]
fn a_body_is_described_by_the_schema_that_checks_it() {
    let document = of_all();
    let body = &document["paths"]["/sign-in/email"]["post"]["requestBody"];
    let schema = &body["content"]["application/json"]["schema"];
    assert_eq!(schema["required"], json!(["email", "password"]));
    assert!(body["content"]["application/x-www-form-urlencoded"].is_object());
}

#[test]
fn an_answer_refers_to_the_type_that_is_written() {
    let document = of_all();
    let user = &document["components"]["schemas"]["User"];
    assert_eq!(user["properties"]["createdAt"]["format"], "date-time");
    let schema = &document["paths"]["/list-sessions"]["get"]["responses"]["200"]["content"]["application/json"]
        ["schema"];
    assert_eq!(schema["items"]["$ref"], "#/components/schemas/Session");
}

#[test]
fn errors_of_extractors_and_of_the_route_are_told_by_status_and_code() {
    let document = of_all();
    let responses = &document["paths"]["/verify-password"]["post"]["responses"];
    let codes = |status: &str| {
        responses[status]["content"]["application/json"]["schema"]["properties"]["code"]["enum"]
            .clone()
    };
    assert_eq!(codes("401"), json!(["UNAUTHORIZED"]));
    assert_eq!(
        codes("400"),
        json!([
            "BAD_REQUEST",
            "INVALID_PASSWORD",
            "PASSWORD_TOO_LONG",
            "VALIDATION_ERROR"
        ])
    );
}

#[test]
fn who_needs_a_session_says_so() {
    let document = of_all();
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    let both = json!([{"sessionCookie": []}, {"bearerAuth": []}]);
    assert_eq!(security("/list-sessions", "get"), both);
    assert_eq!(security("/ok", "get"), json!([]));
    assert_eq!(security("/get-session", "get")[0], json!({}));
}

#[test]
fn a_parameter_in_a_path_is_written_as_openapi_does() {
    assert_eq!(
        openapi_path("/reset-password/:token"),
        "/reset-password/{token}"
    );
}

#[test]
fn every_operation_may_refuse_who_calls_too_often() {
    for (name, operation) in operations(&of_all()) {
        assert!(operation["responses"]["429"].is_object(), "{name}");
    }
}
