//! One turn from the stored message to the stored answer. It runs as a task of its own, so that a client that goes away ends
//! the model's work and not the keeping of what was said and done.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    agent::{self, Stopped},
    answers,
    event::{Event, Failed, Listener, Reply},
    history, prompt, speaker,
    transcript::Transcript,
};
use crate::{
    accounts::UserId,
    assistant::{
        Assistant,
        conversations::{
            model::{Engine, Remembered},
            store::{self, Answered},
        },
        model::Message,
        rules::{self, About, Context, Focus, Request},
        signals::{self, Turned},
        tools::{self, Caller, Confirmation, Toolbox},
    },
    database::Database,
    timestamp::Timestamp,
};

/// No turn takes longer, whatever a model does.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// "It" means something for so long, or for so many turns, whichever is longer.
const REMEMBERED_FOR: Duration = Duration::from_secs(5 * 60);
const REMEMBERED_TURNS: u32 = 5;

/// Why a turn is cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The client went away.
    Cancelled,
    /// It took too long.
    TimedOut,
    /// The server is going away.
    ShuttingDown,
}

/// What tells a turn that nobody wants its rest.
pub(super) struct Leave {
    listener: Listener,
    stopping: CancellationToken,
    deadline: tokio::time::Instant,
}

impl Leave {
    fn new(listener: Listener, stopping: CancellationToken) -> Self {
        Self { listener, stopping, deadline: tokio::time::Instant::now() + DEADLINE }
    }

    /// Waits for a reason to stop.
    pub(super) async fn until(&self) -> Ended {
        tokio::select! {
            () = self.listener.left() => Ended::Cancelled,
            () = self.stopping.cancelled() => Ended::ShuttingDown,
            () = tokio::time::sleep_until(self.deadline) => Ended::TimedOut,
        }
    }

    /// A reason to stop that is there already.
    pub(super) fn now(&self) -> Option<Ended> {
        self.until().now_or_never()
    }
}

/// A message that has been stored and waits for its answer.
pub(super) struct Turn {
    pub(super) assistant: Assistant,
    pub(super) database: Database,
    pub(super) owner: UserId,
    pub(super) conversation: Uuid,
    pub(super) question: Uuid,
    pub(super) message: String,
    /// The question that its user saw.
    pub(super) confirmation: Option<Uuid>,
    pub(super) zone: TimeZone,
    pub(super) remembered: Remembered,
}

impl Turn {
    /// Answers, keeps the answer, and tells it.
    pub(super) async fn run(self, listener: Listener) {
        let turned = signals::Turn::begin(self.conversation);
        let answered = Box::pin(self.answered(listener.clone(), &turned)).instrument(turned.span());
        // A task's panic ends in nobody's response, so it is counted here.
        let event = match AssertUnwindSafe(answered).catch_unwind().await {
            Ok(Ok(reply)) => Event::Done(Box::new(reply)),
            Ok(Err(failed)) => {
                // Who deletes a conversation in the middle of a turn has given it up.
                let how = if failed == Failed::Gone { Turned::Cancelled } else { Turned::Failed };
                turned.end(self.assistant.engine(), how);
                Event::Failed(failed)
            }
            Err(_panic) => {
                telemetry::metrics::count_panic();
                turned.end(self.assistant.engine(), Turned::Failed);
                Event::Failed(Failed::Internal)
            }
        };
        listener.tell(event).await;
    }

    async fn answered(&self, listener: Listener, turned: &signals::Turn) -> Result<Reply, Failed> {
        let now = Timestamp::now();
        let pending =
            tools::store::open(&self.database, self.owner, self.conversation, now).await.map_err(unavailable)?;
        let mut remembered = self.remembered.clone();
        remembered.turns = remembered.turns.saturating_add(1);
        let mut transcript = Transcript::new(listener.clone(), remembered);
        let requests = self.read(pending.is_some() || self.confirmation.is_some(), &transcript.remembered, now);
        let other = self.confirmation.is_some_and(|seen| pending.as_ref().is_none_or(|pending| pending.id != seen));
        // A question is open for one message.
        transcript.remembered.asked = None;
        let (asked, outcome) = match (pending, requests.first()) {
            // The answer to a question that is no longer open is none to the one that is.
            (_, Some(Request::Confirm | Request::Decline)) if other => {
                transcript.say(answers::TOO_LATE).await;
                (None, Turned::Answered)
            }
            (Some(pending), Some(Request::Confirm)) => (None, Box::pin(self.confirm(pending, &mut transcript)).await?),
            (Some(pending), Some(Request::Decline)) => (None, self.decline(pending, &mut transcript).await?),
            (pending, _) => {
                if let Some(pending) = pending {
                    // Whoever speaks of something else has not said yes.
                    self.take(&pending).await?;
                    signals::confirmation("dropped");
                    transcript.say(answers::DROPPED).await;
                }
                Box::pin(self.think(requests, &mut transcript, &listener)).await
            }
        };
        if let Some(asked) = &asked {
            signals::confirmation("asked");
            transcript.say(&asked.question()).await;
        }
        if transcript.remembered.touched != self.remembered.touched {
            transcript.remembered.since = now.microseconds();
            transcript.remembered.turns = 0;
        }
        transcript.remembered.shorten();
        let reply = self.keep(transcript, asked, outcome).await?;
        turned.end(reply.engine, if reply.fallback { Turned::Fallback } else { outcome });
        Ok(reply)
    }

    fn read(&self, pending: bool, remembered: &Remembered, now: Timestamp) -> Vec<Request> {
        let recent = remembered.turns <= REMEMBERED_TURNS
            || now - REMEMBERED_FOR <= Timestamp::from_microseconds(remembered.since).unwrap_or(now);
        let touched = if recent { remembered.touched.clone() } else { Vec::new() };
        let focus = Focus { list: remembered.list.clone(), touched };
        let now = moment(now);
        let asked = remembered.asked.as_ref();
        rules::read(&self.message, &Context { now, zone: &self.zone, focus: &focus, pending, asked })
    }

    async fn confirm(&self, pending: Confirmation, transcript: &mut Transcript) -> Result<Turned, Failed> {
        let Some(pending) = self.take(&pending).await? else {
            transcript.say(answers::TOO_LATE).await;
            return Ok(Turned::Answered);
        };
        signals::confirmation("confirmed");
        let mut toolbox = self.toolbox(Caller::Rules);
        for (tool, outcome) in toolbox.confirmed(pending).await {
            transcript.note(tool, &outcome).await;
            transcript.say(&answers::done(tool, &outcome)).await;
        }
        Ok(Turned::Answered)
    }

    async fn decline(&self, pending: Confirmation, transcript: &mut Transcript) -> Result<Turned, Failed> {
        self.take(&pending).await?;
        signals::confirmation("declined");
        transcript.say(answers::DECLINED).await;
        Ok(Turned::Answered)
    }

    async fn take(&self, pending: &Confirmation) -> Result<Option<Confirmation>, Failed> {
        let now = Timestamp::now();
        tools::store::take(&self.database, self.owner, Some(self.conversation), pending.id, now)
            .await
            .map_err(unavailable)
    }

    /// The model if there is one, else the rules, which also take over from a model that fails.
    async fn think(
        &self,
        requests: Vec<Request>,
        transcript: &mut Transcript,
        listener: &Listener,
    ) -> (Option<Confirmation>, Turned) {
        // The futures below are large; each in a box of its own keeps the stack of a thread small.
        let Some(model) = &self.assistant.model else { return Box::pin(self.by_rules(requests, transcript)).await };
        let mut toolbox = self.toolbox(Caller::Model);
        let leave = Leave::new(listener.clone(), self.assistant.stopping.clone());
        transcript.engine = Engine::Model;
        let answered = match self.prompt().await {
            Ok(messages) => Box::pin(agent::answer(model, messages, transcript, &mut toolbox, listener, &leave)).await,
            Err(_) => return (None, self.gave_up(transcript, answers::NO_HISTORY).await),
        };
        let outcome = match answered {
            Ok(()) => {
                if transcript.text.trim().is_empty() && toolbox.asked().is_none() {
                    transcript.say(&answers::summary(&transcript.tool_calls)).await;
                }
                Turned::Answered
            }
            // Tools that ran must not run again, so here the rules only say what was done.
            Err(Stopped::Failed(_)) if !transcript.tool_calls.is_empty() => {
                transcript.fallback = true;
                let done = answers::broke_off(&transcript.tool_calls);
                self.gave_up(transcript, &done).await
            }
            Err(Stopped::Failed(_)) => {
                transcript.engine = Engine::Rules;
                transcript.fallback = true;
                return Box::pin(self.by_rules(requests, transcript)).await;
            }
            Err(Stopped::Left(Ended::Cancelled)) => {
                transcript.say(answers::CANCELLED).await;
                Turned::Cancelled
            }
            Err(Stopped::Left(Ended::TimedOut)) => self.gave_up(transcript, answers::TIMED_OUT).await,
            Err(Stopped::Left(Ended::ShuttingDown)) => self.gave_up(transcript, answers::SHUTTING_DOWN).await,
        };
        (toolbox.asked().cloned(), outcome)
    }

    async fn gave_up(&self, transcript: &mut Transcript, why: &str) -> Turned {
        transcript.say(why).await;
        Turned::Failed
    }

    async fn by_rules(&self, requests: Vec<Request>, transcript: &mut Transcript) -> (Option<Confirmation>, Turned) {
        let (mut toolbox, began) = (self.toolbox(Caller::Rules), tokio::time::Instant::now());
        // Two sentences that delete one task each delete two tasks.
        let ending = |request: &&Request| matches!(request, Request::Delete { .. } | Request::Complete { .. });
        if requests.iter().filter(ending).count() > 1 {
            toolbox.always_ask();
        }
        let outcome = signals::by_rules(async {
            let mut outcome = Turned::Answered;
            let mut requests = requests.into_iter().peekable();
            while let Some(request) = requests.next() {
                // A slow database must not make a turn longer than it may be.
                if began.elapsed() > DEADLINE {
                    transcript.say(answers::TIMED_OUT).await;
                    outcome = Turned::Failed;
                    break;
                }
                let refused = matches!(&request, Request::Clarify(question) if question.about != About::Courtesy);
                Box::pin(speaker::answer(request, transcript, &mut toolbox, &self.zone)).await;
                if refused {
                    outcome = Turned::Refused;
                }
                // What comes behind a question would be done before the question was answered, unless it joins the question.
                let joins = requests.peek().is_some_and(|next| ending(&next));
                if transcript.remembered.asked.is_some() || toolbox.asked().is_some() && !joins {
                    break;
                }
            }
            outcome
        })
        .await;
        (toolbox.asked().cloned(), outcome)
    }

    fn toolbox(&self, caller: Caller) -> Toolbox {
        Toolbox::new(self.database.clone(), self.owner, caller, Some(self.conversation))
    }

    async fn prompt(&self) -> Result<Vec<Message>, sqlx::Error> {
        let most = self.assistant.max_history;
        let said = history::read(&self.database, self.owner, self.conversation, self.question, most).await?;
        let mut messages = vec![Message::System(prompt::system(moment(Timestamp::now()), &self.zone))];
        messages.extend(said);
        messages.push(Message::User(self.message.clone()));
        Ok(messages)
    }

    async fn keep(
        &self,
        transcript: Transcript,
        confirmation: Option<Confirmation>,
        outcome: Turned,
    ) -> Result<Reply, Failed> {
        let Transcript { text, tool_calls, engine, fallback, remembered, .. } = transcript;
        let answered = Answered {
            id: Uuid::now_v7(),
            reply_to: self.question,
            content: &text,
            tool_calls: &tool_calls,
            engine,
            fallback,
            // Nothing was done for a client that went away, so its retry may still have everything done.
            frees_key: outcome == Turned::Cancelled && tool_calls.is_empty(),
            at: Timestamp::now(),
        };
        let kept = store::answer(&self.database, self.owner, self.conversation, &answered, &remembered).await;
        if !kept.map_err(unavailable)? {
            return Err(Failed::Gone);
        }
        let (conversation_id, message_id) = (self.conversation, answered.id);
        Ok(Reply { conversation_id, message_id, response: text, tool_calls, engine, fallback, confirmation })
    }
}

fn unavailable(error: sqlx::Error) -> Failed {
    tracing::warn!(error.message = telemetry::chain(&error), "a turn could not reach the database");
    Failed::Unavailable
}

/// The same moment for the library of dates.
pub(super) fn moment(timestamp: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(timestamp.microseconds()).unwrap_or_default()
}
