//! Reads what a caller sends, by the rules that the REST API has: the same functions, the same words. Every field that is
//! wrong is named.

use serde_json::{Map, Value};

use super::{Code, MOST_LISTED, Tool, ToolError};
use crate::{
    problem::FieldError,
    tasks::{
        body,
        list::{Selection, parse_limit, parse_search},
        model::{NewTask, TaskChange, TaskId},
        params::{ListParams, shown},
    },
};

/// A call that has been understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    List { selection: Selection, limit: u8 },
    Add(NewTask),
    Update { id: TaskId, change: TaskChange },
    Complete { ids: Vec<TaskId>, completed: bool },
    Delete { ids: Vec<TaskId> },
    Search { query: String, limit: u8 },
    Statistics,
}

impl Arguments {
    /// Reads the arguments of a tool.
    pub(crate) fn read(tool: Tool, mut given: Map<String, Value>) -> Result<Self, ToolError> {
        match tool {
            Tool::ListTasks => list(given),
            Tool::AddTask => {
                if given.get("title").is_none_or(|title| title.as_str().is_some_and(|title| title.trim().is_empty())) {
                    return Err(ToolError::new(Code::MissingTitle, "A task needs a title."));
                }
                body::new_task(given).map(Self::Add).map_err(|problem| refused(problem.errors()))
            }
            Tool::UpdateTask => {
                let id = match given.remove("id") {
                    Some(id) => task_id(&id, "id")?,
                    None => return Err(missing("id")),
                };
                if given.contains_key("completed") {
                    return Err(invalid("completed is not a field; complete_task does that"));
                }
                let change = body::task_change(given).map_err(|problem| refused(problem.errors()))?;
                if change == TaskChange::default() {
                    return Err(invalid("nothing to change is given"));
                }
                Ok(Self::Update { id, change })
            }
            Tool::CompleteTask => {
                let completed = match given.remove("completed") {
                    None => true,
                    Some(Value::Bool(completed)) => completed,
                    Some(_) => return Err(invalid("completed must be true or false")),
                };
                Ok(Self::Complete { ids: only_ids(given)?, completed })
            }
            Tool::DeleteTask => Ok(Self::Delete { ids: only_ids(given)? }),
            Tool::SearchTasks => search(given),
            Tool::GetTaskStatistics => no_more(&given).map(|()| Self::Statistics),
        }
    }
}

fn list(given: Map<String, Value>) -> Result<Arguments, ToolError> {
    let mut pairs = Vec::new();
    for (name, value) in given {
        match value {
            Value::Null => {}
            _ if name == "cursor" || name == "sort" || name == "q" => return Err(unknown(&name)),
            Value::String(text) => pairs.push((name, text)),
            Value::Number(number) => pairs.push((name, number.to_string())),
            _ => return Err(invalid(format!("{} must be a text", shown(&name)))),
        }
    }
    let query = ListParams::take(pairs).and_then(ListParams::read).map_err(|errors| refused(&errors))?;
    Ok(Arguments::List { selection: query.selection, limit: query.limit })
}

fn search(mut given: Map<String, Value>) -> Result<Arguments, ToolError> {
    const DEFAULT_LIMIT: u8 = 20;
    let query = match given.remove("query") {
        Some(Value::String(text)) => parse_search(&text).map_err(|refusal| invalid(format!("query {refusal}")))?,
        Some(_) => return Err(invalid("query must be a text")),
        None => None,
    };
    let limit = match given.remove("limit") {
        None | Some(Value::Null) => DEFAULT_LIMIT,
        Some(limit) => parse_limit(&limit.to_string()).map_err(|refusal| invalid(format!("limit {refusal}")))?,
    };
    no_more(&given)?;
    Ok(Arguments::Search { query: query.ok_or_else(|| missing("query"))?, limit })
}

fn only_ids(mut given: Map<String, Value>) -> Result<Vec<TaskId>, ToolError> {
    let Some(ids) = given.remove("ids") else { return Err(missing("ids")) };
    no_more(&given)?;
    let Value::Array(ids) = ids else { return Err(invalid("ids must be a list of ids")) };
    if ids.len() > MOST_LISTED {
        return Err(invalid(format!("ids must have at most {MOST_LISTED} entries")));
    }
    let mut read = Vec::new();
    for id in &ids {
        let id = task_id(id, "ids")?;
        // The same task twice is one task.
        if !read.contains(&id) {
            read.push(id);
        }
    }
    Ok(read)
}

/// What cannot be an id names nothing.
fn task_id(value: &Value, field: &str) -> Result<TaskId, ToolError> {
    let Some(text) = value.as_str() else { return Err(invalid(format!("{field} must be a text with a task's id"))) };
    TaskId::parse(text).ok_or_else(|| ToolError::new(Code::TaskNotFound, "There is no such task."))
}

fn no_more(given: &Map<String, Value>) -> Result<(), ToolError> {
    given.keys().next().map_or(Ok(()), |name| Err(unknown(name)))
}

fn missing(field: &str) -> ToolError {
    invalid(format!("{field} is required"))
}

fn unknown(name: &str) -> ToolError {
    invalid(format!("{} is not an argument of this tool", shown(name)))
}

fn invalid(message: impl Into<String>) -> ToolError {
    ToolError::new(Code::ValidationError, message)
}

fn refused(errors: &[FieldError]) -> ToolError {
    let named = |error: &FieldError| format!("{} {}", error.field, error.message);
    invalid(errors.iter().map(named).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(tool: Tool, given: Value) -> Result<Arguments, (Code, String)> {
        let Value::Object(given) = given else { panic!("arguments are an object") };
        Arguments::read(tool, given).map_err(|error| (error.code, error.message))
    }

    #[test]
    fn every_example_of_a_schema_is_read_and_every_other_field_is_refused_by_name() {
        let id = TaskId::new().to_string();
        for (tool, given) in [
            (
                Tool::ListTasks,
                json!({"status": "open", "priority": "high", "due_before": "2030-01-01T00:00:00Z", "due_after": "2029-01-01T00:00:00+02:00", "limit": 5}),
            ),
            (
                Tool::AddTask,
                json!({"title": "a", "description": "b", "priority": "low", "due_at": "2030-01-01T00:00:00Z"}),
            ),
            (Tool::UpdateTask, json!({"id": id, "title": "a", "description": "b", "priority": "low", "due_at": null})),
            (Tool::CompleteTask, json!({"ids": [id], "completed": false})),
            (Tool::DeleteTask, json!({"ids": [id]})),
            (Tool::SearchTasks, json!({"query": "milk", "limit": 100})),
            (Tool::GetTaskStatistics, json!({})),
        ] {
            read(tool, given.clone()).unwrap_or_else(|error| panic!("{tool:?}: {error:?}"));
            let schema = tool.parameters();
            let mut named: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
            let mut used: Vec<&String> = given.as_object().unwrap().keys().collect();
            named.sort();
            used.sort();
            assert_eq!(named, used, "{tool:?}");
            for odd in ["user_id", "owner", "confirmation_id", "cursor"] {
                let mut more = given.clone();
                more[odd] = json!("x");
                let (code, message) = read(tool, more).unwrap_err();
                assert!(code == Code::ValidationError && message.contains(odd), "{tool:?} {odd}: {message}");
            }
        }
    }

    #[test]
    fn a_missing_title_has_a_code_of_its_own_and_other_fields_are_named() {
        assert_eq!(read(Tool::AddTask, json!({})).unwrap_err().0, Code::MissingTitle);
        assert_eq!(read(Tool::AddTask, json!({"title": " "})).unwrap_err().0, Code::MissingTitle);
        let (code, message) =
            read(Tool::AddTask, json!({"title": "a", "priority": "urgent", "due_at": 7})).unwrap_err();
        assert_eq!(code, Code::ValidationError);
        assert!(message.contains("priority must be") && message.contains("due_at must be"), "{message}");
    }

    #[test]
    fn ids_are_counted_once_and_what_is_no_id_names_no_task() {
        let id = TaskId::new();
        let twice = read(Tool::DeleteTask, json!({"ids": [id, id]})).unwrap();
        assert_eq!(twice, Arguments::Delete { ids: vec![id] });
        assert_eq!(read(Tool::DeleteTask, json!({"ids": []})).unwrap(), Arguments::Delete { ids: vec![] });
        assert_eq!(read(Tool::DeleteTask, json!({"ids": ["all"]})).unwrap_err().0, Code::TaskNotFound);
        assert_eq!(read(Tool::DeleteTask, json!({"ids": "all"})).unwrap_err().0, Code::ValidationError);
        let many: Vec<String> = (0..101).map(|_| TaskId::new().to_string()).collect();
        assert!(read(Tool::DeleteTask, json!({"ids": many})).unwrap_err().1.contains("at most 100"));
    }
}
