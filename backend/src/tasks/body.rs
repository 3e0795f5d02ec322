//! The JSON bodies of tasks: read leniently into values first, so that one answer names every field that is wrong, also
//! those that do not exist. Absent on purpose: the rules themselves (model.rs).

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    model::{NewTask, TaskChange},
    params::shown,
    values::{Description, Priority, Refusal, Title, parse_due},
};
use crate::{
    problem::{FieldError, Kind, Problem},
    timestamp::Timestamp,
};

/// A task to be created. A field that is null counts as not given.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewTask)]
pub(super) struct NewTaskBody {
    /// 1 to 200 characters after trimming, no control characters.
    #[schema(value_type = String, required = true, min_length = 1, max_length = 200, example = "Buy milk")]
    title: Option<Value>,
    /// Up to 2000 characters.
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Option<Value>,
    /// `medium` unless given.
    #[schema(value_type = Option<Priority>)]
    priority: Option<Value>,
    /// Any offset; kept in UTC, to the microsecond. Years 1970 to 2999.
    #[schema(value_type = Option<Timestamp>)]
    due_at: Option<Value>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Map<String, Value>,
}

/// What to change; a field that is not given stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = TaskChange)]
pub(super) struct TaskChangeBody {
    /// 1 to 200 characters after trimming, no control characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, required = false, nullable = false, min_length = 1, max_length = 200)]
    title: Option<Value>,
    /// Up to 2000 characters; null empties it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Option<Value>,
    /// low, medium or high.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Priority, required = false)]
    priority: Option<Value>,
    /// Any offset; null takes the date away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Timestamp>)]
    due_at: Option<Value>,
    /// True sets `completed_at` unless it is set already, false clears it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false)]
    completed: Option<Value>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Map<String, Value>,
}

/// Keeps null apart from not given.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Reads the body of a new task.
pub(crate) fn new_task(body: Map<String, Value>) -> Result<NewTask, Problem> {
    let body: NewTaskBody = object(body)?;
    let mut fields = Fields::default();
    let title = match &body.title {
        Some(title) => fields.read("title", title, |value| Title::parse(text(value)?)),
        None => fields.refuse("title", "is required"),
    };
    let description = body.description.and_then(|value| fields.read("description", &value, description));
    let priority = body.priority.and_then(|value| fields.read("priority", &value, priority));
    let due_at = body.due_at.and_then(|value| fields.read("due_at", &value, due_at)).flatten();
    fields.finish(&body.unknown)?;
    // A title that was not read has left a mistake behind, so that `finish` has already answered.
    let title = title.ok_or_else(|| Problem::new(Kind::Validation))?;
    Ok(NewTask { title, description: description.unwrap_or_default(), priority: priority.unwrap_or_default(), due_at })
}

/// Reads the body of a change.
pub(crate) fn task_change(body: Map<String, Value>) -> Result<TaskChange, Problem> {
    let body: TaskChangeBody = object(body)?;
    let mut fields = Fields::default();
    let change = TaskChange {
        title: body.title.and_then(|value| fields.read("title", &value, |value| Title::parse(text(value)?))),
        description: body.description.and_then(|value| fields.read("description", &value, description)),
        priority: body.priority.and_then(|value| fields.read("priority", &value, priority)),
        due_at: body.due_at.and_then(|value| fields.read("due_at", &value, due_at)),
        completed: body.completed.and_then(|value| fields.read("completed", &value, completed)),
    };
    fields.finish(&body.unknown)?;
    Ok(change)
}

fn object<T: DeserializeOwned>(body: Map<String, Value>) -> Result<T, Problem> {
    serde_json::from_value(Value::Object(body))
        .map_err(|error| Problem::new(Kind::Validation).detail(error.to_string()))
}

fn text(value: &Value) -> Result<&str, Refusal> {
    value.as_str().ok_or(Refusal("must be a text"))
}

fn description(value: &Value) -> Result<Description, Refusal> {
    if value.is_null() { Ok(Description::default()) } else { Description::parse(text(value)?) }
}

fn priority(value: &Value) -> Result<Priority, Refusal> {
    Priority::parse(value.as_str().unwrap_or_default())
}

fn due_at(value: &Value) -> Result<Option<Timestamp>, Refusal> {
    if value.is_null() { Ok(None) } else { parse_due(text(value)?).map(Some) }
}

fn completed(value: &Value) -> Result<bool, Refusal> {
    value.as_bool().ok_or(Refusal("must be true or false"))
}

/// Collects what is wrong.
#[derive(Default)]
struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    fn read<T>(
        &mut self,
        field: &'static str,
        value: &Value,
        parse: impl FnOnce(&Value) -> Result<T, Refusal>,
    ) -> Option<T> {
        match parse(value) {
            Ok(value) => Some(value),
            Err(Refusal(message)) => self.refuse(field, message),
        }
    }

    fn refuse<T>(&mut self, field: &'static str, message: &str) -> Option<T> {
        self.errors.push(FieldError { field: field.into(), message: message.to_owned() });
        None
    }

    fn finish(mut self, unknown: &Map<String, Value>) -> Result<(), Problem> {
        let unknown =
            unknown.keys().map(|name| FieldError { field: shown(name), message: "is not a field".to_owned() });
        self.errors.extend(unknown);
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::validation(self.errors)) }
    }
}
