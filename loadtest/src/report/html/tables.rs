//! The tables of the page: routes, environment, limits with their sources, and how to read all this.

use super::escape;
use crate::limits::Limits;
use crate::measurements::{Load, Measurements, Part, RouteLatency};
use crate::report::chart::histogram;
use crate::verdict::Verdict;
use crate::words::{counted, number, number_or_dash, whole};

/// A table that scrolls by itself when the screen is too narrow, with the first column as row heads.
pub(super) fn table(name: &str, heads: &[&str], rows: &str) -> String {
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{name}\" tabindex=\"0\"><table>\n<thead><tr>{heads}</tr></thead>\n\
         <tbody>\n{rows}</tbody></table></div>\n",
        name = escape(name),
    )
}

/// What the probe and the users measured, route by route.
pub(super) fn routes(measurements: &Measurements, limits: &Limits) -> String {
    let mut html = "<section aria-labelledby=\"routes\">\n<h2 id=\"routes\">Routes</h2>\n".to_owned();
    html.push_str("<h3>Probe: constant arrival rate</h3>\n");
    match &measurements.latency {
        Part::Measured(rows) => {
            let rows: String = rows.iter().map(|row| probe_row(row, limits)).collect();
            let runs = &measurements.latency_runs;
            if let Some(judged) = runs.iter().position(|run| run.judged).filter(|_| runs.len() > 1) {
                html.push_str(&format!(
                    "<p class=\"lead\">Measurement {} of {}, the one that is judged; the others stand in the evidence of LATENCY.</p>\n",
                    judged + 1,
                    runs.len(),
                ));
            }
            let heads = [
                "route",
                "per second",
                "due",
                "answered",
                "p50 ms",
                "p95 ms",
                "limit",
                "p99 ms",
                "limit",
                "max ms",
                "distribution",
            ];
            html.push_str(&table("Latency of the probe by route", &heads, &rows));
        }
        Part::NotMeasured(reason) | Part::Broken(reason) => html.push_str(&empty(reason)),
    }
    html.push_str("<h3>Users: goose, closed loop</h3>\n");
    match &measurements.load {
        Part::Measured(load) => {
            let heads = ["route", "requests", "failed", "mean ms", "p50 ms", "p95 ms", "p99 ms", "max ms"];
            html.push_str(&table("Requests of the users by route", &heads, &load_rows(load)));
        }
        Part::NotMeasured(reason) | Part::Broken(reason) => html.push_str(&empty(reason)),
    }
    html.push_str("</section>\n");
    html
}

pub(super) fn empty(reason: &str) -> String {
    format!("<p class=\"empty\">{}</p>\n", escape(reason))
}

fn probe_row(row: &RouteLatency, limits: &Limits) -> String {
    let limit = limits.route(&row.route);
    let judged = |measured: Option<f64>, most: f64| {
        let class = if measured.is_some_and(|value| value <= most) { "" } else { " class=\"over\"" };
        format!("<td{class}>{}</td><td class=\"dim\">{}</td>", number_or_dash(measured), number(most))
    };
    format!(
        "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td><td>{}</td>{}{}<td>{}</td><td>{}</td></tr>\n",
        escape(&row.route),
        number(row.rate),
        whole(row.due),
        whole(row.answered),
        number_or_dash(row.p50_ms),
        judged(row.p95_ms, limit.p95_ms),
        judged(row.p99_ms, limit.p99_ms),
        number_or_dash(row.max_ms),
        histogram(row),
    )
}

fn load_rows(load: &Load) -> String {
    let mut html: String = load
        .routes
        .iter()
        .map(|row| {
            let times = [row.mean_ms, row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms];
            let times: String = times.map(|time| format!("<td>{}</td>", number_or_dash(time))).concat();
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td>{times}</tr>\n",
                escape(&row.route),
                whole(row.requests),
                whole(row.failures),
            )
        })
        .collect();
    html.push_str(&format!(
        "<tr class=\"total\"><th scope=\"row\">all, {} per second</th><td>{}</td><td>{}</td><td colspan=\"5\"></td></tr>\n",
        number(load.requests_per_second),
        whole(load.requests),
        whole(load.failures),
    ));
    html
}

/// What one needs to repeat the run or to compare it.
pub(super) fn environment(measurements: &Measurements, verdict: &Verdict) -> String {
    let environment = &measurements.environment;
    let unit = |value: Option<f64>, unit: &str| {
        value.map_or_else(|| "not measured".to_owned(), |value| format!("{} {unit}", number(value)))
    };
    let rows = [
        ("Target", verdict.target.clone()),
        ("Backend", environment.backend.clone()),
        ("Load test", environment.loadtest.clone()),
        ("Build profile", environment.profile.clone()),
        ("Database", environment.database.clone()),
        ("System", environment.system.clone()),
        ("Processor", format!("{}, {}", environment.processor, counted(environment.cores as u64, "core", "cores"))),
        ("Memory", unit(environment.memory_mib.map(|mib| mib / 1_024.0), "GiB")),
        ("Load average before", environment.load_average_at_start.map_or_else(|| "not measured".to_owned(), number)),
        ("Processor use of the server", unit(environment.server_cores_used, "cores")),
        ("Processor use of the generator", unit(environment.generator_cores_used, "cores")),
        ("Users", environment.users.to_string()),
        ("Plan", environment.plan.clone()),
        ("Seed", environment.seed.to_string()),
    ];
    let cells: String =
        rows.iter().map(|(name, value)| format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", escape(value))).collect();
    format!(
        "<section aria-labelledby=\"environment\">\n<h2 id=\"environment\">Environment</h2>\n<dl class=\"environment\">\n{cells}</dl>\n\
         <p class=\"command\"><span>Command line</span><code>{}</code></p>\n</section>\n",
        escape(&environment.command_line),
    )
}

/// How to read the page, and where each limit comes from.
pub(super) fn guide(limits: &Limits) -> String {
    let rows: String = limits
        .rows()
        .iter()
        .map(|(name, value, source)| {
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"text\">{}</td></tr>\n",
                escape(name),
                escape(value),
                escape(source)
            )
        })
        .collect();
    format!(
        "<section aria-labelledby=\"guide\">\n<h2 id=\"guide\">How to read this</h2>\n{TEXT}<details class=\"limits\"><summary>All limits and where they come from</summary>\n{}</details>\n</section>\n",
        table("Limits", &["limit", "value", "source"], &rows),
    )
}

const TEXT: &str = "<dl class=\"guide\">\n\
<div><dt>passed, failed, not measured</dt><dd>A criterion passes only when it was measured with enough evidence and kept its limit. Too few kills, \
writes or samples are a failure, not a pass. What needs a cluster, or was left out on purpose, is <em>not measured</em>: it says nothing, neither good nor bad.</dd></div>\n\
<div><dt>probe and users</dt><dd>The users wait for each answer before they ask again, so a stalled server hides its own delay. The probe asks at a fixed rate \
whatever happens and counts from the moment a request was due. Judge latency by the probe, and volume by the users.</dd></div>\n\
<div><dt>announced windows</dt><dd>From the moment a server is killed, or the database taken away, until it is ready again. Failures inside them are expected; \
one failure outside fails the run. A write that got its answer must survive them all. In the window <em>overload</em>, from the load step until the maximum \
of replicas is Ready and settled, only polite refusals (429 or 503 with <code>Retry-After</code>) are expected, counted apart and shown; any other failure counts.</dd></div>\n\
<div><dt>beside this file</dt><dd><code>verdict.json</code> for programs, <code>junit.xml</code> for CI, <code>timeline.csv</code> with every second.</dd></div>\n</dl>\n";
