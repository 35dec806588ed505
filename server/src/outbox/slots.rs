//! How many messages are on their way to each receiver.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Messages that a process sends at the same time to one receiver. So one that does not answer keeps no other waiting.
pub(super) const EACH: usize = 4;

/// How many messages are on their way to each receiver; clones share it.
#[derive(Clone, Default)]
pub(super) struct Slots(Arc<Mutex<HashMap<String, usize>>>);

/// A message on its way, until this is dropped.
pub(super) struct Slot {
    slots: Slots,
    receiver: String,
}

impl Slots {
    /// A place for one more message to `receiver`.
    pub(super) fn take(&self, receiver: String) -> Slot {
        *self.lock().entry(receiver.clone()).or_default() += 1;
        Slot {
            slots: self.clone(),
            receiver,
        }
    }

    /// The receivers that get no more for now.
    pub(super) fn full(&self) -> Vec<String> {
        let taken = self.lock();
        let full = taken.iter().filter(|(_, count)| **count >= EACH);
        full.map(|(receiver, _)| receiver.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.lock();
        if let Some(count) = taken.get_mut(&self.receiver) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.receiver);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_full_until_one_of_its_messages_has_arrived() {
        let slots = Slots::default();
        let _other = slots.take("other".to_owned());
        let mut taken: Vec<_> = (0..EACH).map(|_| slots.take("slow".to_owned())).collect();
        assert_eq!(slots.full(), ["slow"]);
        taken.pop();
        assert_eq!(slots.full(), [""; 0]);
        drop(taken);
        assert_eq!(slots.lock().len(), 1);
    }
}
