//! Messages that only the conversation explains: yes and no, and the answer to a question back. Absent on purpose: keeping
//! the question; the caller has it in a row.

use super::{
    clause::{Clause, polite},
    create, dates,
    pattern::{eats, whole},
    plain,
    question::{About, Question},
    request::{Context, Request, Which},
    split::begins,
    words::Token,
};

const YES: &[&str] = &[
    "yes|yep|yeah|yup|yea|y|aye|sure|ok|okay|absolutely|definitely|confirm|confirmed|correct|affirmative please|sure|thanks? thank? you?",
    "yes|yeah|yep|ok|okay|sure ,? please? do|delete|remove|go|confirm it|them|so|that|all|ahead|this|those? all? please?",
    "yes|yeah|yep? ,? i'm|i sure|certain|do|am",
    "do it|that please?",
    "please do it?",
    "go ahead please?",
    "of course",
];

const NO: &[&str] = &[
    "no|nope|nah|n|negative|never|stop|abort|cancel ,? thanks|thank|please|way|don't|stop|cancel? you? that|it|this|do? it|that?",
    "don't do? it|that|this|delete|remove? them|it|anything|that|those?",
    "do not do|delete|remove? it|that|them|anything?",
    "never mind|that",
    "nevermind",
    "keep it|them|those|everything|all of? them?",
    "leave it|them be|alone?",
    "forget it|about? it?",
    "rather not",
    "better not",
    "i changed my mind",
    "cancel|stop|abort that|it|this|the|everything? deletion|question?",
];

/// A yes, a no, a greeting or thanks that fill the message.
pub(super) fn whole_message(words: &[&Token], context: &Context) -> Option<Request> {
    let spoken: Vec<&Token> = words.iter().copied().filter(|token| !token.is_sign() || token.word == ",").collect();
    let last = spoken.iter().rposition(|token| token.word != ",").map_or(0, |last| last + 1);
    let spoken = &spoken[..last];
    if context.pending && !spoken.is_empty() && whole(spoken, YES) {
        return Some(Request::Confirm);
    }
    if (context.pending || context.asked.is_some()) && !spoken.is_empty() && whole(spoken, NO) {
        return Some(Request::Decline);
    }
    plain::courtesy(words)
}

/// The request that a message completes as the answer to the last question.
pub(super) fn to_question(text: &str, words: &[&Token], context: &Context) -> Option<Request> {
    let Question { about, unfinished: Some(unfinished) } = context.asked? else { return None };
    if words.iter().all(|token| token.is_sign()) {
        return None;
    }
    let clause = Clause::new(text, words, context);
    let request = (**unfinished).clone();
    match (about, request) {
        (About::Title | About::LongTitle, Request::Create { description, priority, due_at, .. }) => {
            let mut new = create::titled(&clause, polite(words));
            if let Request::Create { description: d, priority: p, due_at: due, .. } = &mut new {
                (*d, *p, *due) = (d.take().or(description), p.or(priority), due.or(due_at));
            }
            Some(new)
        }
        (About::Date { .. } | About::TwoDates { .. } | About::NewDate, request) => {
            let due = dates::due(&clause.words, &clause.clock).at?;
            match request {
                Request::Create { title, description, priority, .. } => {
                    Some(Request::Create { title, description, priority, due_at: Some(due) })
                }
                Request::Update { which, mut change } => {
                    change.due_at = Some(Some(due));
                    Some(Request::Update { which, change })
                }
                _ => None,
            }
        }
        (About::Which | About::Number { .. }, request) => Some(clause.about(&clause.words, request)),
        (About::Query, _) => Some(Request::Search { query: super::words::written(text, &clause.words) }),
        _ => None,
    }
}

/// Whether a message can be the answer to a question: it asks for nothing by itself, or only what a title would.
pub(super) fn is_free(requests: &[Request], words: &[&Token]) -> bool {
    let [one] = requests else { return false };
    match one {
        Request::Clarify(Question { about: About::NotUnderstood | About::Which | About::Number { .. }, .. }) => true,
        Request::Clarify(Question { about: About::Refused(_), .. }) => !begins(words),
        Request::Create { .. } => {
            eats(polite(words), "add|create|remind|new|i|we|don't|put|schedule|todo|task|note").is_none()
        }
        Request::Update { which: Which::Title(_), .. } | Request::Complete { which: Which::Title(_), .. } => true,
        _ => false,
    }
}
