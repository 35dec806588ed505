//! Fields that the settings add, names that they change, ids that they choose.

use serde_json::json;

use super::browser::{Browser, PASSWORD, email, error_of, json_of, server_migrated_for};

const FIELDS: &str = "
user:
  additionalFields:
    company: {type: string}
    plan: {type: [free, pro], defaultValue: free}
    role: {type: string, defaultValue: member, input: false}
    age: {type: number, required: false}
    big: {type: number, required: false, bigint: true}
    born: {type: date, required: false}
    tags: {type: 'string[]', required: false}
    note: {type: string, required: false, returned: false}
    handle: {type: string, required: false, unique: true}
session:
  additionalFields:
    device: {type: string, defaultValue: web}
    theme: {type: string, required: false}";

fn sign_up(name: &str, fields: &serde_json::Value) -> serde_json::Value {
    let mut body =
        json!({"name": name, "email": email(name), "password": PASSWORD, "company": "Example"});
    let object = body.as_object_mut().unwrap();
    object.extend(fields.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_new_user_has_the_fields_of_the_settings_and_sees_those_that_are_returned() {
    let server = server_migrated_for(FIELDS).await;
    let mut browser = Browser::new(&server);
    let fields = json!({"age": "7", "big": 9_007_199_254_740_993_i64, "born": "2000-01-02", "tags": ["a"],
                        "role": "admin", "note": "n"});
    let answer = browser
        .post("/sign-up/email", &sign_up("ann", &fields))
        .await;
    let user = json_of(&answer)["user"].clone();
    let expected = [
        ("company", json!("Example")),
        ("plan", json!("free")),
        ("role", json!("member")),
        ("age", json!(7)),
        ("big", json!("9007199254740993")),
        ("born", json!("2000-01-02T00:00:00.000Z")),
        ("tags", json!(["a"])),
        ("handle", json!(null)),
    ];
    for (name, value) in &expected {
        assert_eq!(user[name], *value, "{name}");
    }
    assert_eq!(user.get("note"), None);
    let known = json_of(&browser.get("/get-session").await);
    assert_eq!(known["user"], user);
    assert_eq!(known["session"]["device"], "web");
    assert_eq!(known["session"]["theme"], json!(null));
    assert_eq!(
        server.database.value(r#"SELECT note FROM "user""#).await,
        "n"
    );
}

#[tokio::test]
async fn a_sign_up_without_a_required_field_is_refused() {
    let server = server_migrated_for(FIELDS).await;
    let body = json!({"name": "ann", "email": email("ann"), "password": PASSWORD});
    let answer = Browser::new(&server).post("/sign-up/email", &body).await;
    assert_eq!(
        json_of(&answer),
        json!({"code": "MISSING_FIELD", "message": "company is required"})
    );
}

#[tokio::test]
async fn a_sign_up_with_a_value_that_the_column_cannot_hold_fails() {
    let server = server_migrated_for(FIELDS).await;
    for fields in [
        json!({"age": "x"}),
        json!({"plan": "gold"}),
        json!({"company": null}),
    ] {
        let answer = Browser::new(&server)
            .post("/sign-up/email", &sign_up("ann", &fields))
            .await;
        assert_eq!(error_of(&answer), "422 FAILED_TO_CREATE_USER", "{fields}");
    }
}

#[tokio::test]
async fn an_update_changes_what_clients_may_set() {
    let server = server_migrated_for(FIELDS).await;
    let mut browser = Browser::new(&server);
    browser
        .post("/sign-up/email", &sign_up("ann", &json!({})))
        .await;
    let answer = browser
        .post(
            "/update-user",
            &json!({"age": 8, "plan": "pro", "tags": null}),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let user = json_of(&browser.get("/get-session").await)["user"].clone();
    assert_eq!((&user["age"], &user["plan"]), (&json!(8), &json!("pro")));
    let refused = browser
        .post("/update-user", &json!({"role": "admin"}))
        .await;
    assert_eq!(error_of(&refused), "400 FIELD_NOT_ALLOWED");
    let unfit = browser.post("/update-user", &json!({"age": "x"})).await;
    assert_eq!(
        json_of(&unfit),
        json!({"code": "VALIDATION_ERROR", "message": "[body.age] Invalid input: expected number, received string"})
    );
}

#[tokio::test]
async fn a_value_that_another_user_has_is_refused_where_no_two_share_one() {
    let server = server_migrated_for(FIELDS).await;
    let mut browser = Browser::new(&server);
    browser
        .post("/sign-up/email", &sign_up("ann", &json!({"handle": "x"})))
        .await;
    let taken = Browser::new(&server)
        .post("/sign-up/email", &sign_up("bob", &json!({"handle": "x"})))
        .await;
    assert_eq!(error_of(&taken), "422 FAILED_TO_CREATE_USER");
    let mut other = Browser::new(&server);
    other
        .post("/sign-up/email", &sign_up("cat", &json!({})))
        .await;
    let taken = other.post("/update-user", &json!({"handle": "x"})).await;
    assert_eq!(error_of(&taken), "422 FAILED_TO_UPDATE_USER");
}

#[tokio::test]
async fn a_session_is_changed_by_update_session() {
    let server = server_migrated_for(FIELDS).await;
    let mut browser = Browser::new(&server);
    browser
        .post("/sign-up/email", &sign_up("ann", &json!({})))
        .await;
    let answer = browser
        .post("/update-session", &json!({"theme": "dark", "token": "x"}))
        .await;
    assert_eq!(json_of(&answer)["session"]["theme"], "dark");
    let session = json_of(&browser.get("/get-session").await)["session"].clone();
    assert_eq!(session, json_of(&answer)["session"]);
}

#[tokio::test]
async fn ids_and_names_are_those_of_the_settings() {
    for (ids, is_id) in [
        ("uuid", (|id: &str| id.len() == 36) as fn(&str) -> bool),
        ("serial", |id| id.parse::<u32>().is_ok()),
    ] {
        let server = server_migrated_for(&format!(
            "advanced: {{database: {{generateId: {ids}}}}}
emailAndPassword: {{autoSignIn: false}}
user: {{modelName: users, fields: {{emailVerified: email_verified, createdAt: created_at}}}}
session: {{modelName: sessions, fields: {{userId: user_id, expiresAt: expires_at}}}}
account: {{modelName: accounts, fields: {{userId: user_id, providerId: provider_id}}}}
verification: {{modelName: verifications}}"
        ))
        .await;
        let mut browser = Browser::new(&server);
        for attempt in ["first", "again"] {
            let body = json!({"name": "ann", "email": email("ann"), "password": PASSWORD});
            let answer = browser.post("/sign-up/email", &body).await;
            let user = json_of(&answer)["user"].clone();
            assert!(
                is_id(user["id"].as_str().unwrap()),
                "{ids} {attempt}: {user}"
            );
        }
        let mut browser = Browser::signed_in(&server, "ann").await;
        let known = json_of(&browser.get("/get-session").await);
        assert_eq!(known["session"]["userId"], known["user"]["id"]);
        let revoked = browser.post("/revoke-sessions", &json!({})).await;
        assert_eq!(revoked.status, 200, "{}", revoked.body);
        assert_eq!(
            server.database.value("SELECT count(*) FROM sessions").await,
            "0"
        );
    }
}

#[tokio::test]
async fn tables_besides_the_core_have_ids_of_the_kind_of_the_settings() {
    for ids in ["text", "uuid", "serial"] {
        let kind = match ids {
            "text" => String::new(),
            ids => format!("advanced: {{database: {{generateId: {ids}}}}}\n"),
        };
        let server = server_migrated_for(&format!(
            "{kind}plugins: {{jwt: {{}}}}\nrateLimit: {{enabled: true, storage: database}}"
        ))
        .await;
        let mut browser = Browser::signed_up(&server, "ann").await;
        let answer = browser.get("/token").await;
        assert_eq!(answer.status, 200, "{ids}: {}", answer.body);
        for table in ["jwks", "\"rateLimit\""] {
            let rows = format!("SELECT count(*) > 0 FROM {table}");
            assert_eq!(server.database.value(&rows).await, "true", "{ids}: {table}");
        }
    }
}
