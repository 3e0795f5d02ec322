//! Messages that only the conversation explains: yes and no, and the answer to a question back. Absent on purpose: keeping
//! the question, the caller has it in a row; which task is meant (choice.rs).

use super::{
    choice,
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
    "yes|yep|yeah|yup|yea|ye|ya|y|aye|sure|ok|okay|absolutely|definitely|confirm|confirmed|correct|affirmative please|sure|thanks? thank? you?",
    "yes|yeah|yep|ok|okay|sure please? do|delete|remove|go|confirm it|them|so|that|all|ahead|this|those? all? please?",
    "yes|yeah|yep? i'm|i sure|certain|do|am",
    "do it|that please?",
    "please do it?",
    "go ahead please?",
    "of course",
];

const NO: &[&str] = &[
    "no|nope|nah|n|negative|never|stop|abort|cancel thanks|thank|please|way|don't|stop|cancel? you? that|it|this|do? it|that?",
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
    "no? absolutely|definitely|certainly|surely|of|better? course|please? not now|yet|that|it|this|them|those? please|thanks?",
    "no? please do? not|don't|stop do|delete|remove? it|that|this|them|those|anything? please?",
    "wait|hold|hang on? a? second|moment|minute? please?",
];

/// A yes, a no, a greeting or thanks that fill the message.
pub(super) fn whole_message(words: &[&Token], context: &Context) -> Option<Request> {
    if context.pending && says_yes(words) {
        return Some(Request::Confirm);
    }
    if (context.pending || context.asked.is_some()) && says_no(words) {
        return Some(Request::Decline);
    }
    plain::courtesy(words)
}

/// Whether the message is an explicit yes and nothing else: "yes?" asks, and is none.
pub(super) fn says_yes(words: &[&Token]) -> bool {
    let doubts = words.iter().any(|token| token.is(&["?", "？", "👎", "❌"]));
    let spoken = spoken(words);
    !doubts && if spoken.is_empty() { thumb(words, "👍") } else { whole(&spoken, YES) }
}

fn says_no(words: &[&Token]) -> bool {
    let spoken = spoken(words);
    if spoken.is_empty() { thumb(words, "👎") } else { whole(&spoken, NO) }
}

/// The words without signs; what is said twice, "YES YES YES", is said once.
fn spoken<'a>(words: &[&'a Token]) -> Vec<&'a Token> {
    let mut spoken: Vec<&Token> = words.iter().copied().filter(|token| !token.is_sign()).collect();
    spoken.dedup_by(|token, before| token.quoted.is_none() && token.word == before.word);
    spoken
}

/// Whether the message is this thumb and nothing else, in whatever colour of skin.
fn thumb(words: &[&Token], thumb: &str) -> bool {
    let colour = |token: &&Token| token.word.chars().all(|c| matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{fe0f}'));
    words.iter().any(|token| token.word == thumb) && words.iter().all(|token| token.word == thumb || colour(token))
}

/// The request that a message completes as the answer to the last question.
pub(super) fn to_question(text: &str, words: &[&Token], context: &Context) -> Option<Request> {
    let Question { about, unfinished: Some(unfinished) } = context.asked? else { return None };
    if words.iter().all(|token| token.is_sign()) && !says_yes(words) {
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
        (About::Which | About::Number { .. }, request) => choice::chosen(&clause, words, request),
        (About::Query, _) => Some(Request::Search { query: super::words::written(text, &clause.words) }),
        _ => None,
    }
}

/// Whether a message can be the answer to a question: it asks for nothing by itself, or only what a title would.
pub(super) fn is_free(requests: &[Request], words: &[&Token]) -> bool {
    let [one] = requests else { return requests.is_empty() };
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
