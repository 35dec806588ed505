//! The one warp filter.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http_body_util::Empty;
use tower_service::Service;
use warp::{
    Filter,
    http::{self, StatusCode},
    reply::Response,
};

use super::{dispatch::dispatch, exchange::Exchange, reply, table::Table};
use crate::app::App;

/// Answers every request to the API, given as an [`Exchange`].
pub fn service(
    app: Arc<App>,
    table: Arc<Table>,
) -> impl Service<http::Request<Empty<Bytes>>, Response = Response, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    warp::service(filter(app, table))
}

/// Never rejects.
fn filter(
    app: Arc<App>,
    table: Arc<Table>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static {
    let shared = Arc::new((table, app));
    warp::ext::optional().then(move |exchange: Option<Exchange>| {
        let shared = Arc::clone(&shared);
        async move {
            let (table, app) = &*shared;
            match exchange {
                Some(exchange) => dispatch(Arc::clone(app), table, &exchange).await,
                None => reply::empty(StatusCode::INTERNAL_SERVER_ERROR),
            }
        }
    })
}
