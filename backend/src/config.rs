//! The settings, each with its default, read through a lookup so that tests pass a map. The only file that reads the
//! environment. Every mistake is reported in one message; no message repeats a secret.

use std::{net::SocketAddr, ops::RangeInclusive, time::Duration};

use axum::http::{HeaderValue, Uri, uri::Authority};
use rand::RngExt as _;
use secrecy::{ExposeSecret, SecretString};
pub use telemetry::env::EnvError;
use telemetry::{Service, env::Env, serve::Grace};
use url::Url;

use crate::{
    assistant::{
        AssistantSettings,
        mcp::McpSettings,
        model::{ModelSettings, Patience},
    },
    database::DatabaseSettings,
    limits::{LimitSettings, Network},
};

const PROGRAM: Service = Service { name: "todo-backend", version: env!("CARGO_PKG_VERSION") };

/// HS256 keys shorter than the hash itself can be guessed with the hash as the only obstacle (RFC 7518, 3.2).
const JWT_SECRET_CHARACTERS: usize = 32;

/// Every variable that is read, telemetry's own included.
pub const NAMES: [&str; 30] = [
    "LISTEN_ADDR",
    "DATABASE_URL",
    "DATABASE_MAX_CONNECTIONS",
    "JWT_SECRET",
    "CORS_ORIGINS",
    "API_VERSION",
    "MAX_CONCURRENT_REQUESTS",
    "REQUESTS_PER_MINUTE",
    "LOGINS_PER_MINUTE",
    "CHAT_MESSAGES_PER_MINUTE",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "OPENAI_AGENT_MODEL",
    "AGENT_TEMPERATURE",
    "AGENT_MAX_TOKENS",
    "AGENT_MAX_HISTORY",
    "MCP_ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "REQUEST_TIMEOUT_SECONDS",
    "SHUTDOWN_DELAY_SECONDS",
    "SHUTDOWN_GRACE_SECONDS",
    "ENVIRONMENT",
    "LOG_LEVEL",
    "LOKI_URL",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_TRACES_SAMPLER_ARG",
    "POD_NAME",
    "POD_NAMESPACE",
    "CLUSTER_NAME",
];

/// Everything that can be set.
#[derive(Clone)]
pub struct Config {
    /// `LISTEN_ADDR`, 0.0.0.0:8000.
    pub listen: SocketAddr,
    /// `DATABASE_URL`, sqlite:todo.db, and `DATABASE_MAX_CONNECTIONS`, 8: ten replicas stay below a server's usual 100.
    pub database: DatabaseSettings,
    /// `JWT_SECRET`; outside of production a random one when unset.
    pub jwt_secret: SecretString,
    /// Nobody set the secret: tokens end with the process, and no other replica accepts them.
    pub jwt_secret_is_random: bool,
    /// `CORS_ORIGINS`, none: the origins whose pages may call the API, separated by commas, or `*`.
    pub cors_origins: CorsOrigins,
    /// `API_VERSION`, the program's own: shown by the probes and the OpenAPI document.
    pub api_version: String,
    /// `MAX_CONCURRENT_REQUESTS`, `REQUESTS_PER_MINUTE`, `LOGINS_PER_MINUTE`, `CHAT_MESSAGES_PER_MINUTE` and `TRUSTED_PROXIES`.
    pub limits: LimitSettings,
    /// `OPENAI_API_KEY`, none; `OPENAI_BASE_URL`, https://api.openai.com/v1; `OPENAI_MODEL` (or `OPENAI_AGENT_MODEL`),
    /// gpt-4o-mini; `AGENT_TEMPERATURE`, 0.7; `AGENT_MAX_TOKENS`, 500; `AGENT_MAX_HISTORY`, 10; `MCP_ALLOWED_HOSTS`,
    /// this machine's own names.
    pub assistant: AssistantSettings,
    /// `REQUEST_TIMEOUT_SECONDS`, 10: what takes longer is given up.
    pub request_timeout: Duration,
    /// `SHUTDOWN_DELAY_SECONDS`, 5 in production and else 0, and `SHUTDOWN_GRACE_SECONDS`, 20.
    pub grace: Grace,
    /// Only the benchmark that measures what instrumentation costs switches it off.
    pub instrumented: bool,
    /// `ENVIRONMENT`, `LOG_LEVEL`, `LOKI_URL`, `OTEL_EXPORTER_OTLP_ENDPOINT` and the rest of telemetry's own.
    pub telemetry: telemetry::Settings,
}

/// Whose pages may call the API from a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
    /// Everybody's. Harmless as far as browsers go: tokens travel in a header that no browser adds by itself.
    Any,
    /// These and no others.
    Only(Vec<HeaderValue>),
}

impl Config {
    /// Reads the process' environment.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn from_environment() -> Result<Self, EnvError> {
        let lookup = |name: &str| std::env::var_os(name)?.into_string().ok();
        let mut env = Env::new(&lookup);
        for name in NAMES {
            if std::env::var_os(name).is_some_and(|value| value.to_str().is_none()) {
                env.mistake(name, "is not text in UTF-8");
            }
        }
        Self::read(env)
    }

    /// Reads whatever `lookup` knows.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        Self::read(Env::new(lookup))
    }

    fn read(mut env: Env<'_>) -> Result<Self, EnvError> {
        let telemetry = telemetry::Settings::read(&mut env, PROGRAM);
        let production = telemetry.is_production();
        let (jwt_secret, jwt_secret_is_random) = jwt_secret(&mut env, production);
        let database = database(&mut env);
        let config = Self {
            listen: env.parse_or(
                "LISTEN_ADDR",
                SocketAddr::from(([0, 0, 0, 0], 8000)),
                "an address such as 0.0.0.0:8000",
            ),
            jwt_secret,
            jwt_secret_is_random,
            cors_origins: cors_origins(&mut env),
            api_version: env.text_or("API_VERSION", PROGRAM.version),
            limits: limits(&mut env),
            assistant: assistant(&mut env),
            request_timeout: env.seconds("REQUEST_TIMEOUT_SECONDS", 10, 1..=3600),
            grace: Grace {
                keep_serving: env.seconds("SHUTDOWN_DELAY_SECONDS", if production { 5 } else { 0 }, 0..=3600),
                drain: env.seconds("SHUTDOWN_GRACE_SECONDS", 20, 0..=3600),
            },
            instrumented: true,
            database,
            telemetry,
        };
        env.finish(config)
    }
}

fn jwt_secret(env: &mut Env<'_>, production: bool) -> (SecretString, bool) {
    const NAME: &str = "JWT_SECRET";
    match env.secret(NAME) {
        Some(secret) => {
            if secret.expose_secret().chars().count() < JWT_SECRET_CHARACTERS {
                env.mistake(NAME, format_args!("has fewer than {JWT_SECRET_CHARACTERS} characters"));
            }
            (secret, false)
        }
        None => {
            if production {
                env.mistake(NAME, "is not set, and with ENVIRONMENT=production there is no default");
            }
            let random: [u8; 32] = rand::rng().random();
            (random.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(), true)
        }
    }
}

fn database(env: &mut Env<'_>) -> DatabaseSettings {
    const NAME: &str = "DATABASE_URL";
    let max_connections = env.parse_or("DATABASE_MAX_CONNECTIONS", 8_u32, "a number of connections");
    if !(1..=1000).contains(&max_connections) {
        env.mistake("DATABASE_MAX_CONNECTIONS", "is not between 1 and 1000");
    }
    let file = DatabaseSettings::file("todo.db", max_connections);
    let Some(url) = env.secret(NAME) else { return file };
    DatabaseSettings::parse(url.expose_secret().trim(), max_connections).unwrap_or_else(|error| {
        env.mistake(NAME, error);
        file
    })
}

fn limits(env: &mut Env<'_>) -> LimitSettings {
    LimitSettings {
        concurrent_requests: env.parse_or("MAX_CONCURRENT_REQUESTS", 256, "a number of requests, or 0 for no limit"),
        requests_per_minute: env.parse_or("REQUESTS_PER_MINUTE", 600, "a number of requests, or 0 for no limit"),
        logins_per_minute: env.parse_or("LOGINS_PER_MINUTE", 20, "a number of log-ins, or 0 for no limit"),
        chat_messages_per_minute: env.parse_or(
            "CHAT_MESSAGES_PER_MINUTE",
            10,
            "a number of messages, or 0 for no limit",
        ),
        trusted_proxies: list(
            env,
            "TRUSTED_PROXIES",
            |entry| entry.parse::<Network>().ok(),
            "a network such as 10.0.0.0/8",
        ),
    }
}

/// The rest is read, and its mistakes told, also without a key: who sets a key later should not find them then.
fn assistant(env: &mut Env<'_>) -> AssistantSettings {
    const URL: &str = "OPENAI_BASE_URL";
    const TEMPERATURE: &str = "AGENT_TEMPERATURE";
    let base_url = match Url::parse(&env.text_or(URL, "https://api.openai.com/v1")) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) && url.host().is_some() => Some(url),
        _ => {
            env.mistake(URL, "is not an address such as https://api.openai.com/v1");
            None
        }
    };
    let temperature = env.parse_or(TEMPERATURE, 0.7_f64, "a number such as 0.7");
    if !(0.0..=2.0).contains(&temperature) {
        env.mistake(TEMPERATURE, "is not between 0 and 2");
    }
    let max_tokens = ranged(env, "AGENT_MAX_TOKENS", 500_u32, 1..=32_768);
    let max_history = ranged(env, "AGENT_MAX_HISTORY", 10_u8, 0..=100);
    let alias = env.text_or("OPENAI_AGENT_MODEL", "gpt-4o-mini");
    let model = env.text_or("OPENAI_MODEL", &alias);
    // The name becomes a label of metrics.
    if model.len() > 64 || !model.bytes().all(|byte| byte.is_ascii_graphic()) {
        env.mistake("OPENAI_MODEL", "has more than 64 characters, or others than visible ASCII");
    }
    let key = env.secret("OPENAI_API_KEY");
    let settings = key.zip(base_url).map(|(api_key, base_url)| ModelSettings {
        base_url,
        api_key,
        model,
        temperature,
        max_tokens,
        patience: Patience::default(),
    });
    let allowed_hosts = mcp_hosts(env);
    AssistantSettings { model: settings, max_history, mcp: McpSettings { allowed_hosts } }
}

/// Without a setting only programs on the same machine get in, whatever address the server listens on.
fn mcp_hosts(env: &mut Env<'_>) -> Vec<String> {
    const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];
    let host = |entry: &str| entry.parse::<Authority>().is_ok_and(|host| !host.as_str().contains('@'));
    let read = |entry: &str| host(entry).then(|| entry.to_ascii_lowercase());
    let named = list(env, "MCP_ALLOWED_HOSTS", read, "a host such as todo.example or todo.example:8000");
    LOCAL.into_iter().map(str::to_owned).chain(named).collect()
}

fn ranged<T: PartialOrd + std::fmt::Display + std::str::FromStr>(
    env: &mut Env<'_>,
    name: &'static str,
    default: T,
    range: RangeInclusive<T>,
) -> T {
    let value = env.parse_or(name, default, "a whole number");
    if !range.contains(&value) {
        env.mistake(name, format_args!("is not between {} and {}", range.start(), range.end()));
    }
    value
}

fn cors_origins(env: &mut Env<'_>) -> CorsOrigins {
    const NAME: &str = "CORS_ORIGINS";
    match env.text(NAME).as_deref() {
        Some("*") => CorsOrigins::Any,
        _ => CorsOrigins::Only(list(env, NAME, origin, "an origin such as https://todo.example")),
    }
}

/// An origin as browsers send it: scheme, host and perhaps a port, nothing behind them.
fn origin(text: &str) -> Option<HeaderValue> {
    let text = text.trim_end_matches('/').to_ascii_lowercase();
    let uri: Uri = text.parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    let complete = format!("{scheme}://{authority}");
    (complete == text).then(|| HeaderValue::from_str(&complete).ok()).flatten()
}

fn list<T>(env: &mut Env<'_>, name: &'static str, read: impl Fn(&str) -> Option<T>, expectation: &str) -> Vec<T> {
    let text = env.text_or(name, "");
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let mut values = Vec::new();
    for (index, entry) in entries.enumerate() {
        match read(entry) {
            Some(value) => values.push(value),
            None => env.mistake(name, format_args!("has an entry (number {}) that is not {expectation}", index + 1)),
        }
    }
    values
}
