//! Reading an answer of HTTP/1.1 (RFC 9112) as cheaply as a load generator should.

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Most header fields of an answer.
const FIELDS: usize = 32;

/// The end of a chunked body without trailers.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// Its status code.
    pub status: u16,
    /// Value of the first `Set-Cookie`, without its attributes.
    pub cookie: Option<String>,
    /// Bytes of the body, as they came.
    pub length: usize,
}

/// How the end of a body is found.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Length(usize),
    Chunked,
}

/// Reads one answer. `buffer` is scratch space that the caller keeps.
pub async fn read(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Result<Response> {
    buffer.clear();
    let (mut response, start, framing) = loop {
        more(stream, buffer).await?;
        if let Some(head) = head(buffer)? {
            break head;
        }
    };
    let ended = |buffer: &[u8]| match framing {
        Framing::Length(length) => buffer.len() >= start + length,
        Framing::Chunked => buffer[start..].ends_with(LAST_CHUNK),
    };
    while !ended(buffer) {
        more(stream, buffer).await?;
    }
    response.length = buffer.len() - start;
    Ok(response)
}

async fn more(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Result<()> {
    let read = stream.read_buf(buffer).await?;
    ensure!(read > 0, "the connection ended in the middle of an answer");
    Ok(())
}

/// The head of an answer, where its body starts, and how that ends; `None` while the head is not complete.
fn head(buffer: &[u8]) -> Result<Option<(Response, usize, Framing)>> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut parsed = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(start) = parsed.parse(buffer)? else {
        return Ok(None);
    };
    let field = |name: &str| {
        let mut fields = parsed.headers.iter();
        let found = fields.find(|field| field.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok()
    };
    let framing = match (field("content-length"), field("transfer-encoding")) {
        (Some(length), None) => Framing::Length(length.parse()?),
        (None, Some("chunked")) => Framing::Chunked,
        _ => bail!("an answer says neither its length nor that it is chunked"),
    };
    let response = Response {
        status: parsed.code.context("an answer without a status")?,
        cookie: field("set-cookie").and_then(|cookie| Some(cookie.split(';').next()?.to_owned())),
        length: 0,
    };
    Ok(Some((response, start, framing)))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(mut bytes: &[u8]) -> Result<Response> {
        read(&mut bytes, &mut Vec::new()).await
    }

    #[tokio::test]
    async fn a_body_with_a_length_is_read() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nSet-Cookie: a=b; Path=/\r\n\r\nnull";
        let response = read_all(answer).await.unwrap();
        assert_eq!((response.status, response.length), (200, 4));
        assert_eq!(response.cookie.as_deref(), Some("a=b"));
    }

    #[tokio::test]
    async fn a_chunked_body_is_read() {
        let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nnull\r\n0\r\n\r\n";
        assert_eq!(read_all(answer).await.unwrap().length, 14);
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_an_error() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nnull";
        assert!(read_all(answer).await.is_err());
    }
}
