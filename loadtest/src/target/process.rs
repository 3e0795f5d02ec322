//! What the system says about a process: memory and processor time, from `/proc`. Absent on purpose: other systems,
//! where these figures are not measured.

use std::fs;
use std::time::Instant;

/// Clock ticks per second in `/proc/<pid>/stat`: fixed at 100 for user space on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Resident memory of a process in MiB.
pub fn resident_mib(pid: u32) -> Option<f64> {
    memory(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?, "VmRSS:")
}

/// The most that it has ever had: no reading of ours could miss it between two seconds.
pub fn peak_resident_mib(pid: u32) -> Option<f64> {
    memory(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?, "VmHWM:")
}

fn memory(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

/// Processor time that a process has used, in seconds.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    cpu(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn cpu(stat: &str) -> Option<f64> {
    // The name in parentheses may itself hold spaces and parentheses; user and system time are fields 14 and 15.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS_PER_SECOND)
}

/// Turns readings of processor time into cores used between two readings.
#[derive(Debug, Default)]
pub struct CoresUsed {
    last: Option<(u32, Instant, f64)>,
}

impl CoresUsed {
    /// Cores used by the process since the last call; absent for the first reading of a process.
    pub fn read(&mut self, pid: u32) -> Option<f64> {
        let (now, used) = (Instant::now(), cpu_seconds(pid)?);
        let before = self.last.replace((pid, now, used));
        let (_, then, base) = before.filter(|(process, ..)| *process == pid)?;
        let seconds = now.duration_since(then).as_secs_f64();
        (seconds > 0.0).then(|| ((used - base) / seconds).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_status_file() {
        let status = "Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t 30720 kB\nVmRSS:\t   20480 kB\n";
        assert_eq!((memory(status, "VmRSS:"), memory(status, "VmHWM:")), (Some(20.0), Some(30.0)));
        assert_eq!(memory("Name:\tx\n", "VmRSS:"), None, "a zombie has no memory");
    }

    #[test]
    fn processor_time_is_read_even_when_the_name_is_odd() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 5 0 0";
        assert_eq!(cpu(stat), Some(3.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_process_has_memory_and_used_time() {
        let own = std::process::id();
        assert!(resident_mib(own).unwrap() > 0.1);
        assert!(peak_resident_mib(own).unwrap() >= resident_mib(own).unwrap());
        let mut cores = CoresUsed::default();
        assert_eq!(cores.read(own), None);
        assert!(cores.read(own).unwrap() >= 0.0);
    }
}
