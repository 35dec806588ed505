//! The accept loop.

use std::{net::SocketAddr, sync::Arc};

/// Address of the client's end of the connection, in the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Identity of a request in logs and in the answer's `x-request-id`, in the extensions of each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);
