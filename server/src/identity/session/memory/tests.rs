use std::collections::VecDeque;

use proptest::prelude::*;
use time::macros::datetime;
use tokio::time::Instant;

use super::*;
use crate::identity::{session::Session, user::User};

const NOW: OffsetDateTime = datetime!(2026-01-10 12:00 UTC);

fn memory(yaml: &str) -> (SessionMemory, Arc<Changes>) {
    let settings: MemoryCache = serde_saphyr::from_str(yaml).unwrap();
    let changes = Arc::new(Changes::new());
    changes.prove(Instant::now());
    let metrics = SessionMemoryMetrics::default();
    let memory = SessionMemory::new(&settings, Arc::clone(&changes), metrics);
    (memory, changes)
}

/// The session `token` of a user, whose name is `name`.
fn current(token: &str, user_id: &str, name: &str) -> SessionUser {
    SessionUser {
        session: Session {
            expires_at: NOW + Duration::DAY,
            token: token.to_owned(),
            created_at: NOW,
            updated_at: NOW,
            ip_address: None,
            user_agent: None,
            user_id: user_id.to_owned(),
            additional: Map::new(),
            id: format!("id of {token}"),
        },
        user: User {
            name: name.to_owned(),
            email: format!("{user_id}@shop.example"),
            email_verified: true,
            image: None,
            created_at: NOW,
            updated_at: NOW,
            additional: Map::new(),
            id: user_id.to_owned(),
        },
    }
}

fn recall(memory: &SessionMemory, token: &str, now: OffsetDateTime) -> Option<SessionUser> {
    match memory.recall(token, now) {
        Recalled::Current(current) => Some(current.into_owned()),
        Recalled::Nothing(_) => None,
    }
}

fn remember(memory: &SessionMemory, changes: &Changes, current: &SessionUser) {
    memory.remember(current, changes.moment(), NOW);
}

#[test]
fn what_is_remembered_is_recalled_by_its_token() {
    let (memory, changes) = memory("{}");
    let ann = current("t", "ann", "Ann");
    remember(&memory, &changes, &ann);
    assert_eq!(recall(&memory, "t", NOW), Some(ann));
    assert_eq!(recall(&memory, "T", NOW), None);
}

#[test]
fn what_is_remembered_is_told_as_what_was_read() {
    let (memory, changes) = memory("{}");
    let mut ann = current("t", "ann", "Ann \"A\" \u{e9}");
    ann.user.additional = [("plan".to_owned(), "pro".into())].into_iter().collect();
    remember(&memory, &changes, &ann);
    for _ in 0..2 {
        let Recalled::Current(recalled) = memory.recall("t", NOW) else {
            panic!("nothing is remembered")
        };
        let told = recalled.remembered_json().unwrap().unwrap();
        assert_eq!(told, serde_json::to_vec(&ann).unwrap());
    }
}

#[test]
fn a_copy_is_used_for_its_longest_age_and_not_before_it_was_read() {
    let (memory, changes) = memory("maxAge: 60");
    remember(&memory, &changes, &current("t", "ann", "Ann"));
    let after = |seconds| recall(&memory, "t", NOW + Duration::seconds(seconds)).is_some();
    assert_eq!([-1, 0, 60, 61].map(after), [false, true, true, false]);
}

#[test]
fn there_are_no_more_entries_than_allowed() {
    let (memory, changes) = memory("maxEntries: 100");
    for number in 0..5_000 {
        remember(
            &memory,
            &changes,
            &current(&format!("t{number}"), "ann", "Ann"),
        );
    }
    assert!((50..=100).contains(&memory.len()), "{}", memory.len());
}

#[test]
fn there_are_no_more_bytes_than_allowed() {
    let (memory, changes) = memory("{maxEntries: 100000, maxBytes: 1048576}");
    let name = "n".repeat(10_000);
    for number in 0..1_000 {
        remember(
            &memory,
            &changes,
            &current(&format!("t{number}"), "ann", &name),
        );
    }
    assert!((25..=52).contains(&memory.len()), "{}", memory.len());
}

#[test]
fn the_weight_of_a_session_counts_its_additional_fields() {
    let mut heavy = current("t", "ann", "Ann");
    let light = weight(&heavy);
    let fields = serde_json::json!({"list": ["x".repeat(500), {"deep": "y".repeat(500)}]});
    heavy.user.additional = fields.as_object().unwrap().clone();
    assert!(weight(&heavy) > light + 1_000);
}

/// What may happen, in any order.
#[derive(Clone, Debug)]
enum Step {
    /// A request begins to read the session of a user: it notes the moment and sees what the database has.
    Read(usize),
    /// The oldest of such requests has read, and remembers.
    Remember,
    /// Somebody else changes a user; the notification is on its way.
    ChangeElsewhere(usize),
    /// This process changes a user, and tells itself before it answers.
    ChangeHere(usize),
    /// The oldest notification arrives.
    Hear,
    /// A proof that was sent after all that happened arrives: so everything sent before has arrived.
    Prove,
    /// The connection is lost, with what was on its way.
    Lose,
    /// A request asks for the session of a user.
    Ask(usize),
}

const USERS: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..USERS).prop_map(Step::Read),
        4 => Just(Step::Remember),
        2 => (0..USERS).prop_map(Step::ChangeElsewhere),
        2 => (0..USERS).prop_map(Step::ChangeHere),
        3 => Just(Step::Hear),
        2 => Just(Step::Prove),
        1 => Just(Step::Lose),
        4 => (0..USERS).prop_map(Step::Ask),
    ]
}

proptest! {
    /// What is recalled is never older than the newest change that was heard of or made here, and nothing is recalled
    /// while the channel is not proven. Where nothing has happened since, it is recalled.
    #[test]
    fn nothing_outdated_is_ever_recalled(steps in prop::collection::vec(step(), 1..200)) {
        let (memory, changes) = memory("{}");
        let mut is_proven = true;
        // What the database has, and what this process must know.
        let (mut stored, mut known) = ([0_u32; USERS], [0_u32; USERS]);
        let mut reading = VecDeque::new();
        let mut sent = VecDeque::new();
        // Whether the copy of a user must be there.
        let mut is_sure = [false; USERS];
        for step in steps {
            match step {
                Step::Read(user) => reading.push_back((user, changes.moment(), stored[user])),
                Step::Remember => {
                    if let Some((user, moment, version)) = reading.pop_front() {
                        let copy = current(&user.to_string(), &user.to_string(), &version.to_string());
                        memory.remember(&copy, moment, NOW);
                        is_sure[user] |= is_proven && moment.is_some_and(|it| changes.is_unchanged(changes.place(&user.to_string()), it));
                    }
                }
                Step::ChangeElsewhere(user) => {
                    stored[user] += 1;
                    sent.push_back((user, stored[user]));
                }
                Step::ChangeHere(user) => {
                    stored[user] += 1;
                    sent.push_back((user, stored[user]));
                    changes.user_changed(&user.to_string());
                    known[user] = stored[user];
                    is_sure = [false; USERS];
                }
                Step::Hear => {
                    if let Some((user, version)) = sent.pop_front().filter(|_| is_proven) {
                        changes.user_changed(&user.to_string());
                        known[user] = known[user].max(version);
                        is_sure = [false; USERS];
                    }
                }
                Step::Prove => {
                    for (user, version) in sent.drain(..).filter(|_| is_proven) {
                        changes.user_changed(&user.to_string());
                        known[user] = known[user].max(version);
                        is_sure = [false; USERS];
                    }
                    changes.prove(Instant::now());
                    is_proven = true;
                }
                Step::Lose => {
                    changes.lose();
                    sent.clear();
                    is_proven = false;
                    // Whatever changed until the next proof must be seen after it.
                    known = stored;
                    is_sure = [false; USERS];
                }
                Step::Ask(user) => match recall(&memory, &user.to_string(), NOW) {
                    Some(found) => {
                        prop_assert!(is_proven);
                        let version: u32 = found.user.name.parse().unwrap();
                        prop_assert!(version >= known[user], "{version} of user {user}, {} is known", known[user]);
                    }
                    None => prop_assert!(!is_sure[user]),
                },
            }
            if !is_proven {
                known = stored;
            }
        }
    }
}
