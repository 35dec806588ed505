//! The one warp filter.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use warp::{
    Filter, Rejection,
    http::{HeaderMap, Method, StatusCode},
    path::FullPath,
    reply::Response,
};

use super::{
    dispatch::{Request, dispatch},
    reply,
    table::Table,
};
use crate::{app::App, routes};

/// Answers every request to the API; never rejects.
pub fn filter(
    app: Arc<App>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    let table = Arc::new(Table::new(routes::ALL));
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::method()
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
        .recover(unreadable)
        .unify()
}

/// All that can be rejected is a body that ends too early or is too long.
async fn unreadable(_: Rejection) -> Result<Response, Infallible> {
    Ok(reply::empty(StatusCode::PAYLOAD_TOO_LARGE))
}
