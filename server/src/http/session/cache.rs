//! The cookie cache: a copy of the session in the browser, which spares the database most of its questions.

mod codec;

use authbackend_crds::auth::CookieCache;
use time::OffsetDateTime;

use self::codec::{Codec, Entry};
use crate::{app::App, config::Secret, http::cookie::Jar, identity::session::SessionUser};

/// What a request's copy is worth.
pub(super) enum Copy {
    /// There is none.
    Absent,
    /// It is not to be believed.
    Void,
    /// It is as good as the row.
    Good(Box<SessionUser>),
}

/// The copy that the request carries of the session with `token`.
pub(super) fn read(app: &App, jar: &Jar, settings: &CookieCache, token: &str) -> Copy {
    let Some(value) = jar.session_data() else {
        return Copy::Absent;
    };
    let now = app.clock.now();
    let secrets = app.config.secrets.current();
    let Some(entry) = codec(app, &secrets, now).decode(settings.strategy(), &value) else {
        return Copy::Void;
    };
    let Entry {
        mut current,
        expires_at,
        version,
    } = entry;
    let is_good = current.session.token == token
        && version == settings.version()
        && expires_at >= now
        && !current.session.is_expired(now);
    if !is_good {
        return Copy::Void;
    }
    hide_fields(app, &mut current);
    Copy::Good(Box::new(current))
}

/// Gives the browser a copy of the session, if the settings want one. `remember` says whether it outlives the
/// browser.
pub(super) fn write(app: &App, jar: &Jar, current: &SessionUser, remember: bool) {
    let session = app.config.settings.session();
    let settings = session.cookie_cache();
    if !settings.enabled() {
        return;
    }
    let max_age = jar.session_data_max_age().filter(|_| remember);
    let secrets = app.config.secrets.current();
    let codec = codec(app, &secrets, app.clock.now());
    match codec.encode(&settings, current, max_age) {
        Ok(value) => jar.set_session_data(&value, max_age),
        Err(error) => tracing::error!(%error, "session could not be copied into a cookie"),
    }
}

fn codec<'a>(app: &'a App, secrets: &'a [Secret], now: OffsetDateTime) -> Codec<'a> {
    Codec {
        secrets,
        random: &app.random,
        now,
    }
}

/// Leaves out the fields that the settings have come to hide since the copy was made.
fn hide_fields(app: &App, current: &mut SessionUser) {
    for (table, fields) in [
        ("session", &mut current.session.additional),
        ("user", &mut current.user.additional),
    ] {
        for column in app.db.tables().additional(table) {
            if !column.is_returned {
                fields.remove(&column.field);
            }
        }
    }
}
