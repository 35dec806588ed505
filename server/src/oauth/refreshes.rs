//! Refreshes of tokens that are under way. Each is a task of its own: what a service has given must be stored, whether or
//! not anybody waits for it still.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError, Weak},
};

use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    task::JoinHandle,
};
use tokio_util::task::TaskTracker;

/// Refreshes of tokens that are under way in this process.
#[derive(Default)]
pub struct Refreshes {
    tasks: TaskTracker,
    turns: StdMutex<HashMap<String, Weak<Mutex<()>>>>,
}

impl Refreshes {
    /// Starts a refresh, which goes on when nobody waits for it any more.
    pub fn start<T: Send + 'static>(
        &self,
        refresh: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.tasks.spawn(refresh)
    }

    /// This process's turn for the account `id`, of which it has one.
    pub async fn turn(&self, id: &str) -> OwnedMutexGuard<()> {
        self.place(id).lock_owned().await
    }

    fn place(&self, id: &str) -> Arc<Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(id).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.insert(id.to_owned(), Arc::downgrade(&turn));
        turn
    }

    /// Waits for all that are under way.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
