//! What a service sends back.

use serde::{Deserialize, Serialize};

use crate::http::{
    extract::Input,
    schema::{Field, Schema},
};

/// What a service sends back.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Returned {
    pub(super) code: Option<String>,
    pub(super) error: Option<String>,
    pub(super) device_id: Option<String>,
    pub(super) error_description: Option<String>,
    pub(super) state: Option<String>,
    pub(super) user: Option<String>,
    pub(super) iss: Option<String>,
}

impl Input for Returned {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("code").optional(),
        Field::string("error").optional(),
        Field::string("device_id").optional(),
        Field::string("error_description").optional(),
        Field::string("state").optional(),
        Field::string("user").optional(),
        Field::string("iss").optional(),
    ])
    .optional();
}

impl Returned {
    /// The same with the values of `other` where it has none.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            code: self.code.or(other.code),
            error: self.error.or(other.error),
            device_id: self.device_id.or(other.device_id),
            error_description: self.error_description.or(other.error_description),
            state: self.state.or(other.state),
            user: self.user.or(other.user),
            iss: self.iss.or(other.iss),
        }
    }

    /// Written as a query.
    pub(super) fn encoded(self) -> String {
        let pairs = [
            ("code", self.code),
            ("error", self.error),
            ("device_id", self.device_id),
            ("error_description", self.error_description),
            ("state", self.state),
            ("user", self.user),
            ("iss", self.iss),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in pairs {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        query.finish()
    }
}
