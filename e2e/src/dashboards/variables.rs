//! Fills in a query's variables, as Grafana would. Absent on purpose: Grafana's formats other than the plain one.

/// What the variables stand for.
#[derive(Clone, Debug)]
pub struct Values {
    /// `$namespace`: one, never all.
    pub namespace: String,
    /// `$job`
    pub job: String,
    /// `$instance`
    pub instance: String,
    /// `$endpoint`
    pub endpoint: String,
    /// `$method`
    pub method: String,
    /// `$__rate_interval`
    pub rate_interval: String,
    /// `$__interval`
    pub interval: String,
    /// `$__range`
    pub range: String,
    /// `$__auto` of Loki: the step of a range query, the whole range of one for a moment.
    pub auto: String,
    /// `$trace_id`; empty finds every line.
    pub trace_id: String,
    /// `$request_id`; empty finds every line.
    pub request_id: String,
}

impl Values {
    /// Everything of one namespace, in the intervals of a dashboard of the last quarter of an hour.
    pub fn everything(namespace: &str) -> Self {
        let text = str::to_owned;
        Self {
            namespace: text(namespace),
            job: text(".+"),
            instance: text(".+"),
            endpoint: text(".+"),
            method: text(".+"),
            rate_interval: text("20s"),
            interval: text("5s"),
            range: text("15m"),
            auto: text("1m"),
            trace_id: String::new(),
            request_id: String::new(),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let value = match name {
            "namespace" => &self.namespace,
            "job" => &self.job,
            "instance" => &self.instance,
            "endpoint" => &self.endpoint,
            "method" => &self.method,
            "__rate_interval" => &self.rate_interval,
            "__interval" => &self.interval,
            "__range" => &self.range,
            "__auto" => &self.auto,
            "trace_id" => &self.trace_id,
            "request_id" => &self.request_id,
            _ => return None,
        };
        Some(value)
    }
}

/// The text with `$name` and `${name}` replaced; what nobody knows stays, for the lint to find.
pub fn interpolate(text: &str, values: &Values) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        result.push_str(&rest[..start]);
        rest = &rest[start..];
        let (name, length) = variable_at(rest);
        match values.get(name) {
            Some(value) => result.push_str(value),
            None => result.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    result + rest
}

/// The name of the variable at the dollar sign that the text begins with, and how long its mention is.
fn variable_at(text: &str) -> (&str, usize) {
    if let Some(inside) = text.strip_prefix("${")
        && let Some(end) = inside.find('}')
    {
        return (&inside[..end], end + "${}".len());
    }
    let after = &text[1..];
    let end = after.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(after.len());
    (&after[..end], end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_variable_is_filled_in_and_an_unknown_one_stays() {
        let values = Values { namespace: "shop".to_owned(), ..Values::everything("") };
        let text = r#"rate(a{n=~"$namespace|",j=~"${job}"}[$__rate_interval]) + $unknown $ ${x:raw}"#;
        assert_eq!(interpolate(text, &values), r#"rate(a{n=~"shop|",j=~".+"}[20s]) + $unknown $ ${x:raw}"#);
    }
}
