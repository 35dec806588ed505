//! `plan`: the migration that is due, or the newest one.

use authbackend_crds::v1alpha1::{AuthBackend, MigrationPhase, MigrationPlan, MigrationStatus};
use serde::Serialize;

use crate::args;
use crate::cluster::Cluster;
use crate::output::{Format, Screen, Table, Tone, printable};
use crate::problem::Problem;

/// A migration, from what serves to what is wanted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    phase: MigrationPhase,
    hash: String,
    from_image: Option<String>,
    from_schema: Option<i64>,
    to_image: String,
    to_schema: Option<i64>,
    message: Option<String>,
    /// What would be done, where an approval is waited for or was.
    steps: Option<MigrationPlan>,
}

/// Prints the migration of an AuthBackend.
pub(crate) async fn run(
    cluster: &Cluster,
    options: &args::Plan,
    screen: &mut Screen<'_>,
) -> Result<(), Problem> {
    let auth_backend = cluster.auth_backend(&options.name).await?;
    let plan = Plan::of(&auth_backend).ok_or_else(|| {
        let advice = format!(
            "kubectl authbackend status {} -n {}",
            options.name, cluster.namespace
        );
        Problem::State(format!("no migration is planned yet\nSee why: {advice}"))
    })?;
    match options.output {
        Format::Text => {
            screen.line(&plan.text(screen))?;
            if plan.phase == MigrationPhase::AwaitingApproval {
                screen.line(&format!(
                    "\nApprove it: kubectl authbackend approve {} -n {}",
                    options.name, cluster.namespace
                ))?;
            }
            Ok(())
        }
        format => screen.value(&plan, format),
    }
}

impl Plan {
    fn of(auth_backend: &AuthBackend) -> Option<Self> {
        let status = auth_backend.status.as_ref()?;
        let migration: &MigrationStatus = status.migration.as_ref()?;
        let current = status.current.as_ref();
        Some(Self {
            phase: migration.phase,
            hash: migration.hash.clone(),
            from_image: current.map(|current| current.image.clone()),
            from_schema: current.and_then(|current| current.schema_version),
            to_image: migration.image.clone(),
            to_schema: migration.schema_version,
            message: migration.message.clone(),
            steps: migration.plan.clone(),
        })
    }

    fn text(&self, screen: &Screen<'_>) -> String {
        let schema = |version: Option<i64>| {
            version
                .map(|version| format!(", schema {version}"))
                .unwrap_or_default()
        };
        let from = self.from_image.as_deref().unwrap_or("nothing serves yet");
        let fields = [
            ("Phase", Some(format!("{:?}", self.phase))),
            (
                "Serves",
                Some(format!("{from}{}", schema(self.from_schema))),
            ),
            (
                "Wanted",
                Some(format!("{}{}", self.to_image, schema(self.to_schema))),
            ),
            ("Hash", Some(self.hash.clone())),
            ("Message", self.message.as_deref().map(indented)),
        ];
        let fields = fields
            .into_iter()
            .filter_map(|(label, value)| Some(screen.field(label, &value?)));
        let steps = self.steps.iter().flat_map(|plan| steps(plan, screen));
        fields.chain(steps).collect::<Vec<_>>().join("\n")
    }
}

/// What a plan would do, for people.
pub(crate) fn steps(plan: &MigrationPlan, screen: &Screen<'_>) -> Vec<String> {
    let mut lines = vec![screen.field(
        "Plan",
        &format!(
            "{}, schema {} to {}",
            plan.hash, plan.current_version, plan.target_version
        ),
    )];
    if plan.adopt {
        lines.push("  takes over the tables that better-auth made".to_owned());
    }
    if plan.destructive {
        lines.push(format!(
            "  {}",
            screen.paint(Tone::Bad, "removes data, or may change some")
        ));
    }
    let mut table = Table::new(&["VERSION", "NAME", "CLASS", "DESTRUCTIVE", "LOCKS"]);
    for step in &plan.pending {
        let destructive = if step.destructive { "yes" } else { "no" };
        let tone = if step.destructive {
            Tone::Bad
        } else {
            Tone::Good
        };
        table.row(vec![
            step.version.to_string().into(),
            step.name.as_str().into(),
            step.class.as_str().into(),
            (tone, destructive.to_owned()).into(),
            step.locks.join(", ").into(),
        ]);
    }
    if !plan.pending.is_empty() {
        lines.extend(table.lines(screen, "  "));
    }
    lines.extend(
        plan.changes
            .iter()
            .map(|change| format!("  {}", printable(change))),
    );
    if plan.omitted > 0 {
        lines.push(format!("  and {} more", plan.omitted));
    }
    lines
}

/// Further lines begin below the first.
fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(printable).collect();
    lines.join("\n  ")
}
