//! The official conformance suite of MCP, against the backend as it ships, and against tools of the suite's own behind the
//! same way of speaking. What must fail is listed beside the suite, with reasons; a failure that is not listed fails the
//! test, and so does a listed one that passes.

use std::fs;

use crate::support::{
    Engine, Setup, fixture_tools,
    front::Front,
    mcp_client::{Suite, conformance, deviations_file},
    with_database,
};

/// The suite must find the listed deviations and no others, and exactly so many checks must pass: a listed scenario may
/// have some that do.
async fn judged(suite: Suite, url: &str, deviations: &str, passing: u32) {
    let Some(output) = conformance(suite, url, deviations).await else { return };
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains(&format!("\nTotal: {passing} passed, ")), "{printed}");
}

async fn the_backend_judged(suite: Suite, deviations: &str, passing: u32) {
    with_database(Engine::Sqlite, async |database| {
        let front = Front::new().await;
        let url = format!("{}/mcp", front.base);
        // The suite has no token and comes from an origin of its own.
        let app = Setup::new().set("CORS_ORIGINS", &front.base).start(&database).await;
        let ada = app.sign_up("ada").await;
        let _leading = front.lead_to(&[&app.base], Some(&ada.token));
        judged(suite, &url, deviations, passing).await;
    })
    .await;
}

#[tokio::test]
async fn the_backend_meets_what_applies_to_it() {
    the_backend_judged(Suite::Released, "deviations-backend.yaml", 5).await;
}

#[tokio::test]
async fn the_backend_meets_what_applies_to_it_of_the_newest_revision() {
    the_backend_judged(Suite::Coming, "deviations-2026-07-28.yaml", 84).await;
}

#[tokio::test]
async fn the_suites_own_tools_work_behind_the_same_way_of_speaking() {
    let (url, server) = fixture_tools::serve().await;
    judged(Suite::Released, &url, "deviations-fixture.yaml", 15).await;
    server.abort();
}

#[test]
fn every_deviation_has_a_reason() {
    for name in ["deviations-backend.yaml", "deviations-2026-07-28.yaml", "deviations-fixture.yaml"] {
        let list = fs::read_to_string(deviations_file(name)).unwrap();
        let entries: Vec<&str> = list.lines().filter(|line| line.trim_start().starts_with('-')).collect();
        assert!(!entries.is_empty(), "{name}");
        let bare = entries.iter().filter(|entry| entry.split_once(" # ").is_none_or(|(_, reason)| reason.len() < 20));
        assert_eq!(bare.collect::<Vec<_>>(), Vec::<&&str>::new(), "{name}");
    }
}
