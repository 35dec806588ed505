use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{future::join_all, poll};
use hyper::body::{Frame, SizeHint};
use tokio::{sync::mpsc, task::yield_now};

use super::*;

/// A body that comes as the test sends it.
struct Sent {
    chunks: mpsc::UnboundedReceiver<Bytes>,
    length: Option<usize>,
    count: usize,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = self.chunks.poll_recv(context);
        chunk.map(|chunk| {
            let chunk = chunk?;
            self.count += chunk.len();
            Some(Ok(Frame::data(chunk)))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.length == Some(self.count)
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, |length| {
            SizeHint::with_exact(u64::try_from(length - self.count).unwrap())
        })
    }
}

/// A body of which `chunks` have been sent; the sender keeps it open.
fn body(length: Option<usize>, chunks: &[&[u8]]) -> (Unread<Sent>, mpsc::UnboundedSender<Bytes>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    for chunk in chunks {
        sender.send(Bytes::copy_from_slice(chunk)).unwrap();
    }
    let sent = Sent {
        chunks: receiver,
        length,
        count: 0,
    };
    (Unread::new(&HeaderMap::new(), sent), sender)
}

fn whole(text: &str) -> Unread<Sent> {
    body(Some(text.len()), &[text.as_bytes()]).0
}

fn text(length: usize) -> String {
    format!("\"{}\"", "x".repeat(length - 2))
}

async fn read(mut unread: Unread<Sent>, most: usize) -> Result<usize, StatusCode> {
    let bodies = Bodies::new(0);
    let read = unread.read(Format::Json, most, &bodies).await;
    read.map(|(value, _)| value.as_str().map_or(0, str::len))
        .map_err(|error| error.into_response().status())
}

#[tokio::test]
async fn a_body_is_read_up_to_the_bytes_of_its_route() {
    assert_eq!(read(whole(&text(100)), 100).await, Ok(98));
    assert_eq!(
        read(whole(&text(101)), 100).await,
        Err(StatusCode::PAYLOAD_TOO_LARGE)
    );
    assert_eq!(read(whole(&text(LARGE)), LARGE).await, Ok(LARGE - 2));
}

#[tokio::test]
async fn what_is_announced_as_too_large_is_not_read() {
    let (mut unread, _open) = body(Some(LARGE), &[b"\"x"]);
    let read = unread.read(Format::Json, USUAL, &Bodies::new(0)).await;
    assert_eq!(
        read.unwrap_err().into_response().status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(unread.count, 0);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_refused_once_it_is_too_large() {
    let chunk = vec![b'x'; USUAL / 2];
    let (unread, _open) = body(None, &[&chunk, &chunk, b"x"]);
    assert_eq!(
        read(unread, USUAL).await,
        Err(StatusCode::PAYLOAD_TOO_LARGE)
    );
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together() {
    let (unread, sender) = body(None, &[b"\"a", b"", b"b", b"c\""]);
    drop(sender);
    assert_eq!(read(unread, USUAL).await, Ok(3));
}

#[tokio::test]
async fn values_that_take_more_than_a_body_may_are_refused() {
    let many = format!("[{}0]", "{\"\":0},".repeat(5_000));
    assert!(many.len() < USUAL);
    assert_eq!(
        read(whole(&many), USUAL).await,
        Err(StatusCode::PAYLOAD_TOO_LARGE)
    );
}

/// `number` bodies of one MiB, of which all but the last byte has come.
fn half_sent(number: usize) -> Vec<(Unread<Sent>, mpsc::UnboundedSender<Bytes>)> {
    let chunk = vec![b' '; 32 * KIB];
    let mut chunks = vec![chunk.as_slice(); LARGE / chunk.len()];
    let last = chunks.len() - 1;
    chunks[last] = &chunk[1..];
    (0..number).map(|_| body(Some(LARGE), &chunks)).collect()
}

#[tokio::test(start_paused = true)]
async fn half_sent_bodies_take_no_more_than_all_bodies_may_and_leave_small_ones_alone() {
    let bodies = Bodies::new(16 * LARGE);
    let mut halves = half_sent(300);
    let reads = halves
        .iter_mut()
        .map(|(unread, _)| Box::pin(unread.read(Format::Json, LARGE, &bodies)));
    let mut reads: Vec<_> = reads.collect();
    for read in &mut reads {
        // Else a task that has done so much at once is made to wait by tokio.
        yield_now().await;
        assert!(poll!(read).is_pending());
    }
    yield_now().await;
    let small = text(SMALL);
    let mut unread = whole(&small);
    let read = unread.read(Format::Json, USUAL, &bodies);
    assert!(poll!(Box::pin(read)).is_ready());
    drop(reads);
    let taken: usize = halves.iter().map(|(unread, _)| unread.count).sum();
    // Half of it is for values; who waits has one piece, which is in the buffer of its connection.
    assert!(taken <= 8 * LARGE + 292 * 32 * KIB, "{taken} bytes");
}

#[tokio::test(start_paused = true)]
async fn whoever_gets_no_share_in_time_is_told_when_to_come_back() {
    let bodies = Bodies::new(16 * LARGE);
    let mut halves = half_sent(9);
    let reads = halves.iter_mut().map(|(unread, _)| {
        let read = unread.read(Format::Json, LARGE, &bodies);
        timeout(2 * SHARE_TIMEOUT, read)
    });
    let answers = join_all(reads).await.into_iter().flatten();
    let answers: Vec<_> = answers
        .map(|read| read.unwrap_err().into_response())
        .collect();
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answers[0].headers()[header::RETRY_AFTER], "5");
}

#[tokio::test]
async fn the_share_of_a_body_is_free_again_once_it_is_answered() {
    let bodies = Bodies::new(0);
    let free = bodies.values.available_permits();
    let body = text(LARGE);
    for _ in 0..5 {
        let (value, share) = whole(&body)
            .read(Format::Json, LARGE, &bodies)
            .await
            .unwrap();
        assert!(bodies.values.available_permits() < free);
        assert_eq!(bodies.bytes.available_permits(), free);
        drop((value, share));
    }
    assert_eq!(bodies.values.available_permits(), free);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_wants_is_read_to_its_end_unless_it_is_too_much() {
    let discarded = async |length, chunks: &[&[u8]]| {
        let (mut unread, _open) = body(length, chunks);
        unread.discard().await;
        unread.count
    };
    assert_eq!(discarded(Some(3), &[b"a", b"bc"]).await, 3);
    assert_eq!(discarded(Some(LARGE + 1), &[b"a"]).await, 0);
    // The rest does not come in time.
    assert_eq!(discarded(Some(3), &[b"a"]).await, 1);
    let large = vec![0; LARGE];
    assert_eq!(discarded(None, &[&large, b"a", b"b"]).await, LARGE + 1);
}

#[tokio::test]
async fn a_client_that_waits_for_a_word_is_not_asked_for_what_nobody_wants() {
    let (mut unread, _open) = body(Some(3), &[b"abc"]);
    unread.waits = true;
    unread.discard().await;
    assert_eq!(unread.count, 0);
}
