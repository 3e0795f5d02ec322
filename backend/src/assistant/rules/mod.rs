//! The rules engine: English sentences become requests. A pure function of the text, what the conversation was about, the
//! moment and the zone. Absent on purpose: I/O, clocks, the database, answers; nothing here does what was asked.

mod answer;
mod choice;
mod clause;
mod create;
mod dates;
mod delete;
mod distance;
mod done;
mod lexicon;
mod pattern;
mod pick;
mod plain;
mod question;
mod reference;
mod refusal;
mod rename;
mod request;
mod show;
mod slots;
mod split;
#[cfg(test)]
mod tests;
mod update;
mod words;

pub use pick::{Pick, is_title, parts, pick, sure};
pub use question::{About, Question, Refusal};
pub use request::{Change, Context, Filter, Focus, Known, Request, Status, Which};

/// Most requests in one message; the last one then says that there were more.
pub const MOST_REQUESTS: usize = 10;
/// Most characters of a message that are read.
pub const MOST_CHARACTERS: usize = 1000;

/// Most words and signs of a message that are read: more in 1000 characters is nothing that a person says, and the time of
/// a reading grows with them.
const MOST_WORDS: usize = 300;

/// What a message asks for: at least one request, in the order of the sentence.
pub fn read(text: &str, context: &Context) -> Vec<Request> {
    if text.chars().nth(MOST_CHARACTERS).is_some() {
        return vec![Request::Clarify(Question::new(About::TooLong))];
    }
    let tokens = words::tokens(text);
    if tokens.len() > MOST_WORDS {
        return vec![Request::Clarify(Question::new(About::TooLong))];
    }
    let all: words::Words = tokens.iter().collect();
    if let Some(request) = answer::whole_message(&all, context) {
        return vec![request];
    }
    let answered = answer::to_question(text, &all, context);
    let mut requests: Vec<Request> = Vec::new();
    for part in split::parts(&all) {
        let previous = requests.last().cloned();
        let sentence = clause::Clause::new(text, &part, context);
        if let Some(request) = sentence.read(previous.as_ref()) {
            join(&mut requests, request);
        }
    }
    // A question is answered by what is no request of its own.
    if let Some(answered) = answered
        && (answer::is_free(&requests, &all) || choice::repeats_a_title(text, context))
    {
        return vec![answered];
    }
    if let Some(again) = choice::again(&clause::Clause::new(text, &all, context), &requests) {
        return vec![again];
    }
    finished(requests)
}

/// A greeting beside a request says nothing; nothing at all is not understood; there is an end to patience.
fn finished(mut requests: Vec<Request>) -> Vec<Request> {
    let friendly = |request: &Request| {
        matches!(request, Request::Clarify(Question { about: About::Courtesy, .. }) | Request::Help)
    };
    if requests.iter().any(|request| !friendly(request)) {
        requests.retain(|request| !friendly(request));
    }
    if requests.is_empty() {
        requests.push(Request::Clarify(Question::new(About::NotUnderstood)));
    }
    if requests.len() > MOST_REQUESTS {
        requests.truncate(MOST_REQUESTS - 1);
        requests.push(Request::Clarify(Question::new(About::TooMany)));
    }
    requests
}

/// A change of what was asked for just before becomes part of it: "add milk and make it urgent".
fn join(requests: &mut Vec<Request>, request: Request) {
    match (requests.last_mut(), request) {
        (Some(Request::Create { title, priority, due_at, description }), Request::Update { which, change })
            if which == Which::Title(title.clone()) && change.title.is_none() =>
        {
            *priority = change.priority.or(*priority);
            *due_at = change.due_at.unwrap_or(*due_at);
            *description = change.description.or_else(|| description.take());
        }
        (Some(Request::Update { which: first, change }), Request::Update { which, change: more })
            if *first == which =>
        {
            change.add(more);
        }
        // "Add tasks:" and the titles in the lines below.
        (Some(last @ Request::Clarify(Question { about: About::Title, .. })), request @ Request::Create { .. }) => {
            *last = request;
        }
        (_, request) => requests.push(request),
    }
}
