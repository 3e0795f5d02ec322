//! The report of good, bad, empty and hostile runs: whole, self-contained, and within its columns.

use std::collections::HashSet;

use super::{colour_wanted, csv, html, json, junit, table, write};
use crate::criteria::judge;
use crate::limits::Limits;
use crate::measurements::sample::{good_cluster_run, good_run};
use crate::measurements::{
    Happening, LatencyRun, Ledger, Measurements, Part, Phase, Replicas, Second, Timeline, Window,
};
use crate::verdict::Verdict;

fn judged(run: &Measurements) -> Verdict {
    judge(run, &Limits::default())
}

fn page(run: &Measurements) -> String {
    html::page(run, &Limits::default(), &judged(run))
}

fn nothing_measured() -> Measurements {
    let run = good_run();
    Measurements::new(run.run, run.environment)
}

/// A run that fails, in an unfriendly way.
fn bad_run() -> Measurements {
    let mut run = good_run();
    run.ledger = Part::Measured(Ledger {
        acknowledged: 12_000,
        audited: 12_000,
        lost: 2,
        examples: vec![HOSTILE.to_owned()],
        ..Ledger::default()
    });
    run.flood = Part::NotMeasured(format!("Skipped: {HOSTILE}."));
    run.environment.command_line = HOSTILE.to_owned();
    run.timeline.phases[0].name = HOSTILE.to_owned();
    run.timeline.windows[0].name = HOSTILE.to_owned();
    if let Part::Measured(rows) = &mut run.latency {
        rows[5].route = HOSTILE.to_owned();
    }
    run
}

/// A cluster run whose every text comes from somebody unfriendly, and in which little went as it should.
fn bad_cluster_run() -> Measurements {
    let mut run = good_cluster_run();
    for happening in &mut run.timeline.happenings {
        (happening.at, happening.what) = (f64::NAN, HOSTILE.to_owned());
    }
    run.timeline.happenings.push(Happening { at: 3.0, kind: HOSTILE.to_owned(), what: HOSTILE.to_owned() });
    run.timeline.replicas[5].cpu_percent = Some(f64::NAN);
    let cluster = &mut run.cluster;
    if let (Part::Measured(up), Part::Measured(down)) = (&mut cluster.scale_up, &mut cluster.scale_down) {
        up.pods[0].name = HOSTILE.to_owned();
        (up.steps[0].at, up.before_percent, up.ready_at, up.latency_limit_ms) = (f64::NAN, None, None, f64::INFINITY);
        (down.minimum_at, down.load_at) = (None, f64::NAN);
    }
    if let (Part::Measured(kills), Part::Measured(broken)) = (&mut cluster.pod_kills, &mut cluster.isolation) {
        (kills[0].pod, kills[0].ready_again_seconds) = (HOSTILE.to_owned(), None);
        (broken[0].what, broken[1].message) = (HOSTILE.to_owned(), Some(HOSTILE.to_owned()));
    }
    if let Part::Measured(told) = &mut cluster.monitoring.testimonies {
        (told[0].title, told[0].value) = (HOSTILE.to_owned(), Some(f64::NAN));
        (told[1].query, told[1].value, told[1].refusal) = (HOSTILE.to_owned(), None, Some(HOSTILE.to_owned()));
    }
    if let Part::Measured(backup) = &mut cluster.backup {
        backup.damaged_refusal = Some(HOSTILE.to_owned());
    }
    cluster.outage = Part::Broken(format!("The database did not come back: {HOSTILE}."));
    run
}

const HOSTILE: &str = "</title><script src=\"https://evil.example/x.js\">'&\u{1b}[2J";

#[test]
fn all_files_are_written_whole_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let nested = folder.path().join("a").join("b");
    let run = good_run();
    for _ in 0..2 {
        let paths = write(&nested, &run, &Limits::default(), &judged(&run)).unwrap();
        assert!(paths.iter().all(|path| path.is_file()), "{paths:?}");
    }
    let mut names: Vec<_> =
        std::fs::read_dir(&nested).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["junit.xml", "report.html", "timeline.csv", "verdict.json"]);
}

#[test]
fn the_verdict_file_has_the_documented_shape() {
    let text = json(&judged(&good_run())).unwrap();
    let verdict: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(verdict["target"], "local");
    assert_eq!(verdict["release"], "0.1.0");
    assert_eq!(verdict["started_at"], "2026-03-14T09:26:53Z");
    assert_eq!(verdict["finished_at"], "2026-03-14T09:27:55Z");
    assert_eq!(verdict["passed"], true);
    assert_eq!(verdict["partial"], false);
    assert_eq!(
        verdict["ledger"],
        serde_json::json!({"acknowledged": 18_342, "lost": 0, "duplicated": 0, "altered": 0})
    );
    assert_eq!(verdict["load"]["requests"], 58_211);
    assert_eq!(verdict["timeline"], "timeline.csv");
    let criterion = &verdict["criteria"][2];
    assert_eq!(
        (&criterion["id"], &criterion["limit"], &criterion["measured"], &criterion["unit"], &criterion["status"]),
        (&"SC-003".into(), &0.0.into(), &0.0.into(), &"writes".into(), &"pass".into())
    );
    assert!(criterion["title"].is_string() && criterion["reason"].is_string());
    assert!(criterion["evidence"].as_array().is_some_and(|facts| !facts.is_empty()));
    assert_eq!(verdict["criteria"][0]["status"], "not_measured");
    assert_eq!(verdict["criteria"][0]["measured"], serde_json::Value::Null);
    assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap().criteria.len(), 24);
}

#[test]
fn junit_has_a_case_per_criterion() {
    let run = bad_run();
    let text = junit::text(&run, &judged(&run)).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((report.tests, report.failures), (24, 1));
    assert_eq!(report.test_suites[0].skipped, 12, "eleven criteria need a cluster, one was skipped");
    assert!(text.contains("2 acknowledged writes were lost."), "{text}");
}

#[test]
fn the_timeline_has_a_row_per_second_and_empty_cells_for_what_was_not_sampled() {
    let timeline = Timeline {
        seconds: vec![
            Second { at: 0.0, users: Some(2), requests: 31, p50_ms: Some(1.234_56), ..Second::default() },
            Second { at: 1.0, failures: 4, server_memory_mib: Some(f64::NAN), ..Second::default() },
        ],
        phases: vec![Phase { name: "load, then \"kills\"".to_owned(), from: 0.0, to: 9.0 }],
        windows: vec![Window { name: "kill 1".to_owned(), from: 1.4, to: 1.5, ..Window::default() }],
        replicas: vec![Replicas {
            at: 1.9,
            desired: 2,
            running: 5,
            ready: 4,
            cpu_percent: Some(81.5),
            target_percent: Some(70.0),
        }],
        happenings: ["scale", "Unhealthy"]
            .map(|kind| Happening { at: 1.0, kind: kind.to_owned(), ..Happening::default() })
            .to_vec(),
    };
    let lines: Vec<String> = csv::text(&timeline).lines().skip(1).map(str::to_owned).collect();
    assert_eq!(
        lines,
        [
            "0,\"load, then \"\"kills\"\"\",,2,31,0,1.235,,,,,,,,,,,",
            "1,\"load, then \"\"kills\"\"\",kill 1,,0,4,,,,,,,2,5,4,81.5,70,scale; Unhealthy",
        ]
    );
}

/// Elements that HTML closes by itself.
const VOID: [&str; 2] = ["meta", "link"];

/// Fails unless every element is closed in order; returns the ids.
fn checked_structure(page: &str) -> Vec<String> {
    let (mut open, mut ids) = (Vec::new(), Vec::new());
    // The style sheet is not markup.
    let markup = format!("{}{}", page.split("<style>").next().unwrap(), page.split("</style>").nth(1).unwrap());
    for tag in markup.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("a closed tag");
        assert!(!text.contains('>'), "unescaped text after <{tag}>: {text}");
        let name = tag.split([' ', '/', '\n']).find(|part| !part.is_empty()).unwrap();
        if let Some(id) = tag.split(" id=\"").nth(1) {
            ids.push(id.split('"').next().unwrap().to_owned());
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name.to_owned()), "closing {name}");
        } else if !tag.starts_with('!') && !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    ids
}

#[test]
fn the_page_is_whole_and_self_contained_whatever_it_shows() {
    let mut one_second = nothing_measured();
    one_second.timeline.seconds = good_run().timeline.seconds.split_off(61);
    let mut not_numbers = good_run();
    for second in &mut not_numbers.timeline.seconds {
        (second.p99_ms, second.server_cores) = (Some(f64::NAN), Some(f64::INFINITY));
    }
    if let Part::Measured(rows) = &mut not_numbers.latency {
        (rows[0].p50_ms, rows[0].p99_ms, rows[1].max_ms) = (Some(f64::NAN), None, Some(f64::INFINITY));
        rows[2].histogram.clear();
    }
    not_numbers.timeline.windows[0].to = f64::NAN;
    not_numbers.timeline.phases[0].from = f64::NAN;
    for (name, run) in [
        ("good", good_run()),
        ("bad", bad_run()),
        ("nothing", nothing_measured()),
        ("one second", one_second),
        ("no numbers", not_numbers),
        ("good cluster", good_cluster_run()),
        ("bad cluster", bad_cluster_run()),
    ] {
        let page = page(&run);
        let ids = checked_structure(&page);
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{name}: ids repeat");
        for forbidden in ["<script", "NaN", "inf\"", "inf ", "src=\"", "url(", "@import", "\u{1b}"] {
            assert!(!page.contains(forbidden), "{name}: the page contains {forbidden}");
        }
        let links: Vec<&str> = page.split("href=\"").skip(1).map(|link| link.split('"').next().unwrap()).collect();
        // Nothing is loaded, and the only way out is the dashboard that was named.
        let outside = links.iter().filter(|link| **link != "data:,");
        assert!(
            outside.clone().all(|link| link.starts_with("https://grafana.example.com/d/todo-loadtest?from=")),
            "{links:?}"
        );
        assert_eq!(outside.count() > 0, name.contains("cluster"), "{name}: {links:?}");
    }
}

#[test]
fn the_page_begins_with_the_verdict_and_explains_a_failure_first() {
    let good = page(&good_run());
    assert!(good.contains("All 13 criteria that this run measured passed. 11 criteria were not measured"));
    let bad = page(&bad_run());
    let heading = bad.find("</svg>Failed</h1>").expect("the verdict");
    let failure = bad.find("2 acknowledged writes were lost.").expect("the reason");
    let pass = bad.find("<li class=\"pass\">").expect("a passed criterion");
    assert!(heading < failure && failure < pass);
    let mut interrupted = good_run();
    interrupted.run.partial = true;
    assert!(page(&interrupted).contains("The run was interrupted."));
}

#[test]
fn the_page_of_a_cluster_run_shows_the_replicas_what_was_done_to_them_and_what_came_of_it() {
    let run = good_cluster_run();
    let page = page(&run);
    let chart = page.split("<svg").find(|svg| svg.contains("id=\"replicas-960-t\"")).expect("the replicas");
    for line in ["line running", "line ready", "line desired"] {
        assert!(chart.contains(line), "{line}");
    }
    // What Kubernetes told is in the list and not over the lines.
    let (marks, all) = (chart.matches("class=\"mark ").count(), run.timeline.happenings.len());
    assert_eq!(marks, all - 1);
    assert_eq!(page.matches("FailedGetResourceMetric").count(), 1);
    for told in [
        "<b>t1</b> the metric is above 77 %",
        "<b>t2</b> step 2: 5 instead of 4 replicas are desired</th><td>41</td>",
        "<b>t7</b> p95 is under 250 ms again and stays there for 15 s</th><td>52</td>",
        "<td>25</td><td class=\"dim\">5.67</td><td class=\"dim\">50.7</td>",
        "target 70 %",
        "<td>by force</td>",
        "JWT_SECRET has fewer than 32 characters",
        "Insufficient cpu",
    ] {
        assert!(page.contains(told), "{told}");
    }
    assert!(page.len() < 400_000, "{} bytes", page.len());
    assert!(!page_of_one_machine().contains("in its cluster"));
}

#[test]
fn a_cluster_run_links_to_its_time_on_the_dashboard_and_shows_what_prometheus_saw() {
    let mut run = good_cluster_run();
    let shown = page(&run);
    let link = "<a href=\"https://grafana.example.com/d/todo-loadtest?from=1773480413000&amp;to=1773481013000&amp;var-namespace=todo\">";
    assert!(shown.contains(link), "the whole run");
    assert!(shown.matches("from=1773480426000&amp;to=1773480473000").count() >= 4, "the criteria of the steady load");
    for told in ["What Prometheus saw", "<td class=\"dim\">≤ 0.25 s</td>", "≤ 384 MiB", "≥ 100 %"] {
        assert!(shown.contains(told), "{told}");
    }
    let verdict: serde_json::Value = serde_json::from_str(&json(&judged(&run)).unwrap()).unwrap();
    assert!(verdict["dashboard"].as_str().is_some_and(|link| link.contains("var-namespace=todo")));
    assert_eq!(verdict["prometheus"][0]["agrees"], true);

    run.cluster.monitoring.grafana = None;
    run.cluster.monitoring.forwarding = Some("kubectl port-forward service/grafana 3000:80".to_owned());
    run.cluster.monitoring.testimonies = Part::NotMeasured("There is no Prometheus in the cluster.".to_owned());
    let shown = page(&run);
    assert!(shown.contains("<code>kubectl port-forward service/grafana 3000:80</code>"));
    assert!(shown.contains("There is no Prometheus in the cluster."));
    assert!(!page_of_one_machine().contains("Prometheus saw"));
}

fn page_of_one_machine() -> String {
    page(&good_run())
}

#[test]
fn criteria_that_are_open_for_one_reason_share_a_line() {
    let text = table(&judged(&good_run()), false, 200);
    let wanted =
        "– SC-001, SC-002, SC-004, SC-008, HPA-UP, HPA-DOWN, READY, ISOLATION, PENDING, BACKUP: Needs a cluster";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn charts_mark_every_window_but_name_only_those_that_fit() {
    let mut run = good_run();
    run.timeline.windows = (0..40)
        .map(|index| Window {
            name: format!("kill {index}"),
            from: f64::from(index),
            to: f64::from(index) + 0.5,
            ..Window::default()
        })
        .collect();
    let chart = page(&run);
    let chart = chart.split("<svg").find(|svg| svg.contains("id=\"latency-340-t\"")).expect("the narrow chart");
    assert_eq!(chart.matches("<g class=\"window\">").count(), 40);
    let names = chart.matches(">kill ").count() - 40;
    assert!((2..8).contains(&names), "{names} names on a narrow chart");
}

#[test]
fn an_overload_is_a_window_of_its_own_kind_and_a_judged_measurement_one_of_several() {
    let mut run = good_cluster_run();
    let of_one = page(&run);
    let windows = of_one.matches("<g class=\"window overload\"><title>overload: 60 to 115 s</title>").count();
    assert!(windows > 0 && windows == of_one.matches("<title>overload:").count(), "{windows} in all charts");
    assert!(!of_one.contains("the one that is judged"));
    let routes = run.latency.measured().cloned().unwrap();
    let measurement =
        |phase: &str| LatencyRun { phase: phase.to_owned(), routes: routes.clone(), ..LatencyRun::default() };
    run.judge_latency(vec![measurement("steady load"), measurement("steady load 2")], 1);
    assert!(page(&run).contains("Measurement 2 of 2, the one that is judged"));
}

#[test]
fn a_long_run_stays_a_small_page_and_keeps_its_peak() {
    let mut run = good_run();
    run.timeline.seconds = (0..7_200)
        .map(|at| Second {
            at: f64::from(at),
            p99_ms: Some(if at == 3_601 { 900.0 } else { 4.0 }),
            ..Second::default()
        })
        .collect();
    run.timeline.phases.clear();
    let page = page(&run);
    assert!(page.len() < 400_000, "{} bytes", page.len());
    assert!(page.contains(">1000</text>") || page.contains(">1,000</text>"), "the axis reaches the peak");
    let path = page.split("class=\"line p99\" d=\"M").nth(1).and_then(|path| path.split('"').next()).unwrap();
    let highest =
        path.split('L').map(|point| point.split(' ').nth(1).unwrap().parse().unwrap()).fold(f64::MAX, f64::min);
    assert!(highest < 50.0, "the line's highest point is at {highest}, far below the top");
    assert!(page.contains(">120:00</text>"), "the clock is in minutes");
}

#[test]
fn the_table_fits_eighty_columns_and_explains_failures() {
    for run in [good_run(), bad_run(), nothing_measured(), good_cluster_run(), bad_cluster_run()] {
        let text = table(&judged(&run), false, 80);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
        }
        assert_eq!(text, text.replace("\u{1b}[", ""), "no colour was asked for");
        assert!(table(&judged(&run), true, 80).contains("\u{1b}["));
    }
    let failed = table(&judged(&bad_run()), false, 80);
    assert!(failed.contains("✗ FAIL  SC-003"), "{failed}");
    assert!(failed.contains("        2 acknowledged writes were lost.\n"), "{failed}");
    assert!(failed.ends_with("FAILED  11 criteria passed, 1 failed, 12 not measured\n"), "{failed}");
    let passed = table(&judged(&good_run()), false, 80);
    assert!(passed.ends_with("PASSED  13 criteria passed, 0 failed, 11 not measured\n"), "{passed}");
}

#[test]
fn colour_is_for_terminals_that_did_not_refuse_it() {
    for (terminal, no_color, wanted) in
        [(true, None, true), (true, Some(""), true), (true, Some("1"), false), (false, None, false)]
    {
        assert_eq!(colour_wanted(terminal, no_color), wanted, "{terminal} {no_color:?}");
    }
}
