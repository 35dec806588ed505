use super::*;

fn read(url: &str) -> Result<(String, u16, String), InvalidUrl> {
    DatabaseIdentity::from_url(url.as_bytes(), "team-a").map(|id| (id.host, id.port, id.name))
}

fn database(host: &str, port: u16, name: &str) -> (String, u16, String) {
    (host.to_owned(), port, name.to_owned())
}

#[test]
fn a_url_names_host_port_and_database() {
    let url = "postgres://app:pw@db.example:6432/shop?sslmode=require";
    assert_eq!(read(url), Ok(database("db.example", 6432, "shop")));
}

#[test]
fn the_port_is_5432_and_the_database_the_user_where_a_url_names_none() {
    assert_eq!(
        read("postgresql://app@db.example"),
        Ok(database("db.example", 5432, "app"))
    );
}

#[test]
fn parameters_win_over_the_parts_of_a_url() {
    let url = "postgres://app@ignored/ignored?host=db.example&port=6432&dbname=shop";
    assert_eq!(read(url), Ok(database("db.example", 6432, "shop")));
}

#[test]
fn a_percent_encoded_name_is_decoded() {
    assert_eq!(
        read("postgres://u@db.example/a%20b+c"),
        Ok(database("db.example", 5432, "a b+c"))
    );
}

#[test]
fn a_trailing_newline_is_no_part_of_a_url() {
    assert_eq!(
        read("postgres://u@db.example/shop\n"),
        Ok(database("db.example", 5432, "shop"))
    );
}

#[test]
fn credentials_are_no_part_of_the_identity() {
    assert_eq!(
        read("postgres://a:1@db.example/shop"),
        read("postgres://b:2@db.example/shop")
    );
}

#[test]
fn the_same_host_in_other_words_is_the_same_host() {
    for host in [
        "db",
        "DB",
        "db.team-a.svc",
        "db.team-a.svc.cluster.local",
        "db.team-a.svc.cluster.local.",
    ] {
        assert_eq!(
            read(&format!("postgres://u@{host}/shop")),
            Ok(database("db.team-a.svc", 5432, "shop")),
            "{host}"
        );
    }
}

#[test]
fn a_relative_host_is_another_one_in_another_namespace() {
    let other = DatabaseIdentity::from_url(b"postgres://u@db/shop", "team-b").unwrap();
    assert_eq!(other.host, "db.team-b.svc");
}

#[test]
fn an_address_is_not_completed() {
    assert_eq!(
        read("postgres://u@10.0.0.7/shop"),
        Ok(database("10.0.0.7", 5432, "shop"))
    );
    assert_eq!(
        read("postgres://u@[fd00::7]:6432/shop"),
        Ok(database("fd00::7", 6432, "shop"))
    );
}

#[test]
fn what_is_no_connection_url_is_refused_without_being_repeated() {
    for url in [
        "",
        "shop-db",
        "mysql://u@db/shop",
        "postgres://",
        "postgres://u:p@db:x/shop",
        "postgres:///",
        "http://db/shop",
    ] {
        let refusal = read(url).unwrap_err().to_string();
        assert!(!refusal.contains("mysql"), "{url}: {refusal}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    assert_eq!(
        DatabaseIdentity::from_url(&[0xff, 0xfe], "team-a"),
        Err(InvalidUrl)
    );
}

#[test]
fn databases_have_distinct_hashes() {
    let hash = |host, port, name| DatabaseIdentity::new(host, port, name, "team-a").hash();
    let base = hash("db", 5432, "shop");
    assert_eq!(base.len(), 16);
    for other in [
        hash("db2", 5432, "shop"),
        hash("db", 5433, "shop"),
        hash("db", 5432, "shop2"),
    ] {
        assert_ne!(base, other);
    }
}
