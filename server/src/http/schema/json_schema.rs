//! Shapes of bodies and queries as JSON Schema.

use serde_json::{Map, Value, json};

use super::{BodyKind, Field, FieldKind, Schema};

impl Schema {
    /// The shape as JSON Schema. Fields that are not checked are allowed.
    pub fn to_json_schema(&self) -> Value {
        match self.kind {
            BodyKind::OneOf(shapes) => json!({"anyOf": shapes.iter().map(|fields| {
                let mut shape = object(fields);
                shape["additionalProperties"] = json!(false);
                shape
            }).collect::<Vec<_>>()}),
            _ => object(self.fields),
        }
    }

    /// The fields alone, each for itself, as queries have them.
    pub fn to_fields(&self) -> Value {
        object(self.fields)
    }
}

fn object(fields: &[Field]) -> Value {
    let properties: Map<_, _> = fields
        .iter()
        .map(|field| (field.name.to_owned(), field.to_json_schema()))
        .collect();
    let required: Vec<_> = fields
        .iter()
        .filter(|field| !field.optional)
        .map(|field| field.name)
        .collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

impl Field {
    fn to_json_schema(self) -> Value {
        let mut schema = match self.kind {
            FieldKind::String | FieldKind::EitherString => json!({"type": "string"}),
            FieldKind::NonEmptyString => json!({"type": "string", "minLength": 1}),
            FieldKind::Email => json!({"type": "string", "format": "email"}),
            FieldKind::Boolean => json!({"type": "boolean"}),
            FieldKind::True => json!({"const": true}),
            FieldKind::Number => json!({"type": "number"}),
            FieldKind::Strings => json!({"type": "array", "items": {"type": "string"}}),
            FieldKind::StringRecord => {
                json!({"type": "object", "additionalProperties": {"type": "string"}})
            }
            FieldKind::Record => json!({"type": "object"}),
            FieldKind::Object(fields) => object(fields),
        };
        if self.nullable {
            schema["type"] = json!([schema["type"], "null"]);
        }
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_and_nullable_fields_are_told_apart() {
        const SCHEMA: Schema = Schema::object(&[
            Field::email("email"),
            Field::string("image").nullable().optional(),
        ]);
        assert_eq!(
            SCHEMA.to_json_schema(),
            json!({
                "type": "object",
                "properties": {
                    "email": {"type": "string", "format": "email"},
                    "image": {"type": ["string", "null"]},
                },
                "required": ["email"],
            })
        );
    }

    #[test]
    fn a_record_may_hold_anything() {
        assert_eq!(
            Schema::record().to_json_schema(),
            json!({"type": "object", "properties": {}})
        );
    }
}
