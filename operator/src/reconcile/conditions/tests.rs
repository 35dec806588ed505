use k8s_openapi::jiff::Timestamp;

use super::*;

fn at(second: i64) -> Time {
    Time(Timestamp::from_second(second).unwrap())
}

fn ready(holds: Holds, message: &str) -> Finding {
    Finding {
        type_: Type::Ready,
        holds,
        reason: Reason::RollingOut,
        message: message.to_owned(),
    }
}

#[test]
fn a_condition_keeps_its_time_while_its_status_stays() {
    let before = merge(&[], &[ready(Holds::False, "1 of 2")], Some(1), &at(10));
    let after = merge(&before, &[ready(Holds::False, "2 of 2")], Some(2), &at(20));
    assert_eq!(after[0].last_transition_time, at(10));
    assert_eq!(after[0].message, "2 of 2");
    assert_eq!(after[0].observed_generation, Some(2));
}

#[test]
fn a_condition_whose_status_changes_gets_the_time_of_the_change() {
    let before = merge(&[], &[ready(Holds::False, "")], Some(1), &at(10));
    let after = merge(&before, &[ready(Holds::True, "")], Some(1), &at(20));
    assert_eq!(after[0].last_transition_time, at(20));
}

#[test]
fn the_same_findings_change_nothing() {
    let before = merge(&[], &[ready(Holds::True, "")], Some(1), &at(10));
    assert_eq!(
        merge(&before, &[ready(Holds::True, "")], Some(1), &at(20)),
        before
    );
}

#[test]
fn a_condition_that_is_no_longer_found_goes() {
    let stalled = Finding {
        type_: Type::Stalled,
        ..ready(Holds::True, "")
    };
    let before = merge(&[], &[stalled], Some(1), &at(10));
    assert!(merge(&before, &[], Some(1), &at(20)).is_empty());
}

#[test]
fn conditions_of_other_controllers_stay() {
    let mut foreign = merge(&[], &[ready(Holds::True, "")], Some(1), &at(10));
    foreign[0].type_ = "example.com/Audited".to_owned();
    let after = merge(&foreign, &[ready(Holds::True, "")], Some(1), &at(20));
    assert_eq!(after.len(), 2);
    assert_eq!(after[1], foreign[0]);
}

#[test]
fn the_end_of_a_long_message_is_kept() {
    let text = format!("{}ü the end", "ü".repeat(LONGEST_MESSAGE));
    let message = message(&text);
    assert!(message.len() <= LONGEST_MESSAGE);
    assert!(message.starts_with('…') && message.ends_with("the end"));
}

#[test]
fn a_message_holds_no_secret() {
    assert_eq!(message("password=hunter2\n"), "password=***");
}
