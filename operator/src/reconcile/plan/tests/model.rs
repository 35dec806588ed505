//! Random lives of an AuthBackend: edits, outcomes, crashes of the operator, Secrets that change, Jobs and generated Secrets
//! that get lost, in any order. Whatever happens, two migrations never run at once, what serves keeps serving, a Secret that
//! was used is not replaced unasked, and in the end all is well.

use std::collections::BTreeSet;

use authbackend_crds::auth::AuthSettings;
use authbackend_crds::v1alpha1::RETRY_MIGRATION_ANNOTATION;
use k8s_openapi::api::core::v1::PodSpec;
use kube::ResourceExt as _;
use serde_json::json;

use super::world::{World, spec_with};
use crate::reconcile::plan::pods::has_ended;

const LIVES: u64 = 100;
const EVENTS: u32 = 40;

/// A small generator of numbers (SplitMix64): the same lives in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// A life, with what is remembered to judge it by.
struct Life {
    world: World,
    random: Random,
    /// Images that were migrated to on some database.
    migrated: BTreeSet<String>,
    /// Schema settings that were migrated to.
    migrated_settings: BTreeSet<String>,
    /// Whether lost Secrets may be replaced.
    approves: bool,
    history: Vec<String>,
}

impl Life {
    fn new(newborn: &World, seed: u64) -> Self {
        Self {
            world: newborn.clone(),
            random: Random(seed),
            migrated: BTreeSet::new(),
            migrated_settings: BTreeSet::new(),
            approves: false,
            history: Vec::new(),
        }
    }

    /// Something happens.
    fn event(&mut self) {
        let number = self.random.below(17);
        let token = self.random.below(4);
        self.history.push(format!("{number}/{token}"));
        match number {
            0 | 1 => self
                .world
                .edit(&json!({"image": format!("server:{token}")})),
            2 => self
                .world
                .annotate(RETRY_MIGRATION_ANNOTATION, &token.to_string()),
            3 | 4 => self.succeed(),
            5 => self
                .world
                .job_fails([1, 10, 11, 78][usize::try_from(token).unwrap()], "boom"),
            6 => self.world.job_is_lost(),
            7 => self.world.orphans_end(),
            8 => drop(self.world.observed.secrets.remove("shop-db")),
            9 => self.put_url(token),
            10 => self.world.pods_get_ready(),
            11 => self.crash(token),
            12 => self
                .world
                .edit(&json!({"suspend": token == 0, "replicas": token})),
            13 => {
                let auth = json!({"session": {"expiresIn": 3600 + token}});
                self.world.edit(&json!({"auth": auth}));
            }
            14 => {
                let auth = json!({"user": {"modelName": format!("users{token}")}});
                self.world.edit(&json!({"auth": auth}));
            }
            15 => drop(self.world.observed.secrets.remove("shop-signing")),
            _ => drop(self.step()),
        }
    }

    fn put_url(&mut self, token: u64) {
        let (password, host) = (token, token / 3);
        let url = format!("postgres://u:{password}@db-{host}.example/shop");
        self.world.put_secret("shop-db", &[("uri", &url)]);
    }

    fn succeed(&mut self) {
        if let Some(job) = self.world.running_job() {
            let spec = job.spec.as_ref().unwrap().template.spec.as_ref().unwrap();
            self.migrated.extend(spec.containers[0].image.clone());
            self.migrated_settings.insert(self.schema_settings(spec));
        }
        self.world.job_succeeds(1);
    }

    /// The schema settings that pods of `spec` read; panics where their ConfigMap does not exist.
    fn schema_settings(&self, spec: &PodSpec) -> String {
        let mut volumes = spec.volumes.iter().flatten();
        let name = volumes.find_map(|volume| Some(&volume.config_map.as_ref()?.name));
        let mut live = self.world.observed.config_maps.iter();
        let live = live.find(|live| Some(&live.name_any()) == name);
        let Some(live) = live else {
            panic!("{name:?} is gone: {:?}", self.history);
        };
        let text = &live.data.as_ref().unwrap()["config.yaml"];
        let settings: AuthSettings = serde_saphyr::from_str(text).unwrap();
        serde_json::to_string(&settings.schema_settings()).unwrap()
    }

    /// The operator ends after planning (0), after writing the status (1), or after all but the last object (2, 3).
    fn crash(&mut self, after: u64) {
        let mut plan = self.world.plan();
        if after == 0 {
            return;
        }
        self.world.write_status(&plan.status);
        if after == 1 {
            return;
        }
        plan.apply.deployment = None;
        if after == 2 {
            plan.apply.migration_job = None;
        }
        self.world.apply(&plan);
    }

    fn step(&mut self) -> bool {
        let before = self.world.status();
        let plan = self.world.step();
        let recorded = &before.generated_secrets;
        assert!(
            plan.generate.is_empty() || recorded.is_empty() || self.approves,
            "a Secret that was used is replaced: {:?}",
            self.history
        );
        self.world.status() != before
    }

    fn check(&self) {
        let jobs = self
            .world
            .observed
            .jobs
            .iter()
            .filter(|job| job.status.is_none())
            .count();
        let running = self
            .world
            .observed
            .pods
            .iter()
            .filter(|pod| !has_ended(pod))
            .count();
        assert!(
            jobs <= 1 && running <= 1,
            "two migrations at once: {:?}",
            self.history
        );
        if let Some(image) = self.world.deployed_image() {
            assert!(
                self.migrated.contains(&image),
                "{image} serves and never migrated: {:?}",
                self.history
            );
        }
        let deployment = self.world.observed.deployment.as_ref();
        if let Some(spec) = deployment.and_then(|live| live.spec.as_ref()?.template.spec.as_ref()) {
            assert!(
                self.migrated_settings.contains(&self.schema_settings(spec)),
                "settings serve whose schema was never migrated to: {:?}",
                self.history
            );
        }
        let names: BTreeSet<_> = self
            .world
            .observed
            .jobs
            .iter()
            .map(|job| job.name_any())
            .collect();
        assert_eq!(names.len(), self.world.observed.jobs.len());
    }

    /// Nobody interferes any longer, and every migration succeeds.
    fn settle(&mut self) {
        self.put_url(0);
        self.approves = true;
        self.world
            .edit(&json!({"suspend": null, "replicas": 2, "image": "server:9", "auth": null}));
        for _ in 0..20 {
            self.step();
            self.succeed();
            self.world.orphans_end();
            self.world.pods_get_ready();
            self.world.approve_replacement();
            self.check();
        }
        let ready = self.world.condition("Ready");
        assert_eq!(ready.status, "True", "{} {:?}", ready.message, self.history);
        assert_eq!(self.world.deployed_image().as_deref(), Some("server:9"));
        let settings = self.world.observed.config_maps.len();
        assert_eq!(settings, 1, "settings are left behind: {:?}", self.history);
    }
}

#[test]
fn in_every_life_one_migration_runs_at_a_time_what_serves_was_migrated_and_all_ends_well() {
    let newborn = World::new(&spec_with(&json!({"image": "server:1"})));
    for seed in 0..LIVES {
        let mut life = Life::new(&newborn, seed);
        let mut served = false;
        for _ in 0..EVENTS {
            life.event();
            life.check();
            let serves = life.world.observed.deployment.is_some();
            assert!(serves || !served, "what served is gone: {:?}", life.history);
            served = serves;
        }
        life.settle();
    }
}
