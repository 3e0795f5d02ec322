//! `docs/metrics.md` is made from the list of metrics, so that neither can leave the other behind.

use std::{fmt::Write, fs, path::Path};

use telemetry::names::{ALL, Kind, Label, Servers};

const REGENERATE: &str = "TODO_REGENERATE=1 cargo test -p telemetry --test it documentation";

#[test]
fn the_documented_metrics_are_the_exported_ones() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let wanted = document();
    if regenerating() {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/metrics.md is not what names.rs says; write it anew with\n  {REGENERATE}");
}

#[test]
fn names_are_unique_and_histograms_have_rising_buckets() {
    for (position, metric) in ALL.iter().enumerate() {
        assert!(ALL[..position].iter().all(|other| other.name != metric.name), "{} is there twice", metric.name);
        if let Kind::Histogram(buckets) = metric.kind {
            assert!(!buckets.is_empty() && buckets.is_sorted_by(|a, b| a < b), "{}", metric.name);
        }
        let taken = ["namespace", "pod", "service", "container", "job", "instance"];
        assert!(metric.labels.iter().all(|label| !taken.contains(&label.name)), "{}", metric.name);
    }
}

#[expect(clippy::disallowed_methods, reason = "the command that regenerates the file has no other way to say so")]
fn regenerating() -> bool {
    std::env::var_os("TODO_REGENERATE").is_some()
}

fn document() -> String {
    let mut text = format!(
        "# Metrics\n\n\
         Every metric that the servers export. Made from `crates/telemetry/src/names/list.rs`; write it anew with\n\
         `{REGENERATE}`.\n\n\
         A label without values in brackets takes them from the program's own routes, operations or build, never from\n\
         a client; `-` is a label without a value, which Prometheus takes for none. Counters whose labels are known are\n\
         there from the start, at zero.\n\n\
         | name | type | labels | unit | exported by | meaning |\n|---|---|---|---|---|---|\n"
    );
    for metric in ALL {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let by = match metric.servers {
            _ if metric.of_model => "backend with a model",
            Servers::Both => "both",
            Servers::Backend => "backend",
        };
        let labels = metric.labels.iter().map(label).collect::<Vec<_>>().join(", ");
        writeln!(text, "| `{}` | {kind} | {labels} | {} | {by} | {} |", metric.name, metric.unit, metric.help).unwrap();
    }
    text.push_str("\n## Buckets\n\n| histogram | upper bounds |\n|---|---|\n");
    for metric in ALL {
        if let Kind::Histogram(buckets) = metric.kind {
            let bounds = buckets.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
            writeln!(text, "| `{}` | {bounds} |", metric.name).unwrap();
        }
    }
    text
}

fn label(label: &Label) -> String {
    if label.values.is_empty() {
        return format!("`{}`", label.name);
    }
    let values: Vec<&str> = label.values.iter().map(|value| if value.is_empty() { "-" } else { *value }).collect();
    format!("`{}` ({})", label.name, values.join(", "))
}
