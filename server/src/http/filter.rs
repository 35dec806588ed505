//! The one warp filter.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http_body_util::Full;
use tower_service::Service;
use warp::{
    Filter, Rejection,
    http::{self, HeaderMap, Method, StatusCode},
    path::FullPath,
    reply::Response,
};

use super::{
    dispatch::{Request, dispatch},
    reply,
    table::Table,
};
use crate::{app::App, plugins};

/// Answers every request to the API, given with its whole body.
pub fn service(
    app: Arc<App>,
) -> impl Service<http::Request<Full<Bytes>>, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    warp::service(filter(app))
}

/// Never rejects.
fn filter(
    app: Arc<App>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    let moved = app.plugins.moved(&app.config.settings);
    let routes = plugins::routes(&app.config.settings);
    let table = Arc::new(Table::new(routes, &moved));
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method()
        .and_then(with_path)
        .and(warp::path::full())
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::body::bytes())
        .then(
            move |method: Method, path: FullPath, query, headers: HeaderMap, body: Bytes| {
                let app = Arc::clone(&app);
                let table = Arc::clone(&table);
                async move {
                    let path = path.as_str().to_owned();
                    dispatch(
                        app,
                        &table,
                        Request {
                            method,
                            path,
                            query,
                            headers,
                            body,
                        },
                    )
                    .await
                }
            },
        )
        .recover(rejected)
        .unify()
}

/// A request for a tunnel (CONNECT) has no path, which warp's path filters do not survive.
async fn with_path(method: Method) -> Result<Method, Rejection> {
    if method == Method::CONNECT {
        Err(warp::reject::not_found())
    } else {
        Ok(method)
    }
}

/// All that can be rejected otherwise is a body that ends too early or is too long.
async fn rejected(rejection: Rejection) -> Result<Response, Infallible> {
    let status = if rejection.is_not_found() {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::PAYLOAD_TOO_LARGE
    };
    Ok(reply::empty(status))
}
