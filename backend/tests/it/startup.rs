//! What happens before the first request: settings, schema, and the ways to fail with one clear message.

use std::{collections::BTreeMap, sync::Arc};

use backend::config::{Config, CorsOrigins};
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use crate::support::{Engine, JWT_SECRET, Process, Setup, TestDatabase, database, eventually, with_database};

fn read(settings: &[(&str, &str)]) -> Result<Config, backend::config::EnvError> {
    let lookup = |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Config::from_lookup(&lookup)
}

fn mistakes(settings: &[(&str, &str)]) -> String {
    match read(settings) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

/// Runs the program to its end: exit code, stderr, stdout.
async fn fails(settings: &[(&'static str, &str)]) -> (Option<i32>, String, String) {
    let settings: BTreeMap<_, _> = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let process = Process::start(&settings);
    let status = process.wait().await;
    let stderr = process.stderr();
    (status.code(), stderr, process.raw_lines().join("\n"))
}

#[test]
fn nothing_needs_to_be_set_in_development() {
    let config = read(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "0.0.0.0:8000");
    assert_eq!(config.api_version, env!("CARGO_PKG_VERSION"));
    assert_eq!(config.cors_origins, CorsOrigins::Only(Vec::new()));
    assert!(config.jwt_secret_is_random && config.jwt_secret.expose_secret().len() >= 64);
    assert_ne!(read(&[]).unwrap().jwt_secret.expose_secret(), config.jwt_secret.expose_secret());
    assert!(config.instrumented);
}

#[test]
fn the_list_of_variables_is_what_is_read() {
    let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
    let lookup = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        None
    };
    Config::from_lookup(&lookup).unwrap();
    let listed = backend::config::NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(asked.into_inner(), listed);
}

#[tokio::test]
async fn a_value_that_is_no_text_is_a_mistake_and_not_unset() {
    use std::os::unix::ffi::OsStrExt as _;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_backend"));
    let output = command.env_clear().env("JWT_SECRET", std::ffi::OsStr::from_bytes(b"\xff\xfe")).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("JWT_SECRET is not text"), "{stderr}");
}

#[test]
fn production_does_not_start_on_a_random_secret() {
    assert!(mistakes(&[("ENVIRONMENT", "production")]).contains("JWT_SECRET is not set"));
    assert!(mistakes(&[("ENVIRONMENT", "Production"), ("JWT_SECRET", "  ")]).contains("JWT_SECRET is not set"));
    let config = read(&[("ENVIRONMENT", "production"), ("JWT_SECRET", JWT_SECRET)]).unwrap();
    assert_eq!((config.jwt_secret_is_random, config.grace.keep_serving.as_secs()), (false, 5));
}

#[test]
fn a_secret_needs_32_characters() {
    let just_right = "ä".repeat(32);
    assert_eq!(mistakes(&[("JWT_SECRET", just_right.as_str())]), "");
    let short = "ä".repeat(31);
    let message = mistakes(&[("JWT_SECRET", short.as_str())]);
    assert!(message.contains("JWT_SECRET") && !message.contains('ä'), "{message}");
}

#[test]
fn a_database_in_memory_is_refused_because_every_connection_would_have_its_own() {
    for url in ["sqlite::memory:", "sqlite://", "sqlite:", "sqlite:x?mode=memory"] {
        assert!(mistakes(&[("DATABASE_URL", url)]).contains("DATABASE_URL names a SQLite database in memory"), "{url}");
    }
    for url in ["mysql://localhost", "todo.db", "postgres", "sqlite:x?nonsense=1", "postgres://[::1"] {
        assert!(mistakes(&[("DATABASE_URL", url)]).contains("DATABASE_URL is n"), "{url}");
    }
    for url in ["sqlite:todo.db", "sqlite:///tmp/todo.db", "postgres://a:b@c/d", "postgresql://a@c:1/d?sslmode=require"]
    {
        assert_eq!(mistakes(&[("DATABASE_URL", url)]), "", "{url}");
    }
}

#[test]
fn origins_are_origins_and_nothing_else() {
    for wrong in [
        "todo.example",
        "https://todo.example/path",
        "ftp://todo.example",
        "https://a@b.c",
        "https://a.b, x",
        "null",
        "**",
    ] {
        assert!(mistakes(&[("CORS_ORIGINS", wrong)]).contains("CORS_ORIGINS"), "{wrong}");
    }
    assert_eq!(read(&[("CORS_ORIGINS", "*")]).unwrap().cors_origins, CorsOrigins::Any);
    let CorsOrigins::Only(origins) =
        read(&[("CORS_ORIGINS", "HTTPS://Todo.example/,http://localhost:3000")]).unwrap().cors_origins
    else {
        panic!("a list");
    };
    assert_eq!(origins, ["https://todo.example", "http://localhost:3000"]);
}

#[tokio::test]
async fn every_mistake_is_in_one_message_with_exit_code_2_and_no_secret_is() {
    let (code, stderr, stdout) = fails(&[
        ("LISTEN_ADDR", "80x"),
        ("DATABASE_URL", "postgres//user:hunter2@host"),
        ("DATABASE_MAX_CONNECTIONS", "0"),
        ("JWT_SECRET", "hunter2"),
        ("CORS_ORIGINS", "todo.example"),
        ("LOG_LEVEL", "LOUD"),
        ("MAX_CONCURRENT_REQUESTS", "-1"),
        ("REQUESTS_PER_MINUTE", "many"),
        ("LOGINS_PER_MINUTE", "1.5"),
        ("TRUSTED_PROXIES", "10.0.0.0/64"),
        ("REQUEST_TIMEOUT_SECONDS", "0"),
        ("SHUTDOWN_DELAY_SECONDS", "x"),
        ("SHUTDOWN_GRACE_SECONDS", "99999"),
        ("LOKI_URL", "https://user:hunter2@loki"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"),
    ])
    .await;
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for name in [
        "LISTEN_ADDR",
        "DATABASE_URL",
        "DATABASE_MAX_CONNECTIONS",
        "JWT_SECRET",
        "CORS_ORIGINS",
        "LOG_LEVEL",
        "MAX_CONCURRENT_REQUESTS",
        "REQUESTS_PER_MINUTE",
        "LOGINS_PER_MINUTE",
        "TRUSTED_PROXIES",
        "REQUEST_TIMEOUT_SECONDS",
        "SHUTDOWN_DELAY_SECONDS",
        "SHUTDOWN_GRACE_SECONDS",
        "LOKI_URL",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ] {
        assert!(stderr.contains(name), "{name} is missing: {stderr}");
    }
    assert!(!stderr.contains("hunter2"), "{stderr}");
}

/// A value for any variable: sensible ones, nearly sensible ones, and anything at all.
fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9]{1,25}",
        "-?[0-9]{1,3}(\\.[0-9])?",
        "(sqlite|postgres|postgresql|mysql):/{0,3}[ -~]{0,30}",
        "https?://[ -~]{0,20}",
        "([0-9]{1,3}\\.){3}[0-9]{1,3}(/[0-9]{1,3})?(:[0-9]{1,6})?(,[ -~]{0,10})?",
        "[ -~]{30,40}",
    ]
}

proptest! {
    #[test]
    fn no_setting_makes_the_parser_panic_or_print_a_secret(values in proptest::collection::btree_map(
        proptest::sample::select(vec![
            "LISTEN_ADDR", "DATABASE_MAX_CONNECTIONS", "CORS_ORIGINS", "API_VERSION", "ENVIRONMENT", "LOG_LEVEL", "LOKI_URL",
            "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER_ARG", "MAX_CONCURRENT_REQUESTS", "REQUESTS_PER_MINUTE",
            "LOGINS_PER_MINUTE", "TRUSTED_PROXIES", "REQUEST_TIMEOUT_SECONDS", "SHUTDOWN_DELAY_SECONDS", "SHUTDOWN_GRACE_SECONDS", "POD_NAME",
        ]),
        any_value(),
        0..17,
    ), secret in "[!-~]{0,40}", scheme in "(sqlite|postgres|postgresql|mysql|)") {
        const MARK: &str = "hunter2-hunter2";
        let lookup = |name: &str| match name {
            "JWT_SECRET" => Some(format!("{MARK}{secret}")),
            "DATABASE_URL" => Some(format!("{scheme}://user:{MARK}{secret}@host:port/x?{secret}")),
            _ => values.get(name).cloned(),
        };
        if let Err(error) = Config::from_lookup(&lookup) {
            let text = format!("{error} {error:?}");
            prop_assert!(!text.contains(MARK), "{text}");
            prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error);
        }
    }
}

#[tokio::test]
async fn development_says_that_its_secret_is_random() {
    with_database(Engine::Sqlite, async |database| {
        let app = Setup::new().set("JWT_SECRET", "").start(&database).await;
        let warning = app.log_lines().into_iter().find(|line| line["severity_text"] == "WARN").unwrap();
        assert!(warning["body"].as_str().unwrap().contains("JWT_SECRET"), "{warning}");
        app.sign_up("ada").await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_ends_the_program_with_a_reason() {
    let (code, _, stdout) =
        fails(&[("LISTEN_ADDR", "127.0.0.1:0"), ("DATABASE_URL", "sqlite:/nowhere/at/all/todo.db")]).await;
    assert_eq!(code, Some(1));
    assert!(stdout.contains("the database /nowhere/at/all/todo.db cannot be used"), "{stdout}");
}

#[tokio::test]
async fn a_taken_address_ends_the_program_with_a_reason() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, stdout) = fails(&[("LISTEN_ADDR", &address), ("DATABASE_URL", "sqlite:/nowhere/todo.db")]).await;
    assert_eq!(code, Some(1));
    assert!(stdout.contains(&format!("cannot listen on {address}")), "{stdout}");
}

on_both_engines! {
    async fn several_processes_that_start_at_once_migrate_once(database: Arc<TestDatabase>) {
        let launches = (0..4).map(|_| Setup::new().launch(&database));
        let apps = futures_util::future::join_all(launches).await;
        for app in &apps {
            app.until_ready().await;
        }
        let applied = database::number(&database.url, "SELECT count(*) FROM _sqlx_migrations WHERE success").await;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        assert_eq!(applied, std::fs::read_dir(folder).unwrap().count() as i64);
        let ada = apps[0].sign_up("ada").await;
        for app in &apps {
            let call = app.request(reqwest::Method::GET, "/api/me").header("authorization", format!("Bearer {}", ada.token));
            assert_eq!(call.send().await.status, 200, "each accepts the others' tokens and sees the others' data");
            for line in app.log_lines() {
                assert_ne!(line["severity_text"], "ERROR", "{line}");
            }
        }
    }
}

on_both_engines! {
    async fn a_newer_schema_is_tolerated(database: Arc<TestDatabase>) {
        let new = Setup::new().start(&database).await;
        let ada = new.sign_up("ada").await;
        new.process.kill();
        let future = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                      SELECT 9999, 'of a later version', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1;
                      ALTER TABLE users ADD COLUMN nickname TEXT";
        database::execute(&database.url, future).await;
        let old = Setup::new().start(&database).await;
        let call = old.request(reqwest::Method::GET, "/api/me").header("authorization", format!("Bearer {}", ada.token));
        assert_eq!(call.send().await.status, 200);
        old.sign_up("bob").await;
    }
}

on_both_engines! {
    async fn a_changed_migration_ends_the_program_instead_of_guessing(database: Arc<TestDatabase>) {
        Setup::new().start(&database).await.process.kill();
        database::execute(&database.url, "UPDATE _sqlx_migrations SET checksum = '\\x00'").await;
        let app = Setup::new().launch(&database).await;
        eventually("it has ended", async || app.process.exit_status().is_some()).await;
        assert_eq!(app.process.exit_status().unwrap().code(), Some(1));
        let last = app.process.last_lines();
        assert!(last.contains("cannot be used") && last.contains("has been modified"), "{last}");
    }
}
