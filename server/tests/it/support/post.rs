//! The outbox and its worker without a server around them.

use std::{path::Path, sync::Arc};

use auth_server::{
    clock::Clock,
    config::{BaseUrl, FileReader, SecretFiles},
    crypto::random::Random,
    db::Db,
    identity::user::User,
    janitor::{Janitor, Outcome},
    mail::{MailKind, MailSender, Mailer, Message},
    metrics::Metrics,
    outbound::Outbound,
    outbox::{Outbox, Senders, Worker, webhook::Poster},
};
use authbackend_crds::auth::AuthSettings;
use time::macros::datetime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::TestDatabase;

/// Mails of one test, in a database of its own.
pub(crate) struct Post {
    pub(crate) database: TestDatabase,
    pub(crate) db: Db,
    pub(crate) mailer: Mailer,
    pub(crate) metrics: Metrics,
    settings: AuthSettings,
    outbox: Outbox,
    secrets: tempfile::TempDir,
}

/// A worker that runs until it is stopped, or dies with this.
pub(crate) struct Work {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Work {
    /// Ends as a server does that is asked to.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// Ends as a server does that is killed.
    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

impl Post {
    /// With `mail` as the settings of mails, and a pool of four connections.
    pub(crate) async fn new(mail: &str) -> Self {
        Self::with(mail, 4).await
    }

    pub(crate) async fn with(mail: &str, connections: u32) -> Self {
        let settings: AuthSettings = serde_saphyr::from_str(&format!("mail: {mail}")).unwrap();
        assert_eq!(settings.validate(), []);
        let database = TestDatabase::migrated().await;
        let db = Db::open(&database.config(connections)).unwrap();
        let outbox = Outbox::new(Arc::new(Random::from_system().unwrap()));
        let mailer = Mailer::new(&settings, &base_url(), outbox.clone(), clock()).unwrap();
        Self {
            database,
            db,
            mailer,
            metrics: Metrics::new(),
            settings,
            outbox,
            secrets: tempfile::tempdir().unwrap(),
        }
    }

    /// Mounts a key of a Secret.
    pub(crate) fn mount(&self, name: &str, key: &str, value: &str) {
        let folder = self.secrets.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(key), value).unwrap();
    }

    /// Starts a worker, as a server does.
    pub(crate) fn work(&self) -> Work {
        let reader: FileReader = Arc::new(|path: &Path| std::fs::read_to_string(path));
        let secret_files = SecretFiles::new(self.secrets.path(), reader);
        let poster = Poster::new(Arc::new(Outbound::new()), secret_files.clone(), clock());
        let mail = MailSender::new(
            &self.mailer,
            &self.settings,
            &base_url(),
            &secret_files,
            &Arc::new(poster),
        );
        let senders = Senders {
            mail: mail.unwrap().map(|sender| Arc::new(sender) as _),
            webhook: None,
        };
        let metrics = self.metrics.outbox.clone();
        let worker = Worker::new(&self.outbox, senders, self.db.clone(), metrics);
        let stop = CancellationToken::new();
        Work {
            task: tokio::spawn(worker.run(stop.clone())),
            stop,
        }
    }

    /// Removes what has had its time, as a server does. The outbox goes by the database's clock, which is the system's.
    pub(crate) async fn clean_up(&self) {
        let janitor = Janitor::new(&self.settings, &self.db, &Clock::system(), &self.metrics);
        let outcome = janitor.look(&CancellationToken::new()).await.unwrap();
        assert_eq!(outcome, Outcome::Done);
    }

    /// Queues a mail with a link.
    pub(crate) async fn queue(&self, to: &str) {
        let mut db = self.db.get().await.unwrap();
        self.mailer.queue(&mut db, message(to)).await.unwrap();
    }

    /// Messages that have not been sent.
    pub(crate) async fn left(&self) -> i64 {
        let count = "SELECT count(*) FROM authbackend_outbox";
        self.database.value(count).await.parse().unwrap()
    }

    /// `column` of the only message.
    pub(crate) async fn column(&self, column: &str) -> String {
        let sql = format!(r#"SELECT "{column}" FROM authbackend_outbox"#);
        self.database.value(&sql).await
    }

    /// Does not wait for the next attempt.
    pub(crate) async fn make_due(&self) {
        self.database
            .execute(r#"UPDATE authbackend_outbox SET "nextAttemptAt" = now()"#)
            .await;
    }
}

/// A mail with a link.
pub(crate) fn message(to: &str) -> Message {
    let user = User {
        id: "u1".to_owned(),
        name: "Ann".to_owned(),
        email: to.to_owned(),
        email_verified: false,
        image: None,
        created_at: datetime!(2026-01-02 03:04:05 UTC),
        updated_at: datetime!(2026-01-02 03:04:05 UTC),
        additional: serde_json::Map::new(),
    };
    let url = "https://shop.example/api/reset-password/t0k3n?callbackURL=%2F";
    Message::new(MailKind::ResetPassword, &user).with_link(url, "t0k3n")
}

fn base_url() -> BaseUrl {
    BaseUrl::parse("https://shop.example/api").unwrap()
}

fn clock() -> Clock {
    Clock::fixed(datetime!(2026-01-02 03:04:05.678 UTC))
}
