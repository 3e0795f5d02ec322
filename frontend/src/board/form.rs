//! The form of a task, for adding and for editing: what browsers send, what the backend gets, what comes back onto the
//! page. Checks only what the backend never sees, the day and the time in the reader's zone; every other rule is its own.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::Deserialize;

use crate::api::{Priority, Task, TaskFields};
use crate::field_errors::FieldErrors;
use crate::pages::Kept;
use crate::zone::Zone;

/// The fields with a place of their own on the page; findings about others stand at the top of the form.
const PLACES: [&str; 4] = ["title", "description", "priority", "due_at"];

/// What a browser sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TaskForm {
    /// One line.
    pub title: String,
    /// Lines end in CR LF, as browsers send them.
    pub description: String,
    /// A word.
    pub priority: String,
    /// `2026-12-31` or empty.
    pub due_date: String,
    /// `14:30` or empty.
    pub due_time: String,
    /// The due instant that the form was rendered from, so that an untouched one keeps its seconds.
    pub original_due: String,
    /// The version that the form was rendered from.
    pub version: u64,
    /// The idempotency key of an adding form.
    pub key: String,
    /// The way back to the list.
    pub back: String,
}

impl TaskForm {
    /// The form of an existing task.
    pub(super) fn of(task: &Task, zone: &Zone, back: &str) -> Self {
        let (due_date, due_time) = task.due_at.map(|due| day_and_time(due, zone)).unwrap_or_default();
        Self {
            title: task.title.clone(),
            description: task.description.clone().unwrap_or_default(),
            priority: task.priority.word().to_owned(),
            due_date,
            due_time,
            original_due: task.due_at.map(|due| due.to_string()).unwrap_or_default(),
            version: task.version,
            key: String::new(),
            back: back.to_owned(),
        }
    }

    /// What the backend gets.
    pub(super) fn for_backend(&self, zone: &Zone) -> Result<TaskFields, FieldErrors> {
        Ok(TaskFields {
            title: self.title.trim().to_owned(),
            description: self.description.replace("\r\n", "\n"),
            priority: if self.priority.is_empty() { Priority::Medium.word() } else { &self.priority }.to_owned(),
            due_at: self.due(zone)?,
        })
    }

    /// The due instant, if any; exactly the original one when it was not touched.
    fn due(&self, zone: &Zone) -> Result<Option<Timestamp>, FieldErrors> {
        let (date, time) = (self.due_date.trim(), self.due_time.trim());
        if let Ok(original) = self.original_due.parse::<Timestamp>()
            && day_and_time(original, zone) == (date.to_owned(), time.to_owned())
        {
            return Ok(Some(original));
        }
        if date.is_empty() {
            return if time.is_empty() { Ok(None) } else { Err(due_error("Please choose a day for this time.")) };
        }
        let day: Date = date.parse().map_err(|_| due_error("Please enter a date such as 2026-12-31."))?;
        let time: Option<Time> = match time {
            "" => None,
            time => Some(time.parse().map_err(|_| due_error("Please enter a time such as 14:30."))?),
        };
        zone.instant(day, time).map(Some).map_err(|_| due_error("Please enter a nearer date."))
    }

    /// Everything that was entered, to be sent again after an outage.
    pub(super) fn kept(&self) -> Vec<Kept> {
        let kept = |name, value: &str, label| Kept { name, value: value.to_owned(), label };
        vec![
            kept("title", &self.title, Some("Title")),
            kept("description", &self.description, Some("Description")),
            kept("priority", &self.priority, Some("Priority")),
            kept("due_date", &self.due_date, Some("Due date")),
            kept("due_time", &self.due_time, Some("Due time")),
            kept("original_due", &self.original_due, None),
            kept("version", &self.version.to_string(), None),
            kept("key", &self.key, None),
            kept("back", &self.back, None),
        ]
    }

    /// The form on the page.
    pub(super) fn on_page(&self, id_prefix: &'static str, errors: FieldErrors) -> FormFields {
        FormFields { form: self.clone(), id_prefix, errors }
    }
}

/// The form as templates show it.
pub(super) struct FormFields {
    /// The values.
    pub form: TaskForm,
    /// Keeps the ids of two forms on one page apart.
    pub id_prefix: &'static str,
    /// What is wrong with the values.
    pub errors: FieldErrors,
}

impl FormFields {
    /// The finding beside a field.
    pub(super) fn error(&self, field: &str) -> Option<String> {
        let name = match field {
            "title" => "The title",
            "description" => "The description",
            "priority" => "The priority",
            _ => "The due date",
        };
        self.errors.at(field, name)
    }

    /// The findings at the top.
    pub(super) fn general_errors(&self) -> Vec<String> {
        self.errors.beside(&PLACES)
    }

    /// Whether the part of the form below the title must be in sight.
    pub(super) fn has_details(&self) -> bool {
        let form = &self.form;
        let entered = [&form.description, &form.due_date, &form.due_time].iter().any(|value| !value.is_empty());
        entered || !matches!(form.priority.as_str(), "" | "medium") || self.errors.any_of(&PLACES[1..])
    }

    /// Whether a priority is the chosen one.
    pub(super) fn chosen(&self, priority: &Priority) -> bool {
        match self.form.priority.as_str() {
            "" => *priority == Priority::Medium,
            word => word == priority.word(),
        }
    }
}

fn due_error(message: &str) -> FieldErrors {
    FieldErrors::one("due_at", message)
}

/// An instant as the two inputs hold it.
fn day_and_time(instant: Timestamp, zone: &Zone) -> (String, String) {
    let (day, time) = zone.day_and_time(instant);
    (day.to_string(), time.map(|time| time.strftime("%H:%M").to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::TaskForm;
    use crate::zone::Zone;

    fn due(date: &str, time: &str, original: &str) -> Result<Option<String>, String> {
        let form = TaskForm {
            due_date: date.to_owned(),
            due_time: time.to_owned(),
            original_due: original.to_owned(),
            ..TaskForm::default()
        };
        let due = form.due(&Zone::named(Some("Europe/Berlin")));
        due.map(|due| due.map(|due| due.to_string())).map_err(|errors| errors.at("due_at", "").unwrap_or_default())
    }

    #[test]
    fn a_day_and_a_time_are_the_readers() {
        assert_eq!(due("", "", ""), Ok(None));
        assert_eq!(due("2026-12-01", "", ""), Ok(Some("2026-12-01T22:59:00Z".to_owned())));
        assert_eq!(due("2026-12-01", "08:05", ""), Ok(Some("2026-12-01T07:05:00Z".to_owned())));
    }

    #[test]
    fn an_untouched_due_date_keeps_its_seconds() {
        let original = "2026-12-01T07:05:42.123456Z";
        assert_eq!(due("2026-12-01", "08:05", original), Ok(Some(original.to_owned())));
        assert_eq!(due("2026-12-01", "08:06", original), Ok(Some("2026-12-01T07:06:00Z".to_owned())));
        assert_eq!(due("", "", original), Ok(None));
    }

    #[test]
    fn what_is_no_date_is_explained() {
        assert_eq!(due("tomorrow", "", ""), Err("Please enter a date such as 2026-12-31.".to_owned()));
        assert_eq!(due("2026-02-30", "", ""), Err("Please enter a date such as 2026-12-31.".to_owned()));
        assert_eq!(due("2026-12-01", "25:00", ""), Err("Please enter a time such as 14:30.".to_owned()));
        assert_eq!(due("", "14:00", ""), Err("Please choose a day for this time.".to_owned()));
        assert_eq!(due("9999-12-31", "23:59", ""), Err("Please enter a nearer date.".to_owned()));
    }

    #[test]
    fn line_ends_are_those_of_the_backend() {
        let form = TaskForm { description: "one\r\ntwo".to_owned(), ..TaskForm::default() };
        assert_eq!(form.for_backend(&Zone::named(None)).unwrap().description, "one\ntwo");
    }
}
