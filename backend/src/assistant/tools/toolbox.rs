//! Runs tools for one user during one turn: reads the call, keeps to the budget, asks where a yes is needed, does it within
//! its time, and writes it into the audit log.

use std::time::Duration;

use serde_json::{Map, Value};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    Arguments, Code, Confirmation, Data, Outcome, PlannedCall, Tool, ToolError, budget::Budget, confirmation, search,
    store,
};
use crate::{
    accounts::UserId,
    assistant::{rules::Known, signals},
    audit,
    database::Database,
    tasks::{
        list::Page,
        model::{Expected, NewTask, Task, TaskChange, TaskId},
        store as tasks,
    },
    timestamp::Timestamp,
};

/// No tool takes a tenth of this; what does is given up.
const TIME_OUT: Duration = Duration::from_secs(10);

/// Who calls, because not everybody is trusted with the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The rules engine: it does what its user's own words say.
    Rules,
    /// A model, which may do what somebody else's words say.
    Model,
    /// An MCP client, whose user chose the tool or let it choose.
    Mcp,
}

impl Caller {
    fn word(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Model => "model",
            Self::Mcp => "mcp",
        }
    }
}

/// The tools in one user's hands, for one turn.
pub(crate) struct Toolbox {
    database: Database,
    owner: UserId,
    caller: Caller,
    conversation: Option<Uuid>,
    budget: Budget,
    /// What has been asked in this turn, so that a second question joins the first.
    asked: Option<Confirmation>,
}

impl Toolbox {
    pub(crate) fn new(database: Database, owner: UserId, caller: Caller, conversation: Option<Uuid>) -> Self {
        Self { database, owner, caller, conversation, budget: Budget::default(), asked: None }
    }

    /// From now on even one task is deleted or completed after a yes only.
    pub(crate) fn always_ask(&mut self) {
        self.budget.always_ask = true;
    }

    /// The question that this turn has put, if any.
    pub(crate) fn asked(&self) -> Option<&Confirmation> {
        self.asked.as_ref()
    }

    /// Calls a tool by its name.
    pub(crate) async fn call(&mut self, name: &str, mut arguments: Map<String, Value>) -> Result<Outcome, ToolError> {
        self.budget.spend()?;
        let Some(tool) = Tool::named(name) else {
            return Err(ToolError::new(Code::UnknownTool, "There is no such tool."));
        };
        // Only a client of MCP brings its user's yes itself; in a chat the yes is a message, which no model can write.
        if self.caller == Caller::Mcp
            && let Some(id) = arguments.remove("confirmation_id")
        {
            return self.call_again(tool, &id, &arguments).await;
        }
        let read = match Arguments::read(tool, arguments.clone()) {
            Ok(read) => read,
            Err(refused) => return self.observed(tool, async { Err(refused) }).await,
        };
        if self.budget.needs_question(self.caller, &read) {
            let (database, owner) = (self.database.clone(), self.owner);
            let looking = async {
                let found = tasks::find_many(&database, owner, ids(&read)).await?;
                if found.is_empty() { Err(no_such_task()) } else { Ok(listed(found)) }
            };
            let found = self.observed(tool, looking).await?;
            return self.ask(tool, arguments, found.known()).await;
        }
        let outcome = self.run(tool, read.clone()).await;
        if outcome.is_ok() {
            self.budget.note(&read);
        }
        outcome
    }

    /// Carries out what its user said yes to.
    pub(crate) async fn confirmed(
        &mut self,
        confirmation: Confirmation,
    ) -> Vec<(&'static str, Result<Outcome, ToolError>)> {
        let mut outcomes = Vec::new();
        for call in confirmation.calls {
            let Some(tool) = Tool::named(&call.tool) else { continue };
            let outcome = match Arguments::read(tool, call.arguments) {
                Ok(read) => self.run(tool, read).await,
                Err(refused) => Err(refused),
            };
            outcomes.push((tool.name(), outcome));
        }
        outcomes
    }

    /// The second call of what was asked about, with the yes.
    async fn call_again(
        &mut self,
        tool: Tool,
        id: &Value,
        arguments: &Map<String, Value>,
    ) -> Result<Outcome, ToolError> {
        let refused = || {
            let message = "There is no such confirmation for this call. It may have expired; call again without it.";
            ToolError::new(Code::ValidationError, message)
        };
        let id = id.as_str().and_then(|id| Uuid::try_parse(id).ok()).ok_or_else(refused)?;
        let taken = store::take(&self.database, self.owner, self.conversation, id, Timestamp::now()).await?;
        let confirmation = taken.ok_or_else(refused)?;
        let same = |call: &PlannedCall| call.tool == tool.name() && call.arguments == *arguments;
        if !confirmation.calls.iter().all(same) {
            return Err(refused());
        }
        let mut outcomes = self.confirmed(confirmation).await;
        outcomes.pop().map_or_else(|| Err(refused()), |(_, outcome)| outcome)
    }

    /// Writes the question down instead of doing it.
    async fn ask(
        &mut self,
        tool: Tool,
        arguments: Map<String, Value>,
        tasks: Vec<Known>,
    ) -> Result<Outcome, ToolError> {
        let now = Timestamp::now();
        let planned = PlannedCall { tool: tool.name().to_owned(), arguments, tasks: Vec::new() };
        let mut calls = self.asked.take().map(|asked| asked.calls).unwrap_or_default();
        // A task that is asked about already is not counted twice.
        let known = |task: &Known| calls.iter().any(|call| planned.repeats(call, task));
        let tasks = tasks.into_iter().filter(|task| !known(task)).collect();
        let planned = PlannedCall { tasks, ..planned };
        if !calls.iter().any(|call| call.tool == planned.tool && call.arguments == planned.arguments) {
            calls.push(planned);
        }
        let confirmation = Confirmation::about(Uuid::new_v4(), calls, now + confirmation::KEPT)
            .ok_or_else(|| ToolError::new(Code::ExecutionError, "There is nothing to ask about."))?;
        store::ask(&self.database, self.owner, self.conversation, &confirmation, now).await?;
        self.asked = Some(confirmation.clone());
        Ok(Outcome {
            message: format!(
                "Not done yet: this concerns {} and waits for the user's yes.",
                confirmation::counted(confirmation.count)
            ),
            affected: 0,
            data: Data::Confirmation(confirmation),
        })
    }

    async fn run(&self, tool: Tool, arguments: Arguments) -> Result<Outcome, ToolError> {
        let (database, owner) = (self.database.clone(), self.owner);
        let work = Box::pin(async move { execute(&database, owner, arguments).await });
        self.observed(tool, work).await
    }

    /// The work within its time, with its span, its duration and its line in the audit log.
    async fn observed(
        &self,
        tool: Tool,
        work: impl Future<Output = Result<Outcome, ToolError>>,
    ) -> Result<Outcome, ToolError> {
        let tool_use = signals::ToolUse::begin(tool);
        let outcome = match tokio::time::timeout(TIME_OUT, work.instrument(tool_use.span())).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ToolError::new(Code::ExecutionError, "This took too long and was given up.")),
        };
        tool_use.end(outcome.as_ref().err().map(|error| error.code));
        // What was only looked at, perhaps to ask about it, was not changed.
        let changed = outcome.as_ref().ok().filter(|outcome| outcome.affected > 0).map(Outcome::tasks);
        let changed = changed.unwrap_or_default().iter().map(|task| task.id);
        let how = if outcome.is_ok() { audit::Outcome::Success } else { audit::Outcome::Failure };
        audit::tool_called(self.owner, self.caller.word(), tool.name(), changed, how);
        outcome
    }
}

fn ids(arguments: &Arguments) -> &[TaskId] {
    match arguments {
        Arguments::Complete { ids, .. } | Arguments::Delete { ids } => ids,
        Arguments::Update { id, .. } => std::slice::from_ref(id),
        _ => &[],
    }
}

async fn execute(database: &Database, owner: UserId, arguments: Arguments) -> Result<Outcome, ToolError> {
    let now = Timestamp::now();
    match arguments {
        Arguments::List { selection, limit } => {
            let Page { items, next } = tasks::list(database, owner, &selection, None, limit).await?;
            let message = format!("{} found.", confirmation::counted(items.len()));
            Ok(Outcome { message, affected: 0, data: Data::Tasks { tasks: items, has_more: next.is_some() } })
        }
        Arguments::Search { query, limit } => search::run(database, owner, &query, limit).await,
        Arguments::Add(new) => add(database, owner, new, now).await,
        Arguments::Update { id, change } => update(database, owner, id, &change, now).await,
        Arguments::Complete { ids, completed } => {
            let tasks = tasks::complete_many(database, owner, &ids, completed, now).await?;
            done(&ids, tasks, if completed { "completed" } else { "reopened" })
        }
        Arguments::Delete { ids } => {
            let tasks = tasks::delete_many(database, owner, &ids, now).await?;
            done(&ids, tasks, "deleted")
        }
        Arguments::Statistics => {
            let statistics = tasks::statistics(database, owner, now).await?;
            let message =
                format!("{} in all, {} open.", confirmation::counted(statistics.total as usize), statistics.open);
            Ok(Outcome { message, affected: 0, data: Data::Statistics(statistics) })
        }
    }
}

async fn add(database: &Database, owner: UserId, new: NewTask, now: Timestamp) -> Result<Outcome, ToolError> {
    let task = new.into_task(TaskId::new(), now);
    tasks::insert(database, owner, &task, None).await?;
    Ok(Outcome { message: "1 task added.".to_owned(), affected: 1, data: Data::Task(Box::new(task)) })
}

async fn update(
    database: &Database,
    owner: UserId,
    id: TaskId,
    change: &TaskChange,
    now: Timestamp,
) -> Result<Outcome, ToolError> {
    let task = tasks::update(database, owner, id, Expected::Any, change, now).await?;
    Ok(Outcome { message: "1 task changed.".to_owned(), affected: 1, data: Data::Task(Box::new(task)) })
}

/// An empty set succeeds with 0; tasks that are all gone, or somebody else's, are not found.
fn done(ids: &[TaskId], tasks: Vec<Task>, how: &str) -> Result<Outcome, ToolError> {
    if tasks.is_empty() && !ids.is_empty() {
        return Err(no_such_task());
    }
    let message = format!("{} {how}.", confirmation::counted(tasks.len()));
    Ok(Outcome { message, affected: tasks.len(), data: Data::Tasks { tasks, has_more: false } })
}

fn no_such_task() -> ToolError {
    ToolError::new(Code::TaskNotFound, "There is no such task.")
}

fn listed(tasks: Vec<Task>) -> Outcome {
    Outcome { message: String::new(), affected: 0, data: Data::Tasks { tasks, has_more: false } }
}
