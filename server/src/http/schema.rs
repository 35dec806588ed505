//! What a request body must look like, and the texts that better-auth answers when it does not.
//!
//! better-auth validates with zod and joins the issues to one message. These are those issues, in its order.

mod check;
mod email;
mod json_schema;

use serde_json::Value;

use check::unexpected;
pub use email::is_email;

/// The shape of a request body.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Whether a request without a body is accepted.
    pub optional: bool,
    /// What the body itself must be.
    pub kind: BodyKind,
    /// The fields that are checked; others are left alone.
    pub fields: &'static [Field],
}

/// What a body must be. Three names for a JSON object, which differ in the texts of their issues.
#[derive(Clone, Copy, Debug)]
pub enum BodyKind {
    /// zod's `object`.
    Object,
    /// zod's `record`: any fields.
    Record,
    /// zod's `object` and `record` at once, which both complain.
    ObjectAndRecord,
    /// zod's `union` of `strictObject`s: an object of one of these shapes, without any other field.
    OneOf(&'static [&'static [Field]]),
}

/// A field of a body.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    name: &'static str,
    kind: FieldKind,
    optional: bool,
    nullable: bool,
}

#[derive(Clone, Copy, Debug)]
enum FieldKind {
    String,
    /// Any text, as one of several types: what better-auth says of others names none.
    EitherString,
    NonEmptyString,
    Email,
    Boolean,
    /// `true` alone.
    True,
    Number,
    /// A list of texts.
    Strings,
    /// An object whose values are texts.
    StringRecord,
    /// An object with any values.
    Record,
    /// An object with these fields.
    Object(&'static [Field]),
}

impl Field {
    /// Any text.
    pub const fn string(name: &'static str) -> Self {
        Self::new(name, FieldKind::String)
    }

    /// Any text, that better-auth takes for one of several types.
    pub const fn either_string(name: &'static str) -> Self {
        Self::new(name, FieldKind::EitherString)
    }

    /// Text of one character or more.
    pub const fn non_empty_string(name: &'static str) -> Self {
        Self::new(name, FieldKind::NonEmptyString)
    }

    /// An email address.
    pub const fn email(name: &'static str) -> Self {
        Self::new(name, FieldKind::Email)
    }

    /// `true` or `false`.
    pub const fn boolean(name: &'static str) -> Self {
        Self::new(name, FieldKind::Boolean)
    }

    /// `true` and nothing else.
    pub const fn always_true(name: &'static str) -> Self {
        Self::new(name, FieldKind::True)
    }

    /// A number.
    pub const fn number(name: &'static str) -> Self {
        Self::new(name, FieldKind::Number)
    }

    /// A list of texts.
    pub const fn strings(name: &'static str) -> Self {
        Self::new(name, FieldKind::Strings)
    }

    /// An object whose values are texts.
    pub const fn string_record(name: &'static str) -> Self {
        Self::new(name, FieldKind::StringRecord)
    }

    /// An object with any values.
    pub const fn record(name: &'static str) -> Self {
        Self::new(name, FieldKind::Record)
    }

    /// An object with these fields.
    pub const fn object(name: &'static str, fields: &'static [Self]) -> Self {
        Self::new(name, FieldKind::Object(fields))
    }

    /// The same field, which may be absent; null is not absent.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }

    /// The same field, which may be null.
    #[must_use]
    pub const fn nullable(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    const fn new(name: &'static str, kind: FieldKind) -> Self {
        Self {
            name,
            kind,
            optional: false,
            nullable: false,
        }
    }
}

impl Schema {
    /// A JSON object with these fields.
    pub const fn object(fields: &'static [Field]) -> Self {
        Self {
            optional: false,
            kind: BodyKind::Object,
            fields,
        }
    }

    /// A JSON object with any fields.
    pub const fn record() -> Self {
        Self {
            optional: false,
            kind: BodyKind::Record,
            fields: &[],
        }
    }

    /// A JSON object of one of these shapes, without any other field. `fields` are those of all shapes, for queries.
    pub const fn one_of(shapes: &'static [&'static [Field]], fields: &'static [Field]) -> Self {
        Self {
            optional: false,
            kind: BodyKind::OneOf(shapes),
            fields,
        }
    }

    /// The same shape, with these fields.
    #[must_use]
    pub const fn with(self, fields: &'static [Field]) -> Self {
        Self { fields, ..self }
    }

    /// The same shape, which may be absent altogether.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }

    /// The same fields, in a body that is also checked to be a record.
    #[must_use]
    pub const fn and_record(self) -> Self {
        Self {
            kind: BodyKind::ObjectAndRecord,
            ..self
        }
    }

    /// Checks the body of a request.
    ///
    /// # Errors
    /// The message of every issue, joined.
    pub fn check(&self, body: Option<&Value>) -> Result<(), String> {
        if body.is_none() && self.optional {
            return Ok(());
        }
        self.check_value("body", body)
    }

    /// Checks the query of a request.
    ///
    /// # Errors
    /// The message of every issue, joined.
    pub fn check_query(&self, query: &Value) -> Result<(), String> {
        self.check_value("query", Some(query))
    }

    fn check_value(&self, place: &str, value: Option<&Value>) -> Result<(), String> {
        if let BodyKind::OneOf(shapes) = self.kind {
            return check::one_of(shapes, value).map_err(|issue| format!("[{place}] {issue}"));
        }
        let mut issues = Vec::new();
        if let Some(Value::Object(values)) = value {
            for field in self.fields {
                field.check(place, values.get(field.name), &mut issues);
            }
        } else {
            let expected: &[&str] = match self.kind {
                BodyKind::Object | BodyKind::OneOf(_) => &["object"],
                BodyKind::Record => &["record"],
                BodyKind::ObjectAndRecord => &["object", "record"],
            };
            let issue = |kind: &&str| format!("[{place}] {}", unexpected(kind, value));
            issues.extend(expected.iter().map(issue));
        }
        if issues.is_empty() {
            Ok(())
        } else {
            Err(issues.join("; "))
        }
    }
}

#[cfg(test)]
mod tests;
