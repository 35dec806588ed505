//! What was remembered when a browser was sent to a service, taken up when it comes back.

use authbackend_crds::auth::StateStrategy;

use super::begin::STATE_PURPOSE;
use crate::{
    app::App,
    http::{cookie::Jar, error::ApiError},
    oauth::state::{Flow, identifier},
};

/// Why a browser that comes back is sent away.
#[derive(Debug, Eq, PartialEq)]
pub(in crate::routes) struct Lost {
    /// The code for the page for errors.
    pub(in crate::routes) code: &'static str,
    /// That page, where what was remembered names one.
    pub(in crate::routes) error_url: Option<String>,
}

impl Lost {
    const fn new(code: &'static str) -> Self {
        Self {
            code,
            error_url: None,
        }
    }
}

const MISMATCH: &str = "state_mismatch";

/// Takes up what was remembered for `state`. Of several requests at once, one gets it.
pub(in crate::routes) async fn resume(
    app: &App,
    jar: &Jar,
    state: &str,
) -> Result<Result<Flow, Lost>, ApiError> {
    let flow = match app.config.settings.account().store_state_strategy() {
        StateStrategy::Cookie => from_cookie(app, jar, state),
        StateStrategy::Database => from_database(app, jar, state).await?,
    };
    Ok(flow.and_then(|flow| {
        if flow.is_expired(app.clock.now()) {
            Err(Lost {
                code: MISMATCH,
                error_url: flow.error_url,
            })
        } else {
            Ok(flow)
        }
    }))
}

fn from_cookie(app: &App, jar: &Jar, state: &str) -> Result<Flow, Lost> {
    let sealed = jar.sealed_state().filter(|sealed| !sealed.is_empty());
    let sealed = sealed.ok_or(Lost::new(MISMATCH))?;
    let flow = app
        .purpose_box(STATE_PURPOSE)
        .open(&sealed)
        .and_then(|text| serde_json::from_str::<Flow>(&text).ok())
        .ok_or(Lost::new("state_invalid"))?;
    if flow.oauth_state.as_deref() != Some(state) {
        return Err(Lost {
            code: MISMATCH,
            error_url: flow.error_url,
        });
    }
    jar.clear_sealed_state();
    Ok(flow)
}

async fn from_database(app: &App, jar: &Jar, state: &str) -> Result<Result<Flow, Lost>, ApiError> {
    let now = app.clock.now();
    let identifier = identifier(state);
    let mut db = app.db.get().await?;
    // Looked at first: a request from another browser, which is refused, must not use it up.
    let Some(found) = app.verifications.find(&mut db, &identifier, now).await? else {
        return Ok(Err(Lost::new(MISMATCH)));
    };
    let Ok(flow) = serde_json::from_str::<Flow>(&found.value) else {
        return Ok(Err(Lost::new("internal_server_error")));
    };
    let is_of_state = flow.oauth_state.as_deref().is_none_or(|own| own == state);
    let skips = app.config.settings.account().skip_state_cookie_check();
    if !is_of_state || !(skips || jar.state().as_deref() == Some(state)) {
        return Ok(Err(Lost {
            code: MISMATCH,
            error_url: flow.error_url,
        }));
    }
    jar.clear_state();
    let consumed = app.verifications.consume(&mut db, &identifier, now).await?;
    Ok(match consumed {
        Some(_) => Ok(flow),
        None => Err(Lost::new(MISMATCH)),
    })
}
