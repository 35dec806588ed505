//! Generated Secrets: created once, their values never written again.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt as _;
use kube::api::{Patch, PostParams};
use rand::TryRng as _;
use rand::rngs::{SysError, SysRng};

use super::{Applier, difference, params};
use crate::failure::Failure;
use crate::names::MANAGER;
use crate::reconcile::observed::ObservedSecret;
use crate::reconcile::plan::GeneratedSecret;

/// Size of a generated value: as large as the state of the SHA-256 that signs with it.
const RANDOM_BYTES: usize = 32;

impl Applier<'_> {
    /// Creates a Secret; one that exists already is kept. Its owner is set by a second request, with server-side apply:
    /// only what was applied can be taken back by an apply when the deletion policy changes.
    pub(super) async fn generate(&self, generated: &GeneratedSecret) -> Result<(), Failure> {
        let name = generated.secret.name_any();
        let random = random().map_err(|error| Failure::no_random(&name, &error))?;
        let mut secret = generated.fill(&random);
        secret.metadata.owner_references = None;
        let params = PostParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PostParams::default()
        };
        let created = match self.api::<Secret>().create(&params, &secret).await {
            Ok(created) => created,
            Err(kube::Error::Api(status)) if status.is_already_exists() => return Ok(()),
            Err(error) => return Err(Failure::new("create", "Secret", &name, &error)),
        };
        tracing::info!(kind = "Secret", name, "generated");
        let mut metadata = generated.secret.metadata.clone();
        metadata.uid = created.metadata.uid;
        self.patch_secret(&Secret {
            metadata,
            ..Secret::default()
        })
        .await
    }

    /// Applies labels and owner of a generated Secret that exists. `desired` carries its uid, so that the apply cannot
    /// create it.
    pub(super) async fn apply_secret_metadata(
        &self,
        desired: Option<Secret>,
        live: &BTreeMap<String, ObservedSecret>,
    ) -> Result<(), Failure> {
        let Some(desired) = desired else {
            return Ok(());
        };
        let Some(live) = live.get(&desired.name_any()) else {
            return Ok(());
        };
        let metadata = live.metadata.clone();
        if difference(
            &desired,
            &Secret {
                metadata,
                ..Secret::default()
            },
        )
        .is_none()
        {
            return Ok(());
        }
        self.patch_secret(&desired).await
    }

    async fn patch_secret(&self, desired: &Secret) -> Result<(), Failure> {
        let name = desired.name_any();
        let applied = self
            .api::<Secret>()
            .patch(&name, &params(), &Patch::Apply(desired))
            .await;
        applied
            .map(drop)
            .map_err(|error| Failure::new("apply", "Secret", &name, &error))
    }
}

/// 256 bits of the operating system's random source, in hexadecimal digits.
fn random() -> Result<String, SysError> {
    let mut bytes = [0_u8; RANDOM_BYTES];
    SysRng.try_fill_bytes(&mut bytes)?;
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    Ok(digits.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_fit_into_a_url_and_differ() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_eq!(one.len(), 2 * RANDOM_BYTES);
        assert!(one.chars().all(|c| c.is_ascii_alphanumeric()), "{one}");
        assert_ne!(one, other);
    }
}
