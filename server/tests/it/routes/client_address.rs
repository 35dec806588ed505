use super::browser::{Browser, server, sign_up};

async fn stored(yaml: &str, headers: &[(&str, &str)]) -> String {
    let server = server(yaml).await;
    let headers = [&[("content-type", "application/json")], headers].concat();
    let body = sign_up("ann").to_string();
    let answer = Browser::new(&server)
        .send("POST", "/sign-up/email", &headers, &body)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    server
        .database
        .value(r#"SELECT "ipAddress" || '|' || "userAgent" FROM session"#)
        .await
}

#[tokio::test]
async fn a_session_keeps_where_its_user_signed_in_from() {
    let headers = [
        ("x-forwarded-for", "2001:DB8:1:2:3::4"),
        ("user-agent", "Browser/1.0"),
    ];
    assert_eq!(
        stored("{}", &headers).await,
        "2001:0db8:0001:0002:0000:0000:0000:0000|Browser/1.0"
    );
}

#[tokio::test]
async fn trusted_proxies_are_skipped() {
    let yaml = "advanced: {ipAddress: {trustedProxies: [10.0.0.0/8]}}";
    let headers = [("x-forwarded-for", "6.6.6.6, 1.2.3.4, 10.1.2.3")];
    assert_eq!(stored(yaml, &headers).await, "1.2.3.4|");
}

#[tokio::test]
async fn an_address_that_anybody_may_have_written_is_not_kept() {
    assert_eq!(
        stored("{}", &[("x-forwarded-for", "6.6.6.6, 1.2.3.4")]).await,
        "|"
    );
}
