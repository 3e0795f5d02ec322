//! How a monitoring program is asked: at its address, or through the API server's proxy of its Service, which works wherever the
//! kubeconfig does. Absent on purpose: what is asked.

use std::fmt;

use reqwest::Client;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::api::cause;

/// The way to one program.
#[derive(Clone)]
pub enum Way {
    /// At an address that was named.
    Direct { http: Client, base: String },
    /// `namespace/name` and port of a Service.
    Proxied { client: kube::Client, service: String, port: String },
}

impl Way {
    pub fn direct(http: &Client, url: &Url) -> Self {
        Self::Direct { http: http.clone(), base: url.as_str().trim_end_matches('/').to_owned() }
    }

    /// Asks and reads the answer, which must be JSON; the error says why there is none.
    pub async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
        let text = match self {
            Self::Direct { http, base } => {
                let answer = http.get(format!("{base}{path}?{query}")).send().await.map_err(|error| cause(&error))?;
                let status = answer.status();
                let text = answer.text().await.map_err(|error| cause(&error))?;
                if !status.is_success() {
                    return Err(refusal(status.as_u16(), &text));
                }
                text
            }
            Self::Proxied { client, service, port } => {
                let (namespace, name) = service.split_once('/').unwrap_or_default();
                let proxy = format!("/api/v1/namespaces/{namespace}/services/http:{name}:{port}/proxy");
                let request = http::Request::get(format!("{proxy}{path}?{query}")).body(Vec::new());
                let request = request.map_err(|error| error.to_string())?;
                client.request_text(request).await.map_err(|error| match error {
                    // What is no answer of the API server itself comes in its message.
                    kube::Error::Api(status) => refusal(status.code, &status.message),
                    other => cause(&other),
                })?
            }
        };
        serde_json::from_str(&text).map_err(|_| format!("its answer is no JSON: {}", first_line(&text)))
    }
}

impl fmt::Display for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct { base, .. } => formatter.write_str(base),
            Self::Proxied { service, .. } => write!(formatter, "the Service {service}"),
        }
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Way({self})")
    }
}

/// What a refusal says: Prometheus explains itself in JSON, Loki and a proxy in plain text.
fn refusal(status: u16, text: &str) -> String {
    let told: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let told = told["error"].as_str().or(told["message"].as_str()).unwrap_or(text);
    format!("status {status}: {}", first_line(told))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn a_refusal_is_told_in_its_own_words() {
        let prometheus = r#"{"status":"error","errorType":"bad_data","error":"parse error: unexpected end of input"}"#;
        assert_eq!(refusal(400, prometheus), "status 400: parse error: unexpected end of input");
        assert_eq!(refusal(503, "no endpoints available\nfor service"), "status 503: no endpoints available");
    }
}
