//! SC-006: a changed environment value is visible after a restart of the same executable. Absent on purpose: settings
//! that need more than a restart, of which there are none.

use std::path::Path;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{Context, Stopped};
use crate::api::{Call, cause};
use crate::measurements::ConfigurationChange;
use crate::target::local::Local;
use crate::target::settings::Settings;

const SETTING: &str = "API_VERSION";
const END_WITHIN: Duration = Duration::from_secs(10);

/// Starts with one version, then with another, and reads back both.
pub async fn run(context: &Context, server: &mut Local, settings: &Settings) -> Result<ConfigurationChange, Stopped> {
    let _phase = context.watch.phase("configuration");
    let (first_set, second_set) = ("1.0.0-first", "1.0.1-second");
    let (first_seen, first_executable) = round(context, server, settings, first_set).await?;
    let (second_seen, second_executable) = round(context, server, settings, second_set).await?;
    Ok(ConfigurationChange {
        setting: SETTING.to_owned(),
        first_set: first_set.to_owned(),
        first_seen,
        second_set: second_set.to_owned(),
        second_seen,
        first_executable,
        second_executable,
    })
}

/// One start: the version that the server reports, and the digest of what was started.
async fn round(
    context: &Context,
    server: &mut Local,
    settings: &Settings,
    version: &str,
) -> Result<(String, String), Stopped> {
    let settings = settings.with(SETTING, version).with("DATABASE_URL", server.database_url("configuration.db"));
    let path = server.executable().map_err(|error| Stopped::Broken(error.to_string()))?;
    let digest = tokio::task::spawn_blocking(move || digest(&path));
    let digest = context.unless_interrupted(digest).await?.map_err(|error| Stopped::Broken(error.to_string()))?;
    let digest = digest.map_err(|error| Stopped::Broken(format!("The executable cannot be read: {error}.")))?;
    context.unless_interrupted(server.start(&settings)).await??;
    let answer = server.probe()?.send(&Call::get("/health")).await;
    let answer = answer.map_err(|error| Stopped::Broken(format!("/health did not answer: {}.", cause(&error))))?;
    server.stop(END_WITHIN).await?;
    Ok((answer.json()["version"].as_str().unwrap_or("nothing").to_owned(), digest))
}

fn digest(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = std::io::Read::read(&mut file, &mut buffer)?;
        if read == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(buffer.get(..read).unwrap_or_default());
    }
}
