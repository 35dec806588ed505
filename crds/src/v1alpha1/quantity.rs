//! Amounts of resources: the API takes any text for one until an object is made of it, so what they look like is said here.

use std::borrow::Cow;

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

/// What follows the number.
const SUFFIX: &str = "([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?";

/// The resources of a container, whose amounts are none below zero.
pub struct Resources;

/// An amount above zero.
pub struct Positive;

impl JsonSchema for Resources {
    fn schema_name() -> Cow<'static, str> {
        "Resources".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = ResourceRequirements::json_schema(generator);
        for list in ["requests", "limits"] {
            let amount = format!("/properties/{list}/additionalProperties");
            let amount = schema.pointer_mut(&amount).and_then(Value::as_object_mut);
            if let Some(amount) = amount {
                let number = r"[+]?([0-9]+([.][0-9]*)?|[.][0-9]+)";
                amount.insert("pattern".to_owned(), json!(format!("^{number}{SUFFIX}$")));
                amount.insert("minimum".to_owned(), json!(0));
            }
        }
        schema
    }
}

impl JsonSchema for Positive {
    fn schema_name() -> Cow<'static, str> {
        "Positive".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Quantity::json_schema(generator);
        // A digit that is not 0, before the point or behind it.
        let number = r"[+]?([0-9]*[1-9][0-9]*([.][0-9]*)?|[0-9]*[.][0-9]*[1-9][0-9]*)";
        schema.insert("pattern".to_owned(), json!(format!("^{number}{SUFFIX}$")));
        schema.insert("minimum".to_owned(), json!(1));
        schema
    }
}
