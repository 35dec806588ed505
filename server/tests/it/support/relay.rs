//! A mail relay: SMTP with STARTTLS, TLS from the start, AUTH, and the refusals and silences of real ones.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, KeyPair};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// A mail that the relay has taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Headers and body, as they were sent.
    pub(crate) data: String,
    /// Whether the connection was encrypted.
    pub(crate) is_encrypted: bool,
    /// Who had signed in.
    pub(crate) user: Option<String>,
}

/// What the relay does with mails.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Mood {
    /// Takes them.
    #[default]
    Willing,
    /// Answers `RCPT` with this.
    Refusing(&'static str),
    /// Takes a mail and says nothing any more.
    Silent,
}

/// How the relay is reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Encryption {
    None,
    Starttls,
    Implicit,
}

/// A relay on a port of its own.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    /// The certificate authority that its certificate comes from: itself (PEM).
    pub(crate) authority: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    encryption: Encryption,
    tls: TlsAcceptor,
    /// User and password, if it asks for them.
    credentials: Mutex<Option<(String, String)>>,
    mood: Mutex<Mood>,
    taken: Mutex<Vec<Taken>>,
    connections: AtomicUsize,
}

impl Relay {
    pub(crate) async fn start(encryption: Encryption) -> Self {
        let (tls, authority) = tls();
        let state = Arc::new(State {
            encryption,
            tls,
            credentials: Mutex::default(),
            mood: Mutex::default(),
            taken: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let state = Arc::clone(&shared);
                // A client that hangs up in the middle is no failure of the relay.
                tokio::spawn(async move { state.serve(stream).await.unwrap_or_default() });
            }
        });
        Self {
            address,
            authority,
            state,
            task,
        }
    }

    /// Lets nobody send who does not sign in.
    pub(crate) fn ask_for(&self, user: &str, password: &str) {
        *self.state.credentials.lock().unwrap() = Some((user.to_owned(), password.to_owned()));
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state.taken.lock().unwrap().clone()
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A certificate for localhost and its address.
fn tls() -> (TlsAcceptor, String) {
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), certificate.pem())
}

/// What a client has said so far.
#[derive(Default)]
struct Talk {
    is_encrypted: bool,
    user: Option<String>,
    from: String,
    to: Vec<String>,
}

/// What became of a conversation.
enum End {
    Over,
    /// The client wants to go on encrypted.
    Starttls,
}

impl State {
    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        if self.encryption == Encryption::Implicit {
            let mut stream = BufReader::new(self.tls.accept(stream).await?);
            self.greet(&mut stream).await?;
            return self.converse(&mut stream, true).await.map(drop);
        }
        let mut stream = BufReader::new(stream);
        self.greet(&mut stream).await?;
        if let End::Starttls = self.converse(&mut stream, false).await? {
            let stream = self.tls.accept(stream.into_inner()).await?;
            self.converse(&mut BufReader::new(stream), true).await?;
        }
        Ok(())
    }

    async fn greet(&self, stream: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
        say(stream, "220 relay.test ESMTP").await
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
        is_encrypted: bool,
    ) -> std::io::Result<End> {
        let mut talk = Talk {
            is_encrypted,
            ..Talk::default()
        };
        while let Some(line) = hear(stream).await? {
            let verb = line.split(' ').next().unwrap_or_default();
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    let starttls = self.encryption == Encryption::Starttls && !is_encrypted;
                    let more = if starttls { "250-STARTTLS\r\n" } else { "" };
                    let answer =
                        format!("250-relay.test\r\n{more}250-8BITMIME\r\n250 AUTH PLAIN LOGIN");
                    say(stream, &answer).await?;
                }
                "STARTTLS" => {
                    say(stream, "220 go ahead").await?;
                    return Ok(End::Starttls);
                }
                "DATA" => self.take(stream, &mut talk).await?,
                "QUIT" => {
                    say(stream, "221 bye").await?;
                    break;
                }
                verb => say(stream, self.answer(verb, &line, &mut talk)).await?,
            }
        }
        Ok(End::Over)
    }

    /// The answer to a command of one line.
    fn answer(&self, verb: &str, line: &str, talk: &mut Talk) -> &'static str {
        match verb {
            "AUTH" => {
                talk.user = self.signed_in(line);
                match talk.user {
                    Some(_) => "235 welcome",
                    None => "535 5.7.8 wrong password",
                }
            }
            "MAIL" if self.credentials.lock().unwrap().is_some() && talk.user.is_none() => {
                "530 5.7.0 sign in first"
            }
            "MAIL" => {
                talk.from = address(line);
                "250 ok"
            }
            "RCPT" => match *self.mood.lock().unwrap() {
                Mood::Refusing(answer) => answer,
                Mood::Willing | Mood::Silent => {
                    talk.to.push(address(line));
                    "250 ok"
                }
            },
            "NOOP" | "RSET" => "250 ok",
            _ => "500 unknown",
        }
    }

    async fn take<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
        talk: &mut Talk,
    ) -> std::io::Result<()> {
        say(stream, "354 go ahead").await?;
        let data = hear_data(stream).await?;
        let mood = *self.mood.lock().unwrap();
        self.taken.lock().unwrap().push(Taken {
            from: talk.from.clone(),
            to: std::mem::take(&mut talk.to),
            data,
            is_encrypted: talk.is_encrypted,
            user: talk.user.clone(),
        });
        if mood == Mood::Silent {
            std::future::pending::<()>().await;
        }
        say(stream, "250 2.0.0 taken").await
    }

    /// Who signs in with `AUTH PLAIN` and the right password (RFC 4616).
    fn signed_in(&self, line: &str) -> Option<String> {
        let given = line.strip_prefix("AUTH PLAIN ")?;
        let given = String::from_utf8(STANDARD.decode(given).ok()?).ok()?;
        let mut parts = given.split('\0').skip(1).map(str::to_owned);
        let given = (parts.next()?, parts.next()?);
        let expected = self.credentials.lock().unwrap().clone()?;
        (given == expected).then_some(given.0)
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await?;
    stream.flush().await
}

async fn hear(stream: &mut BufReader<impl AsyncRead + Unpin>) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await?;
    Ok((length > 0).then(|| line.trim_end().to_owned()))
}

/// The mail up to the line with a single dot, dots at the beginning of lines undone.
async fn hear_data(stream: &mut BufReader<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let start = line.find('<').map_or(0, |start| start + 1);
    let end = line.find('>').unwrap_or(line.len());
    line[start..end].to_owned()
}
