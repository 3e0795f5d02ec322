//! The way up and down of the replicas, moment by moment: t0 to t7 of the observability guide, beside the floor that the
//! clocks allow.

use super::escape;
use super::tables::{empty, table};
use crate::criteria::scaling::{TOLERANCE, fall_allowed, share_of_window};
use crate::limits::Limits;
use crate::measurements::{Cluster, NewPod, Part, ScaleDown, ScaleUp};
use crate::words::{number, number_or_dash};

pub(super) fn section(cluster: &Cluster, limits: &Limits) -> String {
    let mut html = "<h3>Scaling up</h3>\n".to_owned();
    match &cluster.scale_up {
        Part::Measured(up) => {
            html.push_str(&format!(
                "<p class=\"lead\">The HPA sees a mean over {} s: before the share φ of them that lifts it above 1.1 times the target has \
                 passed, nothing can happen. That is the floor. The loops of kubelet, metrics-server and HPA may add {} s.</p>\n",
                number(limits.cluster.metric_seconds.value),
                number(limits.cluster.reaction_seconds.value),
            ));
            html.push_str(&table(
                "Moments of scaling up",
                &["seconds after t0", "seen", "floor", "allowed"],
                &moments(up, limits),
            ));
            html.push_str("<h3>New pods</h3>\n");
            let rows: String = up.pods.iter().map(|pod| new_pod(pod, up.load_at)).collect();
            let heads =
                ["seconds after t0", "t3 created", "t4 scheduled", "t5 Ready", "t6 first request", "created to Ready"];
            html.push_str(&table("New pods, in seconds after t0", &heads, &rows));
        }
        Part::NotMeasured(reason) | Part::Broken(reason) => html.push_str(&empty(reason)),
    }
    html.push_str("<h3>Scaling down</h3>\n");
    match &cluster.scale_down {
        Part::Measured(down) => html.push_str(&table(
            "Moments of scaling down",
            &["seconds after the load", "seen", "allowed"],
            &way_down(down, limits),
        )),
        Part::NotMeasured(reason) | Part::Broken(reason) => html.push_str(&empty(reason)),
    }
    html
}

/// One row of the way up: name, moment, floor, what is allowed, meaning.
type Moment = (String, Option<f64>, Option<f64>, Option<f64>, String);

fn moments(up: &ScaleUp, limits: &Limits) -> String {
    let bounds = &limits.cluster;
    let after = |at: Option<f64>| at.map(|at| at - up.load_at);
    let floor = share_of_window(up).map(|share| share * bounds.metric_seconds.value);
    let allowed = floor.map(|floor| floor + bounds.reaction_seconds.value);
    let first = |moment: fn(&NewPod) -> Option<f64>| after(up.pods.iter().filter_map(moment).reduce(f64::min));
    let threshold = number(TOLERANCE * up.target_percent);
    let mut rows: Vec<Moment> = vec![
        (
            "t0".to_owned(),
            Some(0.0),
            None,
            None,
            format!("the load rises; CPU is at {} %", number_or_dash(up.before_percent)),
        ),
        (
            "t1".to_owned(),
            after(up.metric_at),
            floor,
            None,
            format!("the metric is above {threshold} %, 1.1 times the target"),
        ),
    ];
    for (index, step) in up.steps.iter().enumerate() {
        let bound = |value: Option<f64>| value.filter(|_| index == 0);
        let meaning = format!("step {}: {} instead of {} replicas are desired", index + 1, step.to, step.from);
        rows.push(("t2".to_owned(), after(Some(step.at)), bound(floor), bound(allowed), meaning));
    }
    rows.extend([
        ("t3".to_owned(), first(|pod| Some(pod.created_at)), None, None, "the first new pod is created".to_owned()),
        ("t4".to_owned(), first(|pod| pod.scheduled_at), None, None, "the first new pod has a node".to_owned()),
        (
            "t5".to_owned(),
            first(|pod| pod.ready_at),
            None,
            Some(bounds.new_pod_seconds.value),
            "the first new pod is Ready".to_owned(),
        ),
        ("t6".to_owned(), first(|pod| pod.served_at), None, None, "a new pod has served its first request".to_owned()),
        ("all".to_owned(), after(up.ready_at), None, None, format!("{} pods are Ready", up.maximum)),
        (
            "t7".to_owned(),
            after(up.latency_back_at),
            None,
            None,
            format!(
                "p95 is under {} ms again and stays there for {} s",
                number(up.latency_limit_ms),
                number(up.latency_lasting_seconds)
            ),
        ),
    ]);
    rows.iter()
        .map(|(name, at, floor, allowed, meaning)| {
            let over = at.zip(*allowed).is_some_and(|(at, allowed)| at.is_nan() || at > allowed);
            format!(
                "<tr><th scope=\"row\" class=\"moment\"><b>{}</b> {}</th><td{}>{}</td><td class=\"dim\">{}</td><td class=\"dim\">{}</td></tr>\n",
                escape(name),
                escape(meaning),
                if over { " class=\"over\"" } else { "" },
                number_or_dash(*at),
                number_or_nothing(*floor),
                number_or_nothing(*allowed),
            )
        })
        .collect()
}

fn number_or_nothing(value: Option<f64>) -> String {
    value.map(number).unwrap_or_default()
}

fn new_pod(pod: &NewPod, load_at: f64) -> String {
    let after = |at: Option<f64>| number_or_dash(at.map(|at| at - load_at));
    format!(
        "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escape(&pod.name),
        after(Some(pod.created_at)),
        after(pod.scheduled_at),
        after(pod.ready_at),
        after(pod.served_at),
        number_or_dash(pod.ready_at.map(|at| at - pod.created_at)),
    )
}

fn way_down(down: &ScaleDown, limits: &Limits) -> String {
    let stabilization = down.stabilization_seconds.map_or_else(|| "its default of 300".to_owned(), number);
    let mut rows = vec![(
        "load gone".to_owned(),
        Some(0.0),
        None,
        format!("the HPA looks back {stabilization} s before it lets a pod go"),
    )];
    rows.extend(down.steps.iter().enumerate().map(|(index, step)| {
        let meaning = format!("{} instead of {} replicas are desired", step.to, step.from);
        (format!("step {}", index + 1), Some(step.at - down.load_at), None, meaning)
    }));
    rows.push((
        "minimum".to_owned(),
        down.minimum_at.map(|at| at - down.load_at),
        Some(fall_allowed(down, limits)),
        format!("{} replicas run, not one more", down.minimum),
    ));
    rows.iter()
        .map(|(name, at, allowed, meaning)| {
            format!(
                "<tr><th scope=\"row\" class=\"moment\"><b>{}</b> {}</th><td>{}</td><td class=\"dim\">{}</td></tr>\n",
                escape(name),
                escape(meaning),
                number_or_dash(*at),
                number_or_nothing(*allowed),
            )
        })
        .collect()
}
