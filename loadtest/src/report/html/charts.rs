//! The charts of the page and what each of them shows.

use super::escape;
use crate::limits::Limits;
use crate::measurements::{Measurements, Replicas, Second};
use crate::report::chart::{KINDS, Line, Shape, TimeChart, any_marks, latency_by_route};
use crate::words::{counted, number};

/// Widths of the two drawings of each chart; the style sheet shows the one that fits.
const WIDE: f64 = 960.0;
const NARROW: f64 = 340.0;

pub(super) fn section(measurements: &Measurements, limits: &Limits) -> String {
    let cores = measurements.environment.cores;
    let cores_note = counted(cores as u64, "core", "cores");
    let mut html = "<section aria-labelledby=\"course\">\n<h2 id=\"course\">Course of the run</h2>\n".to_owned();
    html.push_str(
        "<p class=\"lead\">Time runs from the start of the run. Red stretches under a triangle are announced windows: something is \
         down on purpose, and requests may fail. In the paler one there is more load than replicas for it, and requests may be refused.",
    );
    html.push_str(&phases(measurements));
    html.push_str("</p>\n");
    html.push_str(&marks(measurements));
    let target = target(measurements);
    let target_note = target.map_or_else(String::new, |target| format!("target {} %", number(target)));
    let (mut utilisation, mut processor) = (utilisation(measurements), processor(measurements));
    utilisation.0.level = target.map(|target| (target, target_note.as_str()));
    if cores > 0 {
        processor.0.level = Some((cores as f64, &cores_note));
    }
    let charts = [
        replicas(measurements),
        utilisation,
        latency(measurements),
        throughput(measurements),
        memory(measurements),
        processor,
    ];
    let drawn: String =
        charts.iter().filter(|(chart, _)| !chart.is_empty()).map(|(chart, note)| figure(chart, note)).collect();
    if drawn.is_empty() {
        html.push_str("<p class=\"empty\">No second of this run was sampled.</p>\n");
    }
    html.push_str(&drawn);
    if let Some(rows) = measurements.latency.measured().filter(|rows| !rows.is_empty()) {
        html.push_str(&by_route(&format!(
            "{}{}",
            framed("wide", &latency_by_route(rows, limits, WIDE)),
            framed("narrow", &latency_by_route(rows, limits, NARROW)),
        )));
    }
    html.push_str("</section>\n");
    html
}

/// The symbols over the charts; nothing where nothing is marked.
fn marks(measurements: &Measurements) -> String {
    if !any_marks(&measurements.timeline.happenings) {
        return String::new();
    }
    let keys: String = KINDS
        .iter()
        .map(|kind| {
            format!(
                "<span class=\"key mark {}\"><svg class=\"symbol\" viewBox=\"0 0 10 10\"><path class=\"symbol\" d=\"{}\"/></svg>{}</span>",
                kind.class, kind.symbol, kind.word,
            )
        })
        .collect();
    format!("<p class=\"keys\" aria-hidden=\"true\">{keys}</p>\n")
}

/// What the HPA aims at.
fn target(measurements: &Measurements) -> Option<f64> {
    measurements.timeline.replicas.iter().rev().find_map(|row| row.target_percent)
}

/// The phases in words, for those whose name does not fit into the strip above a chart.
fn phases(measurements: &Measurements) -> String {
    let phases: Vec<String> = measurements
        .timeline
        .phases
        .iter()
        .map(|phase| {
            // Hundredths of a second would only look precise.
            let [from, to] = [phase.from, phase.to].map(|second| number((second * 10.0).round() / 10.0));
            format!("{} {from}–{to} s", escape(&phase.name))
        })
        .collect();
    if phases.is_empty() {
        String::new()
    } else {
        format!(" The strip on top shows the phases: {}.", phases.join(", "))
    }
}

fn figure(chart: &TimeChart<'_>, note: &str) -> String {
    let keys: String = chart
        .lines
        .iter()
        .map(|line| format!("<span class=\"key {}\"><i></i>{}</span>", line.class, escape(line.name)))
        .collect();
    format!(
        "<figure>\n<figcaption><h3>{} <small>{}</small></h3><p>{}</p><p class=\"keys\" aria-hidden=\"true\">{keys}</p></figcaption>\n{}{}</figure>\n",
        escape(chart.title),
        escape(chart.unit),
        escape(note),
        framed("wide", &chart.svg(WIDE)),
        framed("narrow", &chart.svg(NARROW)),
    )
}

fn framed(class: &str, svg: &str) -> String {
    format!("<div class=\"{class}\">{svg}</div>\n")
}

fn by_route(svg: &str) -> String {
    format!(
        "<figure>\n<figcaption><h3>Latency by route <small>ms</small></h3>\
         <p>Constant arrival rate, timed from the intended start. The dark band ends at the p95 limit, the light one at \
         the p99 limit. Each step on the axis multiplies.</p>\
         <p class=\"keys\" aria-hidden=\"true\"><span class=\"key round\"><i></i>p50</span><span class=\"key square\"><i></i>p95</span>\
         <span class=\"key diamond\"><i></i>p99</span><span class=\"key whisker\"><i></i>maximum</span></p></figcaption>\n{svg}</figure>\n"
    )
}

/// One line from the timeline.
fn line(
    measurements: &Measurements,
    name: &'static str,
    class: &'static str,
    shape: Shape,
    value: impl Fn(&Second) -> Option<f64>,
) -> Line {
    Line { name, class, shape, values: measurements.timeline.seconds.iter().map(value).collect() }
}

/// One line from the readings of the replicas. A reading late by a second leaves no gap.
fn replica_line(
    measurements: &Measurements,
    name: &'static str,
    class: &'static str,
    shape: Shape,
    value: impl Fn(&Replicas) -> Option<f64>,
) -> Line {
    let timeline = &measurements.timeline;
    line(measurements, name, class, shape, |second| {
        (0..=2).find_map(|late| timeline.replicas_in(second.at - f64::from(late))).and_then(&value)
    })
}

fn replicas(measurements: &Measurements) -> (TimeChart<'_>, &'static str) {
    let of = |name, class, value: fn(&Replicas) -> u32| {
        replica_line(measurements, name, class, Shape::Steps, move |row| Some(f64::from(value(row))))
    };
    let chart = TimeChart {
        id: "replicas",
        title: "Replicas",
        unit: "pods",
        logarithmic: false,
        lines: vec![
            of("running", "running", |row| row.running),
            of("ready", "ready", |row| row.ready),
            of("desired", "desired", |row| row.desired),
        ],
        level: None,
        timeline: &measurements.timeline,
    };
    (chart, "Of the backend: what the HPA wants, what runs, and what is Ready and gets traffic.")
}

fn utilisation(measurements: &Measurements) -> (TimeChart<'_>, &'static str) {
    let chart = TimeChart {
        id: "utilisation",
        title: "CPU as the HPA sees it",
        unit: "% of the request",
        logarithmic: false,
        lines: vec![replica_line(measurements, "mean", "cpu", Shape::Line, |row| row.cpu_percent)],
        level: None,
        timeline: &measurements.timeline,
    };
    (chart, "Mean over the pods. Above 1.1 times its target the HPA asks for more, below 0.9 times for less.")
}

fn latency(measurements: &Measurements) -> (TimeChart<'_>, &'static str) {
    let chart = TimeChart {
        id: "latency",
        title: "Latency",
        unit: "ms",
        logarithmic: true,
        lines: vec![
            line(measurements, "p50", "p50", Shape::Line, |second| second.p50_ms),
            line(measurements, "p95", "p95", Shape::Line, |second| second.p95_ms),
            line(measurements, "p99", "p99", Shape::Line, |second| second.p99_ms),
        ],
        level: None,
        timeline: &measurements.timeline,
    };
    (
        chart,
        "Of the constant-arrival probe, timed from the intended start, so waiting counts. Each step on the axis multiplies.",
    )
}

fn throughput(measurements: &Measurements) -> (TimeChart<'_>, &'static str) {
    let failed = |second: &Second| (second.failures > 0).then_some(second.failures as f64);
    let chart = TimeChart {
        id: "throughput",
        title: "Throughput",
        unit: "requests/s",
        logarithmic: false,
        lines: vec![
            line(measurements, "all", "rate", Shape::Area, |second| Some(second.requests as f64)),
            line(measurements, "failed", "failed", Shape::Bars, failed),
        ],
        level: None,
        timeline: &measurements.timeline,
    };
    (
        chart,
        "Requests of the users and the probe that ended in each second, and those of them that failed. Flood and drain are counted apart.",
    )
}

fn memory(measurements: &Measurements) -> (TimeChart<'_>, &'static str) {
    let chart = TimeChart {
        id: "memory",
        title: "Memory",
        unit: "MiB",
        logarithmic: false,
        lines: vec![line(measurements, "server", "server", Shape::Area, |second| second.server_memory_mib)],
        level: None,
        timeline: &measurements.timeline,
    };
    (chart, "Resident memory of the server. A restart begins anew.")
}

fn processor(measurements: &Measurements) -> (TimeChart<'_>, &'static str) {
    let chart = TimeChart {
        id: "processor",
        title: "Processor",
        unit: "cores",
        logarithmic: false,
        lines: vec![
            line(measurements, "server", "server", Shape::Line, |second| second.server_cores),
            line(measurements, "generator", "generator", Shape::Line, |second| second.generator_cores),
        ],
        level: None,
        timeline: &measurements.timeline,
    };
    (
        chart,
        "Cores in use. When server and generator together reach the number of cores, latencies say more about the machine than about the server.",
    )
}
