//! Who reads and who waits, apart from what is read.

use std::collections::VecDeque;

/// Readers at work at most. One alone would leave the database idle while it hands out what it has read; each further one
/// makes the groups smaller, and keeps a connection from others.
pub(super) const READERS: usize = 2;

/// Requests in a group at most: what each costs does not fall much further, and the last one waits for all.
pub(super) const GROUP: usize = 64;

/// Requests that wait, the oldest first, and the number of readers. While somebody waits, all readers are at work.
pub(super) struct Queue<T> {
    waiting: VecDeque<T>,
    readers: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            readers: 0,
        }
    }
}

impl<T> Queue<T> {
    /// Somebody comes: whether they are a reader now. If not, they [`wait`](Self::wait).
    pub(super) fn enter(&mut self) -> bool {
        let is_free = self.readers < READERS;
        self.readers += usize::from(is_free);
        is_free
    }

    /// Somebody waits who did not become a reader.
    pub(super) fn wait(&mut self, waiting: T) {
        self.waiting.push_back(waiting);
    }

    /// Whoever has waited longest.
    pub(super) fn oldest(&self) -> Option<&T> {
        self.waiting.front()
    }

    /// The next group for a reader, without those who are not `there` any more. Nobody who comes later belongs to it.
    pub(super) fn take(&mut self, is_there: impl Fn(&T) -> bool) -> Vec<T> {
        let mut group = Vec::with_capacity(self.waiting.len().min(GROUP));
        while group.len() < GROUP
            && let Some(next) = self.waiting.pop_front()
        {
            if is_there(&next) {
                group.push(next);
            }
        }
        group
    }

    /// The oldest, as far as they are `due`.
    pub(super) fn take_while(&mut self, is_due: impl Fn(&T) -> bool) -> Vec<T> {
        let mut due = Vec::new();
        while let Some(next) = self.waiting.pop_front_if(|next| is_due(next)) {
            due.push(next);
        }
        due
    }

    /// A reader has read. Whether it goes on, because somebody waits; if not, it is a reader no longer.
    pub(super) fn leave(&mut self) -> bool {
        let goes_on = !self.waiting.is_empty();
        self.readers -= usize::from(!goes_on);
        goes_on
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What happens next: chosen of what is possible then.
    #[derive(Clone, Copy, Debug)]
    enum Event {
        Comes,
        /// A reader is done with what it has taken.
        Reads(usize),
        /// Somebody who waits leaves.
        GivesUp(usize),
        /// So many of the oldest have waited too long.
        Expire(usize),
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            6 => Just(Event::Comes),
            2 => any::<usize>().prop_map(Event::Reads),
            1 => any::<usize>().prop_map(Event::GivesUp),
            1 => (0..3_usize).prop_map(Event::Expire),
        ]
    }

    /// A queue of numbers, with what must be true of it.
    #[derive(Default)]
    struct World {
        queue: Queue<usize>,
        came: usize,
        /// What each reader reads.
        readers: Vec<Vec<usize>>,
        gone: Vec<usize>,
        answered: Vec<usize>,
        expired: Vec<usize>,
    }

    impl World {
        fn happens(&mut self, event: Event) {
            match event {
                Event::Comes => {
                    let number = self.came;
                    self.came += 1;
                    if self.queue.enter() {
                        self.readers.push(vec![number]);
                    } else {
                        self.queue.wait(number);
                    }
                }
                Event::Reads(which) if !self.readers.is_empty() => {
                    let which = which % self.readers.len();
                    let read = self.readers.swap_remove(which);
                    self.answered.extend(read);
                    if self.queue.leave() {
                        let gone = &self.gone;
                        let group = self.queue.take(|number| !gone.contains(number));
                        self.readers.push(group);
                    }
                }
                Event::GivesUp(number) if self.came > 0 => self.gone.push(number % self.came),
                Event::Expire(limit) => {
                    let oldest = self.queue.oldest().copied().unwrap_or(0);
                    let due = self.queue.take_while(|number| *number < oldest + limit);
                    self.expired.extend(due);
                }
                Event::Reads(_) | Event::GivesUp(_) => {}
            }
        }

        fn check(&self) -> Result<(), TestCaseError> {
            prop_assert!(self.readers.len() <= READERS);
            prop_assert_eq!(self.readers.len(), self.queue.readers);
            prop_assert!(self.queue.waiting.is_empty() || self.readers.len() == READERS);
            for group in &self.readers {
                prop_assert!(group.len() <= GROUP);
                prop_assert!(group.is_sorted(), "the oldest first: {:?}", group);
            }
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn everybody_is_read_for_once_by_few_readers_and_nobody_waits_beside_a_free_one(
            events in prop::collection::vec(event(), 0..400),
        ) {
            let mut world = World::default();
            for event in events {
                world.happens(event);
                world.check()?;
            }
            while !world.readers.is_empty() {
                world.happens(Event::Reads(0));
                world.check()?;
            }
            let mut seen = [world.answered, world.expired].concat();
            seen.sort_unstable();
            let count = seen.len();
            seen.dedup();
            prop_assert_eq!(seen.len(), count, "somebody was answered twice");
            let forgotten = (0..world.came).filter(|number| !seen.contains(number));
            for number in forgotten {
                prop_assert!(world.gone.contains(&number), "{} was forgotten", number);
            }
        }
    }

    #[test]
    fn whoever_comes_to_a_free_reader_does_not_wait() {
        let mut queue = Queue::<usize>::default();
        for _ in 0..READERS {
            assert!(queue.enter());
        }
        assert!(!queue.enter());
        assert!(!queue.leave());
        assert!(queue.enter());
    }

    #[test]
    fn a_group_is_bounded_and_the_rest_waits_for_the_next() {
        let mut queue = Queue::default();
        for number in 0..READERS + GROUP + 3 {
            if !queue.enter() {
                queue.wait(number);
            }
        }
        assert!(queue.leave());
        let first = queue.take(|_| true);
        assert_eq!(first, (READERS..READERS + GROUP).collect::<Vec<_>>());
        assert!(queue.leave());
        assert_eq!(queue.take(|_| true).len(), 3);
        assert!(!queue.leave());
    }
}
