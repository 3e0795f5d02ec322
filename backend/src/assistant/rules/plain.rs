//! Help, statistics, greetings and thanks: requests without anything to fill in. Absent on purpose: the answers.

use super::{
    clause::Clause,
    pattern::{after, eats, find, whole},
    question::{About, Question},
    request::Request,
    words::Token,
};

/// Requests for help that other verbs would catch: "how do I delete a task?".
pub(super) fn help_first(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    let patterns = [
        "how do|can|could|should|would i|we|you|one",
        "how to",
        "how does|do this|it|that|you work|function",
        "what can|could|do you|i|we do|help|say|ask|tell|type|offer|write",
        "what can|could you|i|we",
        "what kind|sort of",
        "what do you do|offer|support",
        "what are you able",
        "what are|is your|the you? features|commands|capabilities|functions|abilities|options|purpose",
        "who|what are you",
        "explain",
        "teach me",
        "help me|us? out|here|please|understand|with?",
        "i|we need|want|could some|your|a? help|instructions|assistance",
        "i need|have a? hand|question",
        "show|give|list|tell|see me? all|some|the|your|a|what|few? available? commands|examples|instructions|features|help|options|example|manual|you",
        "which|what commands|features|functions|sentences|things",
        "get help",
        "tell me about|more you|yourself|this",
    ];
    let only = [
        "what is? this|that",
        "what's this|that",
        "help",
        "?",
        "commands|instructions|manual|examples|usage|info|features",
        "help me|us|please|!?",
    ];
    // "Can you delete tasks?" asks whether it can be done, and deletes none.
    let able = clause.to_us
        && whole(words, &["delete|remove|erase|clear|complete|finish|reopen|rename|change tasks|todos|items"]);
    let found = able || whole(words, &only) || after(words, &patterns).is_some() && !about_own_tasks(words);
    (found || whole(words, GREETINGS)).then_some(Request::Help)
}

/// "Help me finish the report" is no request for help about this program.
fn about_own_tasks(words: &[&Token]) -> bool {
    let list = [
        "how do i look|stand",
        "what can i do today|tomorrow|now|next|this|on",
        "what do you have",
        "which|what things are|do|have|is",
    ];
    after(words, &list).is_some() || eats(words, "help me with? *").is_some() && words.len() > 5
}

const GREETINGS: &[&str] = &[
    "hi|hello|hey|hallo|greetings|yo|howdy|hiya there|again|you|assistant|everyone|everybody? !? !?",
    "good morning|afternoon|evening|day !?",
    "how are you|things doing|going|today? today?",
    "what's up",
];

const COURTESY: &[&str] = &[
    "thanks|thank|thx|ty|cheers|merci you? so|very|a|for|again? much|lot|bunch|ton|everything|that|your|the|all? help|work? !? !?",
    "many thanks !?",
    "ok|okay|great|perfect|nice|awesome|cool|wonderful|super|good|excellent|fine|brilliant ,|!? thanks|thank|job|work|one? you? !?",
    "bye|goodbye|ciao|cya for? now|bye? !?",
    "see you later|soon|tomorrow? !?",
    "good night|bye !?",
    "well done !?",
    "you're|you are the? great|best|awesome|welcome|helpful !?",
    "that's|that is all|it|great|perfect|fine ,? thanks|thank? you? !?",
];

/// A greeting or thanks that fill the message.
pub(super) fn courtesy(words: &[&Token]) -> Option<Request> {
    let end = words.iter().rposition(|token| !token.is_sign())? + 1;
    let words = &words[..end];
    if whole(words, GREETINGS) {
        return Some(Request::Help);
    }
    whole(words, COURTESY).then(|| Request::Clarify(Question::new(About::Courtesy)))
}

/// Statistics.
pub(super) fn read(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    let anywhere = [
        "statistics|stats|statistic",
        "how many *? *? *? tasks|todos|items|things",
        "how many",
        "how many are|have|do|did|is",
        "number|amount|count of",
        "how am i|we doing|progressing|going",
        "how well|far|much|productive|busy|good along? am|have|did|is|do|are|was|has",
        "how much *? work|progress|left|done",
        "my|the|our progress|productivity",
        "progress report?",
        "completion|success rate",
        "what percentage|percent|share|fraction|proportion",
        "in numbers",
        "the numbers|figures",
        "productivity",
    ];
    let first = [
        "give|show|get|display|tell|see|view|i me|us? a|an|the|my? quick|short|brief|weekly|daily? summary|overview|report|breakdown|score",
        "summary|overview|progress|summarise|summarize|breakdown|totals|score",
        "count *",
        "how is|are|'s it|things|everything|work going",
        "how's it|everything|my going|looking|list|progress",
        "how do i stand",
    ];
    (find(words, &anywhere).is_some() || after(words, &first).is_some()).then_some(Request::Statistics)
}
