//! Charts per route: the percentiles against their limits, and the small histogram of a table row.

use super::scale::Scale;
use super::{escape, open, px};
use crate::criteria::latency::quantiles;
use crate::limits::Limits;
use crate::measurements::RouteLatency;
use crate::words::{number, number_or_dash};

const ROW: f64 = 34.0;
const AXIS: f64 = 24.0;

/// One row per route on a logarithmic axis: bands up to the p95 and p99 limits, on them p50, p95, p99 and the maximum.
pub(in crate::report) fn latency_by_route(rows: &[RouteLatency], limits: &Limits, width: f64) -> String {
    let narrow = width < 500.0;
    // On narrow screens the route stands above its row instead of beside it.
    let (left, row_height) = if narrow { (8.0, ROW + 18.0) } else { (208.0, ROW) };
    let height = row_height * rows.len() as f64 + AXIS;
    let all = rows.iter().flat_map(|row| {
        let limit = limits.route(&row.route);
        [row.p50_ms, row.p99_ms, row.max_ms, Some(limit.p95_ms), Some(limit.p99_ms)].into_iter().flatten()
    });
    let x = Scale::logarithmic(all, left, width - 20.0);
    let mut svg = open(
        &format!("routes-{}", width as u64),
        "Latency per route against its limits",
        &description(rows),
        width,
        height,
    );
    let floor = height - AXIS;
    svg.push_str("<g class=\"axis\">");
    let mut free_from = f64::NEG_INFINITY;
    for tick in &x.ticks {
        let (at, label) = (x.at(*tick), number(*tick));
        let half = super::label_width(&label) / 2.0;
        svg.push_str(&format!("<path d=\"M{} 0V{}\"/>", px(at), px(floor)));
        if at - half > free_from {
            svg.push_str(&format!(
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
                px(at),
                px(floor + 17.0)
            ));
            free_from = at + half + 6.0;
        }
    }
    svg.push_str("</g>\n");
    for (index, row) in rows.iter().enumerate() {
        let top = index as f64 * row_height;
        let limit = limits.route(&row.route);
        let name = escape(&row.route);
        let middle = top + row_height - ROW / 2.0;
        let (text_x, text_y, anchor) =
            if narrow { (left, top + 14.0, "start") } else { (left - 12.0, middle + 4.0, "end") };
        svg.push_str(&format!(
            "<g><title>{name}: {}</title>\
             <text class=\"route\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{name}</text>",
            quantiles(row, limit),
            px(text_x),
            px(text_y),
        ));
        for (class, most) in [("band p99", limit.p99_ms), ("band p95", limit.p95_ms)] {
            svg.push_str(&format!(
                "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"20\"/>",
                px(left),
                px(middle - 10.0),
                px(x.at(most) - left),
            ));
        }
        svg.push_str(&marks(row, &x, middle));
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// Different shapes, so that nobody needs the colours.
fn marks(row: &RouteLatency, x: &Scale, middle: f64) -> String {
    let usable = |value: Option<f64>| value.filter(|value| value.is_finite());
    let mut svg = String::new();
    if let (Some(low), Some(high)) = (usable(row.p50_ms), usable(row.p99_ms)) {
        svg.push_str(&format!(
            "<path class=\"span\" d=\"M{} {m}H{}\"/>",
            px(x.at(low)),
            px(x.at(high)),
            m = px(middle)
        ));
    }
    if let (Some(from), Some(max)) = (usable(row.p99_ms), usable(row.max_ms)) {
        svg.push_str(&format!(
            "<path class=\"span thin\" d=\"M{} {m}H{end}\"/><path class=\"span thin\" d=\"M{end} {}v8\"/>",
            px(x.at(from)),
            px(middle - 4.0),
            m = px(middle),
            end = px(x.at(max)),
        ));
    }
    if let Some(value) = usable(row.p50_ms) {
        svg.push_str(&format!("<circle class=\"mark p50\" cx=\"{}\" cy=\"{}\" r=\"5\"/>", px(x.at(value)), px(middle)));
    }
    if let Some(value) = usable(row.p95_ms) {
        let at = x.at(value);
        svg.push_str(&format!("<path class=\"mark p95\" d=\"M{} {}h9v9h-9z\"/>", px(at - 4.5), px(middle - 4.5)));
    }
    if let Some(value) = usable(row.p99_ms) {
        svg.push_str(&format!(
            "<path class=\"mark p99\" d=\"M{} {}l6 6l-6 6l-6 -6z\"/>",
            px(x.at(value)),
            px(middle - 6.0)
        ));
    }
    svg
}

fn description(rows: &[RouteLatency]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let [p50, p95, p99] = [row.p50_ms, row.p95_ms, row.p99_ms].map(number_or_dash);
            format!("{}: p50 {p50}, p95 {p95}, p99 {p99} ms", row.route)
        })
        .collect();
    format!("{}.", rows.join("; "))
}

/// The distribution of one route, a bar per step; nothing when nothing was counted.
pub(in crate::report) fn histogram(row: &RouteLatency) -> String {
    const HEIGHT: f64 = 24.0;
    const WIDTH: f64 = 110.0;
    const BARS: usize = 28;
    let steps: Vec<(f64, u64)> = row.histogram.iter().copied().filter(|(edge, _)| edge.is_finite()).collect();
    // Finer steps than a bar is wide are put together; the last edge names them.
    let bars: Vec<(f64, u64)> = steps
        .chunks(steps.len().div_ceil(BARS).max(1))
        .map(|group| (group[group.len() - 1].0, group.iter().map(|(_, count)| count).sum()))
        .collect();
    let highest = bars.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if highest == 0 {
        return String::new();
    }
    let step = (WIDTH / bars.len() as f64).min(12.0);
    let mut svg = format!(
        "<svg class=\"small\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" \
         aria-label=\"Distribution of {}\">",
        escape(&row.route)
    );
    for (index, (edge, count)) in bars.iter().enumerate() {
        // A count that is not zero stays visible.
        let tall = if *count == 0 { 0.0 } else { (*count as f64 / highest as f64 * (HEIGHT - 1.0)).max(1.5) };
        svg.push_str(&format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>up to {} ms: {count}</title></rect>",
            px(index as f64 * step),
            px(HEIGHT - tall),
            px((step - 1.0).max(0.5)),
            px(tall),
            number(*edge),
        ));
    }
    svg.push_str("</svg>");
    svg
}
