//! A request to the API server that failed, reduced to what may be shown.
//!
//! The client library's errors can hold what the server answered. For a Secret that may be a value, and an error ends
//! up in logs and events; so only the reason is kept there, and of what is said of other kinds secrets are taken out.

use kube::core::Status;

use crate::client::NotLeader;
use crate::reconcile::scrub::scrub;

/// Longest text of a cause, in bytes: an event's note holds 1 KiB.
const LONGEST_CAUSE: usize = 768;

/// A request that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {kind} {name}: {cause}")]
pub struct Failure {
    /// What was tried, such as `apply`.
    pub verb: &'static str,
    /// Kind of the object.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Why it failed, without values of Secrets.
    pub cause: String,
    /// What to do about it.
    pub class: Class,
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// What was seen is out of date: look again soon.
    Conflict,
    /// The object is not there.
    NotFound,
    /// The server refuses the request as it is: someone must change something.
    Refused,
    /// An object of that name exists and belongs to somebody else.
    Foreign,
    /// This process does not lead any more.
    NotLeader,
    /// The server is busy, or not reachable: try later.
    Unavailable,
}

impl Failure {
    /// Reduces `error`.
    pub fn new(verb: &'static str, kind: &str, name: &str, error: &kube::Error) -> Self {
        Self {
            verb,
            kind: kind.to_owned(),
            name: name.to_owned(),
            cause: cause(kind, error),
            class: class(error),
        }
    }

    /// An object named `name` exists and is not the operator's to change.
    pub fn foreign(kind: &str, name: &str, owner: Option<&str>) -> Self {
        let owner = owner.map_or("was not made by this operator".to_owned(), |owner| {
            format!("belongs to {owner}")
        });
        Self {
            verb: "apply",
            kind: kind.to_owned(),
            name: name.to_owned(),
            cause: format!("one of that name exists already and {owner}: delete or rename it"),
            class: Class::Foreign,
        }
    }

    /// The operating system gave no random bytes for the Secret `name`.
    pub fn no_random(name: &str, error: &rand::rngs::SysError) -> Self {
        Self {
            verb: "generate",
            kind: "Secret".to_owned(),
            name: name.to_owned(),
            cause: error.to_string(),
            class: Class::Unavailable,
        }
    }
}

fn cause(kind: &str, error: &kube::Error) -> String {
    let text = match error {
        kube::Error::Api(status) if kind == "Secret" => {
            format!("{} ({})", status.reason, status.code)
        }
        kube::Error::Api(status) => format!("{} ({})", status.message, status.code),
        kube::Error::SerdeError(error) => format!(
            "the answer is not understood: {:?} at line {} column {}",
            error.classify(),
            error.line(),
            error.column()
        ),
        error => error.to_string(),
    };
    let mut text = scrub(text.trim());
    text.truncate(text.floor_char_boundary(LONGEST_CAUSE));
    text
}

fn class(error: &kube::Error) -> Class {
    match error {
        kube::Error::Api(status) => class_of_status(status),
        kube::Error::Service(error) if error.is::<NotLeader>() => Class::NotLeader,
        _ => Class::Unavailable,
    }
}

fn class_of_status(status: &Status) -> Class {
    match status.code {
        409 => Class::Conflict,
        404 => Class::NotFound,
        // 408 and 429 ask for patience; the other client errors do not go away by themselves.
        400..=407 | 410..=428 | 430..=499 => Class::Refused,
        _ => Class::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(code: u16, message: &str) -> kube::Error {
        kube::Error::Api(Status::failure(message, "Invalid").with_code(code).boxed())
    }

    #[test]
    fn what_the_server_says_about_a_secret_is_not_repeated() {
        let error = api(422, "data[password]: Invalid value: \"hunter2\"");
        let failure = Failure::new("create", "Secret", "shop-signing", &error);
        assert_eq!(
            failure.to_string(),
            "cannot create Secret shop-signing: Invalid (422)"
        );
    }

    #[test]
    fn what_the_server_says_about_other_kinds_is_told() {
        let failure = Failure::new("apply", "Service", "shop", &api(422, "port is taken"));
        assert_eq!(
            failure.to_string(),
            "cannot apply Service shop: port is taken (422)"
        );
    }

    #[test]
    fn a_secret_in_what_the_server_says_is_taken_out() {
        let said = "webhook denied: env DATABASE is postgres://app:hunter2@db/shop, token=hunter3";
        let failure = Failure::new("apply", "Deployment", "shop", &api(403, said));
        assert_eq!(
            failure.cause,
            "webhook denied: env DATABASE is postgres://***@db/shop, token=*** (403)"
        );
    }

    #[test]
    fn an_answer_that_is_not_understood_is_not_repeated() {
        let error = serde_json::from_str::<u8>("\"hunter2\"").unwrap_err();
        let failure = Failure::new("get", "ConfigMap", "shop", &kube::Error::SerdeError(error));
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }

    #[test]
    fn long_causes_are_cut_between_characters() {
        let failure = Failure::new("apply", "Service", "shop", &api(422, &"ä".repeat(2000)));
        assert!(failure.cause.len() <= LONGEST_CAUSE);
    }

    #[test]
    fn status_codes_say_what_to_do() {
        let table = [
            (409, Class::Conflict),
            (404, Class::NotFound),
            (403, Class::Refused),
            (422, Class::Refused),
            (429, Class::Unavailable),
            (503, Class::Unavailable),
        ];
        for (code, expected) in table {
            assert_eq!(class(&api(code, "")), expected, "{code}");
        }
    }

    #[test]
    fn a_write_that_the_fence_stopped_is_recognized() {
        assert_eq!(
            class(&kube::Error::Service(NotLeader.into())),
            Class::NotLeader
        );
    }
}
