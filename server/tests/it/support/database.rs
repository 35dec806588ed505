//! One database per test, cloned from a migrated template and dropped afterwards.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use auth_server::{
    config::{Database, Target},
    migrate::{Class, Desired, Migration, Migrator, embedded},
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, raw_sql};
use url::Url;

/// Only one process at a time makes the template.
const TEMPLATE_LOCK: i64 = 0x6175_7468_7465_7374;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database of one test's own.
pub(crate) struct TestDatabase {
    name: String,
    url: Url,
}

impl TestDatabase {
    /// A migrated database.
    pub(crate) async fn migrated() -> Self {
        let template = template().await;
        Self::create(&format!("TEMPLATE {template}")).await
    }

    /// A database migrated for the settings `yaml`.
    pub(crate) async fn migrated_for(yaml: &str) -> Self {
        let database = Self::empty().await;
        let settings = serde_saphyr::from_str(yaml).unwrap();
        let migrator = Migrator::new(embedded()).for_schema(Desired::of(&settings));
        migrator.run(&database.target()).await.unwrap();
        database
    }

    /// A database without tables.
    pub(crate) async fn empty() -> Self {
        Self::create("").await
    }

    /// A database that better-auth has made.
    pub(crate) async fn of_better_auth() -> Self {
        let database = Self::empty().await;
        database
            .execute(include_str!("../fixtures/better-auth-1.7.25.sql"))
            .await;
        database
    }

    async fn create(options: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("auth_it_{}_{number}", std::process::id());
        administer(&format!("DROP DATABASE IF EXISTS {name}; ")).await;
        administer(&format!("CREATE DATABASE {name} {options}")).await;
        let mut url = admin_url();
        url.set_path(&name);
        Self { name, url }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The URL with the credentials of the tests.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The URL for another role.
    pub(crate) fn url_of(&self, user: &str, password: &str) -> String {
        let mut url = self.url.clone();
        url.set_username(user).unwrap();
        url.set_password(Some(password)).unwrap();
        url.into()
    }

    pub(crate) fn target(&self) -> Target {
        self.config(1).target().unwrap()
    }

    pub(crate) fn config(&self, max_connections: u32) -> Database {
        Database::from_url(self.url(), max_connections)
    }

    /// A connection apart from every pool.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(self.url()).await.unwrap()
    }

    pub(crate) async fn execute(&self, sql: &str) {
        let mut connection = self.connect().await;
        raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }

    /// The single value that `sql` selects, as text.
    pub(crate) async fn value(&self, sql: &str) -> String {
        let mut connection = self.connect().await;
        let sql = AssertSqlSafe(format!("SELECT ({sql})::text"));
        let value: Option<String> = sqlx::query_scalar(sql)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        value.unwrap_or_default()
    }

    /// Connections of the server to this database.
    pub(crate) async fn backends(&self) -> i64 {
        let count = "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name = 'auth-server'";
        self.value(count).await.parse().unwrap()
    }

    /// A role with `password` that may do everything in this database; dropped with it.
    pub(crate) async fn role(&self, password: &str) -> String {
        let role = format!("{}_role", self.name);
        self.execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD '{password}';
             GRANT ALL ON SCHEMA public TO {role};
             GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .await;
        role
    }

    /// A role with `password` and no rights; dropped with the database.
    pub(crate) async fn bare_role(&self, password: &str) -> String {
        self.login(&format!("{}_role", self.name), password).await
    }

    /// Another such role.
    pub(crate) async fn owner(&self, password: &str) -> String {
        self.login(&format!("{}_owner", self.name), password).await
    }

    async fn login(&self, role: &str, password: &str) -> String {
        self.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'"))
            .await;
        role.to_owned()
    }

    /// The SQLSTATE with which `sql` is refused to whom `url` names.
    pub(crate) async fn refuses(&self, url: &str, sql: &str) -> String {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let error = raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap_err();
        connection.close().await.unwrap();
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        code.unwrap_or_default().into_owned()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let name = self.name.clone();
        // Dropping is asynchronous work, and a runtime cannot run inside another one.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                administer(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
                administer(&format!("DROP ROLE IF EXISTS {name}_role, {name}_owner")).await;
            });
        });
        // This thread is the runtime's: while it waits, a connection that a server has begun is not finished, and Postgres
        // drops nothing until it gives up on that, a minute later. Let go, the runtime ends, and the connection with it.
        let patience = Instant::now() + Duration::from_secs(1);
        while !dropped.is_finished() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(
            !dropped.is_finished() || dropped.join().is_ok() || std::thread::panicking(),
            "the database was not dropped"
        );
    }
}

fn admin_url() -> Url {
    let url = std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL is not set, run: cargo xtask test server");
    Url::parse(&url).expect("TEST_DATABASE_URL is no URL")
}

async fn administer(sql: &str) {
    let mut connection = PgConnection::connect(admin_url().as_str()).await.unwrap();
    raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// The name of the migrated template, made by whoever comes first. Changed migrations have another template.
async fn template() -> String {
    let migrations = embedded();
    let checksums: String = migrations.iter().map(|it| it.checksum.as_str()).collect();
    let all = Migration::new(0, "all", Class::Expand, checksums).checksum;
    let name = format!("auth_template_{}", &all[..16]);
    let mut connection = PgConnection::connect(admin_url().as_str()).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut connection)
        .await
        .unwrap();
    let exists: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)",
    )
    .bind(&name)
    .fetch_one(&mut connection)
    .await
    .unwrap();
    if !exists {
        administer(&format!("DROP DATABASE IF EXISTS {name}")).await;
        administer(&format!("CREATE DATABASE {name}")).await;
        let mut url = admin_url();
        url.set_path(&name);
        let target = Database::from_url(url.as_str(), 1).target().unwrap();
        Migrator::new(migrations).run(&target).await.unwrap();
        administer(&format!("ALTER DATABASE {name} IS_TEMPLATE true")).await;
    }
    connection.close().await.unwrap();
    name
}
