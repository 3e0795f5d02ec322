//! The criteria one by one: what failed first, then what passed, then what was not measured.

use super::{escape, icon, status};
use crate::verdict::{Criterion, Figure, Status, Verdict};
use crate::words::number;

pub(super) fn section(verdict: &Verdict) -> String {
    let of = |wanted: Status| verdict.criteria.iter().filter(move |criterion| criterion.status == wanted);
    let mut html = "<section aria-labelledby=\"criteria\">\n<h2 id=\"criteria\">Criteria</h2>\n".to_owned();
    let judged: String = of(Status::Fail).chain(of(Status::Pass)).map(card).collect();
    if !judged.is_empty() {
        html.push_str(&format!("<ul class=\"criteria\">\n{judged}</ul>\n"));
    }
    let unmeasured: String = of(Status::NotMeasured).map(card).collect();
    if !unmeasured.is_empty() {
        html.push_str(&format!("<h3>Not measured in this run</h3>\n<ul class=\"criteria\">\n{unmeasured}</ul>\n"));
    }
    html.push_str("</section>\n");
    html
}

fn card(criterion: &Criterion) -> String {
    let (class, word) = status(criterion.status);
    let evidence = if criterion.evidence.is_empty() {
        String::new()
    } else {
        let facts: String = criterion.evidence.iter().map(|fact| format!("<li>{}</li>", escape(fact))).collect();
        // Who sees a failure needs the evidence at once.
        let open = if criterion.status == Status::Fail { " open" } else { "" };
        format!("<details{open}><summary>Evidence</summary><ul>{facts}</ul></details>")
    };
    format!(
        "<li class=\"{class}\">\n<div class=\"status\">{}<span>{word}</span></div>\n\
         <div class=\"what\"><p class=\"title\"><b>{}</b> {}</p><p class=\"reason\">{}</p>{evidence}</div>\n\
         <div class=\"figures\">{}{}</div>\n</li>\n",
        icon(class),
        escape(&criterion.id),
        escape(&criterion.title),
        escape(&criterion.reason),
        figures(criterion),
        link(criterion),
    )
}

/// The way to the dashboard over the phase that measured this.
fn link(criterion: &Criterion) -> String {
    criterion.dashboard.as_ref().map_or_else(String::new, |dashboard| {
        let named = escape(&format!("Dashboard of the phase that measured {}", criterion.id));
        format!("<p class=\"dashboard\"><a href=\"{}\" aria-label=\"{named}\">dashboard</a></p>", escape(dashboard))
    })
}

/// The measured value beside its limit, with a bar where both are numbers.
fn figures(criterion: &Criterion) -> String {
    let unit = escape(&criterion.unit);
    let limit = match &criterion.limit {
        Figure::Number(most) => format!("limit {} {unit}", number(*most)),
        Figure::Text(text) => format!("limit: {} {unit}", escape(text)),
    };
    let Some(measured) = &criterion.measured else {
        return format!("<p class=\"limit\">{limit}</p>");
    };
    let (value, bar) = match (measured, &criterion.limit) {
        (Figure::Number(value), Figure::Number(most)) if *most > 0.0 => (number(*value), bar(value / most)),
        (Figure::Number(value), _) => (number(*value), String::new()),
        (Figure::Text(text), _) => (escape(text), String::new()),
    };
    format!("<p class=\"measured\"><b>{value}</b> {unit}</p>{bar}<p class=\"limit\">{limit}</p>")
}

/// How much of the limit is used. Decoration: the figures say the same.
fn bar(share: f64) -> String {
    let percent = (share * 100.0).clamp(0.0, 100.0);
    let class = if share > 1.0 { "bar over" } else { "bar" };
    format!("<div class=\"{class}\" aria-hidden=\"true\"><i style=\"width:{percent:.1}%\"></i></div>")
}
