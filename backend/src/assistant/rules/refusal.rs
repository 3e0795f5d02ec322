//! What the assistant cannot do, said plainly instead of done halfway. Absent on purpose: the texts (question.rs).

use super::{
    clause::{Clause, question_word},
    create::CHORES,
    pattern::{after, eats, find},
    question::{About, Question, Refusal},
    request::Request,
    split::begins,
    words::Token,
};

/// Refuses what lies outside the user's own task list.
pub(super) fn read(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    let refusal = if other_people(words) {
        Refusal::OtherPeople
    } else if eats(words, "undo that|it|this|the? last? change?").is_some_and(|count| count == words.len()) {
        Refusal::Undo
    } else if outside(words, clause) {
        Refusal::Outside
    } else {
        return None;
    };
    Some(Request::Clarify(Question::new(About::Refused(refusal))))
}

fn outside(words: &[&Token], clause: &Clause) -> bool {
    let verbs = [
        "order me|us|a|an|some|the|two|another|lunch|dinner|pizza|food|sushi|flowers",
        "send|forward *",
        "do|can|could you know|tell the? weather",
        "email|e-mail|mail|text|sms|message|whatsapp|dm|tweet|post *",
        "call|phone|ring him|her|them|me|someone|somebody",
        "play|sing|translate|google|hack|download|upload|print|draw|paint|drive|cook *",
        "tell|give|read me a|an|some|the joke|story|jokes|poem|news|weather|recipe|fact",
        "tell a|me joke|jokes|something",
        "write me? a|an|some poem|story|essay|song|email|e-mail|code|script|program|letter",
        "turn|switch on|off *",
        "book me|us a|an *",
        "buy me|us *",
        "pay|transfer|invest|withdraw money|dollars|euros|bitcoin",
        "set|start an|a|the|my? alarm|timer *?",
        "open|visit|browse google|youtube|the|a website|browser|door|page",
        "what|what's|how|how's is? the? weather|temperature|forecast|news",
        "what|what's time is it",
        "what's|what is? the? capital|time|meaning|square|price|date|exchange *?",
        "who is|was|won|invented *",
        "who's *",
        "will|is|does it going? to? rain|snow|raining|snowing|sunny|cold|warm|freeze",
        "how old|tall|far|long|hot|cold are|is|will|was *",
        "calculate|compute *",
        "i love|hate you",
        "are you a|an? human|robot|real|alive|sentient",
    ];
    if clause.to_us && eats(words, CHORES).is_some() && !begins(words) || weather(words) {
        return true;
    }
    let you = ["who are|is you", "who is this"];
    after(words, &you).is_none() && after(words, &verbs).is_some()
}

fn weather(words: &[&Token]) -> bool {
    question_word(words) && find(words, &["the weather|forecast|temperature"]).is_some()
}

fn other_people(words: &[&Token]) -> bool {
    let verbs = [
        "share|assign|delegate|reassign|invite|transfer *",
        "make|set|mark * visible|public|shared",
        "show|give|send|let|grant * access|see *?",
    ];
    if after(words, &verbs).is_some() && eats(words, "let me").is_none() {
        return true;
    }
    let other = after(words, &["remind|notify|tell|inform *? * to|about|that|of"]).is_some();
    if other && after(words, &["remind|notify|tell|inform me|us|myself"]).is_none() {
        return true;
    }
    let asks = eats(words, "show|list|display|delete|remove|complete|see|view|read|give|get|what|what's|which|find|is|are|does|do|mark|finish|open|tell").is_some();
    // "Anna's tasks", "the tasks of Bob", "everyone's list": but "today's tasks" are one's own.
    let own = [
        "today's",
        "tomorrow's",
        "this",
        "week's",
        "month's",
        "yesterday's",
        "tonight's",
        "it's",
        "what's",
        "that's",
        "there's",
        "where's",
        "let's",
        "here's",
        "how's",
        "who's",
        "monday's",
        "tuesday's",
        "wednesday's",
        "thursday's",
        "friday's",
        "saturday's",
        "sunday's",
        "year's",
        "weekend's",
    ];
    let possessive = |index: usize| words[index].word.ends_with("'s") && !own.contains(&words[index].word.as_str());
    let tasks = |index: usize| {
        let next = &words[(index + 1).min(words.len())..];
        eats(next, "open|completed|done|overdue|urgent|pending|todo|to-do? tasks|todos|list|items|task").is_some()
    };
    let named = (0..words.len()).any(|index| possessive(index) && tasks(index));
    let others = find(words, &[
            "everyone|everybody|someone|somebody|anyone|others else's? tasks|todos|list",
            "his|her|their|your tasks|todos|list|task",
            "other|another|all user's|users|people's|person's|user|people|users'",
            "tasks|todos|list of|from my|our|the? colleague|colleagues|boss|wife|husband|friend|friends|team|partner|neighbour|neighbor|son|daughter|manager|coworker",
        ])
.is_some();
    asks && (named || others)
}
