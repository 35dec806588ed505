//! Bodies of requests: read once it is known who reads them, and no more at once than there is memory for.
//!
//! A small body is part of what its connection may cost (see [`super::serve::Limits`]). A larger one takes its share of what all
//! bodies have together, or waits for it: first for its bytes, then for the values that they are parsed into. Who has a share
//! of the values waits for no other one, so that somebody always goes on.

mod weight;

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Incoming};
use serde_json::Value;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use warp::http::{HeaderMap, StatusCode, header};

use super::{content_type::Format, error::ApiError, error_code::SERVER_BUSY};

const KIB: usize = 1024;

/// What no route reads more of, in bytes: pictures in the body are what comes near it.
pub const LARGE: usize = 1024 * KIB;

/// What most routes read at most, in bytes: two tokens of a service and a few URLs fit.
pub const USUAL: usize = 64 * KIB;

/// Up to this many bytes neither a body nor its values need a share.
pub const SMALL: usize = 8 * KIB;

/// What the values of one body may take, in bytes.
const MAX_WEIGHT: usize = 2 * LARGE;

/// Time to wait for a share.
const SHARE_TIMEOUT: Duration = Duration::from_secs(5);

/// Time for the rest of a body that nobody reads to come.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// What all bodies may take together.
pub struct Bodies {
    bytes: Arc<Semaphore>,
    values: Arc<Semaphore>,
}

/// What one body takes of that, until it is dropped.
#[derive(Debug, Default)]
pub struct Share(Option<OwnedSemaphorePermit>);

impl Bodies {
    /// Bodies that may take `most` bytes together: one half for what is being read, the other for what it says.
    pub fn new(most: usize) -> Self {
        let half = (most / 2).max(MAX_WEIGHT) / KIB;
        let semaphore = || Arc::new(Semaphore::new(half.min(Semaphore::MAX_PERMITS)));
        Self {
            bytes: semaphore(),
            values: semaphore(),
        }
    }
}

/// Waits for `bytes` of what `shares` has.
async fn share(shares: &Arc<Semaphore>, bytes: usize) -> Result<Share, ApiError> {
    let permits = u32::try_from(bytes.div_ceil(KIB)).unwrap_or(u32::MAX);
    let permit = Arc::clone(shares).acquire_many_owned(permits);
    match timeout(SHARE_TIMEOUT, permit).await {
        Ok(Ok(permit)) => Ok(Share(Some(permit))),
        // It is never closed: only the time can be over.
        Ok(Err(_)) | Err(_) => Err(ApiError::Busy {
            code: &SERVER_BUSY,
            retry_after: SHARE_TIMEOUT.as_secs(),
        }),
    }
}

/// A body that may not have come yet.
pub struct Unread<B = Incoming> {
    body: B,
    /// Bytes that have been read.
    count: usize,
    /// The client sends it only once it is asked for.
    waits: bool,
}

impl<B> Unread<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    /// The body of a request with `headers`.
    pub fn new(headers: &HeaderMap, body: B) -> Self {
        Self {
            // Most requests have no body.
            waits: !body.is_end_stream() && headers.contains_key(header::EXPECT),
            body,
            count: 0,
        }
    }

    /// Whether nothing is left to read.
    pub fn is_end(&self) -> bool {
        self.body.is_end_stream()
    }

    /// Reads and parses a body of at most `most` bytes. What it takes of `bodies` is to be kept as long as the value.
    ///
    /// # Errors
    /// It is larger, the client leaves, too much is being read at the moment, or it is malformed.
    pub async fn read(
        &mut self,
        format: Format,
        most: usize,
        bodies: &Bodies,
    ) -> Result<(Value, Share), ApiError> {
        let (bytes, _share) = self.read_bytes(most, bodies).await?;
        let weight = weight::of(format, &bytes);
        if weight > MAX_WEIGHT {
            return Err(ApiError::Empty(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let kept = if weight > SMALL {
            share(&bodies.values, weight).await?
        } else {
            Share::default()
        };
        Ok((format.parse(&bytes)?, kept))
    }

    async fn read_bytes(
        &mut self,
        most: usize,
        bodies: &Bodies,
    ) -> Result<(Bytes, Share), ApiError> {
        let hint = self.body.size_hint();
        let [least, room] = [Some(hint.lower()), hint.upper()].map(|bytes| {
            let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
            bytes.unwrap_or(usize::MAX)
        });
        if least > most {
            return Err(ApiError::Empty(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let room = room.min(most);
        let (mut bytes, mut kept) = (BytesMut::new(), Share::default());
        while let Some(data) = self.next().await? {
            let length = bytes.len() + data.len();
            if length > most {
                return Err(ApiError::Empty(StatusCode::PAYLOAD_TOO_LARGE));
            }
            if bytes.is_empty() && self.is_end() && length <= SMALL {
                return Ok((data, kept));
            }
            if length > SMALL && kept.0.is_none() {
                kept = share(&bodies.bytes, room).await?;
                bytes.reserve(room - bytes.len());
            }
            bytes.extend_from_slice(&data);
        }
        Ok((bytes.freeze(), kept))
    }

    /// Reads what nobody wants, and keeps none of it: who closes a connection with something unread takes back what it has
    /// answered. Not what is too much, nor what the client would have to be asked for.
    pub async fn discard(&mut self) {
        let rest = usize::try_from(self.body.size_hint().lower()).unwrap_or(usize::MAX);
        if self.waits || rest > LARGE {
            return;
        }
        let read =
            async { while self.count <= LARGE && matches!(self.next().await, Ok(Some(_))) {} };
        // Whoever takes longer has the connection closed.
        let _ = timeout(DISCARD_TIMEOUT, read).await;
    }

    /// The next bytes; none at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        self.waits = false;
        while let Some(frame) = self.body.frame().await {
            // The client has left, or what it sends is no HTTP.
            let frame = frame.map_err(|_| ApiError::Empty(StatusCode::BAD_REQUEST))?;
            if let Ok(data) = frame.into_data() {
                self.count += data.len();
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
