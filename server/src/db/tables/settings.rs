//! The tables as the settings describe them.

use std::collections::HashMap;

use authbackend_crds::auth::{
    AdditionalField, AuthSettings, FieldType, GenerateId, NamedType, TableSettings,
};

use super::{AdditionalColumn, ColumnType, IdKind, TableNames, Tables};

impl Tables {
    /// The tables that `settings` describe.
    pub fn of(settings: &AuthSettings) -> Self {
        let database = settings.advanced().database.clone().unwrap_or_default();
        let ids = match database.generate_id {
            None => IdKind::Text,
            Some(GenerateId::Uuid) => IdKind::Uuid,
            Some(GenerateId::Serial) => IdKind::Serial,
        };
        let named = settings.tables().map(|table| (table.name, names(&table)));
        Self::new(ids, HashMap::from(named))
    }
}

fn names(table: &TableSettings<'_>) -> TableNames {
    let columns = table.fields.into_iter().flatten();
    let additional = table.additional.into_iter().flatten();
    TableNames {
        table: table.model_name.map(str::to_owned),
        columns: columns
            .map(|(column, name)| (column.clone(), name.clone()))
            .collect(),
        additional: additional
            .map(|(name, field)| column(name, field))
            .collect(),
    }
}

fn column(name: &str, field: &AdditionalField) -> AdditionalColumn {
    AdditionalColumn {
        field: name.to_owned(),
        column: field.column(name).to_owned(),
        column_type: column_type(field),
        is_returned: field.returned(),
    }
}

fn column_type(field: &AdditionalField) -> ColumnType {
    if field
        .references
        .as_ref()
        .is_some_and(|reference| reference.field == "id")
    {
        return ColumnType::Id;
    }
    match &field.field_type {
        FieldType::OneOf(_) | FieldType::Named(NamedType::String) => ColumnType::String,
        FieldType::Named(NamedType::Number) if field.bigint() => ColumnType::Bigint,
        FieldType::Named(NamedType::Number) => ColumnType::Number,
        FieldType::Named(NamedType::Boolean) => ColumnType::Boolean,
        FieldType::Named(NamedType::Date) => ColumnType::Date,
        FieldType::Named(NamedType::Json | NamedType::StringArray | NamedType::NumberArray) => {
            ColumnType::Json
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ids_and_additional_columns_come_from_the_settings() {
        let settings: AuthSettings = serde_saphyr::from_str(
            "advanced: {database: {generateId: serial}}
user:
  modelName: users
  fields: {emailVerified: email_verified}
  additionalFields: {plan: {type: string, fieldName: plan_name, returned: false}}",
        )
        .unwrap();
        let tables = Tables::of(&settings);
        assert_eq!(tables.ids(), IdKind::Serial);
        assert_eq!(tables.table_name("user"), "users");
        assert_eq!(
            tables.column_name("user", "emailVerified"),
            "email_verified"
        );
        assert_eq!(
            tables.additional("user"),
            [AdditionalColumn {
                field: "plan".to_owned(),
                column: "plan_name".to_owned(),
                column_type: ColumnType::String,
                is_returned: false,
            }]
        );
    }

    #[test]
    fn a_field_that_refers_to_an_id_is_of_the_type_of_ids() {
        let settings: AuthSettings = serde_saphyr::from_str(
            "user: {additionalFields: {manager: {type: string, required: false, references: {model: user, field: id}}}}",
        )
        .unwrap();
        let tables = Tables::of(&settings);
        assert_eq!(tables.additional("user")[0].column_type, ColumnType::Id);
    }
}
