//! One goose attack at a time: goose keeps its Ctrl-C handler, its logger and its kill switch per process. Absent on
//! purpose: what the users do (`users`), and what happens to the server meanwhile (`phases`).

use std::sync::Arc;
use std::time::Duration;

use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::metrics::GooseMetrics;
use goose::{GooseAttack, GooseError};
use tokio_util::sync::CancellationToken;

use crate::users::{self, Mix, Shared};

/// How often a running attack is told again to stop: goose clears its kill switch when an attack begins.
const REMIND: Duration = Duration::from_millis(100);

/// Runs users against `base` until the plan ends or `stop` is cancelled, and returns goose's figures.
pub async fn run(
    shared: &Arc<Shared>,
    base: &str,
    mix: Mix,
    plan: &str,
    stop: &CancellationToken,
) -> Result<GooseMetrics, GooseError> {
    // Every flag keeps goose from doing something of its own: a port of its own, tables, logs.
    let arguments = [
        "--host",
        base,
        "--test-plan",
        plan,
        "--no-telnet",
        "--no-print-metrics",
        "--no-error-summary",
        "--no-transaction-metrics",
        "--no-scenario-metrics",
        "-q",
    ];
    let configuration = GooseConfiguration::parse_args_default(&arguments)?;
    let mut attack = GooseAttack::initialize_with_config(configuration)?
        .set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())?;
    for scenario in users::scenarios(shared, mix)? {
        attack = attack.register_scenario(scenario);
    }

    let stop = stop.clone();
    let reminder = tokio::spawn(async move {
        stop.cancelled().await;
        loop {
            goose::trigger_killswitch("the run ends early");
            tokio::time::sleep(REMIND).await;
        }
    });
    let result = attack.execute().await;
    reminder.abort();
    result
}
