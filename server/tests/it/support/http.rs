//! A plain HTTP/1.1 client: what it sends is what the test says, byte for byte.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// The first header `name` (lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every header, in its order: its name in lower case, and its value.
    pub(crate) fn all_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.headers.iter();
        headers.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every header `name` (lower case).
    pub(crate) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A connection that is kept between requests.
pub(crate) struct Client {
    stream: TcpStream,
    /// What was read and belongs to the next answer.
    bytes: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> std::io::Result<Self> {
        Ok(Self {
            stream: TcpStream::connect(address).await?,
            bytes: Vec::new(),
        })
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads one answer; an error when the connection ends before.
    pub(crate) async fn answer(&mut self) -> std::io::Result<Answer> {
        let head_end = loop {
            if let Some(position) = find(&self.bytes, b"\r\n\r\n") {
                break position;
            }
            self.read_more().await?;
        };
        let head = String::from_utf8_lossy(&self.bytes[..head_end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .unwrap()
            .parse()
            .unwrap();
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
        let end = head_end + 4 + length;
        while self.bytes.len() < end {
            self.read_more().await?;
        }
        let body = String::from_utf8_lossy(&self.bytes[head_end + 4..end]).into_owned();
        self.bytes.drain(..end);
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    async fn read_more(&mut self) -> std::io::Result<()> {
        if self.stream.read_buf(&mut self.bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// The bytes of a request; `headers` end each with `\r\n`.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The bytes of a POST of JSON.
pub(crate) fn post(path: &str, body: &str) -> Vec<u8> {
    request("POST", path, "content-type: application/json\r\n", body)
}

/// One request on a connection of its own.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let mut client = Client::connect(address).await?;
    client.send(request).await?;
    client.answer().await
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> std::io::Result<Answer> {
    send(address, &request("GET", path, "", "")).await
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes
        .windows(pattern.len())
        .position(|window| window == pattern)
}
