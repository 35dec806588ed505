//! A collector for tests: takes OTLP over HTTP as a real one does, and remembers what it was sent.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU16, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
};
use prost::Message as _;
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

/// A span as it was received.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// Its kind: 1 internal, 2 server, 3 client.
    pub kind: i32,
    /// Its trace, in hexadecimal digits.
    pub trace: String,
    /// Its identity, in hexadecimal digits.
    pub id: String,
    /// The identity of its parent; empty without one.
    pub parent: String,
    /// Its status: 0 unset, 1 ok, 2 error.
    pub status: i32,
    /// Its attributes as text.
    pub attributes: BTreeMap<String, String>,
    /// The attributes of its source as text.
    pub resource: BTreeMap<String, String>,
}

#[derive(Default)]
struct State {
    headers: Vec<HeaderMap>,
    bytes: Vec<u8>,
    spans: Vec<Span>,
    /// What could not be understood.
    problems: Vec<String>,
}

/// A collector on a port of its own.
pub struct Collector {
    address: SocketAddr,
    /// Status of the answers to come; 0: none.
    status: Arc<AtomicU16>,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Collector {
    /// Starts one that takes everything.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let status = Arc::new(AtomicU16::new(200));
        let state = Arc::<Mutex<State>>::default();
        let task = tokio::spawn(serve(listener, Arc::clone(&status), Arc::clone(&state)));
        Ok(Self {
            address,
            status,
            state,
            task,
        })
    }

    /// Its base URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers with `status` from now on; with 0, not at all.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// The spans so far.
    ///
    /// # Panics
    /// Something else than spans was sent.
    pub fn spans(&self) -> Vec<Span> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(state.problems.is_empty(), "{:?}", state.problems);
        state.spans.clone()
    }

    /// The headers of each request so far.
    pub fn headers(&self) -> Vec<HeaderMap> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.headers.clone()
    }

    /// Every byte of every body so far, where those that are no text stand for themselves.
    pub fn text(&self) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&state.bytes).into_owned()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, status: Arc<AtomicU16>, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (status, state) = (Arc::clone(&status), Arc::clone(&state));
        let service = service_fn(move |request| {
            let (status, state) = (Arc::clone(&status), Arc::clone(&state));
            async move { Ok::<_, Infallible>(answer(request, &status, &state).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(
    request: Request<Incoming>,
    status: &AtomicU16,
    state: &Mutex<State>,
) -> Response<Full<Bytes>> {
    let status = status.load(Ordering::Relaxed);
    if status == 0 {
        sleep(Duration::from_hours(1)).await;
    }
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let is_protobuf =
        head.headers.get(CONTENT_TYPE) == Some(&HeaderValue::from_static("application/x-protobuf"));
    if head.uri.path() != "/v1/traces" || !is_protobuf {
        state
            .problems
            .push(format!("{} {:?}", head.uri, head.headers));
    }
    state.headers.push(head.headers);
    if status == 200 {
        match body.map(|body| (ExportTraceServiceRequest::decode(&*body), body)) {
            Ok((Ok(request), body)) => {
                state.bytes.extend(body);
                state.spans.extend(spans(request));
            }
            Ok((Err(error), _)) => state.problems.push(error.to_string()),
            Err(error) => state.problems.push(error.to_string()),
        }
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
}

fn spans(request: ExportTraceServiceRequest) -> Vec<Span> {
    let mut spans = Vec::new();
    for source in request.resource_spans {
        let resource = attributes(source.resource.unwrap_or_default().attributes);
        for span in source.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.push(Span {
                name: span.name,
                kind: span.kind,
                trace: hexadecimal(&span.trace_id),
                id: hexadecimal(&span.span_id),
                parent: hexadecimal(&span.parent_span_id),
                status: span.status.unwrap_or_default().code,
                attributes: attributes(span.attributes),
                resource: resource.clone(),
            });
        }
    }
    spans
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15];
    let digits = bytes.iter().flat_map(digits);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn attributes(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes
        .into_iter()
        .map(|attribute| (attribute.key, text(attribute.value)))
        .collect()
}
