//! `OTEL_*`: where traces go.

use authbackend_otlp::{Service, Settings};

use super::{Problem, environment::Environment};

/// What traces say of their source, unless the variables say something else.
const SERVICE: Service<'_> = Service {
    name: "auth-server",
    version: env!("CARGO_PKG_VERSION"),
};

pub(super) fn load(environment: &mut Environment<'_>) -> Option<Settings> {
    let variable = |name: &str| environment.literal(name);
    let loaded = Settings::load(&variable, &environment.reader(), SERVICE);
    loaded.unwrap_or_else(|problems| {
        environment.report_all(problems.into_iter().map(Into::into).collect());
        None
    })
}

impl From<authbackend_otlp::Problem> for Problem {
    fn from(problem: authbackend_otlp::Problem) -> Self {
        Self::new(problem.variable, problem.remedy)
    }
}
