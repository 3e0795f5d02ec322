//! The answer to "which one do you mean?": a number, an ordinal, or words of exactly one title that was offered. Absent on
//! purpose: tasks that were not offered; whoever names one of those is asked again.

use super::{
    answer::says_yes,
    clause::Clause,
    pattern::{after, whole},
    pick::{is_title, sure},
    question::{About, Question},
    reference,
    request::{Context, Filter, Request, Which},
    words::Token,
};

/// The request about what was chosen; `None` when nothing was.
pub(super) fn chosen(clause: &Clause, words: &[&Token], request: Request) -> Option<Request> {
    let list = &clause.context.focus.list;
    // "The second one?" is no choice yet.
    if words.iter().any(|token| token.is(&["?"])) {
        return None;
    }
    let said = after(&clause.words, &["no? ,? i mean|meant"]).unwrap_or(&clause.words);
    let all = whole(said, &["both|all of? them|these|those? .|!?"]);
    if (all || list.len() == 1 && says_yes(words)) && !list.is_empty() {
        return Some(request.about(Which::Tasks(list.clone())));
    }
    match reference::place(said, clause) {
        Some(Ok(tasks)) => Some(request.about(Which::Tasks(tasks))),
        Some(Err(about)) => Some(Request::Clarify(Question::for_request(about, request))),
        None => {
            let wanted = reference::words_of_title(said, clause)?;
            if interjection(said) && !is_title(&wanted, list) {
                return None;
            }
            Some(request.about(Which::Tasks(vec![sure(&wanted, list)?])))
        }
    }
}

/// Whether a message repeats an offered title as it stands: then it is that title, whatever else it could ask for.
pub(super) fn repeats_a_title(text: &str, context: &Context) -> bool {
    let which = context.asked.is_some_and(|question| matches!(question.about, About::Which | About::Number { .. }));
    which && is_title(text, &context.focus.list)
}

/// The same question again, when the message was neither an answer to it nor a request. Words that may be a title are kept,
/// so that what is like them can be offered; they choose nothing by themselves.
pub(super) fn again(clause: &Clause, requests: &[Request]) -> Option<Request> {
    let Question { about: About::Which | About::Number { .. }, unfinished: Some(unfinished) } = clause.context.asked?
    else {
        return None;
    };
    let title = match requests {
        [] => false,
        [Request::Clarify(Question { about: About::NotUnderstood | About::Which | About::Number { .. }, .. })] => false,
        [Request::Create { priority: None, due_at: None, description: None, .. }] => {
            if super::split::begins(&clause.words) {
                return None;
            }
            true
        }
        _ => return None,
    };
    let request = (**unfinished).clone();
    let nothing_yet = request.which() == Some(&Which::All(Filter::default()));
    let wanted = reference::words_of_title(&clause.words, clause)
        .filter(|_| nothing_yet && (title || !interjection(&clause.words)));
    let request = match wanted {
        Some(wanted) => request.about(Which::Title(wanted)),
        None => request,
    };
    Some(Request::Clarify(Question::for_request(About::Which, request)))
}

/// Words that are said to a question without answering it.
fn interjection(words: &[&Token]) -> bool {
    const SAID: &[&str] = &[
        "what", "which", "who", "why", "how", "when", "where", "wait", "hm", "hmm", "hmmm", "huh", "eh", "um", "uh",
        "oh", "sorry", "stop", "help", "yes", "yeah", "yep", "no", "nope", "not", "don't", "never", "keep", "leave",
        "ok", "okay", "sure", "maybe", "none", "neither", "nothing", "except", "but", "moment", "second", "sec",
        "hold", "hang", "wrong",
    ];
    words.iter().all(|token| token.is_sign() || token.is(SAID))
        || words.iter().any(|token| token.is(&["not", "don't", "never", "keep", "leave", "none", "neither", "except"]))
}
