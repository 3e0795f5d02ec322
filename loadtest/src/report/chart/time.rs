//! A chart over the time of the run: lines, the phases above them, and the announced windows behind them.

use super::scale::Scale;
use super::{escape, label_width, marks, open, px};
use crate::measurements::{Timeline, WindowKind};
use crate::words::number;

const HEIGHT: f64 = 236.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 46.0;
const BOTTOM: f64 = 24.0;
const PHASES: f64 = 18.0;
const WINDOWS: f64 = 16.0;
/// More points than this and the drawing grows without showing more.
const POINTS: usize = 300;

/// One line of a chart.
pub(in crate::report) struct Line {
    pub(in crate::report) name: &'static str,
    /// Class of the style sheet: colour and dashes.
    pub(in crate::report) class: &'static str,
    /// One value per second of the timeline; a missing one interrupts the line.
    pub(in crate::report) values: Vec<Option<f64>>,
    pub(in crate::report) shape: Shape,
}

/// How the values of a line are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Shape {
    Line,
    /// A line with the surface below it tinted.
    Area,
    /// A value that stays until it changes.
    Steps,
    /// One bar per value, for what happens rarely.
    Bars,
}

/// Lines over the same seconds.
pub(in crate::report) struct TimeChart<'a> {
    pub(in crate::report) id: &'static str,
    pub(in crate::report) title: &'static str,
    pub(in crate::report) unit: &'static str,
    pub(in crate::report) logarithmic: bool,
    pub(in crate::report) lines: Vec<Line>,
    /// A level worth knowing, such as the number of cores, drawn when the values come near it.
    pub(in crate::report) level: Option<(f64, &'a str)>,
    pub(in crate::report) timeline: &'a Timeline,
}

impl TimeChart<'_> {
    /// Whether there is a single value to draw.
    pub(in crate::report) fn is_empty(&self) -> bool {
        self.values().next().is_none()
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.lines.iter().flat_map(|line| line.values.iter().flatten().copied()).filter(|value| value.is_finite())
    }

    /// What the chart shows, in words.
    fn description(&self) -> String {
        let lines = self.lines.iter().filter_map(|line| {
            let mut values: Vec<f64> =
                line.values.iter().flatten().copied().filter(|value| value.is_finite()).collect();
            values.sort_by(f64::total_cmp);
            let (low, middle, high) = (values.first()?, values.get(values.len() / 2)?, values.last()?);
            let name = line.name;
            Some(format!(
                "{name}: from {} to {}, median {} {}",
                number(*low),
                number(*high),
                number(*middle),
                self.unit
            ))
        });
        let windows = match self.timeline.windows.len() {
            0 => "no announced windows".to_owned(),
            count => format!("{count} announced windows marked"),
        };
        format!("{}; {windows}.", lines.collect::<Vec<_>>().join("; "))
    }

    /// The drawing at this width.
    pub(in crate::report) fn svg(&self, width: f64) -> String {
        let id = format!("{}-{}", self.id, width as u64);
        let last = self.timeline.seconds.last().map_or(0.0, |second| second.at + 1.0);
        let end = self.timeline.phases.iter().map(|phase| phase.to).fold(last, f64::max);
        let wanted = if width < 500.0 { 4 } else { 8 };
        let x = Scale::exact(end, wanted, LEFT, width - RIGHT);
        let happenings = &self.timeline.happenings;
        let marked = if marks::any(happenings) { marks::ROW } else { 0.0 };
        let top = PHASES + WINDOWS + 4.0 + marked;
        let bottom = HEIGHT - BOTTOM;
        let y = if self.logarithmic {
            Scale::logarithmic(self.values(), bottom, top)
        } else {
            let level = self.level.map_or(0.0, |(level, _)| level);
            let high = self.values().fold(level, f64::max);
            // What comes in whole numbers has no ticks between them.
            let whole = self.values().all(|value| value.fract() == 0.0);
            let wanted = if whole { (high as usize).clamp(1, 4) } else { 4 };
            Scale::from_zero(high, wanted, bottom, top)
        };
        let mut svg = open(&id, self.title, &self.description(), width, HEIGHT);
        self.phases(&mut svg, &x);
        self.windows(&mut svg, &x, top, bottom);
        self.axes(&mut svg, &x, &y, end);
        self.drawn_lines(&mut svg, &x, &y, bottom, width);
        // The small drawing is for small screens, which have nothing to hover with.
        if width >= 500.0 {
            self.hints(&mut svg, &x, top, bottom);
        }
        svg.push_str(&marks::drawn(happenings, &x, top, bottom));
        svg.push_str("</svg>\n");
        svg
    }

    /// A strip with the phases' names where they fit, and as a hint everywhere.
    fn phases(&self, svg: &mut String, x: &Scale) {
        for (index, phase) in self.timeline.phases.iter().enumerate() {
            let (from, to) = (x.at(phase.from), x.at(phase.to));
            let name = escape(&phase.name);
            let shade = if index % 2 == 0 { "phase" } else { "phase other" };
            svg.push_str(&format!(
                "<g class=\"{shade}\"><title>{name}: {} to {} s</title><rect x=\"{}\" y=\"0\" width=\"{}\" height=\"{}\"/>",
                number(phase.from),
                number(phase.to),
                px(from),
                px((to - from).max(0.5)),
                px(PHASES),
            ));
            if label_width(&phase.name) + 4.0 < to - from {
                svg.push_str(&format!(
                    "<text x=\"{}\" y=\"13\" text-anchor=\"middle\">{name}</text>",
                    px((from + to) / 2.0)
                ));
            }
            svg.push_str("</g>\n");
        }
    }

    fn windows(&self, svg: &mut String, x: &Scale, top: f64, bottom: f64) {
        let mut free_from = f64::NEG_INFINITY;
        for window in &self.timeline.windows {
            let (from, to) = (x.at(window.from), x.at(window.to));
            let name = escape(&window.name);
            let class = if window.kind == WindowKind::Overload { "window overload" } else { "window" };
            svg.push_str(&format!(
                "<g class=\"{class}\"><title>{name}: {} to {} s</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\
                 <path d=\"M{} {}l4 -6h-8z\"/>",
                number(window.from),
                number(window.to),
                px(from),
                px(top),
                px((to - from).max(1.5)),
                px(bottom - top),
                px((from + to) / 2.0),
                px(PHASES + WINDOWS + 4.0),
            ));
            let half = label_width(&window.name) / 2.0;
            let middle = ((from + to) / 2.0).max(half);
            if middle - half > free_from {
                svg.push_str(&format!(
                    "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{name}</text>",
                    px(middle),
                    px(PHASES + 10.0)
                ));
                free_from = middle + half + 4.0;
            }
            svg.push_str("</g>\n");
        }
    }

    fn axes(&self, svg: &mut String, x: &Scale, y: &Scale, end: f64) {
        let (left, right) = (x.at(0.0), x.at(end));
        svg.push_str("<g class=\"axis\">");
        for tick in &y.ticks {
            let height = y.at(*tick);
            svg.push_str(&format!(
                "<path d=\"M{} {h}H{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                px(left),
                px(right),
                px(left - 6.0),
                px(height + 4.0),
                number(*tick),
                h = px(height),
            ));
        }
        let minutes = end > 300.0;
        for tick in &x.ticks {
            let label = if minutes { clock(*tick) } else { format!("{} s", number(*tick)) };
            svg.push_str(&format!(
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
                px(x.at(*tick)),
                px(HEIGHT - 7.0)
            ));
        }
        svg.push_str("</g>\n");
        if let Some((level, name)) = self.level {
            let height = px(y.at(level));
            svg.push_str(&format!(
                "<g class=\"level\"><path d=\"M{} {height}H{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text></g>\n",
                px(left),
                px(right),
                px(right - 4.0),
                px(y.at(level) + 14.0),
                escape(name),
            ));
        }
    }

    fn drawn_lines(&self, svg: &mut String, x: &Scale, y: &Scale, bottom: f64, width: f64) {
        let mut ends = Vec::new();
        for line in &self.lines {
            let runs = self.runs(line, x, y);
            for run in &runs {
                svg.push_str(&if line.shape == Shape::Bars {
                    bars(run, line, bottom)
                } else {
                    drawn_run(run, line, bottom)
                });
            }
            if line.shape != Shape::Bars
                && let Some(&(right, height)) = runs.last().and_then(|run| run.last())
            {
                ends.push((height, right, line));
            }
        }
        // Names at the ends of their lines, pushed apart where they would touch, left to the key where there is no room.
        // Of two at the same height the later line is the higher one: p99 above p95.
        ends.reverse();
        ends.sort_by(|left, right| left.0.total_cmp(&right.0));
        let mut free_from = f64::NEG_INFINITY;
        for (height, right, line) in ends {
            let height = height.max(free_from);
            if height > bottom - 6.0 || right + 5.0 + label_width(line.name) > width {
                continue;
            }
            free_from = height + 14.0;
            svg.push_str(&format!(
                "<text class=\"name {}\" x=\"{}\" y=\"{}\">{}</text>\n",
                line.class,
                px(right + 5.0),
                px(height + 4.0),
                escape(line.name),
            ));
        }
    }

    /// Stretches without a gap, in pixels, with at most `POINTS` points over the whole time.
    fn runs(&self, line: &Line, x: &Scale, y: &Scale) -> Vec<Vec<(f64, f64)>> {
        let seconds = &self.timeline.seconds;
        let group = seconds.len().div_ceil(POINTS).max(1);
        let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for (times, values) in seconds.chunks(group).zip(line.values.chunks(group)) {
            // The worst of the group: thinning must not hide a peak.
            let worst = values.iter().flatten().copied().filter(|value| value.is_finite()).reduce(f64::max);
            match (worst, runs.last_mut()) {
                (Some(value), Some(run)) => run.push((x.at(times[0].at + group as f64 / 2.0), y.at(value))),
                (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
                _ => {}
            }
        }
        runs.retain(|run| !run.is_empty());
        runs
    }

    /// Invisible columns whose hints say the values of their second.
    fn hints(&self, svg: &mut String, x: &Scale, top: f64, bottom: f64) {
        let seconds = &self.timeline.seconds;
        if seconds.len() > POINTS {
            return;
        }
        svg.push_str("<g class=\"hints\">");
        for (index, second) in seconds.iter().enumerate() {
            let values: Vec<String> = self
                .lines
                .iter()
                .filter_map(|line| {
                    let value = line.values.get(index).copied().flatten()?;
                    Some(format!("{} {} {}", line.name, number(value), self.unit))
                })
                .collect();
            if !values.is_empty() {
                let (from, to) = (x.at(second.at), x.at(second.at + 1.0));
                svg.push_str(&format!(
                    "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{} s: {}</title></rect>",
                    px(from),
                    px(top),
                    px(to - from),
                    px(bottom - top),
                    number(second.at),
                    escape(&values.join(", ")),
                ));
            }
        }
        svg.push_str("</g>\n");
    }
}

fn drawn_run(run: &[(f64, f64)], line: &Line, bottom: f64) -> String {
    let class = line.class;
    let [(first, height), rest @ ..] = run else {
        return String::new();
    };
    if rest.is_empty() {
        return format!("<circle class=\"dot {class}\" cx=\"{}\" cy=\"{}\" r=\"2.5\"/>\n", px(*first), px(*height));
    }
    let path: String = run
        .iter()
        .enumerate()
        .map(|(index, (x, y))| match (index, line.shape) {
            (0, _) => format!("M{} {}", px(*x), px(*y)),
            (_, Shape::Steps) => format!("H{}V{}", px(*x), px(*y)),
            _ => format!("L{} {}", px(*x), px(*y)),
        })
        .collect();
    let mut svg = String::new();
    if line.shape == Shape::Area {
        let last = rest.last().map_or(*first, |point| point.0);
        let (last, first, bottom) = (px(last), px(*first), px(bottom));
        svg.push_str(&format!("<path class=\"fill {class}\" d=\"{path}L{last} {bottom}L{first} {bottom}z\"/>\n"));
    }
    svg.push_str(&format!("<path class=\"line {class}\" d=\"{path}\"/>\n"));
    svg
}

fn bars(run: &[(f64, f64)], line: &Line, bottom: f64) -> String {
    run.iter()
        .map(|(x, y)| {
            // A single failure beside a thousand requests must not vanish.
            let top = y.min(bottom - 3.0);
            let (x, top, tall) = (px(x - 2.0), px(top), px(bottom - top));
            format!("<rect class=\"bars {}\" x=\"{x}\" y=\"{top}\" width=\"4\" height=\"{tall}\"/>\n", line.class)
        })
        .collect()
}

/// Minutes and seconds.
fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
