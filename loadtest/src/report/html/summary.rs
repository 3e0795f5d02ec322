//! The head of the page: the verdict in one glance and the few figures that everybody asks for first.

use time::OffsetDateTime;
use time::UtcOffset;
use time::macros::format_description;

use super::{escape, icon, outcome};
use crate::criteria::scaling::reaction;
use crate::dashboard::by_forwarding;
use crate::measurements::{Measurements, RouteLatency};
use crate::verdict::{Status, Verdict};
use crate::words::{counted, number, whole};

pub(super) fn section(measurements: &Measurements, verdict: &Verdict) -> String {
    let class = match (verdict.exit_code(), verdict.partial) {
        (0, _) => "pass",
        (1, _) => "fail",
        _ => "none",
    };
    let (passed, failed, unmeasured) =
        (verdict.count(Status::Pass), verdict.count(Status::Fail), verdict.count(Status::NotMeasured));
    let sentence = match failed {
        0 if passed == 0 => "Nothing was measured.".to_owned(),
        0 => format!("All {} that this run measured passed.", counted(passed as u64, "criterion", "criteria")),
        _ => format!("{failed} of {} measured criteria failed.", passed + failed),
    };
    let rest = match unmeasured {
        0 => String::new(),
        count => format!(
            " {} not measured, each with its reason below.",
            counted(count as u64, "criterion was", "criteria were")
        ),
    };
    let interrupted = if verdict.partial {
        "<p class=\"notice\">The run was interrupted. What is shown was really measured, but it is not the whole.</p>\n"
    } else {
        ""
    };
    format!(
        "<header class=\"{class}\">\n<p class=\"product\">todo load test</p>\n<h1>{}{}</h1>\n<p class=\"sentence\">{sentence}{rest}</p>\n\
         {interrupted}<p class=\"when\">{}</p>\n{}{}</header>\n",
        icon(class),
        outcome(verdict),
        escape(&when(measurements, verdict)),
        dashboard(measurements, verdict),
        tiles(measurements),
    )
}

/// A link to the run's time on the dashboard; without an address how to come by one.
fn dashboard(measurements: &Measurements, verdict: &Verdict) -> String {
    if let Some(address) = &verdict.dashboard {
        return format!("<p class=\"dashboard\"><a href=\"{}\">This run on the dashboard</a></p>\n", escape(address));
    }
    by_forwarding(measurements).map_or_else(String::new, |(command, address)| {
        format!(
            "<p class=\"when\">This run on the dashboard: <code>{}</code>, then <code>{}</code></p>\n",
            escape(&command),
            escape(&address)
        )
    })
}

/// Target, version, time and size of the run in one line.
fn when(measurements: &Measurements, verdict: &Verdict) -> String {
    let seconds = (verdict.finished_at - verdict.started_at).as_seconds_f64();
    let environment = &measurements.environment;
    // An image has no profile that could be told from outside.
    let cluster = measurements.run.on_cluster();
    let built = if cluster { environment.profile.clone() } else { format!("{} profile", environment.profile) };
    format!(
        "target {} · {} {} · {} · {} to {} UTC ({} s) · {}",
        verdict.target,
        if cluster { "release" } else { "version" },
        verdict.release,
        built,
        moment(verdict.started_at),
        clock(verdict.finished_at),
        number(seconds.round()),
        counted(u64::from(environment.users), "user", "users"),
    )
}

/// The figures that one asks for first; what was not measured has no tile.
fn tiles(measurements: &Measurements) -> String {
    let mut tiles = Vec::new();
    if let Some(ledger) = measurements.ledger.measured() {
        let processes = measurements.kills.measured().map_or(0, Vec::len);
        let kills = (processes + measurements.cluster.pod_kills.measured().map_or(0, Vec::len)) as u64;
        let wrong = ledger.lost + ledger.duplicated + ledger.altered;
        let fate = if wrong == 0 {
            "none lost, doubled or altered".to_owned()
        } else {
            format!("{} lost, doubled or altered", whole(wrong))
        };
        tiles.push((
            "acknowledged writes",
            whole(ledger.acknowledged),
            format!("{fate} over {}", counted(kills, "kill", "kills")),
        ));
    }
    if let Some(errors) = measurements.errors.measured() {
        let failed = errors.failed_outside_windows + errors.refused_outside_windows;
        let rate = measurements
            .load
            .measured()
            .map_or_else(String::new, |load| format!(", {} per second", number(load.requests_per_second)));
        tiles.push((
            "requests",
            whole(errors.requests_outside_windows),
            format!("{} failed{rate}", if failed == 0 { "none".to_owned() } else { whole(failed) }),
        ));
    }
    if let Some(up) = measurements.cluster.scale_up.measured() {
        let wanted =
            reaction(up).map_or_else(String::new, |seconds| format!(", more desired after {} s", number(seconds)));
        let ready = up.ready_at.map_or_else(
            || "never all Ready".to_owned(),
            |at| format!("all Ready {} s after the load step", number(at - up.load_at)),
        );
        tiles.push(("replicas", format!("{} → {}", up.minimum, up.maximum), format!("{ready}{wanted}")));
    }
    let slowest = measurements.latency.measured().and_then(|rows| {
        let p99 = |row: &RouteLatency| row.p99_ms.filter(|value| value.is_finite());
        rows.iter().filter_map(|row| Some((p99(row)?, &row.route))).max_by(|left, right| left.0.total_cmp(&right.0))
    });
    if let Some((p99, route)) = slowest {
        tiles.push(("highest p99", format!("{} ms", number(p99)), format!("of {route}")));
    }
    if let Some(peak) = measurements.memory.measured().and_then(|memory| memory.peak_mib) {
        let idle = measurements.memory.measured().and_then(|memory| memory.idle_mib);
        let idle = idle.map_or_else(String::new, |idle| format!("{} MiB idle", number(idle)));
        tiles.push(("peak memory", format!("{} MiB", number(peak)), idle));
    }
    if tiles.is_empty() {
        return String::new();
    }
    let cells: String = tiles
        .iter()
        .map(|(name, value, note)| {
            format!(
                "<div><dt>{}</dt><dd><b>{}</b><span>{}</span></dd></div>\n",
                escape(name),
                escape(value),
                escape(note)
            )
        })
        .collect();
    format!("<dl class=\"tiles\">\n{cells}</dl>\n")
}

/// Day, month and year; a date that cannot be written is left out.
pub(super) fn date(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC)
        .format(format_description!("[day padding:none] [month repr:long] [year]"))
        .unwrap_or_default()
}

fn moment(at: OffsetDateTime) -> String {
    format!("{}, {}", date(at), clock(at))
}

fn clock(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).format(format_description!("[hour]:[minute]:[second]")).unwrap_or_default()
}
