//! Breadth first, so that what is found is the shortest way to it.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::environment::{Event, check, events, happen};
use super::operator::Operator;
use super::quiet::{contract_is_done, pass};
use super::state::{Alphabet, State};

/// More passes than any way to rest takes.
const PATIENCE: usize = 60;

/// The worlds that were found, each with the one before it and what happened.
struct Found {
    worlds: Vec<State>,
    numbers: HashMap<State, usize>,
    ways: Vec<Option<(usize, usize, Event)>>,
}

impl Found {
    fn add(&mut self, state: &State, way: Option<(usize, usize, Event)>) {
        if !self.numbers.contains_key(state) {
            self.numbers.insert(*state, self.worlds.len());
            self.worlds.push(*state);
            self.ways.push(way);
        }
    }

    /// What happened on the way to world `number`.
    fn story(&self, number: usize) -> Vec<String> {
        let mut story = Vec::new();
        let mut at = number;
        while let Some((before, index, event)) = self.ways[at] {
            story.push(format!("{index}: {event:?}"));
            at = before;
        }
        story.reverse();
        story
    }
}

/// Visits every world that `alphabet` leads to. Answers with how many there are.
pub fn explore(alphabet: &Alphabet) -> usize {
    let mut operator = Operator::default();
    let mut found = Found {
        worlds: Vec::new(),
        numbers: HashMap::new(),
        ways: Vec::new(),
    };
    found.add(&first(&mut operator, alphabet), None);
    let (events, mut settled) = (events(alphabet), HashSet::new());
    let (mut next, mut transitions) = (0, 0_usize);
    while next < found.worlds.len() && next < alphabet.limit {
        let state = found.worlds[next];
        for index in 0..alphabet.backends {
            for event in &events {
                let step = || {
                    let after = happen(state, index, *event, &mut operator, alphabet)?;
                    check(&after);
                    Some(after)
                };
                let after = catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| {
                    eprintln!("{:#?}\n{index}: {event:?}\n{state:#?}", found.story(next));
                    resume_unwind(panic)
                });
                if let Some(after) = after {
                    transitions += 1;
                    found.add(&after, Some((next, index, *event)));
                }
            }
        }
        let comes = || comes_to_rest(state, &mut operator, alphabet, &mut settled);
        let rests = catch_unwind(AssertUnwindSafe(comes)).unwrap_or_else(|panic| {
            eprintln!("{:#?}\n{state:#?}", found.story(next));
            resume_unwind(panic)
        });
        assert!(
            rests,
            "does not come to rest: {:#?}\n{state:#?}",
            found.story(next)
        );
        next += 1;
    }
    let all = if next == found.worlds.len() {
        "all"
    } else {
        "the first"
    };
    println!(
        "{all} {next} of {} states, {transitions} transitions",
        found.worlds.len()
    );
    assert!(
        next > 1_000,
        "only {next} states: the alphabet is too small to say anything"
    );
    next
}

/// The world in which it begins.
fn first(operator: &mut Operator, alphabet: &Alphabet) -> State {
    let mut state = State::new(alphabet);
    let mut serves = !alphabet.serving;
    for _ in 0..PATIENCE {
        if serves {
            return state.canonical();
        }
        serves = pass(&mut state, operator, alphabet);
    }
    panic!("nothing serves: {state:#?}");
}

/// Whether all is well in the end, if nobody interferes any longer.
fn comes_to_rest(
    mut state: State,
    operator: &mut Operator,
    alphabet: &Alphabet,
    settled: &mut HashSet<State>,
) -> bool {
    let mut passed = Vec::new();
    for _ in 0..PATIENCE {
        if settled.contains(&state) {
            settled.extend(passed);
            return true;
        }
        passed.push(state);
        let well = pass(&mut state, operator, alphabet);
        let done = (0..alphabet.backends).all(|index| contract_is_done(&state, index, operator));
        if well && done {
            settled.extend(passed);
            return true;
        }
    }
    false
}
