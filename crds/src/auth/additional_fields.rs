//! Fields that the settings add to users and sessions.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod check;

pub(super) use check::{MadeBy, check};

/// Additional fields by the name that clients know them by.
pub type AdditionalFields = BTreeMap<String, AdditionalField>;

/// A field that the settings add to users or sessions.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdditionalField {
    /// `string`, `number`, `boolean`, `date`, `json`, `string[]`, `number[]`, or a list of the texts that are allowed.
    #[serde(rename = "type")]
    pub field_type: FieldType,

    /// Whether each row has a value. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,

    /// The value of a row for which none is given. `now` for a `date` is the time at which the row is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_value")]
    pub default_value: Option<Value>,

    /// Whether clients may set the field, at sign-up and later. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<bool>,

    /// Whether clients see the field. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<bool>,

    /// No two rows have the same value. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique: Option<bool>,

    /// Make an index for looking rows up by the field. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<bool>,

    /// A `number` of 64 bits, which clients see as text. Default: false (32 bits).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bigint: Option<bool>,

    /// The name of the column, where it is not that of the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")
    )]
    pub field_name: Option<String>,

    /// The column of another table in which the value has to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references: Option<FieldReference>,
}

/// The type of an additional field.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(
    untagged,
    expecting = "a type is string, number, boolean, date, json, string[], number[] or a list of texts"
)]
pub enum FieldType {
    /// A type by its name.
    Named(NamedType),
    /// A text out of a list.
    OneOf(Vec<String>),
}

/// The types that have a name.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum NamedType {
    /// A text.
    #[serde(rename = "string")]
    String,
    /// A whole number.
    #[serde(rename = "number")]
    Number,
    /// True or false.
    #[serde(rename = "boolean")]
    Boolean,
    /// A point in time.
    #[serde(rename = "date")]
    Date,
    /// Any JSON.
    #[serde(rename = "json")]
    Json,
    /// A list of texts.
    #[serde(rename = "string[]")]
    StringArray,
    /// A list of numbers.
    #[serde(rename = "number[]")]
    NumberArray,
}

/// The column of another table in which a value has to be.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldReference {
    /// The table: `user`, `session`, `account` or `verification`, which may be named otherwise in the database, or the
    /// name of any other table.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")
    )]
    pub model: String,

    /// The column, for example `id`.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")
    )]
    pub field: String,

    /// What becomes of the row when the other is deleted. Default: `cascade`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_delete: Option<OnDelete>,
}

/// What becomes of a row when that to which it refers is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum OnDelete {
    /// It is deleted too.
    #[default]
    #[serde(rename = "cascade")]
    Cascade,
    /// The other cannot be deleted.
    #[serde(rename = "restrict")]
    Restrict,
    /// As `restrict`, looked at when the transaction ends.
    #[serde(rename = "no action")]
    NoAction,
    /// The field becomes null.
    #[serde(rename = "set null")]
    SetNull,
    /// The field gets its default.
    #[serde(rename = "set default")]
    SetDefault,
}

/// A schema without a type: a structural schema cannot offer several.
pub(super) fn any_value(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"x-kubernetes-preserve-unknown-fields": true})
}

impl JsonSchema for FieldType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FieldType".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        any_value(generator)
    }
}

impl AdditionalField {
    /// Whether each row has a value.
    pub fn required(&self) -> bool {
        self.required.unwrap_or(true)
    }

    /// Whether clients may set the field.
    pub fn input(&self) -> bool {
        self.input.unwrap_or(true)
    }

    /// Whether clients see the field.
    pub fn returned(&self) -> bool {
        self.returned.unwrap_or(true)
    }

    /// Whether no two rows have the same value.
    pub fn unique(&self) -> bool {
        self.unique.unwrap_or(false)
    }

    /// Whether there is an index for looking rows up by the field.
    pub fn index(&self) -> bool {
        self.index.unwrap_or(false)
    }

    /// Whether a number has 64 bits.
    pub fn bigint(&self) -> bool {
        self.bigint.unwrap_or(false)
    }

    /// The name of the column of the field `name`.
    pub fn column<'a>(&'a self, name: &'a str) -> &'a str {
        self.field_name.as_deref().unwrap_or(name)
    }

    /// Whether the default is the time at which a row is made.
    pub fn defaults_to_now(&self) -> bool {
        self.field_type == FieldType::Named(NamedType::Date)
            && self.default_value.as_ref().and_then(Value::as_str) == Some(NOW)
    }
}

/// The default of a `date` that is the time at which the row is made.
const NOW: &str = "now";

impl FieldReference {
    /// What becomes of the row when the other is deleted.
    pub fn on_delete(&self) -> OnDelete {
        self.on_delete.unwrap_or_default()
    }
}
