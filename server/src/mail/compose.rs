//! Puts a mail into the form of RFC 5322. Names, addresses and subjects are data here: they are encoded, never pasted.

use std::time::SystemTime;

use authbackend_crds::auth::{Mail, Mailbox};
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox as Header, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

use super::catalog::{Rendered, one_line};

/// Who mails come from.
pub(super) struct Sender {
    from: Header,
    reply_to: Option<Header>,
}

/// A mail in the form in which relays take it.
pub(super) struct Composed {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

/// What stands in the way.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// `mail.from` or `mail.replyTo`.
    #[error("mail.{0} is no address")]
    Setting(&'static str),
    /// The address of the recipient.
    #[error("the recipient's address is none")]
    Recipient,
    /// Something else.
    #[error("the mail cannot be written: {0}")]
    Other(#[from] lettre::error::Error),
}

impl Sender {
    pub(super) fn new(settings: &Mail) -> Result<Self, ComposeError> {
        let from = settings.from.as_deref().unwrap_or_default();
        let reply_to = settings.reply_to.as_deref();
        Ok(Self {
            from: header(from).ok_or(ComposeError::Setting("from"))?,
            reply_to: reply_to
                .map(|text| header(text).ok_or(ComposeError::Setting("replyTo")))
                .transpose()?,
        })
    }

    /// A mail to the address `to`. `message_id` stays the same over all attempts, so that a mail that arrives twice
    /// is seen to be one.
    pub(super) fn compose(
        &self,
        to: &str,
        message_id: &str,
        mail: &Rendered,
    ) -> Result<Composed, ComposeError> {
        let to: Address = to.parse().map_err(|_| ComposeError::Recipient)?;
        let message_id = format!("<{message_id}@{}>", self.from.email.domain());
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Header::new(None, to))
            .subject(one_line(&mail.subject))
            .message_id(Some(message_id))
            .date(SystemTime::now())
            // Keeps out-of-office replies away (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        let body = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
        let message = message.multipart(body)?;
        Ok(Composed {
            envelope: message.envelope().clone(),
            bytes: message.formatted(),
        })
    }
}

fn header(text: &str) -> Option<Header> {
    let Mailbox { name, address } = Mailbox::parse(text)?;
    Some(Header::new(name, address.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn composed(from: &str, to: &str, subject: &str) -> Result<String, ComposeError> {
        let settings = Mail {
            from: Some(from.to_owned()),
            ..Mail::default()
        };
        let mail = Rendered {
            subject: subject.to_owned(),
            text: "Grüße".to_owned(),
            html: "<p>Grüße".to_owned(),
        };
        let composed = Sender::new(&settings)?.compose(to, "msg_1", &mail)?;
        Ok(String::from_utf8(composed.bytes).unwrap())
    }

    /// The headers of the mail itself, unfolded.
    fn headers(mail: &str) -> Vec<String> {
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        unfolded.split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_mail_names_its_sender_and_its_recipient() {
        let mail = composed("Shop <no-reply@shop.example>", "ann@shop.example", "Hi").unwrap();
        let headers = headers(&mail);
        for header in [
            "From: Shop <no-reply@shop.example>",
            "To: ann@shop.example",
            "Subject: Hi",
            "Message-ID: <msg_1@shop.example>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(
                headers.iter().any(|known| known == header),
                "{header}: {headers:?}"
            );
        }
        assert!(mail.contains("multipart/alternative"));
    }

    #[test]
    fn text_beyond_ascii_is_encoded_so_that_every_relay_takes_it() {
        let mail = composed("Großhandel <a@shop.example>", "ann@shop.example", "Grüße").unwrap();
        assert!(mail.is_ascii(), "{mail}");
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        for to in [
            "",
            "ann",
            "ann@shop.example\r\nBcc: all@shop.example",
            "a b@shop.example",
        ] {
            let refused = composed("a@shop.example", to, "Hi");
            assert!(matches!(refused, Err(ComposeError::Recipient)), "{to:?}");
        }
    }

    proptest! {
        #[test]
        fn no_subject_makes_a_header(subject in any::<String>()) {
            let names = |mail: &str| -> Vec<String> {
                headers(mail).iter().map(|header| header.split(':').next().unwrap().to_owned()).collect()
            };
            let plain = composed("a@shop.example", "ann@shop.example", "Hi").unwrap();
            let mail = composed("a@shop.example", "ann@shop.example", &subject).unwrap();
            prop_assert_eq!(names(&mail), names(&plain));
        }

        #[test]
        fn no_name_makes_a_header(name in any::<String>()) {
            let from = format!("{name} <a@shop.example>");
            if let Ok(mail) = composed(&from, "ann@shop.example", "Hi") {
                prop_assert_eq!(headers(&mail).iter().filter(|header| header.starts_with("From:")).count(), 1);
                prop_assert!(headers(&mail).iter().all(|header| !header.starts_with("Bcc")));
            }
        }
    }
}
