//! Values as Helm sees them: the chart's own with a values file laid over them, looked up by path.

use serde_json::Value;

use crate::helm::Chart;

/// The defaults with a values file laid over them.
pub(crate) fn merged(chart: &Chart, file: Option<&str>) -> Value {
    let mut values = chart.yaml("values.yaml");
    if let Some(file) = file {
        lay_over(&mut values, chart.yaml(file));
    }
    values
}

/// Mappings are merged, everything else is replaced, null removes.
pub(crate) fn lay_over(values: &mut Value, changes: Value) {
    match (values, changes) {
        (Value::Object(values), Value::Object(changes)) => {
            for (key, change) in changes {
                if change.is_null() {
                    values.remove(&key);
                } else {
                    lay_over(values.entry(key).or_insert(Value::Null), change);
                }
            }
        }
        (values, changes) => *values = changes,
    }
}

/// The value at a path such as `backend.image.tag`, or null.
pub(crate) fn at<'a>(values: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(values, |values, key| values.get(key).unwrap_or(&Value::Null))
}

/// Whether a template's `if` would take it for true.
pub(crate) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(entries) => !entries.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{at, lay_over, truthy};

    #[test]
    fn values_are_merged_as_helm_merges_them() {
        let mut values = json!({"a": {"b": 1, "c": 2, "gone": 3}, "list": [1, 2]});
        lay_over(&mut values, json!({"a": {"c": 4, "gone": null}, "list": [], "new": {"d": 5}}));
        assert_eq!(values, json!({"a": {"b": 1, "c": 4}, "list": [], "new": {"d": 5}}));
        assert_eq!((at(&values, "a.c"), at(&values, "a.none.deeper")), (&json!(4), &json!(null)));
        assert!(truthy(at(&values, "new")) && !truthy(at(&values, "list")));
    }
}
