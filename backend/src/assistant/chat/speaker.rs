//! Does what the rules engine understood, and says so. Every look at tasks and every change goes through the tools.

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{answers, transcript::Transcript};
use crate::{
    assistant::{
        markdown::escape,
        rules::{self, About, Change, Filter, Known, Pick, Question, Request, Status, Which},
        tools::{Data, MOST_LISTED, Outcome, Tool, ToolError, Toolbox},
    },
    tasks::model::Task,
};

/// Does one request.
pub(super) async fn answer(request: Request, transcript: &mut Transcript, toolbox: &mut Toolbox, zone: &TimeZone) {
    let (asked, list) = (transcript.remembered.asked.clone(), transcript.remembered.list.clone());
    Box::pin(answer_one(request, transcript, toolbox, zone)).await;
    // A number means the list that was shown last, so a later list closes an earlier "which one do you mean?".
    let remembered = &mut transcript.remembered;
    let which = matches!(&asked, Some(Question { about: About::Which | About::Number { .. }, .. }));
    if which && remembered.asked == asked && remembered.list != list {
        remembered.asked = None;
    }
}

async fn answer_one(request: Request, transcript: &mut Transcript, toolbox: &mut Toolbox, zone: &TimeZone) {
    match request {
        Request::Create { title, description, priority, due_at } => {
            let due_at = due_at.map(|at| at.to_string());
            let arguments = given([
                ("title", json!(title)),
                ("description", json!(description)),
                ("priority", json!(priority)),
                ("due_at", json!(due_at)),
            ]);
            let outcome = transcript.use_tool(toolbox, Tool::AddTask.name(), arguments).await;
            say_task("Added", &outcome, transcript, zone).await;
        }
        Request::List(filter) => list(&filter, transcript, toolbox, zone).await,
        Request::Search { query } => {
            let arguments = given([("query", json!(query))]);
            let outcome = transcript.use_tool(toolbox, Tool::SearchTasks.name(), arguments).await;
            say_list("matching tasks", &outcome, transcript, zone).await;
        }
        Request::Statistics => {
            let outcome = transcript.use_tool(toolbox, Tool::GetTaskStatistics.name(), Map::new()).await;
            let text = match &outcome {
                Ok(Outcome { data: Data::Statistics(statistics), .. }) => answers::statistics(statistics),
                Ok(outcome) => format!("✓ {}", outcome.message),
                Err(error) => answers::failed(error),
            };
            transcript.say(&text).await;
        }
        Request::Help => transcript.say(answers::HELP).await,
        Request::Clarify(question) => Box::pin(ask_back(question, transcript, toolbox, zone)).await,
        // A yes to what waits for one never comes here: the turn takes it. Without a question it does nothing.
        Request::Decline | Request::Confirm => transcript.say(answers::DECLINED).await,
        request @ (Request::Complete { .. } | Request::Delete { .. } | Request::Update { .. }) => {
            Box::pin(act(request, transcript, toolbox, zone)).await;
        }
    }
}

async fn list(filter: &Filter, transcript: &mut Transcript, toolbox: &mut Toolbox, zone: &TimeZone) {
    let outcome = transcript.use_tool(toolbox, Tool::ListTasks.name(), filtered(filter)).await;
    let what = match (filter.status, filter.priority) {
        (Some(Status::Open), None) => "open tasks".to_owned(),
        (Some(Status::Completed), None) => "completed tasks".to_owned(),
        (status, Some(priority)) => {
            let state = match status {
                Some(Status::Open) => "open ",
                Some(Status::Completed) => "completed ",
                _ => "",
            };
            format!("{state}tasks of {} priority", json!(priority).as_str().unwrap_or_default())
        }
        _ => "tasks".to_owned(),
    };
    let when = if filter.due_before.is_some() || filter.due_after.is_some() { " due then" } else { "" };
    say_list(&format!("{what}{when}"), &outcome, transcript, zone).await;
}

/// Finds the tasks that a request is about, and does it.
async fn act(request: Request, transcript: &mut Transcript, toolbox: &mut Toolbox, zone: &TimeZone) {
    let Some(ids) = find(&request, transcript, toolbox, zone).await else { return };
    match (request, ids.as_slice()) {
        (Request::Complete { completed, .. }, _) => {
            let arguments = given([("ids", json!(ids)), ("completed", json!(completed))]);
            say_done(Tool::CompleteTask, arguments, transcript, toolbox).await;
        }
        (Request::Delete { .. }, _) => {
            say_done(Tool::DeleteTask, given([("ids", json!(ids))]), transcript, toolbox).await;
        }
        (Request::Update { change, .. }, [id]) => {
            let outcome = transcript.use_tool(toolbox, Tool::UpdateTask.name(), changed(*id, change)).await;
            say_task("Changed", &outcome, transcript, zone).await;
        }
        (Request::Update { .. }, []) => transcript.say(answers::NO_SUCH_TASKS).await,
        _ => transcript.say("✗ I change one task at a time. Which one do you mean?").await,
    }
}

fn changed(id: Uuid, change: Change) -> Map<String, Value> {
    let mut arguments = given([
        ("id", json!(id)),
        ("title", json!(change.title)),
        ("description", json!(change.description)),
        ("priority", json!(change.priority)),
    ]);
    if let Some(due_at) = change.due_at {
        arguments.insert("due_at".to_owned(), json!(due_at.map(|at| at.to_string())));
    }
    arguments
}

/// The tasks that are meant; `None` when something was said instead.
async fn find(
    request: &Request,
    transcript: &mut Transcript,
    toolbox: &mut Toolbox,
    zone: &TimeZone,
) -> Option<Vec<Uuid>> {
    match request.which()? {
        Which::Tasks(known) => Some(known.iter().map(|known| known.id).collect()),
        Which::Id(id) => Some(vec![*id]),
        Which::All(filter) => {
            let outcome = transcript.use_tool(toolbox, Tool::ListTasks.name(), filtered(filter)).await;
            let found = or_say(outcome, transcript).await?;
            let (tasks, has_more) = answers::tasks(&found);
            if has_more {
                transcript.say(&answers::only_some(tasks.len())).await;
            }
            Some(tasks.iter().map(|task| task.id.0).collect())
        }
        Which::Title(wanted) => Box::pin(titled(request, wanted, transcript, toolbox, zone)).await,
    }
}

/// The tasks with these words of their titles. What deletes or ticks off takes nothing on a guess: only a title that is
/// certain, or several of them; anything else is offered first.
async fn titled(
    request: &Request,
    wanted: &str,
    transcript: &mut Transcript,
    toolbox: &mut Toolbox,
    zone: &TimeZone,
) -> Option<Vec<Uuid>> {
    let found = or_say(search(wanted, transcript, toolbox).await, transcript).await?;
    if let Some(known) = certain(wanted, &found) {
        return Some(vec![known.id]);
    }
    let careful = !matches!(request, Request::Update { .. });
    if careful && let Some(ids) = each(wanted, transcript, toolbox).await {
        return Some(ids);
    }
    match rules::pick(wanted, &found.known()) {
        Pick::One(known) if !careful => return Some(vec![known.id]),
        pick => offer(request, wanted, pick, &found, transcript, zone).await,
    }
    None
}

async fn search(wanted: &str, transcript: &mut Transcript, toolbox: &mut Toolbox) -> Result<Outcome, ToolError> {
    transcript.use_tool(toolbox, Tool::SearchTasks.name(), given([("query", json!(wanted))])).await
}

/// The one task that the words are certain to mean. Of more tasks than were found only the very title is.
fn certain(wanted: &str, found: &Outcome) -> Option<Known> {
    let (_, has_more) = answers::tasks(found);
    rules::sure(wanted, &found.known())
        .filter(|known| !has_more || rules::is_title(wanted, std::slice::from_ref(known)))
}

/// "The milk task and the dentist": each of them, if each is certain.
async fn each(wanted: &str, transcript: &mut Transcript, toolbox: &mut Toolbox) -> Option<Vec<Uuid>> {
    let mut ids = Vec::new();
    for part in rules::parts(wanted) {
        let found = search(&part, transcript, toolbox).await.ok()?;
        let id = certain(&part, &found)?.id;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    (!ids.is_empty()).then_some(ids)
}

/// Numbers what may be meant, and asks which it is.
async fn offer(
    request: &Request,
    wanted: &str,
    pick: Pick,
    found: &Outcome,
    transcript: &mut Transcript,
    zone: &TimeZone,
) {
    let (question, offered) = match pick {
        Pick::One(one) => ("I am not sure. Is it this one?", vec![one]),
        Pick::Several(several) => ("There are several. Which one do you mean?", several),
        Pick::None => {
            transcript.say(&format!("✗ I found no task like “{}”.", escape(wanted))).await;
            return;
        }
    };
    // The numbers that are shown are the places in what is remembered.
    let task = |known: &Known| found.tasks().iter().find(|task| task.id.0 == known.id).cloned();
    let tasks: Vec<Task> = offered.iter().filter_map(task).collect();
    let listed = answers::numbered(&tasks, zone);
    transcript.remembered.list = offered;
    transcript.remembered.asked = Some(Question::for_request(About::Which, request.clone()));
    transcript.say(&format!("✗ {question}\n\n{listed}")).await;
}

/// Asks back; when it is known what the task is called, with what is like it.
async fn ask_back(question: Question, transcript: &mut Transcript, toolbox: &mut Toolbox, zone: &TimeZone) {
    if question.about == About::Which
        && let Some(request) = question.unfinished.as_deref()
        && let Some(Which::Title(wanted)) = request.which()
    {
        if let Some(found) = or_say(search(wanted, transcript, toolbox).await, transcript).await {
            offer(request, wanted, rules::pick(wanted, &found.known()), &found, transcript, zone).await;
        }
        return;
    }
    let mark = if question.about == About::Courtesy { "✓" } else { "✗" };
    transcript.say(&format!("{mark} {}", escape(&question.text()))).await;
    transcript.remembered.asked = Some(question);
}

async fn or_say(outcome: Result<Outcome, ToolError>, transcript: &mut Transcript) -> Option<Outcome> {
    match outcome {
        Ok(outcome) => Some(outcome),
        Err(error) => {
            transcript.say(&answers::failed(&error)).await;
            None
        }
    }
}

/// What waits for a yes is asked at the end of the turn.
async fn say_done(tool: Tool, arguments: Map<String, Value>, transcript: &mut Transcript, toolbox: &mut Toolbox) {
    let outcome = transcript.use_tool(toolbox, tool.name(), arguments).await;
    if !matches!(&outcome, Ok(Outcome { data: Data::Confirmation(_), .. })) {
        transcript.say(&answers::done(tool.name(), &outcome)).await;
    }
}

async fn say_task(verb: &str, outcome: &Result<Outcome, ToolError>, transcript: &mut Transcript, zone: &TimeZone) {
    let text = match outcome {
        Ok(Outcome { data: Data::Task(task), .. }) => answers::task(verb, task, zone),
        Ok(outcome) => format!("✓ {}", outcome.message),
        Err(error) => answers::failed(error),
    };
    transcript.say(&text).await;
}

async fn say_list(what: &str, outcome: &Result<Outcome, ToolError>, transcript: &mut Transcript, zone: &TimeZone) {
    let text = match outcome {
        Ok(outcome) => {
            let (tasks, has_more) = answers::tasks(outcome);
            answers::list(what, tasks, has_more, zone)
        }
        Err(error) => answers::failed(error),
    };
    transcript.say(&text).await;
}

fn filtered(filter: &Filter) -> Map<String, Value> {
    let status = filter.status.map(|status| match status {
        Status::Open => "open",
        Status::Completed => "completed",
    });
    given([
        ("status", json!(status)),
        ("priority", json!(filter.priority)),
        ("due_before", json!(filter.due_before.map(|at| at.to_string()))),
        ("due_after", json!(filter.due_after.map(|at| at.to_string()))),
        ("limit", json!(MOST_LISTED)),
    ])
}

/// The arguments that have a value.
fn given<const N: usize>(arguments: [(&str, Value); N]) -> Map<String, Value> {
    arguments.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}
