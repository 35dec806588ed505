//! A client has one count, however it writes its address and however many requests it sends at once.

use futures::future::join_all;

use crate::{
    routes::browser::{server, sign_in},
    support::{
        TestServer,
        http::{request, send},
    },
};

const ON: &str = "rateLimit: {enabled: true}";

async fn sign_in_from(server: &TestServer, address: &str) -> u16 {
    let headers = format!("content-type: application/json\r\nx-forwarded-for: {address}\r\n");
    let body = sign_in("nobody").to_string();
    let request = request("POST", "/api/sign-in/email", &headers, &body);
    send(server.api(), &request).await.unwrap().status
}

async fn assert_one_client(addresses: [&str; 4]) {
    let server = server(ON).await;
    let mut statuses = Vec::new();
    for address in addresses {
        statuses.push(sign_in_from(&server, address).await);
    }
    assert_eq!(statuses, [401, 401, 401, 429], "{addresses:?}");
}

/// Each address of a network counted for itself, of which everybody has 2^64.
#[tokio::test]
async fn ghsa_p6v2_xcpg_h6xw_a_network_of_ipv6_is_one_client() {
    assert_one_client([
        "2001:db8::1",
        "2001:DB8::2",
        "2001:db8:0:0:ffff::3",
        "2001:0db8::4",
    ])
    .await;
}

/// Each spelling of an address counted for itself.
#[tokio::test]
async fn ghsa_p6v2_xcpg_h6xw_an_address_of_ipv4_is_one_client_in_every_spelling() {
    assert_one_client([
        "192.0.2.1",
        "::ffff:192.0.2.1",
        "::FFFF:C000:0201",
        "::ffff:c000:201",
    ])
    .await;
    assert_one_client([
        "0:0:0:0:0:ffff:c000:0201",
        "0000:0000:0000:0000:0000:FFFF:192.0.2.1",
        "::0:ffff:192.0.2.1",
        "192.0.2.1",
    ])
    .await;
}

/// The first of several addresses in a header was believed, which a client can write.
#[tokio::test]
async fn pr_10203_a_list_of_addresses_that_a_client_may_have_begun_makes_no_client_of_its_own() {
    assert_one_client([
        "198.51.100.1, 192.0.2.1",
        "198.51.100.2, 192.0.2.1",
        "198.51.100.3, 192.0.2.1",
        "198.51.100.4, 192.0.2.1",
    ])
    .await;
}

/// Counts were read and written in two steps: requests at once were counted as one.
#[tokio::test]
async fn ghsa_44jh_23m7_hpcf_requests_at_once_are_all_counted() {
    let server = server("rateLimit: {storage: database}").await;
    let statuses = join_all((0..50).map(|_| sign_in_from(&server, "192.0.2.1"))).await;
    assert_eq!(statuses.iter().filter(|status| **status != 429).count(), 3);
}
