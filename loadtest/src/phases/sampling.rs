//! Once a second: memory of the server and processor use of both processes, into the timeline. Absent on purpose: requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::target::process::{CoresUsed, resident_mib};
use crate::watch::{Sample, Watch};

/// Samples until the handle is aborted. `server` holds the process id, 0 while there is no server.
pub fn start(watch: Arc<Watch>, server: Arc<AtomicU32>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let (mut server_cores, mut own_cores) = (CoresUsed::default(), CoresUsed::default());
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        loop {
            seconds.tick().await;
            let pid = server.load(Relaxed);
            let running = (pid != 0).then_some(pid);
            watch.record_sample(Sample {
                server_memory_mib: running.and_then(resident_mib),
                server_cores: running.and_then(|pid| server_cores.read(pid)),
                generator_cores: own_cores.read(std::process::id()),
            });
        }
    })
}
