use super::*;

fn settings(yaml: &str) -> AuthSettings {
    serde_saphyr::from_str(yaml).unwrap()
}

fn paths(yaml: &str) -> Vec<String> {
    settings(yaml)
        .validate()
        .into_iter()
        .map(|problem| problem.path)
        .collect()
}

#[test]
fn absent_settings_take_the_documented_defaults() {
    let settings = settings("{}");
    assert!(settings.email_and_password().enabled());
    assert_eq!(settings.email_and_password().min_password_length(), 8);
    assert_eq!(settings.session().expires_in(), 604_800);
    assert_eq!(settings.session().cookie_cache().max_age(), 300);
    let memory = settings.session().memory_cache();
    assert!(!memory.enabled());
    assert_eq!((memory.max_entries(), memory.max_age()), (100_000, 300));
    assert_eq!(settings.advanced().cookie_prefix(), "better-auth");
}

#[test]
fn a_setting_that_is_not_set_is_not_written() {
    assert_eq!(
        serde_json::to_string(&AuthSettings::default()).unwrap(),
        "{}"
    );
}

#[test]
fn a_field_of_a_newer_release_is_ignored() {
    assert_eq!(
        settings("{newer: {field: 1}, session: {alsoNew: true}}").validate(),
        vec![]
    );
}

#[test]
fn valid_settings_have_no_problem() {
    let yaml = "
        emailAndPassword: {minPasswordLength: 12, password: {hash: scrypt, argon2id: {memoryKiB: 65536}}}
        session: {expiresIn: 3600, updateAge: 0}
        trustedOrigins: ['https://*.app.example', 'myapp://']
        advanced: {cookiePrefix: shop, ipAddress: {trustedProxies: [10.0.0.0/8, '::1']}}";
    assert_eq!(paths(yaml), Vec::<String>::new());
}

#[test]
fn every_problem_is_reported_with_its_path() {
    let yaml = "
        emailAndPassword: {minPasswordLength: 64, maxPasswordLength: 32, password: {argon2id: {memoryKiB: 1}}}
        emailVerification: {expiresIn: 59}
        user: {deleteUser: {deleteTokenExpiresIn: 2592001}}
        session: {expiresIn: 1, cookieCache: {maxAge: 0}, memoryCache: {maxEntries: 0, maxBytes: 1, maxAge: 0}}
        trustedOrigins: [' https://a.example']
        disabledPaths: [sign-up]
        advanced: {cookiePrefix: 'a b', ipAddress: {trustedProxies: [10.0.0.0/33]}}";
    assert_eq!(
        paths(yaml),
        [
            "emailAndPassword.minPasswordLength",
            "emailAndPassword.password.argon2id.memoryKiB",
            "emailVerification.expiresIn",
            "user.deleteUser.deleteTokenExpiresIn",
            "session.expiresIn",
            "session.cookieCache.maxAge",
            "session.memoryCache.maxEntries",
            "session.memoryCache.maxBytes",
            "session.memoryCache.maxAge",
            "advanced.cookiePrefix",
            "advanced.ipAddress.trustedProxies[0]",
            "trustedOrigins[0]",
            "disabledPaths[0]",
        ]
    );
}

#[test]
fn a_problem_names_the_value_and_what_it_must_be() {
    let problems = settings("session: {expiresIn: 1}").validate();
    assert_eq!(
        problems[0].to_string(),
        "session.expiresIn: is 1, must be from 60 to 34560000"
    );
}

#[test]
fn services_that_are_not_built_in_are_checked() {
    let yaml = "
        plugins: {genericOAuth: {config: [
            {clientId: a, discoveryUrl: 'https://idp.example/.well-known/openid-configuration'},
            {providerId: b, clientId: ''},
            {preset: auth0, clientId: a}, {preset: okta, clientId: a, issuer: idp},
            {providerId: okta, clientId: a, authentication: basic, authorizationUrl: 'https://a', tokenUrl: 'https://b'}]}}";
    assert_eq!(
        paths(yaml),
        [
            "plugins.genericOAuth.config[0].providerId",
            "plugins.genericOAuth.config[1].clientId",
            "plugins.genericOAuth.config[1].discoveryUrl",
            "plugins.genericOAuth.config[2].domain",
            "plugins.genericOAuth.config[3].issuer",
            "plugins.genericOAuth.config[4].clientSecretRef",
            "plugins.genericOAuth.config[4].providerId",
        ]
    );
}

#[test]
fn a_setting_that_asks_for_mails_needs_a_way_to_send_them() {
    let yaml = "
        emailAndPassword: {requireEmailVerification: true, onExistingUserSignUp: true}
        emailVerification: {sendOnSignUp: true, sendOnSignIn: true}
        user: {changeEmail: {sendChangeEmailConfirmation: true}, deleteUser: {sendDeleteAccountVerification: true}}";
    assert_eq!(
        paths(yaml),
        [
            "emailAndPassword.onExistingUserSignUp",
            "emailVerification.sendOnSignUp",
            "emailVerification.sendOnSignIn",
            "user.changeEmail.sendChangeEmailConfirmation",
            "user.deleteUser.sendDeleteAccountVerification",
        ]
    );
    let mail = "mail: {from: a@shop.example, smtp: {host: mail.shop.example}}";
    assert_eq!(paths(&format!("{yaml}\n        {mail}")), [""; 0]);
}
