//! Lets a model answer: asks it, runs the tools that it wants, asks again, for a bounded number of rounds. What it says and
//! does is in the transcript at every moment. Absent on purpose: what a model may do (tools), how it is reached (model).

use std::time::Instant;

use serde_json::{Map, Value};
use telemetry::names::gen_ai_error;
use tracing::Instrument as _;

use super::{
    event::{Event, Listener},
    transcript::Transcript,
    turn::{Ended, Leave},
};
use crate::assistant::{
    model::{Call, Completion, Failure, Finish, Message, Model, ToolDefinition},
    signals,
    tools::{Code, Tool, ToolError, Toolbox},
};

/// Rounds in a turn: look, act, look again and answer, with some to spare.
const MOST_ROUNDS: usize = 6;
/// Bytes of a tool's result that go to the model: a hundred tasks with ordinary titles.
const MOST_RESULT_BYTES: usize = 32 * 1024;
/// Bytes of all results of a turn together: each round sends them again, and they are paid for.
const MOST_RESULTS_BYTES: usize = 96 * 1024;

/// Why a model's turn is over before its end.
pub(super) enum Stopped {
    /// The model failed.
    Failed(Failure),
    /// Somebody does not want the rest.
    Left(Ended),
}

/// Everything that a model is offered.
pub(super) fn definitions() -> Vec<ToolDefinition> {
    let definition = |tool: Tool| ToolDefinition {
        name: tool.name(),
        description: tool.description(),
        parameters: tool.parameters(),
    };
    Tool::ALL.into_iter().map(definition).collect()
}

/// Answers by the model.
pub(super) async fn answer(
    model: &Model,
    mut messages: Vec<Message>,
    transcript: &mut Transcript,
    toolbox: &mut Toolbox,
    listener: &Listener,
    leave: &Leave,
) -> Result<(), Stopped> {
    let tools = definitions();
    let mut room = MOST_RESULTS_BYTES;
    for round in 1..=MOST_ROUNDS {
        // In its last round a model is offered nothing to do, so that it has to speak.
        let offered = if round < MOST_ROUNDS { tools.as_slice() } else { &[] };
        let completion = ask(model, &messages, offered, transcript, listener, leave).await?;
        // Calls of a model that was offered nothing are made up.
        if completion.calls.is_empty() || offered.is_empty() {
            if completion.finish == Finish::Length {
                transcript.say("_(The answer was cut because it became too long.)_").await;
            }
            return Ok(());
        }
        let Completion { text, calls, .. } = completion;
        messages.push(Message::Assistant { text, calls: calls.clone() });
        for call in calls {
            if let Some(ended) = leave.now() {
                return Err(Stopped::Left(ended));
            }
            let content = run(&call, transcript, toolbox, room).await;
            room = room.saturating_sub(content.len());
            messages.push(Message::Tool { call_id: call.id, content });
        }
    }
    Ok(())
}

/// One round. The pieces of text are told as they come.
async fn ask(
    model: &Model,
    messages: &[Message],
    offered: &[ToolDefinition],
    transcript: &mut Transcript,
    listener: &Listener,
    leave: &Leave,
) -> Result<Completion, Stopped> {
    let began = Instant::now();
    let span = signals::chat_span(model.name());
    let mut begins = !transcript.text.is_empty();
    // What found no room yet; it goes out before anything else does.
    let mut waiting = String::new();
    let heard = |piece: &str| {
        if begins && !piece.is_empty() {
            begins = false;
            waiting.push_str("\n\n");
            transcript.add("\n\n");
        }
        transcript.add(piece);
        waiting.push_str(piece);
        if !waiting.is_empty()
            && let Err(Event::Token(back)) = listener.try_tell(Event::Token(std::mem::take(&mut waiting)))
        {
            waiting = back;
        }
    };
    let round = model.complete(messages, offered, heard).instrument(span.clone());
    let outcome = tokio::select! {
        biased;
        ended = leave.until() => Err(Stopped::Left(ended)),
        outcome = round => outcome.map_err(Stopped::Failed),
    };
    if !waiting.is_empty() {
        listener.tell(Event::Token(waiting)).await;
    }
    match &outcome {
        Ok(completion) => signals::round(model.name(), began.elapsed(), completion, &span),
        Err(Stopped::Failed(failure)) => {
            signals::failed_round(model.name(), began.elapsed(), failure.kind.as_str(), &span)
        }
        Err(Stopped::Left(_)) => signals::failed_round(model.name(), began.elapsed(), gen_ai_error::CANCELLED, &span),
    }
    outcome
}

/// Runs one call; what goes back to the model is always JSON, also for what cannot be run.
async fn run(call: &Call, transcript: &mut Transcript, toolbox: &mut Toolbox, room: usize) -> String {
    let arguments = match call.arguments.trim() {
        "" => Ok(Map::new()),
        text => serde_json::from_str::<Map<String, Value>>(text),
    };
    let outcome = match arguments {
        Ok(arguments) => transcript.use_tool(toolbox, &call.name, arguments).await,
        Err(_) => {
            let refused = Err(ToolError::new(Code::ParseError, "The arguments are not a JSON object."));
            transcript.note(Tool::named(&call.name).map_or("unknown", Tool::name), &refused).await;
            refused
        }
    };
    let told = match &outcome {
        Ok(outcome) => outcome.json(),
        Err(error) => error.json(),
    };
    let text = told.to_string();
    if text.len() <= MOST_RESULT_BYTES.min(room) {
        return text;
    }
    ToolError::new(Code::ExecutionError, "There is too much to show. Ask for fewer tasks with limit or filters.")
        .json()
        .to_string()
}
