//! Accounts and users who have the same address.

use serde_json::json;

use super::{Browser, Stage, is_signed_in, location, user_of};

const VERIFY: &str = r#"UPDATE "user" SET "emailVerified" = true"#;

#[tokio::test]
async fn an_address_that_both_sides_have_verified_links_the_account() {
    let stage = Stage::new("", "").await;
    let mut known = Browser::signed_up(&stage.server, "ann").await;
    stage.server.database.execute(VERIFY).await;
    let mut browser = Browser::new(&stage.server);
    let answer = stage.sign_in(&mut browser, &json!({})).await;
    assert_eq!(location(&answer), "/in");
    assert_eq!(
        user_of(&mut browser).await["id"],
        user_of(&mut known).await["id"]
    );
    assert_eq!(stage.counts().await, "1 1 2");
}

#[tokio::test]
async fn an_address_that_the_service_has_not_verified_links_nothing() {
    let stage = Stage::new("", "").await;
    stage.oidc.tell(&json!({"email_verified": false}));
    Browser::signed_up(&stage.server, "ann").await;
    stage.server.database.execute(VERIFY).await;
    let mut browser = Browser::new(&stage.server);
    let answer = stage.sign_in(&mut browser, &json!({})).await;
    assert_eq!(location(&answer), "/oops?error=account_not_linked");
    assert!(!is_signed_in(&mut browser).await);
    assert_eq!(stage.counts().await, "1 0 1");
}

#[tokio::test]
async fn a_trusted_service_links_addresses_that_it_has_not_verified() {
    let trusted = "account: {accountLinking: {trustedProviders: [shop]}}";
    let stage = Stage::new(trusted, "").await;
    stage.oidc.tell(&json!({"email_verified": false}));
    Browser::signed_up(&stage.server, "ann").await;
    stage.server.database.execute(VERIFY).await;
    let answer = stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    assert_eq!(location(&answer), "/in");
}

#[tokio::test]
async fn where_linking_is_off_or_only_explicit_no_sign_in_links() {
    for rules in ["enabled: false", "disableImplicitLinking: true"] {
        let stage = Stage::new(&format!("account: {{accountLinking: {{{rules}}}}}"), "").await;
        Browser::signed_up(&stage.server, "ann").await;
        stage.server.database.execute(VERIFY).await;
        let answer = stage
            .sign_in(&mut Browser::new(&stage.server), &json!({}))
            .await;
        assert_eq!(
            location(&answer),
            "/oops?error=account_not_linked",
            "{rules}"
        );
    }
}

#[tokio::test]
async fn a_signed_in_user_links_an_account_and_signs_in_by_it() {
    let stage = Stage::new("", "").await;
    let mut known = Browser::signed_up(&stage.server, "ann").await;
    let answer = stage.link(&mut known, &json!({})).await;
    assert_eq!(location(&answer), "/in");
    let mut browser = Browser::new(&stage.server);
    stage.sign_in(&mut browser, &json!({})).await;
    assert_eq!(
        user_of(&mut browser).await["id"],
        user_of(&mut known).await["id"]
    );
}

#[tokio::test]
async fn an_account_with_another_address_is_linked_only_where_the_settings_allow_it() {
    for (settings, expected) in [
        ("", "/oops?error=email_does_not_match"),
        (
            "account: {accountLinking: {allowDifferentEmails: true}}",
            "/in",
        ),
    ] {
        let stage = Stage::new(settings, "").await;
        let mut bob = Browser::signed_up(&stage.server, "bob").await;
        let answer = stage.link(&mut bob, &json!({})).await;
        assert_eq!(location(&answer), expected);
    }
}

#[tokio::test]
async fn an_account_of_somebody_else_is_not_linked() {
    let stage = Stage::new(
        "account: {accountLinking: {allowDifferentEmails: true}}",
        "",
    )
    .await;
    stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    let mut bob = Browser::signed_up(&stage.server, "bob").await;
    let answer = stage.link(&mut bob, &json!({})).await;
    let code = "account_already_linked_to_different_user";
    assert_eq!(location(&answer), format!("/oops?error={code}"));
    let body = json!({"provider": "shop", "idToken": {"token": stage.oidc.id_token(&json!({}))}});
    let answer = bob.post("/link-social", &body).await;
    assert_eq!(
        super::super::browser::error_of(&answer),
        "409 SOCIAL_ACCOUNT_ALREADY_LINKED"
    );
}

#[tokio::test]
async fn whoever_was_signed_out_meanwhile_gets_nothing_linked() {
    let stage = Stage::new("", "").await;
    let mut browser = Browser::signed_up(&stage.server, "ann").await;
    let page = super::begin(&mut browser, "/link-social", &json!({})).await;
    stage.server.database.execute("DELETE FROM session").await;
    let answer = stage.come_back(&mut browser, &page).await;
    assert_eq!(location(&answer), "/oops?error=unable_to_link_account");
    assert_eq!(stage.counts().await, "1 0 0");
}

#[tokio::test]
async fn of_two_users_who_link_one_account_at_once_one_gets_it() {
    let stage = Stage::new(
        "account: {accountLinking: {allowDifferentEmails: true}}",
        "",
    )
    .await;
    let mut flows = Vec::new();
    for name in ["bob", "eve"] {
        let mut browser = Browser::signed_up(&stage.server, name).await;
        let page = super::begin(&mut browser, "/link-social", &json!({})).await;
        let path = super::path_of(&stage.oidc.agree(&page).await);
        flows.push((browser, path));
    }
    let answers = flows
        .into_iter()
        .map(async |(mut browser, path)| browser.get(&path).await);
    let answers = futures::future::join_all(answers).await;
    let linked = answers.iter().filter(|answer| location(answer) == "/in");
    assert_eq!(linked.count(), 1);
    assert_eq!(stage.counts().await, "2 1 2");
}

#[tokio::test]
async fn an_address_with_a_letter_that_only_looks_like_that_of_a_user_is_another() {
    let stage = Stage::new("", "").await;
    Browser::signed_up(&stage.server, "kim").await;
    stage.server.database.execute(VERIFY).await;
    // The Kelvin sign, of which `toLowerCase` makes a k.
    stage.oidc.tell(&json!({"email": "\u{212a}im@example.com"}));
    let mut browser = Browser::new(&stage.server);
    stage.sign_in(&mut browser, &json!({})).await;
    assert_eq!(stage.counts().await, "2 1 2");
    assert_eq!(
        user_of(&mut browser).await["email"],
        "\u{212a}im@example.com"
    );
}
