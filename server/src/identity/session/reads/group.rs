//! One query for a group of requests.

use std::collections::{HashMap, hash_map::Entry};

use tokio::sync::oneshot;

use super::{Answer, Waiting};
use crate::{
    db::{Conn, ReadError},
    identity::session::store,
};

/// Those who ask for the same session: usually one.
struct Askers {
    first: oneshot::Sender<Answer>,
    more: Vec<oneshot::Sender<Answer>>,
}

impl Askers {
    fn tell(self, answer: Answer) {
        // Whoever has left need not know.
        for asker in self.more {
            let _ = asker.send(answer.clone());
        }
        let _ = self.first.send(answer);
    }
}

/// Reads the sessions of a `group` and answers everybody in it.
pub(super) async fn read(db: &mut Conn, group: Vec<Waiting>) {
    let mut asked = by_token(group);
    if asked.len() > 1 {
        let tokens: Vec<&str> = asked.keys().map(String::as_str).collect();
        match store::by_tokens(db, &tokens).await {
            Ok(found) => {
                for current in found {
                    if let Some(askers) = asked.remove(&current.session.token) {
                        askers.tell(Ok(Some(current)));
                    }
                }
                for askers in asked.into_values() {
                    askers.tell(Ok(None));
                }
                return;
            }
            // It may be a single row that cannot be read: nobody else shall suffer from it.
            Err(error) => tracing::debug!(%error, "sessions cannot be read together"),
        }
    }
    for (token, askers) in asked {
        let answer = store::by_token(db, &token).await;
        askers.tell(answer.map_err(ReadError::from));
    }
}

fn by_token(group: Vec<Waiting>) -> HashMap<String, Askers> {
    let mut asked = HashMap::with_capacity(group.len());
    for Waiting { token, answer, .. } in group {
        match asked.entry(token) {
            Entry::Vacant(entry) => {
                entry.insert(Askers {
                    first: answer,
                    more: Vec::new(),
                });
            }
            Entry::Occupied(entry) => {
                let askers: &mut Askers = entry.into_mut();
                askers.more.push(answer);
            }
        }
    }
    asked
}
