//! The table of docs/network.md as data: who may talk to whom, on which port, and under which values.

use serde_json::Value;

use super::policy::{Port, Protocol};
use crate::{
    objects::list,
    values::{at, truthy},
};

/// One row as it is written.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) from: String,
    pub(crate) to: String,
    port: String,
    when: String,
}

/// The rows of the one table with the four known columns.
pub(crate) fn rows(page: &str) -> Vec<Row> {
    let mut lines = page.lines().skip_while(|line| cells(line) != ["from", "to", "port", "when"]);
    assert!(lines.next().is_some(), "no table with the columns from, to, port, when");
    let rows: Vec<Row> = lines.skip(1).take_while(|line| line.starts_with('|')).map(row).collect();
    assert!(!rows.is_empty(), "the table has no rows");
    rows
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace('`', "")).collect()
}

fn row(line: &str) -> Row {
    let cells: [String; 4] = cells(line).try_into().unwrap_or_else(|_| panic!("{line} has not four cells"));
    let [from, to, port, when] = cells;
    Row { from, to, port, when }
}

impl Row {
    /// Whether the row counts under these values.
    pub(crate) fn holds(&self, values: &Value) -> bool {
        self.when.split(" and ").all(|condition| condition_holds(condition.trim(), values))
    }

    /// `8000/TCP`, or the path of a list of ports of TCP.
    pub(crate) fn ports(&self, values: &Value) -> Vec<Port> {
        if let Some((number, protocol)) = self.port.split_once('/') {
            let protocol = match protocol {
                "TCP" => Protocol::Tcp,
                "UDP" => Protocol::Udp,
                other => panic!("{self:?}: protocol {other}"),
            };
            return vec![Port { protocol, number: number.parse().unwrap_or_else(|_| panic!("{self:?}: no port")) }];
        }
        let numbers = list(known(values, &self.port)).iter().filter_map(Value::as_u64);
        numbers.map(|number| Port { protocol: Protocol::Tcp, number: number.try_into().expect("a port") }).collect()
    }
}

/// `always`, `path`, `path=text`, `sqlite`, each perhaps behind `not`.
fn condition_holds(condition: &str, values: &Value) -> bool {
    if let Some(condition) = condition.strip_prefix("not ") {
        return !condition_holds(condition, values);
    }
    if let Some((path, text)) = condition.split_once('=') {
        return known(values, path) == text;
    }
    match condition {
        "always" => true,
        "sqlite" => known(values, "secrets.databaseUrl").as_str().is_some_and(|url| url.starts_with("sqlite:")),
        path => truthy(known(values, path)),
    }
}

/// A path that the values do not know is a mistake of the table.
pub(crate) fn known<'a>(values: &'a Value, path: &str) -> &'a Value {
    let value = at(values, path);
    assert!(!value.is_null(), "the table speaks of {path:?}, which is no value of the chart");
    value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::rows;

    const PAGE: &str = "
Prose | with a bar.

| from | to | port | when |
|---|---|---|---|
| `frontend` | `backend` | 8000/TCP | always |
| any pod | DNS | 53/UDP | `networkPolicy.enabled` and not `database.enabled` |
| anywhere | frontend | more.ports | not frontend.service.type=ClusterIP |

| from | to | port | when |
|---|---|---|---|
| another | table | 1/TCP | always |
";

    #[test]
    fn a_table_is_read_with_its_conditions() {
        let rows = rows(PAGE);
        let mut values = json!({
            "networkPolicy": {"enabled": true},
            "database": {"enabled": false},
            "frontend": {"service": {"type": "NodePort"}},
            "more": {"ports": [1, 2]},
        });
        assert_eq!(rows.iter().map(|row| row.holds(&values)).collect::<Vec<_>>(), [true, true, true]);
        assert_eq!(rows.iter().map(|row| row.ports(&values).len()).collect::<Vec<_>>(), [1, 1, 2]);
        values["database"]["enabled"] = json!(true);
        values["frontend"]["service"]["type"] = json!("ClusterIP");
        assert_eq!(rows.iter().map(|row| row.holds(&values)).collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    #[should_panic(expected = "no value of the chart")]
    fn a_condition_about_nothing_is_a_mistake() {
        rows(&PAGE.replace("networkPolicy.enabled", "networkPolicy.typo"))[1].holds(&json!({"networkPolicy": {}}));
    }
}
