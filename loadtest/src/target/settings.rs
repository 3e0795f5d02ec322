//! The environment that a server is started with. Absent on purpose: what the settings mean (the backend's `config`).

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Variables of our own environment that a server may see. Everything else stays outside: an exported DATABASE_URL or
/// LOKI_URL would otherwise change what is measured. `TODO_FAULT` chooses the fault of a control that must fail.
const PASSED_ON: &[&str] = &["HOME", "LD_LIBRARY_PATH", "PATH", "RUST_BACKTRACE", "TMPDIR", "TODO_FAULT"];

/// The grace period that every server of a run is given, in seconds.
pub const GRACE_SECONDS: u32 = 10;

/// Settings by variable name.
#[derive(Clone, Debug)]
pub struct Settings {
    values: BTreeMap<&'static str, String>,
}

impl Settings {
    /// A server without limits, as the main load needs it: one user of the load does what many people would do.
    pub fn unlimited(database_url: &str, secret: &str) -> Self {
        let values = BTreeMap::from([
            ("LISTEN_ADDR", "127.0.0.1:0".to_owned()),
            ("DATABASE_URL", database_url.to_owned()),
            ("JWT_SECRET", secret.to_owned()),
            ("LOG_LEVEL", "INFO".to_owned()),
            ("ENVIRONMENT", "loadtest".to_owned()),
            ("REQUESTS_PER_MINUTE", "0".to_owned()),
            ("LOGINS_PER_MINUTE", "0".to_owned()),
            ("CHAT_MESSAGES_PER_MINUTE", "0".to_owned()),
            ("MAX_CONCURRENT_REQUESTS", "0".to_owned()),
            ("SHUTDOWN_DELAY_SECONDS", "0".to_owned()),
            ("SHUTDOWN_GRACE_SECONDS", GRACE_SECONDS.to_string()),
        ]);
        Self { values }
    }

    /// The same settings but for one.
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut values = self.values.clone();
        values.insert(name, value.into());
        Self { values }
    }

    /// The same settings without one: the backend's own default then holds.
    pub fn without(&self, name: &str) -> Self {
        let mut values = self.values.clone();
        values.remove(name);
        Self { values }
    }

    /// The whole environment of the server.
    pub fn environment(&self) -> BTreeMap<OsString, OsString> {
        #[expect(clippy::disallowed_methods, reason = "passed on by name and never read; clap reads our own settings")]
        let passed_on = PASSED_ON.iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)));
        let own = self.values.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        passed_on.chain(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_sees_its_settings_and_little_else_of_ours() {
        let settings = Settings::unlimited("sqlite:a.db", "s").with("API_VERSION", "2").without("LOG_LEVEL");
        let names: Vec<_> = settings.environment().into_keys().map(|name| name.into_string().unwrap()).collect();
        assert!(names.contains(&"API_VERSION".to_owned()) && names.contains(&"JWT_SECRET".to_owned()), "{names:?}");
        assert!(!names.iter().any(|name| name == "LOG_LEVEL" || name.starts_with("CARGO")), "{names:?}");
    }
}
