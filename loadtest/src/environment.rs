//! What a reader needs to know about this machine and this build to compare two runs. Absent on purpose: the load itself.

use std::fs;

use crate::measurements::Environment;

/// Gathers what can be known before the run; what the system does not tell stays empty.
pub fn gather() -> Environment {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    Environment {
        loadtest: env!("CARGO_PKG_VERSION").to_owned(),
        profile: if cfg!(debug_assertions) { "dev" } else { "release" }.to_owned(),
        system: system(&read("/etc/os-release"), &read("/proc/sys/kernel/osrelease")),
        processor: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        memory_mib: field(&read("/proc/meminfo"), "MemTotal").and_then(|total| kib(&total)),
        load_average_at_start: read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()),
        command_line: command_line(std::env::args()),
        ..Environment::default()
    }
}

fn system(release: &str, kernel: &str) -> String {
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or(std::env::consts::OS);
    format!("{} {} {}", name.trim_matches('"'), kernel.trim(), std::env::consts::ARCH)
}

/// The value of the first `name : value` line.
fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kib(text: &str) -> Option<f64> {
    Some(text.strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}

/// The arguments as they can be pasted into a shell, without the path of our own executable.
fn command_line(mut arguments: impl Iterator<Item = String>) -> String {
    let _executable = arguments.next();
    let quoted = arguments.map(|argument| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
        if !argument.is_empty() && argument.chars().all(plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    });
    std::iter::once("cargo run -p loadtest --".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_can_be_pasted_back() {
        let line = command_line(["x/loadtest", "--plan", "5,5s;0,1s", "--url", "it's"].into_iter().map(str::to_owned));
        assert_eq!(line, r"cargo run -p loadtest -- --plan '5,5s;0,1s' --url 'it'\''s'");
    }

    #[test]
    fn the_machine_is_described() {
        assert_eq!(
            system("NAME=x\nPRETTY_NAME=\"Debian 13\"\n", "6.1\n"),
            format!("Debian 13 6.1 {}", std::env::consts::ARCH)
        );
        assert_eq!(field("a\t: 1\nmodel name\t: Chip 9\n", "model name").as_deref(), Some("Chip 9"));
        assert_eq!(kib("2048 kB"), Some(2.0));
        assert!(gather().cores >= 1);
    }
}
