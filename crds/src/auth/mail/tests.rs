use std::collections::BTreeSet;

use super::*;
use crate::auth::AuthSettings;

/// The problems with `mail`, as path and remedy.
fn problems(mail: &str) -> Vec<(String, String)> {
    let settings: AuthSettings = serde_saphyr::from_str(&format!("mail: {mail}")).unwrap();
    settings
        .validate()
        .into_iter()
        .map(|problem| (problem.path, problem.remedy))
        .collect()
}

fn paths(mail: &str) -> Vec<String> {
    problems(mail).into_iter().map(|(path, _)| path).collect()
}

const SMTP: &str = "from: a@shop.example, smtp: {host: smtp.shop.example}";

#[test]
fn a_sender_and_a_relay_suffice() {
    assert_eq!(paths(&format!("{{{SMTP}}}")), Vec::<String>::new());
}

#[test]
fn there_is_one_way_to_send() {
    let webhook = "webhook: {url: 'https://m.example', signingSecretRef: {name: a, key: b}}";
    for (mail, expected) in [
        ("{from: a@shop.example}".to_owned(), vec!["mail"]),
        (format!("{{{SMTP}, {webhook}}}"), vec!["mail"]),
        (format!("{{{webhook}}}"), vec![]),
        (
            "{smtp: {host: smtp.shop.example}}".to_owned(),
            vec!["mail.from"],
        ),
    ] {
        assert_eq!(paths(&mail), expected, "{mail}");
    }
}

#[test]
fn a_relay_that_cannot_be_used_is_a_problem() {
    for (smtp, path) in [
        ("{host: 'a b'}", "mail.smtp.host"),
        ("{host: a, username: b}", "mail.smtp.username"),
        (
            "{host: a, passwordRef: {name: a, key: b}}",
            "mail.smtp.username",
        ),
        (
            "{host: a, tls: none, caRef: {name: a, key: b}}",
            "mail.smtp.caRef",
        ),
        ("{host: a, helloName: 'a b'}", "mail.smtp.helloName"),
        ("{host: a, sendTimeout: 61}", "mail.smtp.sendTimeout"),
    ] {
        assert_eq!(
            paths(&format!("{{from: a@shop.example, smtp: {smtp}}}")),
            [path],
            "{smtp}"
        );
    }
}

#[test]
fn the_port_follows_from_the_encryption() {
    for (tls, port) in [
        (SmtpTls::Starttls, 587),
        (SmtpTls::Implicit, 465),
        (SmtpTls::None, 25),
    ] {
        let smtp = Smtp {
            tls: Some(tls),
            ..Smtp::default()
        };
        assert_eq!(smtp.port(), port, "{tls:?}");
    }
}

#[test]
fn an_unknown_placeholder_is_a_problem_that_names_the_field() {
    let mail = format!(
        "{{{SMTP}, templates: {{resetPassword: {{subject: 'Hi {{{{name}}}}', locales: {{de: {{text: '{{{{url}}}} {{{{x}}}}'}}}}}}}}}}"
    );
    let problems = problems(&mail);
    let paths: Vec<_> = problems.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "mail.templates.resetPassword.subject",
            "mail.templates.resetPassword.locales.de.text"
        ]
    );
    assert!(problems[0].1.contains("{{name}}"), "{}", problems[0].1);
    assert!(problems[0].1.contains("{{user.name}}"), "{}", problems[0].1);
}

#[test]
fn a_body_must_lead_where_the_mail_asks_to_go() {
    for (template, path) in [
        (
            "resetPassword: {text: hello}",
            "mail.templates.resetPassword.text",
        ),
        (
            "verification: {html: '<p>hello'}",
            "mail.templates.verification.html",
        ),
        (
            "existingUserSignUp: {text: '{{url}}'}",
            "mail.templates.existingUserSignUp.text",
        ),
        (
            "verification: {locales: {'no!': {text: '{{url}}'}}}",
            "mail.templates.verification.locales.no!",
        ),
    ] {
        assert_eq!(
            paths(&format!("{{{SMTP}, templates: {{{template}}}}}")),
            [path],
            "{template}"
        );
    }
}

#[test]
fn a_template_is_its_text_with_values_in_the_place_of_placeholders() {
    for (text, expected) in [
        ("", ""),
        ("a {{url}} b", "a <Url> b"),
        ("{{url}}{{ token }}", "<Url><Token>"),
        (
            "{{user.name}} {{user.email}} {{to}} {{appName}}",
            "<UserName> <UserEmail> <To> <AppName>",
        ),
        ("{ {url} }", "{ {url} }"),
        ("a {{ b", "a {{ b"),
        ("a }} b", "a }} b"),
    ] {
        let text = TemplateText::parse(text).unwrap();
        assert_eq!(
            text.render(|placeholder| format!("<{placeholder:?}>")),
            expected
        );
    }
}

#[test]
fn every_event_has_a_name_of_its_own() {
    let names: BTreeSet<_> = crate::auth::EventKind::ALL
        .iter()
        .map(|kind| kind.as_str())
        .collect();
    assert_eq!(names.len(), crate::auth::EventKind::ALL.len());
}
