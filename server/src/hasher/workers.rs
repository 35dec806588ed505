//! Threads that do nothing but hash, and the queue before them.
//!
//! They run where nobody else wants to: where a request and a hash want the same core, the request gets it at once. So a
//! storm of sign-ins takes the time that is left over, and no session check waits for it.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use crate::{crypto::password::Memory, metrics::HashGauges};

/// Longest wait for a turn that a caller is let in for: as long as one waits for a database connection.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(5);

/// How long a thread keeps its working memory for the next hash: fresh memory costs up to half the time of a hash, and
/// a quiet server should be small.
const MEMORY_KEPT: Duration = Duration::from_secs(10);

/// Why nothing was computed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refused {
    /// Too many others wait.
    Busy,
    /// The threads have stopped, or the computation panicked.
    Stopped,
}

/// Threads that hash. They end with it.
pub(super) struct Workers(Arc<Queue>);

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    threads: u32,
    gauges: HashGauges,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Moving average of what a hash takes; zero before the first.
    usual: Duration,
    is_closed: bool,
}

struct Job {
    asked: Instant,
    run: Run,
}

type Run = Box<dyn FnOnce(Turn<'_>) -> Done + Send>;

/// What a job is called with.
enum Turn<'a> {
    Now(&'a mut Memory),
    /// It has waited too long.
    Late,
}

/// What came of a job.
enum Done {
    /// It has a result, and this hands it over: after it has been counted, so that whoever has it finds it counted.
    Computed(Box<dyn FnOnce()>),
    Skipped,
}

impl Workers {
    /// Starts `threads` threads.
    pub(super) fn start(threads: u32, gauges: HashGauges) -> io::Result<Self> {
        gauges.limit.set(threads.into());
        let workers = Self(Arc::new(Queue {
            state: Mutex::default(),
            changed: Condvar::new(),
            threads,
            gauges,
        }));
        for number in 0..threads {
            let queue = Arc::clone(&workers.0);
            thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || {
                    if let Err(error) = step_back() {
                        tracing::warn!(%error, "sign-ins will slow down other requests");
                    }
                    queue.work();
                })?;
        }
        Ok(workers)
    }

    /// Runs `compute` on one of the threads. A caller who goes away gives up its turn; a computation that has begun
    /// goes on.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let (sender, receiver) = oneshot::channel();
        self.0.admit(Box::new(move |turn| {
            if sender.is_closed() {
                return Done::Skipped;
            }
            // Nobody to tell means that the caller went away in the meantime.
            match turn {
                Turn::Now(memory) => {
                    let result = compute(memory);
                    Done::Computed(Box::new(move || drop(sender.send(Ok(result)))))
                }
                Turn::Late => {
                    drop(sender.send(Err(Refused::Busy)));
                    Done::Skipped
                }
            }
        }))?;
        receiver.await.unwrap_or(Err(Refused::Stopped))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl Queue {
    /// Appends a job, unless it would have to wait too long.
    fn admit(&self, run: Run) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(Refused::Stopped);
        }
        if expected_wait(state.jobs.len(), self.threads, state.usual) > MAX_WAIT {
            self.gauges.refused.inc();
            return Err(Refused::Busy);
        }
        let asked = Instant::now();
        state.jobs.push_back(Job { asked, run });
        drop(state);
        self.gauges.waiting.inc();
        self.changed.notify_one();
        Ok(())
    }

    fn work(&self) {
        let mut memory = Memory::default();
        while let Some(Job { asked, run }) = self.next(&mut memory) {
            let gauges = &self.gauges;
            gauges.waiting.dec();
            let waited = asked.elapsed();
            gauges.wait.observe(waited);
            let turn = if waited > MAX_WAIT {
                gauges.refused.inc();
                Turn::Late
            } else {
                Turn::Now(&mut memory)
            };
            gauges.running.inc();
            let begun = Instant::now();
            // The caller of a computation that panics learns of it because its channel closes.
            let done = catch_unwind(AssertUnwindSafe(|| run(turn)));
            gauges.running.dec();
            match done {
                Ok(Done::Computed(answer)) => {
                    self.computed(begun.elapsed());
                    answer();
                }
                Ok(Done::Skipped) => {}
                Err(_) => tracing::error!("hashing a password panicked"),
            }
        }
    }

    /// The next job, or none when there will be no more. Frees `memory` when there is none for a while.
    fn next(&self, memory: &mut Memory) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if memory.is_empty() {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.changed.wait_timeout(state, MEMORY_KEPT);
            let (next, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            state = next;
            if waited.timed_out() {
                *memory = Memory::default();
            }
        }
    }

    fn computed(&self, took: Duration) {
        self.gauges.duration.observe(took);
        let mut state = self.lock();
        state.usual = average(state.usual, took);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long one waits behind `waiting` others.
fn expected_wait(waiting: usize, threads: u32, usual: Duration) -> Duration {
    let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
    usual.saturating_mul(waiting) / threads.max(1)
}

/// A moving average that follows within some ten values.
fn average(usual: Duration, took: Duration) -> Duration {
    if usual.is_zero() {
        took
    } else {
        (usual * 7 + took) / 8
    }
}

/// Has the calling thread run only where no other one of its container wants the core (`SCHED_IDLE`, sched(7)): whoever
/// wakes takes the core from it at once. The lowest priority alone (nice 19) would keep it for the rest of a time slice,
/// some milliseconds. How containers share the cores of a node is not touched.
#[cfg(target_os = "linux")]
fn step_back() -> Result<(), thread_priority::Error> {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
        set_thread_priority_and_policy, thread_native_id,
    };
    // It is a thread's own affair on Linux, and needs no privilege.
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy)
}

/// Elsewhere there is no such thing.
#[cfg(not(target_os = "linux"))]
fn step_back() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicU32, Ordering},
        mpsc,
    };

    use super::*;

    fn start(threads: u32) -> Arc<Workers> {
        Arc::new(Workers::start(threads, HashGauges::default()).unwrap())
    }

    /// Occupies a thread until the returned sender is dropped; returns once the thread is occupied.
    async fn occupy(workers: &Arc<Workers>) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel::<()>();
        let (begin, begun) = oneshot::channel();
        let workers = Arc::clone(workers);
        tokio::spawn(async move {
            let wait = move |_: &mut Memory| {
                begin.send(()).unwrap();
                released.recv().unwrap_err();
            };
            workers.run(wait).await
        });
        begun.await.unwrap();
        release
    }

    /// A job that waits in the queue.
    async fn enqueue(workers: &Arc<Workers>) -> tokio::task::JoinHandle<Result<u32, Refused>> {
        let before = workers.0.lock().jobs.len();
        let job = tokio::spawn({
            let workers = Arc::clone(workers);
            async move { workers.run(|_| 7).await }
        });
        while workers.0.lock().jobs.len() == before {
            tokio::task::yield_now().await;
        }
        job
    }

    #[tokio::test]
    async fn no_more_run_at_once_than_there_are_threads() {
        let workers = start(2);
        let (running, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let jobs: Vec<_> = (0..20)
            .map(|_| {
                let (workers, running, most) = (
                    Arc::clone(&workers),
                    Arc::clone(&running),
                    Arc::clone(&most),
                );
                tokio::spawn(async move {
                    let count = move |_: &mut Memory| {
                        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        thread::yield_now();
                        running.fetch_sub(1, Ordering::SeqCst);
                    };
                    workers.run(count).await
                })
            })
            .collect();
        for job in jobs {
            assert_eq!(job.await.unwrap(), Ok(()));
        }
        assert!(most.load(Ordering::SeqCst) <= 2);
    }

    #[tokio::test]
    async fn whoever_would_wait_too_long_is_refused_at_once() {
        let workers = start(1);
        let release = occupy(&workers).await;
        workers.0.lock().usual = MAX_WAIT * 2;
        let waiting = enqueue(&workers).await;
        assert_eq!(workers.run(|_| ()).await, Err(Refused::Busy));
        drop(release);
        assert_eq!(waiting.await.unwrap(), Ok(7));
    }

    #[tokio::test]
    async fn whoever_has_waited_too_long_is_refused_although_let_in() {
        let workers = start(1);
        let release = occupy(&workers).await;
        let waiting = enqueue(&workers).await;
        workers.0.lock().jobs[0].asked -= MAX_WAIT * 2;
        drop(release);
        assert_eq!(waiting.await.unwrap(), Err(Refused::Busy));
    }

    #[tokio::test]
    async fn a_caller_who_left_takes_no_turn() {
        let workers = start(1);
        let release = occupy(&workers).await;
        let (told, heard) = mpsc::channel();
        let left = workers.run(move |_| told.send(()));
        // Polled once, so that it waits in the queue, and dropped.
        assert!(futures::FutureExt::now_or_never(left).is_none());
        drop(release);
        assert_eq!(workers.run(|_| 7).await, Ok(7));
        assert_eq!(heard.recv(), Err(mpsc::RecvError));
    }

    #[tokio::test]
    async fn a_panic_ends_one_computation_and_no_thread() {
        let workers = start(1);
        let panicked = workers.run(|_| panic!("as if")).await;
        assert_eq!(panicked, Err::<(), _>(Refused::Stopped));
        assert_eq!(workers.run(|_| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn those_who_wait_when_the_threads_stop_are_told() {
        let workers = start(1);
        let release = occupy(&workers).await;
        let waiting = enqueue(&workers).await;
        workers.0.lock().is_closed = true;
        drop(release);
        workers.0.changed.notify_all();
        assert_eq!(workers.run(|_| ()).await, Err(Refused::Stopped));
        workers.0.lock().jobs.clear();
        assert_eq!(waiting.await.unwrap(), Err(Refused::Stopped));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_threads_run_where_nobody_else_wants_to_and_no_other_thread_does() {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadSchedulePolicy, thread_native_id,
            thread_schedule_policy_param,
        };
        let is_idle = || {
            let (policy, _) = thread_schedule_policy_param(thread_native_id()).unwrap();
            policy == ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle)
        };
        assert_eq!(start(1).run(move |_| is_idle()).await, Ok(true));
        assert!(!is_idle());
    }

    #[test]
    fn the_expected_wait_is_that_of_all_before_shared_by_the_threads() {
        for (waiting, threads, milliseconds) in [(0, 2, 0), (1, 1, 15), (10, 2, 75), (400, 2, 3000)]
        {
            let expected = expected_wait(waiting, threads, Duration::from_millis(15));
            assert_eq!(expected, Duration::from_millis(milliseconds), "{waiting}");
        }
        assert_eq!(expected_wait(1000, 2, Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn what_is_usual_follows_what_hashes_take() {
        let second = Duration::from_secs(1);
        assert_eq!(average(Duration::ZERO, second), second);
        let usual = (0..40).fold(second, |usual, _| average(usual, second * 3));
        assert!(usual > second * 2 && usual <= second * 3);
    }
}
