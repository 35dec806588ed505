//! A network that repeats what better-auth's code was answered, for tests.

use std::sync::Mutex;

use hyper::{StatusCode, header::HeaderMap};
use serde_json::{Map, Value, json};

use super::transport::{Call, Transport};
use crate::outbound::{Answer, OutboundError};

/// Answers in their order, and keeps what it was asked.
pub struct Recorded {
    answers: Mutex<Vec<Value>>,
    asked: Mutex<Vec<Value>>,
}

impl Recorded {
    pub fn new(answers: &Value) -> Self {
        let mut answers = answers.as_array().cloned().unwrap_or_default();
        answers.reverse();
        Self {
            answers: Mutex::new(answers),
            asked: Mutex::default(),
        }
    }

    /// What it was asked, in the form of the golden files.
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }
}

impl Transport for Recorded {
    async fn send(&self, call: Call) -> Result<Answer, OutboundError> {
        let headers: Map<_, _> = call
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), Value::from(value.as_str())))
            .collect();
        self.asked.lock().unwrap().push(json!({
            "method": call.method.as_str(),
            "url": call.url,
            "headers": headers,
            "body": if call.body.is_empty() { Value::Null } else { Value::from(call.body) },
        }));
        let answer = self
            .answers
            .lock()
            .unwrap()
            .pop()
            .expect("no answer is left");
        let status = answer["status"].as_u64().unwrap_or(200);
        let body = if let Some(bytes) = answer["bytes"].as_str() {
            bytes.to_owned()
        } else if answer["status"].is_u64() {
            answer["body"].to_string()
        } else {
            answer.to_string()
        };
        Ok(Answer {
            status: StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap(),
            headers: HeaderMap::new(),
            body: body.into(),
        })
    }
}

/// `requests` in a form in which two that mean the same are equal: URLs decoded, and the white space of GraphQL gone;
/// the caller's name is its own.
pub fn normal(requests: &[Value]) -> Vec<Value> {
    let mut requests = requests.to_vec();
    for request in &mut requests {
        let url = request["url"].as_str().unwrap();
        let url = percent_encoding::percent_decode_str(url)
            .decode_utf8()
            .unwrap()
            .into_owned();
        request["url"] = Value::from(url);
        if let Some(headers) = request["headers"].as_object_mut() {
            headers.remove("user-agent");
        }
        if let Some(body) = request["body"]
            .as_str()
            .filter(|body| body.starts_with('{'))
        {
            let query: Value = serde_json::from_str(body).unwrap();
            let words: Vec<_> = query["query"]
                .as_str()
                .unwrap()
                .split_whitespace()
                .collect();
            request["body"] = Value::from(words.join(" "));
        }
    }
    requests
}
