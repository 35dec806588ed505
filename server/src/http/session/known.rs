//! Whose request it turned out to be, for hooks that run after its handler.

use std::sync::{Arc, Mutex, PoisonError};

use crate::identity::session::SessionUser;

/// The session that was found or begun, once it is known. Clones share it.
#[derive(Clone, Default)]
pub struct Known(Option<Arc<Mutex<Option<SessionUser>>>>);

impl Known {
    /// Remembers a session. Without it nothing is copied, where no hook would look at it.
    pub fn remembering() -> Self {
        Self(Some(Arc::default()))
    }

    /// The session, if there is one and it is remembered.
    pub fn get(&self) -> Option<SessionUser> {
        let memory = self.0.as_ref()?;
        memory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set(&self, current: &SessionUser) {
        if let Some(memory) = &self.0 {
            *memory.lock().unwrap_or_else(PoisonError::into_inner) = Some(current.clone());
        }
    }
}
