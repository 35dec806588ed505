use super::*;

fn proven() -> Changes {
    let changes = Changes::new();
    changes.prove(Instant::now());
    changes
}

#[test]
fn without_a_proof_there_is_no_moment() {
    let changes = Changes::new();
    assert_eq!(changes.moment(), None);
    changes.prove(Instant::now());
    assert!(changes.moment().is_some());
    changes.lose();
    assert_eq!(changes.moment(), None);
}

#[test]
fn a_proof_counts_from_when_it_was_sent() {
    let changes = Changes::new();
    changes.prove(Instant::now().checked_sub(LEASE).unwrap());
    assert!(!changes.is_proven());
}

#[test]
fn an_older_proof_that_comes_late_shortens_nothing() {
    let changes = proven();
    changes.prove(Instant::now().checked_sub(LEASE).unwrap());
    assert!(changes.is_proven());
}

#[test]
fn what_was_read_before_a_change_is_outdated_however_late_it_is_remembered() {
    let changes = proven();
    let before = changes.moment().unwrap();
    changes.user_changed("ann");
    assert!(!changes.is_unchanged(changes.place("ann"), before));
    assert!(changes.is_unchanged(changes.place("ann"), changes.moment().unwrap()));
}

#[test]
fn a_change_of_one_user_leaves_others_as_they_are() {
    let changes = proven();
    let before = changes.moment().unwrap();
    changes.user_changed("ann");
    // Two of them may share a stripe; not ten.
    let others = (0..10).map(|number| format!("user {number}"));
    assert!(
        others
            .into_iter()
            .any(|other| changes.is_unchanged(changes.place(&other), before))
    );
}

#[test]
fn nothing_of_before_a_loss_is_used_after_it() {
    let changes = proven();
    let before = changes.moment().unwrap();
    changes.lose();
    changes.prove(Instant::now());
    assert!(!changes.is_unchanged(changes.place("ann"), before));
}
