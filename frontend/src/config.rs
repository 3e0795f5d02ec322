//! The settings of the frontend. The only file that reads the environment; tests hand in a map instead.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use telemetry::env::{Env, EnvError};
use telemetry::serve::Grace;
use telemetry::{Service, Settings};
use url::Url;

/// Where to listen for browsers and probes.
pub const LISTEN_ADDR: &str = "LISTEN_ADDR";
/// Where the backend is.
pub const BACKEND_URL: &str = "BACKEND_URL";
/// Seconds to wait for the backend. A little more than it gives itself, so that its own honest answer gets through.
pub const BACKEND_TIMEOUT_SECONDS: &str = "BACKEND_TIMEOUT_SECONDS";
/// Whether cookies travel over HTTPS only.
pub const COOKIE_SECURE: &str = "COOKIE_SECURE";
/// Seconds to go on serving after SIGTERM, while load balancers notice.
pub const SHUTDOWN_DELAY_SECONDS: &str = "SHUTDOWN_DELAY_SECONDS";
/// Seconds that open requests get to end.
pub const SHUTDOWN_GRACE_SECONDS: &str = "SHUTDOWN_GRACE_SECONDS";

/// Who speaks in logs, metrics and traces.
pub const SERVICE: Service = Service { name: "todo-frontend", version: env!("CARGO_PKG_VERSION") };

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen for browsers and probes.
    pub listen: SocketAddr,
    /// Where the backend is.
    pub backend: BackendUrl,
    /// How long a page waits for the backend.
    pub backend_timeout: Duration,
    /// Whether cookies travel over HTTPS only.
    pub cookie_secure: bool,
    /// How long the steps of a shutdown may take.
    pub grace: Grace,
    /// Logs, metrics and traces.
    pub telemetry: Settings,
}

impl Config {
    /// Reads the environment of the process.
    pub fn from_environment() -> Result<Self, EnvError> {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
        // What is no UTF-8 keeps its marks of replacement, so that it is a wrong value and not an absent one.
        Self::from_lookup(&|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads settings from anywhere, and reports all mistakes together.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        let mut env = Env::new(lookup);
        let telemetry = Settings::read(&mut env, SERVICE);
        let production = telemetry.is_production();
        let everywhere = SocketAddr::from(([0, 0, 0, 0], 3000));
        let config = Self {
            listen: env.parse_or(LISTEN_ADDR, everywhere, "an address such as 0.0.0.0:3000"),
            backend: backend(&mut env),
            backend_timeout: env.seconds(BACKEND_TIMEOUT_SECONDS, 12, 1..=3600),
            cookie_secure: env.parse_or(COOKIE_SECURE, production, "true or false"),
            grace: Grace {
                keep_serving: env.seconds(SHUTDOWN_DELAY_SECONDS, if production { 5 } else { 0 }, 0..=3600),
                drain: env.seconds(SHUTDOWN_GRACE_SECONDS, 20, 0..=3600),
            },
            telemetry,
        };
        env.finish(config)
    }
}

/// A wrong address may contain a password, so the mistake does not repeat it.
fn backend(env: &mut Env<'_>) -> BackendUrl {
    let address = env.text(BACKEND_URL).map(|text| text.parse());
    address.unwrap_or_else(|| Ok(BackendUrl::default())).unwrap_or_else(|NotABackendUrl| {
        env.mistake(BACKEND_URL, "is not an address such as http://todo-backend:8000, without credentials and query");
        BackendUrl::default()
    })
}

/// Scheme, host, port and, behind a gateway, a path; never a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendUrl(String);

/// The text is not the address of a server.
#[derive(Debug, PartialEq, Eq)]
pub struct NotABackendUrl;

impl BackendUrl {
    /// The address of a path of the backend.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether calls to it need certificates.
    pub fn uses_tls(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl Default for BackendUrl {
    fn default() -> Self {
        Self("http://127.0.0.1:8000".to_owned())
    }
}

impl FromStr for BackendUrl {
    type Err = NotABackendUrl;

    fn from_str(text: &str) -> Result<Self, NotABackendUrl> {
        let url = Url::parse(text).map_err(|_| NotABackendUrl)?;
        let plain = url.username().is_empty() && url.password().is_none();
        let bare = url.query().is_none() && url.fragment().is_none();
        if !(matches!(url.scheme(), "http" | "https") && url.has_host() && plain && bare) {
            return Err(NotABackendUrl);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for BackendUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{BackendUrl, NotABackendUrl};

    #[test]
    fn a_backend_is_a_server_with_or_without_a_path() {
        for (text, tasks) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000/api/tasks"),
            ("http://todo-backend:8000/", "http://todo-backend:8000/api/tasks"),
            ("https://example.com/todo/", "https://example.com/todo/api/tasks"),
        ] {
            assert_eq!(text.parse::<BackendUrl>().unwrap().join("/api/tasks"), tasks);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["todo-backend:8000", "ftp://host", "http://", "http://user:secret@host", "http://host/?a=b"] {
            assert_eq!(text.parse::<BackendUrl>(), Err(NotABackendUrl), "{text}");
        }
    }
}
