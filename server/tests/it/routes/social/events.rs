//! What the audit log and webhooks learn of sign-ins through services.

use serde_json::json;

use super::{Browser, Stage, location};

const AUDIT: &str = "audit: {enabled: true}";

async fn newest(stage: &Stage, kind: &str, column: &str) -> String {
    let sql = format!(
        "(SELECT {column} FROM authbackend_audit WHERE event = '{kind}' ORDER BY id DESC LIMIT 1)"
    );
    stage.value(&sql).await
}

#[tokio::test]
async fn a_sign_up_is_recorded_with_its_service_and_a_sign_in_as_such() {
    let stage = Stage::new(AUDIT, "").await;
    stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    assert_eq!(
        stage.kinds().await,
        "user.created session.created session.created"
    );
    let data = newest(
        &stage,
        "user.created",
        "data->>'email' || ' ' || (data->>'providerId')",
    );
    assert_eq!(data.await, "ann@example.com shop");
    let user = newest(&stage, "user.created", r#""userId""#).await;
    assert_eq!(user, stage.value(r#"SELECT id FROM "user""#).await);
}

#[tokio::test]
async fn linking_is_recorded_however_it_is_done() {
    let stage = Stage::new(AUDIT, "").await;
    let mut ann = Browser::signed_up(&stage.server, "ann").await;
    let unlink = json!({"providerId": "shop"});
    let id_token =
        json!({"provider": "shop", "idToken": {"token": stage.oidc.id_token(&json!({}))}});
    assert_eq!(ann.post("/link-social", &id_token).await.status, 200);
    ann.post("/unlink-account", &unlink).await;
    assert_eq!(location(&stage.link(&mut ann, &json!({})).await), "/in");
    ann.post("/unlink-account", &unlink).await;
    let verify = r#"UPDATE "user" SET "emailVerified" = true"#;
    stage.server.database.execute(verify).await;
    stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    assert_eq!(
        stage.kinds().await,
        "user.created session.created account.linked account.unlinked account.linked account.unlinked \
         account.linked session.created"
    );
    let data = newest(&stage, "account.linked", "data->>'accountId'").await;
    let account = r#"SELECT id FROM account WHERE "providerId" = 'shop'"#;
    assert_eq!(data, stage.value(account).await);
}

#[tokio::test]
async fn linking_again_is_no_event() {
    let stage = Stage::new(AUDIT, "").await;
    let mut ann = Browser::signed_up(&stage.server, "ann").await;
    stage.link(&mut ann, &json!({})).await;
    stage.link(&mut ann, &json!({})).await;
    assert_eq!(
        stage.kinds().await,
        "user.created session.created account.linked"
    );
}

#[tokio::test]
async fn a_refused_sign_in_is_recorded_with_its_reason() {
    let stage = Stage::new(AUDIT, "").await;
    Browser::signed_up(&stage.server, "ann").await;
    stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    assert_eq!(
        stage.kinds().await,
        "user.created session.created sign_in.failed"
    );
    let data = "concat_ws(' ', data->>'email', data->>'providerId', data->>'reason')";
    assert_eq!(
        newest(&stage, "sign_in.failed", data).await,
        "ann@example.com shop account_not_linked"
    );
}

#[tokio::test]
async fn what_a_service_changes_about_a_user_is_recorded() {
    let stage = Stage::new(AUDIT, "overrideUserInfo: true,").await;
    stage.oidc.tell(&json!({"email_verified": false}));
    stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    stage.oidc.tell(&json!({"email_verified": true}));
    stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    stage
        .oidc
        .tell(&json!({"name": "Anna", "email": "anna@example.com"}));
    stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    assert_eq!(
        stage.kinds().await,
        "user.created session.created email.verified session.created \
         user.updated email.changed email.verified session.created"
    );
    let data = "concat_ws(' ', data->>'from', data->>'to')";
    let changed = newest(&stage, "email.changed", data).await;
    assert_eq!(changed, "ann@example.com anna@example.com");
}

#[tokio::test]
async fn what_cannot_be_recorded_does_not_happen() {
    let stage = Stage::new(AUDIT, "").await;
    stage
        .server
        .database
        .execute("DROP TABLE authbackend_audit")
        .await;
    let answer = stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    assert_eq!(answer.status, 500);
    assert_eq!(stage.counts().await, "0 0 0");
}
