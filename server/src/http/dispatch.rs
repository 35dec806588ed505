//! What happens to every request, in this order:
//!
//! 1. a path that the settings disable is not found;
//! 2. a browser that asks on behalf of a page of another origin is answered;
//! 3. a client that calls the path too often is refused;
//! 4. the path and the method choose the route;
//! 5. the body is read, as far as its content type is one of the route's and it is not larger than that reads;
//! 6. the origin and the URLs that the request wants to lead to are checked;
//! 7. the hooks of plugins run that come before the handler;
//! 8. the handler's parameters are extracted from left to right: usually the validated body, the check of forms
//!    that sign in, the session;
//! 9. the handler runs;
//! 10. the hooks of plugins run that come after it;
//! 11. cookies are added to the response, even to that of an error.

use std::sync::Arc;

use serde_json::Value;
use warp::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    reply::Response,
};

use super::{
    body::{Share, Unread},
    call::{Call, Query},
    content_type::{Accepts, Format},
    error::ApiError,
    exchange::Exchange,
    origin, path,
    plugin::{After, Answered},
    reply,
    session::Known,
    table::{Match, Route, Table},
};
use crate::{app::App, metrics::SessionStarted};

/// Answers a request.
pub async fn dispatch(app: Arc<App>, table: &Table, exchange: &Exchange) -> Response {
    let mut body = None;
    let response = answer(app, table, exchange, &mut body).await;
    if let Some(mut body) = body.filter(|body| !body.is_end()) {
        Box::pin(async move { body.discard().await }).await;
    }
    response
}

/// The answer; what is left of the body is in `unread`.
async fn answer(
    app: Arc<App>,
    table: &Table,
    exchange: &Exchange,
    unread: &mut Option<Unread>,
) -> Response {
    let Some(request) = exchange.take() else {
        return reply::empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let (
        Parts {
            method,
            uri,
            headers,
            ..
        },
        body,
    ) = request.into_parts();
    let unread = unread.insert(Unread::new(&headers, body));
    let path = path::resolve(uri.path());
    if is_disabled(&app, &path) {
        let text = b"Not Found".to_vec();
        return reply::with_body(StatusCode::NOT_FOUND, "text/plain;charset=UTF-8", text);
    }
    let name = app.mount.name(&path);
    if let Some(answer) = app.cors.preflight(table, name, &method, &headers) {
        return answer;
    }
    if let Some(refusal) = limit(&app, table, &path, &headers, exchange).await {
        return refusal;
    }
    let found = app
        .mount
        .route_path(&path)
        .and_then(|path| table.find(&method, path));
    let Some(Match {
        route,
        metrics,
        parameter,
    }) = found
    else {
        return reply::empty(StatusCode::NOT_FOUND);
    };
    exchange.matched(metrics);
    let (body, _share) = match format(route, &method, &headers, unread) {
        Ok(None) => (None, Share::default()),
        // On the heap: most requests have no body.
        Ok(Some(format)) => {
            match Box::pin(unread.read(format, route.max_body, &app.bodies)).await {
                Ok((body, share)) => (Some(body), share),
                Err(error) => return error.into_response(),
            }
        }
        Err(error) => return error.into_response(),
    };
    let query = Query::parse(uri.query().unwrap_or_default());
    match admit(app, &method, headers, query, body) {
        Ok(mut call) => {
            call.parameter = parameter.map(percent_decode);
            run(route, call).await
        }
        Err(error) => error.into_response(),
    }
}

/// How the body is to be parsed, if `route` reads one.
fn format(
    route: &Route,
    method: &Method,
    headers: &HeaderMap,
    body: &Unread,
) -> Result<Option<Format>, ApiError> {
    // A body means nothing with GET (RFC 9110, section 9.3.1).
    let accepts = if *method == Method::GET {
        Accepts::Nothing
    } else {
        route.accepts
    };
    accepts.format(headers, body.is_end())
}

/// A parameter as the route sees it; what is not UTF-8 stays encoded.
fn percent_decode(parameter: &str) -> String {
    percent_encoding::percent_decode_str(parameter)
        .decode_utf8()
        .map_or_else(|_| parameter.to_owned(), Into::into)
}

/// The answer to a client that calls `path` too often.
async fn limit(
    app: &App,
    table: &Table,
    path: &str,
    headers: &HeaderMap,
    exchange: &Exchange,
) -> Option<Response> {
    let limiter = app.rate_limiter.as_ref()?;
    let name = app.mount.name(path);
    let endpoint = table.at(name).next();
    let path = endpoint.map(|found| found.route.path);
    let refusal = limiter.check(app, name, path, headers).await?;
    if let Some(endpoint) = endpoint {
        exchange.matched(endpoint.metrics);
    }
    Some(refusal)
}

/// Whether the settings disable `path`, as [`path::resolve`] returns it.
pub(super) fn is_disabled(app: &App, path: &str) -> bool {
    let disabled = app
        .config
        .settings
        .disabled_paths
        .as_deref()
        .unwrap_or_default();
    disabled
        .iter()
        .any(|disabled| disabled == app.mount.name(path))
}

/// Checks what every route wants to have checked.
fn admit(
    app: Arc<App>,
    method: &Method,
    headers: HeaderMap,
    query: Query,
    body: Option<Value>,
) -> Result<Call, ApiError> {
    origin::check_request(&app, method, &headers, &query, body.as_ref())?;
    Ok(Call::new(app, headers, query, body))
}

async fn run(route: &Route, mut call: Call) -> Response {
    let app = Arc::clone(&call.app);
    let after: Vec<After> = app.plugins.after(route).collect();
    if !after.is_empty() {
        call.known = Known::remembering();
    }
    let mut admitted = Ok(());
    for hook in app.plugins.before(route) {
        if admitted.is_ok() {
            admitted = (hook.run)(&mut call).await;
        }
    }
    let (jar, known) = (call.jar.clone(), call.known.clone());
    let mut response = match admitted {
        Ok(()) => (route.call)(call).await,
        Err(error) => error.into_response(),
    };
    let answered = Answered {
        app: Arc::clone(&app),
        jar,
        known,
    };
    for hook in after {
        if let Err(error) = (hook.run)(&answered, &mut response).await {
            response = error.into_response();
        }
    }
    let jar = answered.jar;
    let headers = response.headers_mut();
    jar.write(headers);
    if route.is_never_stored {
        forbid_storing(headers);
    }
    if jar.starts_session() {
        response.extensions_mut().insert(SessionStarted);
    }
    response
}

/// Says that nobody may keep a copy of the answer with these headers.
pub(super) fn forbid_storing(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of the future that an async function of three parameters makes.
    fn size<A, B, C, F: Future>(_: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_future_of_a_request_is_small_enough_to_be_moved_about() {
        let size = size(|app, table: &'static Table, exchange: &'static Exchange| {
            dispatch(app, table, exchange)
        });
        // Without the futures of handlers and of what asks the database, which are some kilobytes large.
        assert!(size <= 2048, "{size} bytes");
    }
}
