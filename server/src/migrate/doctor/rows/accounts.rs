//! Accounts: their passwords and their providers.

use std::collections::BTreeMap;

use authbackend_crds::auth::{AuthSettings, HashAlgorithm};

use super::Counting;
use crate::migrate::doctor::report::{Check, Finding, Severity};

/// The algorithm of a hash in `{column}`, of which better-auth makes the second and this server both.
const ALGORITHM: &str = "CASE WHEN {column} LIKE '$argon2id$%' THEN 'argon2id'
    WHEN {column} ~ '^[0-9a-f]{32}:[0-9a-f]{128}$' THEN 'scrypt'
    WHEN {column} ~ '^\\$2[abxy]\\$' THEN 'bcrypt'
    ELSE 'other' END";

/// Algorithms whose hashes this server takes.
const ACCEPTED: [&str; 2] = ["argon2id", "scrypt"];

impl Counting<'_> {
    pub(super) async fn passwords(
        &mut self,
        settings: &AuthSettings,
    ) -> sqlx::Result<BTreeMap<String, i64>> {
        if !self.has("account", &["password"]) {
            return Ok(BTreeMap::new());
        }
        let column = self.tables.script("{account.password}");
        let algorithm = ALGORITHM.replace("{column}", &column);
        let table = self.tables.script("{account}");
        let sql = format!(
            "SELECT {algorithm}, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1"
        );
        let counts = self.groups(&sql).await?;
        let keeps_scrypt = settings.email_and_password().password().hash() == HashAlgorithm::Scrypt;
        for (algorithm, count) in &counts {
            let finding = match algorithm.as_str() {
                "scrypt" if !keeps_scrypt => Finding::new(
                    Severity::Note,
                    Check::PasswordHashes,
                    format!("{count} passwords are hashed by better-auth's scrypt, and again by argon2id when their users sign in"),
                )
                .remedy("while better-auth runs on this database too, set emailAndPassword.password.hash to scrypt: it does not take argon2id"),
                "argon2id" if keeps_scrypt => Finding::new(
                    Severity::Warning,
                    Check::PasswordHashes,
                    format!("{count} passwords are hashed by argon2id: with them nobody can sign in at better-auth"),
                )
                .remedy("they are hashed by scrypt again when their users sign in here"),
                algorithm if !ACCEPTED.contains(&algorithm) => Finding::new(
                    Severity::Warning,
                    Check::PasswordHashes,
                    format!("{count} passwords have a hash of another kind ({algorithm}), with which nobody can sign in here"),
                )
                .remedy("let these users choose a new password by mail"),
                _ => continue,
            };
            self.tell(finding);
        }
        Ok(counts)
    }

    pub(super) async fn providers(
        &mut self,
        settings: &AuthSettings,
    ) -> sqlx::Result<BTreeMap<String, i64>> {
        if !self.has("account", &["providerId"]) {
            return Ok(BTreeMap::new());
        }
        let sql = self
            .tables
            .script("SELECT {account.providerId}::text, count(*) FROM {account} GROUP BY 1");
        let counts = self.groups(&sql).await?;
        let offered = offered_providers(settings);
        for (provider, count) in &counts {
            if !offered.contains(provider) {
                self.tell(
                    Finding::new(
                        Severity::Warning,
                        Check::Providers,
                        format!("{count} accounts are of the provider {provider:?}, by which nobody can sign in with these settings"),
                    )
                    .remedy(format!("describe it in socialProviders.{provider} or plugins.genericOAuth.config")),
                );
            }
        }
        Ok(counts)
    }

    pub(super) async fn duplicates(&mut self) -> sqlx::Result<()> {
        let sql = "SELECT count(*) FROM (SELECT FROM {account} GROUP BY {account.providerId}, {account.accountId} HAVING count(*) > 1) twice";
        let twice = self
            .number(sql, "account", &["providerId", "accountId"])
            .await?;
        if twice > 0 {
            let list = "SELECT {account.providerId}, {account.accountId}, count(*) FROM {account} GROUP BY 1, 2 HAVING count(*) > 1";
            let list = self.tables.script(list);
            self.tell(
                Finding::new(
                    Severity::Warning,
                    Check::DuplicateAccounts,
                    format!("{twice} accounts occur several times: which of their users signs in is not known"),
                )
                .remedy("remove all but one of each")
                .statements([list]),
            );
        }
        Ok(())
    }
}

/// The names by which accounts can be signed in to.
fn offered_providers(settings: &AuthSettings) -> Vec<String> {
    let social = settings.social_providers.iter().flatten();
    let social = social.filter(|(_, provider)| provider.enabled != Some(false));
    let plugins = settings.plugins();
    let generic = plugins.generic_oauth.iter();
    let generic = generic.flat_map(|generic| &generic.config);
    std::iter::once("credential".to_owned())
        .chain(social.map(|(name, _)| name.clone()))
        .chain(generic.map(|config| config.provider_id().to_owned()))
        .collect()
}
