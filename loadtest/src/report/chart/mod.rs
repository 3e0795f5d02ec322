//! Charts as hand-written SVG. Every chart is a function of its width, so that a page can carry one drawing for wide
//! screens and one for narrow ones; colours and fonts come from the page's style sheet.

mod marks;
mod routes;
mod scale;
mod time;

pub(super) use marks::{KINDS, any as any_marks};
pub(super) use routes::{histogram, latency_by_route};
pub(super) use time::{Line, Shape, TimeChart};

/// Text for HTML and SVG, in elements and in quoted attributes alike.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Control characters are not allowed in XML, not even escaped.
            control if control.is_control() && control != '\n' && control != '\t' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

/// Width of a label at the charts' 12-pixel font, on the safe side.
fn label_width(text: &str) -> f64 {
    text.chars().count() as f64 * 7.2
}

/// A coordinate with one decimal. Scales only give numbers, also for values that are none.
fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// The opening of a drawing with its text for readers who cannot see it. Ids must be unique on the page.
fn open(id: &str, title: &str, description: &str, width: f64, height: f64) -> String {
    format!(
        "<svg viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
         <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>\n",
        escape(title),
        escape(description),
        w = px(width),
        h = px(height),
    )
}
