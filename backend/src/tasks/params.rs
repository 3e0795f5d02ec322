//! How the query string of a list is read: leniently into texts first, so that one answer names every parameter that is
//! wrong. Absent on purpose: what the values mean (list.rs, values.rs).

use std::borrow::Cow;

use utoipa::IntoParams;

use super::{
    list::{DEFAULT_LIMIT, ListQuery, Selection, Sort, Status, parse_limit, parse_search},
    values::{Priority, Refusal, parse_due},
};
use crate::{problem::FieldError, timestamp::Timestamp};

/// The query string of a list as it arrives. An empty value counts as absent, as forms send it.
#[derive(Clone, Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// `open`, `completed` or `all`.
    #[param(inline, default = "all", value_type = Option<Status>)]
    status: Option<String>,
    /// Only tasks of this priority.
    #[param(inline, value_type = Option<Priority>)]
    priority: Option<String>,
    /// Searches title and description, whatever the case of the letters (Unicode, not only ASCII; `%` and `_` are letters
    /// like any other). Accents count, and so does the way in which they are composed.
    #[param(max_length = 200, example = "milk")]
    q: Option<String>,
    /// Due before this moment (RFC 3339, any offset; write `+` as `%2B`), not at it.
    #[param(value_type = Option<Timestamp>)]
    due_before: Option<String>,
    /// Due at this moment or after it.
    #[param(value_type = Option<Timestamp>)]
    due_after: Option<String>,
    /// `created_at`, `due_at`, `priority` or `title`, ascending; with `-` in front descending. A task without a due date
    /// counts as later than every date: last by `due_at`, first by `-due_at`. Titles sort letter by letter in Unicode's
    /// order, without regard to case. Ties are broken by id.
    #[param(default = "-created_at", pattern = "^-?(created_at|due_at|priority|title)$")]
    sort: Option<String>,
    /// Most tasks in the answer, 1 to 100.
    #[param(default = 50, minimum = 1, maximum = 100, value_type = Option<u8>)]
    limit: Option<String>,
    /// `next_cursor` of the page before, with the same filters and the same sort.
    cursor: Option<String>,
}

impl ListParams {
    /// Takes the parameters by name; unknown and repeated ones are refused, because a misspelt filter would otherwise show
    /// too much.
    pub(crate) fn take(pairs: Vec<(String, String)>) -> Result<Self, Vec<FieldError>> {
        let mut params = Self::default();
        let mut errors = Vec::new();
        for (name, value) in pairs {
            let slot = match name.as_str() {
                "status" => &mut params.status,
                "priority" => &mut params.priority,
                "q" => &mut params.q,
                "due_before" => &mut params.due_before,
                "due_after" => &mut params.due_after,
                "sort" => &mut params.sort,
                "limit" => &mut params.limit,
                "cursor" => &mut params.cursor,
                _ => {
                    errors.push(FieldError { field: shown(&name), message: "is not a parameter of this list".into() });
                    continue;
                }
            };
            if value.is_empty() {
                continue;
            }
            if slot.replace(value).is_some() {
                errors.push(FieldError { field: shown(&name), message: "is given more than once".into() });
            }
        }
        if errors.is_empty() { Ok(params) } else { Err(errors) }
    }

    /// Reads every value; the error lists every one that is refused.
    pub(crate) fn read(self) -> Result<ListQuery, Vec<FieldError>> {
        let mut errors = Vec::new();
        let selection = Selection {
            status: value(&mut errors, "status", self.status, Status::parse).unwrap_or_default(),
            priority: value(&mut errors, "priority", self.priority, Priority::parse),
            due_before: value(&mut errors, "due_before", self.due_before, parse_due),
            due_after: value(&mut errors, "due_after", self.due_after, parse_due),
            search: value(&mut errors, "q", self.q, parse_search).flatten(),
            sort: value(&mut errors, "sort", self.sort, Sort::parse).unwrap_or_default(),
        };
        let limit = value(&mut errors, "limit", self.limit, parse_limit).unwrap_or(DEFAULT_LIMIT);
        if errors.is_empty() { Ok(ListQuery { selection, limit, cursor: self.cursor }) } else { Err(errors) }
    }
}

/// A caller's own name for something, short enough to be repeated to the caller.
pub(crate) fn shown(name: &str) -> Cow<'static, str> {
    const CHARACTERS: usize = 64;
    name.chars().filter(|c| !c.is_control()).take(CHARACTERS).collect::<String>().into()
}

fn value<T>(
    errors: &mut Vec<FieldError>,
    field: &'static str,
    text: Option<String>,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Option<T> {
    parse(&text?).map_err(|refusal| errors.push(FieldError { field: field.into(), message: refusal.to_string() })).ok()
}

#[cfg(test)]
mod tests {
    use super::{super::list::SortBy, ListParams, ListQuery, Priority, Sort, Status};

    fn read(query: &[(&str, &str)]) -> Result<ListQuery, Vec<String>> {
        let pairs = query.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        ListParams::take(pairs)
            .and_then(ListParams::read)
            .map_err(|errors| errors.into_iter().map(|error| error.field.into_owned()).collect())
    }

    #[test]
    fn nothing_asked_and_empty_values_mean_the_defaults() {
        let nothing = read(&[]).unwrap();
        assert_eq!((nothing.limit, nothing.selection.status), (50, Status::All));
        assert_eq!(nothing.selection.sort, Sort { by: SortBy::CreatedAt, descending: true });
        let empty =
            ["status", "priority", "q", "due_before", "due_after", "sort", "limit", "cursor"].map(|name| (name, ""));
        assert_eq!(read(&empty).unwrap(), nothing);
        assert_eq!(read(&[("q", " \u{a0} ")]).unwrap(), nothing);
    }

    #[test]
    fn every_value_is_read() {
        let query = read(&[
            ("status", "open"),
            ("priority", "high"),
            ("q", " 100% "),
            ("due_before", "2030-01-01T00:00:00+02:00"),
            ("sort", "-due_at"),
            ("limit", "100"),
            ("cursor", "abc"),
        ])
        .unwrap();
        assert_eq!(query.selection.status, Status::Open);
        assert_eq!(query.selection.priority, Some(Priority::High));
        assert_eq!(query.selection.search.as_deref(), Some("100%"));
        assert_eq!(query.selection.due_before.unwrap().to_string(), "2029-12-31T22:00:00Z");
        assert_eq!(query.selection.sort, Sort { by: SortBy::DueAt, descending: true });
        assert_eq!((query.limit, query.cursor.as_deref()), (100, Some("abc")));
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let query = [
            ("status", "done"),
            ("priority", "High"),
            ("q", "a\0b"),
            ("due_before", "2030-01-01T00:00:00 02:00"),
            ("due_after", "yesterday"),
            ("sort", "updated_at"),
            ("limit", "101"),
        ];
        let names: Vec<&str> = query.iter().map(|(name, _)| *name).collect();
        let mut found = read(&query).unwrap_err();
        found.sort_by_key(|name| names.iter().position(|other| other == name));
        assert_eq!(found, names);
        for limit in ["0", "-1", "1.5", "256", "ten", " 5"] {
            assert_eq!(read(&[("limit", limit)]).unwrap_err(), ["limit"], "{limit}");
        }
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused_by_name() {
        assert_eq!(read(&[("staus", "open")]).unwrap_err(), ["staus"]);
        assert_eq!(read(&[("status", "open"), ("status", "all")]).unwrap_err(), ["status"]);
        assert_eq!(read(&[(&"x".repeat(1000), "")]).unwrap_err()[0].len(), 64);
    }
}
