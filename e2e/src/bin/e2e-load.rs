//! `e2e-load BASE_URL`: users who sign in and read their sessions at a fixed rate. Prints what it counted as one line
//! of JSON every second, and ends by itself after ten minutes.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use authbackend_e2e::api::{Account, Client, Connections};
use authbackend_e2e::load::Report;

/// Users at a time: some as many clients, some as a proxy with kept connections. The last one signs in once and stays.
const USERS: [(Connections, Stay); 5] = [
    (Connections::Fresh, Stay::Short),
    (Connections::Fresh, Stay::Short),
    (Connections::Fresh, Stay::Short),
    (Connections::Kept, Stay::Short),
    (Connections::Kept, Stay::Long),
];
/// Requests of a user per second; 50 of all.
const RATE: u32 = 10;
/// Every tenth request of who does not stay is a sign-in.
const SIGN_IN_EVERY: u32 = 10;
/// How long the API may take to be reachable: the network of a new pod comes up late.
const REACHABLE_LIMIT: Duration = Duration::from_secs(20);
/// When the load ends, should nobody end it.
const LIFETIME: Duration = Duration::from_mins(10);
/// Failures that are told in full.
const TOLD_FAILURES: usize = 20;

type Shared = Arc<Mutex<Report>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let base_url = std::env::args()
        .nth(1)
        .context("usage: e2e-load BASE_URL")?;
    let reachable = Instant::now();
    while let Err(error) = Client::new(&base_url, Connections::Fresh).ok() {
        if reachable.elapsed() > REACHABLE_LIMIT {
            return Err(error);
        }
        thread::sleep(Duration::from_millis(200));
    }
    let report = Shared::default();
    let start = Instant::now();
    for (number, (connections, stay)) in USERS.into_iter().enumerate() {
        let user = User {
            client: Client::new(&base_url, connections),
            stay,
            account: account(number)?,
            report: Arc::clone(&report),
            start,
        };
        thread::spawn(move || user.live());
    }
    while start.elapsed() < LIFETIME {
        thread::sleep(Duration::from_secs(1));
        let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
        report.seconds = start.elapsed().as_secs_f64();
        println!("{}", serde_json::to_string(&*report)?);
    }
    Ok(())
}

/// Someone nobody was before: the time is part of the address.
fn account(number: usize) -> Result<Account> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(Account {
        email: format!("user-{number}-{}@example.com", now.as_millis()),
        password: "correct horse battery staple".to_owned(),
    })
}

/// How long a user keeps a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stay {
    /// Signs in again and again.
    Short,
    /// As long as the load: whoever is signed out fails with each request from then on.
    Long,
}

struct User {
    client: Client,
    stay: Stay,
    account: Account,
    report: Shared,
    start: Instant,
}

impl User {
    /// Signs up, and reads the session, or signs in again.
    fn live(self) {
        let pause = Duration::from_secs(1) / RATE;
        let mut cookie = self.counted(|| self.client.sign_up(&self.account), |_, _| {});
        for request in 0.. {
            let next = self.start + pause * request;
            thread::sleep(next.saturating_duration_since(Instant::now()));
            match &cookie {
                Some(cookie) if self.stay == Stay::Long || request % SIGN_IN_EVERY != 0 => {
                    self.read_session(cookie);
                }
                _ => cookie = self.sign_in(),
            }
        }
    }

    fn sign_in(&self) -> Option<String> {
        self.counted(
            || self.client.sign_in(&self.account),
            |report, cookie| {
                report.sign_ins += 1;
                report.cookie.clone_from(cookie);
            },
        )
    }

    fn read_session(&self, cookie: &str) {
        self.counted(
            || self.client.session(cookie, &self.account),
            |report, ()| report.sessions += 1,
        );
    }

    fn counted<T>(
        &self,
        request: impl FnOnce() -> Result<T>,
        count: impl FnOnce(&mut Report, &T),
    ) -> Option<T> {
        let start = Instant::now();
        let outcome = request();
        let took = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report.slowest_ms = report.slowest_ms.max(took);
        match outcome {
            Ok(value) => {
                count(&mut report, &value);
                Some(value)
            }
            Err(error) => {
                report.failed += 1;
                if report.failures.len() < TOLD_FAILURES {
                    let second = self.start.elapsed().as_secs_f64();
                    report
                        .failures
                        .push(format!("{second:.1} s, after {took} ms: {error:#}"));
                }
                None
            }
        }
    }
}
