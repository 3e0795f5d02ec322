//! Rules about links: by tag between dashboards, and every other one to something that exists.

use e2e::dashboards::{File, list};
use serde_json::Value;

use super::{Surroundings, text};

/// Where the runbooks are served; `docs/runbooks/` holds one per alert.
const RUNBOOKS: &str = "https://todo.example.com/docs/runbooks/";

pub(super) fn by_tag(file: &File, _: &Surroundings) -> Vec<String> {
    let links = list(&file.dashboard.json["links"]);
    let by_tag = links.iter().any(|link| {
        let carries = link["includeVars"] == true && link["keepTime"] == true;
        link["type"] == "dashboards" && carries && list(&link["tags"]).iter().any(|tag| tag == "todo")
    });
    let fixed = links.iter().any(|link| text(link, "url").starts_with("/d/"));
    if by_tag && !fixed { Vec::new() } else { vec!["does not link to the others by their tag".to_owned()] }
}

/// Every address, of the dashboard, its panels, their fields and the exceptions for single fields.
fn addresses(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| addresses(item, found)),
        Value::Object(map) => {
            for (key, item) in map {
                match item.as_str() {
                    Some(url) if key == "url" && !url.is_empty() => found.push(url.to_owned()),
                    _ => addresses(item, found),
                }
            }
        }
        _ => {}
    }
}

fn leads_somewhere(url: &str, surroundings: &Surroundings) -> bool {
    if let Some(page) = url.strip_prefix(RUNBOOKS) {
        return page.is_empty() || surroundings.runbooks.contains(page);
    }
    if let Some((uid, rest)) = url.strip_prefix("/d/").and_then(|rest| rest.split_once('?')) {
        let carries = ["${__url_time_range}", "${namespace:queryparam}", "${job:queryparam}", "${instance:queryparam}"];
        return surroundings.dashboards.contains(uid) && carries.iter().all(|part| rest.contains(part));
    }
    url.starts_with("/explore?schemaVersion=1&panes=%7B")
        && url.contains("${jaeger_datasource}")
        && url.contains("${__from}")
}

pub(super) fn targets(file: &File, surroundings: &Surroundings) -> Vec<String> {
    let mut found = Vec::new();
    addresses(&file.dashboard.json, &mut found);
    found.retain(|url| !leads_somewhere(url, surroundings));
    found.iter().map(|url| format!("{url} leads nowhere, or forgets time or variables")).collect()
}
