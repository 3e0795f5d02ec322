//! One request's part of a message, and the order in which the kinds of request are tried. Absent on purpose: the kinds
//! themselves, each in a file of its own.

use super::{
    create,
    dates::Clock,
    delete, done,
    pattern::{after, before, eats},
    plain,
    question::{About, Question},
    reference, refusal,
    request::{Context, Request},
    show, split, update,
    words::{Token, Words},
};

/// A part of a message with what a reading needs.
pub(super) struct Clause<'a> {
    /// The whole message.
    pub(super) text: &'a str,
    /// The words of this part, without politeness.
    pub(super) words: Words<'a>,
    /// What the conversation was about.
    pub(super) context: &'a Context<'a>,
    /// Now and here.
    pub(super) clock: Clock<'a>,
    /// Whether it says "could you": then a chore is asked of the assistant.
    pub(super) to_us: bool,
    /// What the part before asked for.
    pub(super) previous: Option<&'a Request>,
}

impl<'a> Clause<'a> {
    /// Takes politeness away.
    pub(super) fn new(text: &'a str, words: &[&'a Token], context: &'a Context<'a>) -> Self {
        let clock = Clock::new(context.now, context.zone);
        let to_us = (0..words.len().min(3)).any(|at| eats(&words[at..], "can|could|would|will you").is_some());
        Self { text, words: polite(words).to_vec(), context, clock, to_us, previous: None }
    }

    /// What the part asks for, after what was asked for before it.
    pub(super) fn read(mut self, previous: Option<&'a Request>) -> Option<Request> {
        self.previous = previous;
        if self.words.is_empty() {
            return None;
        }
        if let Some(inner) = create::command(&self.words, &self).map(<[&Token]>::to_vec) {
            self.words = inner;
        }
        let goes_on = previous.is_some() && !split::begins(&self.words);
        let inherited = if goes_on { self.inherited() } else { None };
        Some(
            inherited
                .or_else(|| plain::help_first(&self))
                .or_else(|| refusal::read(&self))
                .or_else(|| update::described(&self))
                .or_else(|| create::asked_for(&self))
                .or_else(|| delete::read(&self))
                .or_else(|| done::read(&self))
                .or_else(|| update::read(&self))
                .or_else(|| plain::read(&self))
                .or_else(|| show::search(&self))
                .or_else(|| show::list(&self))
                .or_else(|| create::implied(&self))
                .unwrap_or_else(|| Request::Clarify(Question::new(About::NotUnderstood))),
        )
    }

    /// "add milk; eggs", "delete number 1 and then number 3": the verb of the part before still counts.
    fn inherited(&self) -> Option<Request> {
        match self.previous? {
            Request::Create { .. } => Some(create::titled(self, &self.words)),
            Request::Clarify(Question { unfinished: Some(unfinished), about: About::Title }) => {
                let new = matches!(**unfinished, Request::Create { .. });
                new.then(|| create::titled(self, &self.words))
            }
            request @ (Request::Delete { .. } | Request::Complete { .. }) if reference::is_plain(&self.words, self) => {
                Some(match reference::which(&self.words, self) {
                    Ok(which) => request.clone().about(which),
                    Err(about) => Request::Clarify(Question::for_request(about, request.clone())),
                })
            }
            _ => None,
        }
    }

    /// A question back unless the tasks are clear.
    pub(super) fn about(&self, words: &[&Token], request: Request) -> Request {
        match reference::which(words, self) {
            Ok(which) => request.about(which),
            Err(about) => Request::Clarify(Question::for_request(about, request)),
        }
    }
}

/// Words without what only makes them friendly.
pub(super) fn polite<'w, 't>(words: &'w [&'t Token]) -> &'w [&'t Token] {
    let first = [
        "please|kindly|hey|hi|hello|ok|okay|so|well|now|also|then|and|actually|oh|alright|just|maybe|but|plus ,|!?",
        "thanks|thx|great|perfect|sorry so? much? ,|!|.",
        "thank you so|very? much? ,|!|.",
        "could|can|would|will you please|kindly|maybe|just|also?",
        "can|could|may i please?",
        "i'd|i like|love to",
        "i would like to",
        "i'd like you to",
        "i want|wish you? to",
        "i also? want to",
        "would|do you mind",
        "let's|lets|let me",
        "go ahead and",
        "you can|should",
        ",|.|-|–|—|*|•|:",
    ];
    let last = [
        "please|thanks|thx|cheers",
        "thank you so|very? much?",
        "for me",
        "if|when you can|could",
        "now|again",
        ".|,|?|:|;",
    ];
    let mut words = words;
    loop {
        let shorter = after(words, &first).filter(|rest| !rest.is_empty());
        // "In two days from now" needs its "now".
        let shorter =
            shorter.or_else(|| before(words, &last).filter(|rest| rest.last().is_some_and(|word| !word.is(&["from"]))));
        match shorter {
            Some(rest) if rest.len() < words.len() => words = rest,
            _ => return words,
        }
    }
}

/// Whether a question begins here.
pub(super) fn question_word(words: &[&Token]) -> bool {
    let words_of_questions = "what|what's|which|who|who's|where|where's|when|when's|why|how|how's|is|are|do|does|did|am|have|has|any|anything|will|was|were|whose";
    eats(words, words_of_questions).is_some_and(|count| count > 0)
}
