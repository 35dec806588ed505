//! Users who are new, and those who come again.

use futures::future::join_all;
use serde_json::json;

use super::{Browser, Stage, is_signed_in, location, path_of, user_of};

#[tokio::test]
async fn a_new_user_is_who_the_service_says_and_is_led_to_where_new_users_go() {
    let stage = Stage::new("", "").await;
    let mut browser = Browser::new(&stage.server);
    let more = json!({"newUserCallbackURL": "/welcome"});
    let answer = stage.sign_in(&mut browser, &more).await;
    assert_eq!(location(&answer), "/welcome");
    let user = user_of(&mut browser).await;
    let told = ["name", "email", "emailVerified", "image"].map(|name| user[name].clone());
    let expected = json!([
        "Ann There",
        "ann@example.com",
        true,
        "https://img.example/ann.png"
    ]);
    assert_eq!(json!(told), expected);
    let mut again = Browser::new(&stage.server);
    assert_eq!(location(&stage.sign_in(&mut again, &more).await), "/in");
    assert_eq!(user_of(&mut again).await["id"], user["id"]);
    assert_eq!(stage.counts().await, "1 1 2");
}

const FIELDS: &str = "
user:
  additionalFields:
    plan: {type: [free, pro], defaultValue: free}
    role: {type: string, defaultValue: member, input: false}
    joined: {type: date, defaultValue: now}
    note: {type: string, defaultValue: internal, returned: false}
    nickname: {type: string, required: false}";

#[tokio::test]
async fn a_new_user_has_the_defaults_of_additional_fields() {
    let stage = Stage::new(FIELDS, "").await;
    let mut browser = Browser::new(&stage.server);
    stage.sign_in(&mut browser, &json!({})).await;
    let user = user_of(&mut browser).await;
    let fields = ["plan", "role", "joined", "note", "nickname"].map(|name| user[name].clone());
    let expected = json!(["free", "member", "2026-01-02T03:04:05.678Z", null, null]);
    assert_eq!(json!(fields), expected);
    assert_eq!(stage.value(r#"SELECT note FROM "user""#).await, "internal");
}

#[tokio::test]
async fn the_answer_to_an_id_token_of_a_new_user_has_those_defaults_too() {
    let stage = Stage::new(FIELDS, "").await;
    let token = stage.oidc.id_token(&json!({}));
    let body = json!({"provider": "shop", "idToken": {"token": token}});
    let mut browser = Browser::new(&stage.server);
    let answer = browser.post("/sign-in/social", &body).await;
    let user = super::json_of(&answer)["user"].clone();
    assert_eq!((&user["plan"], user.get("note")), (&json!("free"), None));
}

#[tokio::test]
async fn a_new_user_without_a_field_that_each_must_have_is_refused() {
    let settings = "user: {additionalFields: {company: {type: string}}}";
    let stage = Stage::new(settings, "").await;
    let mut browser = Browser::new(&stage.server);
    let answer = stage.sign_in(&mut browser, &json!({})).await;
    assert_eq!(
        location(&answer),
        "/oops?error=MISSING_FIELD&error_description=company+is+required"
    );
    assert_eq!(stage.counts().await, "0 0 0");
}

#[tokio::test]
async fn the_settings_say_where_in_a_profile_the_user_is() {
    let stage = Stage::new(
        "",
        "profile: {subject: /sub, name: /names/0, email: /mail},",
    )
    .await;
    stage
        .oidc
        .tell(&json!({"names": ["Anna"], "mail": "Anna@Example.com", "email": null}));
    let mut browser = Browser::new(&stage.server);
    stage.sign_in(&mut browser, &json!({})).await;
    let user = user_of(&mut browser).await;
    assert_eq!(
        (&user["name"], &user["email"]),
        (&json!("Anna"), &json!("anna@example.com"))
    );
}

#[tokio::test]
async fn where_sign_up_is_disabled_nobody_new_comes_in() {
    let stage = Stage::new("", "disableSignUp: true,").await;
    let mut browser = Browser::new(&stage.server);
    let answer = stage
        .sign_in(&mut browser, &json!({"requestSignUp": true}))
        .await;
    assert_eq!(location(&answer), "/oops?error=signup_disabled");
    assert_eq!(stage.counts().await, "0 0 0");
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn where_implicit_sign_up_is_disabled_whoever_is_new_has_to_ask_for_it() {
    let stage = Stage::new("", "disableImplicitSignUp: true,").await;
    let mut browser = Browser::new(&stage.server);
    let answer = stage.sign_in(&mut browser, &json!({})).await;
    assert_eq!(location(&answer), "/oops?error=signup_disabled");
    let answer = stage
        .sign_in(&mut browser, &json!({"requestSignUp": true}))
        .await;
    assert_eq!(location(&answer), "/in");
    let answer = stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    assert_eq!(location(&answer), "/in");
}

#[tokio::test]
async fn a_user_without_an_address_is_refused() {
    let stage = Stage::new("", "").await;
    stage.oidc.tell(&json!({"email": null}));
    let mut browser = Browser::new(&stage.server);
    let answer = stage.sign_in(&mut browser, &json!({})).await;
    assert_eq!(location(&answer), "/oops?error=email_not_found");
    assert_eq!(stage.counts().await, "0 0 0");
}

#[tokio::test]
async fn a_new_user_whose_address_has_to_be_verified_first_is_there_without_a_session() {
    let stage = Stage::new("", "requireEmailVerification: true,").await;
    stage.oidc.tell(&json!({"email_verified": false}));
    let mut browser = Browser::new(&stage.server);
    let answer = stage.sign_in(&mut browser, &json!({})).await;
    assert_eq!(location(&answer), "/oops?error=email_not_verified");
    assert_eq!(stage.counts().await, "1 1 0");
}

#[tokio::test]
async fn of_8_callbacks_of_one_new_user_at_once_all_sign_one_user_in() {
    let stage = Stage::new("", "").await;
    let mut flows = Vec::new();
    for _ in 0..8 {
        let mut browser = Browser::new(&stage.server);
        let page = stage.begin(&mut browser, &json!({})).await;
        flows.push((browser, path_of(&stage.oidc.agree(&page).await)));
    }
    let answers = flows
        .into_iter()
        .map(async |(mut browser, path)| browser.get(&path).await);
    for answer in join_all(answers).await {
        assert_eq!(location(&answer), "/in");
    }
    assert_eq!(stage.counts().await, "1 1 8");
}

#[tokio::test]
async fn what_a_service_says_replaces_what_is_known_where_the_settings_want_it() {
    let stage = Stage::new("", "overrideUserInfo: true,").await;
    stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    let changes = json!({"name": "Anna", "email": "anna@example.com", "email_verified": false});
    stage.oidc.tell(&changes);
    let mut browser = Browser::new(&stage.server);
    stage.sign_in(&mut browser, &json!({})).await;
    let user = user_of(&mut browser).await;
    let told = ["name", "email", "emailVerified"].map(|name| user[name].clone());
    assert_eq!(json!(told), json!(["Anna", "anna@example.com", false]));
}

#[tokio::test]
async fn an_address_that_somebody_else_has_is_not_taken_from_them() {
    let stage = Stage::new("", "overrideUserInfo: true,").await;
    Browser::signed_up(&stage.server, "bob").await;
    stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    stage.oidc.tell(&json!({"email": "bob@example.com"}));
    let mut browser = Browser::new(&stage.server);
    assert_eq!(
        location(&stage.sign_in(&mut browser, &json!({})).await),
        "/in"
    );
    assert_eq!(user_of(&mut browser).await["email"], "ann@example.com");
}

#[tokio::test]
async fn tokens_are_stored_refreshed_and_given_to_their_user() {
    let stage = Stage::new("", "").await;
    let mut browser = Browser::new(&stage.server);
    stage.sign_in(&mut browser, &json!({})).await;
    let body = json!({"providerId": "shop"});
    let token = async |browser: &mut Browser| {
        let answer = browser.post("/get-access-token", &body).await;
        super::json_of(&answer)["accessToken"].clone()
    };
    let first = token(&mut browser).await;
    assert_eq!(token(&mut browser).await, first);
    stage
        .server
        .clock
        .step(time::Duration::minutes(59) + time::Duration::seconds(58));
    let second = token(&mut browser).await;
    assert_ne!(second, first);
    let stored = r#"SELECT "accessToken" FROM account"#;
    assert_eq!(stage.value(stored).await, second.as_str().unwrap());
    let refreshed = stage.oidc.asked("/token");
    assert!(
        refreshed[1].contains("grant_type=refresh_token"),
        "{refreshed:?}"
    );
}
