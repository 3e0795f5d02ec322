//! What goes out: the HTTP client, the address, and the body of a round. Absent on purpose: reading (see attempt.rs), and
//! cutting the history, which the caller does because it knows what must stay.

use reqwest::{
    Client, RequestBuilder,
    header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue},
};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::{
    messages::{Call, Message, ToolDefinition},
    settings::ModelSettings,
};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The key cannot be sent: it has characters that no header may have, such as a line break.
    #[error("the API key has characters that cannot be sent")]
    Key,
    /// No HTTP client can be made, for example without any CA certificate for an https address.
    #[error("the HTTP client for the model cannot be made")]
    Client(#[source] reqwest::Error),
}

/// A client that speaks to this model and to nobody else: it carries the key in every request and follows no redirect.
pub(super) fn client(settings: &ModelSettings) -> Result<Client, ModelError> {
    let bearer = format!("Bearer {}", settings.api_key.expose_secret());
    let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| ModelError::Key)?;
    bearer.set_sensitive(true);
    let headers = HeaderMap::from_iter([
        (AUTHORIZATION, bearer),
        (ACCEPT, HeaderValue::from_static("text/event-stream, application/json")),
        // Compression holds back what a stream should show at once.
        (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
    ]);
    let mut builder = Client::builder()
        .default_headers(headers)
        .connect_timeout(settings.patience.connect)
        .redirect(reqwest::redirect::Policy::none());
    if settings.base_url.scheme() != "https" {
        // Without TLS no certificate is needed, and an image without any must not refuse to start. It is a neighbour,
        // too, and a proxy for the way out would only get between.
        builder = builder.tls_certs_only([]).no_proxy();
    }
    builder.build().map_err(ModelError::Client)
}

/// `…/chat/completions` behind the base address; a query in it, as some providers want, stays.
pub(super) fn address(base: &Url) -> Url {
    let mut address = base.clone();
    let path = format!("{}/chat/completions", base.path().trim_end_matches('/'));
    address.set_path(&path);
    address
}

/// One round's request, with the trace of the request that it serves.
pub(super) fn round(client: &Client, address: &Url, body: &Body<'_>) -> RequestBuilder {
    client.post(address.clone()).headers(telemetry::http::current_trace_headers()).json(body)
}

#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    temperature: f64,
    max_tokens: u32,
    stream: bool,
    stream_options: StreamOptions,
}

impl<'a> Body<'a> {
    pub(super) fn new(settings: &'a ModelSettings, messages: &'a [Message], tools: &'a [ToolDefinition]) -> Self {
        Self {
            model: &settings.model,
            messages: messages.iter().map(WireMessage::from).collect(),
            tools: tools.iter().map(Tool::from).collect(),
            // Servers refuse a choice without tools.
            tool_choice: (!tools.is_empty()).then_some("auto"),
            temperature: settings.temperature,
            max_tokens: settings.max_tokens,
            stream: true,
            stream_options: StreamOptions { include_usage: true },
        }
    }
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", content = "function", rename_all = "lowercase")]
enum Tool<'a> {
    Function { name: &'a str, description: &'a str, parameters: &'a Value },
}

impl<'a> From<&'a ToolDefinition> for Tool<'a> {
    fn from(tool: &'a ToolDefinition) -> Self {
        Self::Function { name: tool.name, description: tool.description, parameters: &tool.parameters }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", content = "function", rename_all = "lowercase")]
enum CallFunction<'a> {
    Function { name: &'a str, arguments: &'a str },
}

#[derive(Serialize)]
struct WireCall<'a> {
    id: &'a str,
    #[serde(flatten)]
    function: CallFunction<'a>,
}

impl<'a> From<&'a Call> for WireCall<'a> {
    fn from(call: &'a Call) -> Self {
        Self { id: &call.id, function: CallFunction::Function { name: &call.name, arguments: &call.arguments } }
    }
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum WireMessage<'a> {
    System {
        content: &'a str,
    },
    User {
        content: &'a str,
    },
    Assistant {
        /// Null when there are only calls.
        content: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<WireCall<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: &'a str,
    },
}

impl<'a> From<&'a Message> for WireMessage<'a> {
    fn from(message: &'a Message) -> Self {
        match message {
            Message::System(content) => Self::System { content },
            Message::User(content) => Self::User { content },
            Message::Assistant { text, calls } => Self::Assistant {
                content: Some(text.as_str()).filter(|text| !text.is_empty() || calls.is_empty()),
                tool_calls: calls.iter().map(WireCall::from).collect(),
            },
            Message::Tool { call_id, content } => Self::Tool { tool_call_id: call_id, content },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_base_and_the_path_of_the_protocol() {
        for (base, expected) in [
            ("https://host/v1", "https://host/v1/chat/completions"),
            ("https://host/v1/", "https://host/v1/chat/completions"),
            ("http://host:8080", "http://host:8080/chat/completions"),
            ("http://host:8080/", "http://host:8080/chat/completions"),
            ("https://host/a/b//?api-version=1", "https://host/a/b/chat/completions?api-version=1"),
        ] {
            assert_eq!(address(&Url::parse(base).unwrap()).as_str(), expected);
        }
    }

    #[test]
    fn a_client_is_made_with_and_without_tls_but_not_with_a_broken_key() {
        let made = |base: &str, key: &str| {
            client(&ModelSettings {
                base_url: Url::parse(base).unwrap(),
                api_key: key.into(),
                model: String::new(),
                temperature: 0.0,
                max_tokens: 1,
                patience: Default::default(),
            })
        };
        assert!(made("http://127.0.0.1:1", "key").is_ok());
        assert!(made("https://127.0.0.1:1", "key").is_ok());
        let error = made("http://127.0.0.1:1", "secret\nkey").unwrap_err();
        assert_eq!(error.to_string(), "the API key has characters that cannot be sent");
    }
}
