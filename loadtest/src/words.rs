//! Numbers as people write them, for reasons, tables and charts alike. Absent on purpose: units of our own and locales.

/// Thousands apart: `12,345`.
pub fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A measured value with about three significant digits: `1,240`, `24.1`, `3.25`, `0.042`. What is no number is a dash.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    if size >= 99.95 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", whole(size.round() as u64));
    }
    let decimals = match size {
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        _ => 3,
    };
    trimmed(&format!("{value:.decimals$}"))
}

/// The value if there is one, else a dash.
pub fn number_or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), number)
}

/// A value in a unit of Grafana's: seconds, bytes, a share of one, or a plain number.
pub fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "s" => format!("{} s", number(value)),
        "bytes" => format!("{} MiB", number(value / 1_048_576.0)),
        "percentunit" => format!("{} %", number(value * 100.0)),
        _ => number(value),
    }
}

/// A count with its noun: `1 kill`, `1,203 kills`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", whole(count), if count == 1 { one } else { many })
}

/// Without the zeros that say nothing: `3.20` becomes `3.2`, `4.00` becomes `4`.
fn trimmed(text: &str) -> String {
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{counted, number, whole, with_unit};

    #[test]
    fn thousands_stand_apart() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(whole(value), text);
        }
    }

    #[test]
    fn measured_values_keep_about_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.04249, "0.042"),
            (0.99999, "1"),
            (3.2, "3.2"),
            (9.999, "10"),
            (24.14, "24.1"),
            (99.97, "100"),
            (1_240.4, "1,240"),
            (-0.0001, "0"),
            (-1_500.0, "-1,500"),
            (f64::NAN, "–"),
            (f64::INFINITY, "–"),
        ] {
            assert_eq!(number(value), text, "{value}");
        }
    }

    #[test]
    fn units_are_written_as_people_do() {
        for (value, unit, text) in [
            (0.0421, "s", "0.042 s"),
            (402_653_184.0, "bytes", "384 MiB"),
            (0.985, "percentunit", "98.5 %"),
            (3.0, "short", "3"),
        ] {
            assert_eq!(with_unit(value, unit), text);
        }
    }

    #[test]
    fn one_thing_is_not_written_as_many() {
        assert_eq!(counted(1, "kill", "kills"), "1 kill");
        assert_eq!(counted(1_203, "kill", "kills"), "1,203 kills");
    }
}
