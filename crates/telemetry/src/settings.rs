//! The settings that both servers share: what is logged, where copies of logs and traces go, and what names the source.

use std::str::FromStr;

use url::Url;

use crate::env::Env;

/// Which program this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// `todo-backend` or `todo-frontend`; stands in every log line and span.
    pub name: &'static str,
    /// The program's version.
    pub version: &'static str,
}

/// The least severe log lines that are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// Everything our code says, for hunting a fault.
    Debug,
    /// Life cycle and one line per request.
    #[default]
    Info,
    /// Something is degraded.
    Warning,
    /// Someone should look.
    Error,
}

/// What telemetry needs to know before it starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which program this is.
    pub service: Service,
    /// `development`, `staging`, `production` …; free text.
    pub environment: String,
    /// The least severe lines that are written.
    pub log_level: LogLevel,
    /// Loki's base address; `None` switches the push off.
    pub loki_url: Option<Url>,
    /// The OTLP collector's base address; `None` switches the export of traces off.
    pub otlp_endpoint: Option<Url>,
    /// The share of traces without a deciding parent that is recorded, 0 to 1.
    pub trace_sample_ratio: f64,
    /// The pod's name, when there is one.
    pub pod_name: Option<String>,
    /// The namespace label of pushed log lines.
    pub namespace: String,
    /// The cluster label of pushed log lines.
    pub cluster: String,
}

impl Settings {
    /// Reads them; mistakes stay in `env`.
    pub fn read(env: &mut Env<'_>, service: Service) -> Self {
        Self {
            service,
            environment: env.text_or("ENVIRONMENT", "development"),
            log_level: env.parse_or("LOG_LEVEL", LogLevel::default(), "DEBUG, INFO, WARNING or ERROR"),
            loki_url: address(env, "LOKI_URL", &["http"], "an http:// address; https needs a build with TLS for logs"),
            otlp_endpoint: address(env, "OTEL_EXPORTER_OTLP_ENDPOINT", &["http", "https"], "an http(s):// address"),
            trace_sample_ratio: ratio(env),
            pod_name: env.text("POD_NAME"),
            namespace: env.text_or("POD_NAMESPACE", "local"),
            cluster: env.text_or("CLUSTER_NAME", "local"),
        }
    }

    /// Whether defaults that are only fit for a developer's machine are refused.
    pub fn is_production(&self) -> bool {
        self.environment.eq_ignore_ascii_case("production")
    }

    /// Settings for tests and tools: everything unset.
    pub fn plain(service: Service) -> Self {
        Self::read(&mut Env::new(&|_| None), service)
    }
}

/// An address may carry a password, so a mistake does not repeat it.
fn address(env: &mut Env<'_>, name: &'static str, schemes: &[&str], expectation: &str) -> Option<Url> {
    let text = env.text(name)?;
    match Url::parse(&text) {
        Ok(url) if schemes.contains(&url.scheme()) && url.has_host() => Some(url),
        _ => {
            env.mistake(name, format_args!("is not {expectation}"));
            None
        }
    }
}

fn ratio(env: &mut Env<'_>) -> f64 {
    const NAME: &str = "OTEL_TRACES_SAMPLER_ARG";
    let ratio = env.parse_or(NAME, 1.0, "a number from 0 to 1");
    if !(0.0..=1.0).contains(&ratio) {
        env.mistake(NAME, "is not a number from 0 to 1");
    }
    ratio
}

impl FromStr for LogLevel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_uppercase().as_str() {
            "DEBUG" => Ok(Self::Debug),
            "INFO" => Ok(Self::Info),
            "WARNING" => Ok(Self::Warning),
            "ERROR" => Ok(Self::Error),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Service = Service { name: "todo-backend", version: "1.2.3" };

    fn read(values: &[(&str, &str)]) -> Result<Settings, crate::env::EnvError> {
        let lookup = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let mut env = Env::new(&lookup);
        let settings = Settings::read(&mut env, SERVICE);
        env.finish(settings)
    }

    #[test]
    fn without_any_variable_nothing_leaves_the_machine() {
        let settings = read(&[]).unwrap();
        assert!(settings.loki_url.is_none() && settings.otlp_endpoint.is_none());
        assert_eq!(settings.log_level, LogLevel::Info);
    }

    #[test]
    fn https_for_loki_is_a_mistake_that_says_why() {
        let error = read(&[("LOKI_URL", "https://user:password@loki")]).unwrap_err().to_string();
        assert!(error.contains("LOKI_URL") && error.contains("TLS"), "{error}");
        assert!(!error.contains("password"), "{error}");
    }

    #[test]
    fn every_wrong_setting_is_named() {
        let error = read(&[
            ("LOG_LEVEL", "LOUD"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
            ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ])
        .unwrap_err();
        assert_eq!(
            error.names().collect::<Vec<_>>(),
            ["LOG_LEVEL", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER_ARG"]
        );
    }
}
