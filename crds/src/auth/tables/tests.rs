use crate::auth::AuthSettings;

fn paths(yaml: &str) -> Vec<String> {
    let settings: AuthSettings = serde_saphyr::from_str(yaml).unwrap();
    let problems = settings.validate().into_iter();
    problems.map(|problem| problem.path).collect()
}

#[test]
fn tables_and_columns_can_be_renamed_and_columns_added() {
    let yaml = "
        user:
          modelName: users
          fields: {emailVerified: email_verified}
          additionalFields:
            plan: {type: [free, pro], defaultValue: free}
            born: {type: date, required: false, fieldName: born_at}
            team: {type: string, required: false, references: {model: teams, field: id, onDelete: set null}}
        session: {additionalFields: {theme: {type: string, required: false}}}
        account: {fields: {userId: user_id}}
        verification: {modelName: verifications}
        advanced: {database: {generateId: uuid}}";
    assert_eq!(paths(yaml), Vec::<String>::new());
}

#[test]
fn a_name_that_is_none_or_taken_is_a_problem() {
    let yaml = "
        user: {modelName: 'a b', fields: {name: email, nope: x, image: 'a;b'}}
        session: {modelName: account}";
    assert_eq!(
        paths(yaml),
        [
            "user.modelName",
            "user.fields.image",
            "user.fields.nope",
            "user.fields.email",
            "account.modelName",
        ]
    );
}

#[test]
fn a_field_that_cannot_work_is_a_problem() {
    let yaml = "
        user:
          additionalFields:
            a-b: {type: string}
            all: {type: boolean, unique: true}
            bound: {type: number, defaultValue: x}
            email: {type: string}
            hidden: {type: string, input: false}
            list: {type: []}
            password: {type: string}
            wide: {type: string, bigint: true}
            zone: {type: string, fieldName: name}";
    assert_eq!(
        paths(yaml),
        [
            "user.additionalFields.a-b",
            "user.additionalFields.all.type",
            "user.additionalFields.bound.defaultValue",
            "user.additionalFields.email",
            "user.additionalFields.hidden.required",
            "user.additionalFields.list.type",
            "user.additionalFields.password",
            "user.additionalFields.wide.bigint",
            "user.additionalFields.a-b.fieldName",
            "user.additionalFields.email.fieldName",
            "user.additionalFields.zone.fieldName",
        ]
    );
}

#[test]
fn a_field_of_sessions_that_is_required_needs_a_default() {
    let yaml = "
        session:
          additionalFields:
            device: {type: string, defaultValue: web}
            theme: {type: string}";
    assert_eq!(paths(yaml), ["session.additionalFields.theme.required"]);
}

#[test]
fn a_type_that_is_none_does_not_parse() {
    let yaml = "user: {additionalFields: {plan: {type: text}}}";
    let error = serde_saphyr::from_str::<AuthSettings>(yaml).unwrap_err();
    assert!(
        error.to_string().contains("a type is string, number"),
        "{error}"
    );
}
