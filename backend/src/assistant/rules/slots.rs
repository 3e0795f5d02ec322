//! Priority and status in a sentence, and the filter of a list. Absent on purpose: dates, references, titles.

use super::{
    pattern::{eats, find},
    request::{Filter, Status},
    words::Token,
};
use crate::tasks::values::Priority;

/// Phrases that can mean nothing but a priority.
const SURE: &[(&str, Priority)] = &[
    ("with|at|as|of|to|and|in? a|an|the? very? high|highest|top|urgent priority", Priority::High),
    ("with|at|as|of|to|and|in? a|an|the? very? low|lowest|minor priority", Priority::Low),
    ("with|at|as|of|to|and|in? a|an|the? medium|normal|regular|default|middle|standard priority", Priority::Medium),
    ("with|and? a|the? priority is|to|as|of|:|=? very? high|highest|top|urgent|important|1|critical", Priority::High),
    ("with|and? a|the? priority is|to|as|of|:|=? very? low|lowest|minor|3", Priority::Low),
    ("with|and? a|the? priority is|to|as|of|:|=? medium|normal|regular|2", Priority::Medium),
    ("there's|there is no rush|hurry", Priority::Low),
    ("no rush|hurry", Priority::Low),
    ("with|at|as|of|to|and? a|an|the? high-priority|top-priority|high-prio", Priority::High),
    ("with|at|as|of|to|and? a|an|the? low-priority|low-prio", Priority::Low),
    ("with|at|as|of|to|and? a|an|the? medium-priority|normal-priority", Priority::Medium),
    ("p1", Priority::High),
    ("p2", Priority::Medium),
    ("p3", Priority::Low),
];

/// Words that are also words of a title: a priority only at the edge of it.
const EDGE: &[(&str, Priority)] = &[
    ("it's|it|this|that's|which is? not|isn't very? urgent|important|critical", Priority::Low),
    ("not very? urgent|important", Priority::Low),
    ("unimportant", Priority::Low),
    ("it's|that's|this's very|really|super? urgent|important|critical", Priority::High),
    ("it|this|that|which is very|really|super? urgent|important|critical", Priority::High),
    ("very|really|super? urgent|important|critical", Priority::High),
    ("urgently|asap", Priority::High),
    ("as soon as possible", Priority::High),
];

/// Levels where nothing but a level is expected: "make it high", "set to low".
const LEVELS: &[(&str, Priority)] = &[
    ("a|the? not|less|un urgent|important", Priority::Low),
    ("unimportant|low|lowest|minor", Priority::Low),
    ("medium|normal|regular", Priority::Medium),
    ("a|the? very|more|most|top|really|super? urgent|important|critical|high|highest", Priority::High),
    ("top|urgently|asap", Priority::High),
];

/// A priority in a new task's sentence; what says so is marked in `cut`.
pub(super) fn priority(words: &[&Token], cut: &mut [bool]) -> Option<Priority> {
    let open: Vec<usize> = (0..words.len()).filter(|index| !cut[*index]).collect();
    let kept: Vec<&Token> = open.iter().map(|index| words[*index]).collect();
    let (start, count, level) = sure(&kept).or_else(|| at_edge(&kept)).or_else(|| shouted(&kept))?;
    for index in &open[start..start + count] {
        cut[*index] = true;
    }
    Some(level)
}

fn sure(words: &[&Token]) -> Option<(usize, usize, Priority)> {
    (0..words.len()).find_map(|at| {
        SURE.iter().find_map(|(pattern, level)| eats(&words[at..], pattern).map(|count| (at, count, *level)))
    })
}

fn at_edge(words: &[&Token]) -> Option<(usize, usize, Priority)> {
    let length = words.iter().rposition(|token| !token.is_sign()).map_or(0, |last| last + 1);
    EDGE.iter().find_map(|(pattern, level)| {
        let first = eats(words, pattern).filter(|count| *count < length).map(|count| (0, count, *level));
        let last = || {
            let at = (1..length).find(|at| eats(&words[*at..length], pattern) == Some(length - at))?;
            // "Find out what is important" is about what is important.
            let bare = length - at == 1 || words[at].is(&["very", "really", "super", "not"]);
            let belongs =
                bare && words[at - 1].is(&["is", "are", "what", "what's", "be", "the", "something", "anything"]);
            (!belongs).then_some((at, length - at, *level))
        };
        first.or_else(last)
    })
}

/// "!!" at the end, or a "!" that stands alone at either end.
fn shouted(words: &[&Token]) -> Option<(usize, usize, Priority)> {
    let marks = words.iter().rev().take_while(|token| token.word == "!").count();
    let at = words.len() - marks;
    let alone = marks == 1 && at > 0 && words[at - 1].end < words[at].start;
    if at > 0 && (marks > 1 || alone) {
        return Some((at, marks, Priority::High));
    }
    let leading = words.iter().take_while(|token| token.word == "!").count();
    (leading > 0 && leading < words.len()).then_some((0, leading, Priority::High))
}

/// The level that these words are, if they are nothing else.
pub(super) fn level(words: &[&Token]) -> Option<(usize, Priority)> {
    [SURE, EDGE, LEVELS]
        .iter()
        .flat_map(|list| list.iter())
        .find_map(|(pattern, level)| eats(words, pattern).filter(|count| *count > 0).map(|count| (count, *level)))
}

/// What a list is limited to by priority and status.
pub(super) fn filter(words: &[&Token]) -> Filter {
    let level = sure(words).map(|(_, _, level)| level).or_else(|| {
        let (at, _) = find(words, &["urgent|important|critical|unimportant"])?;
        let not = at.checked_sub(1).is_some_and(|before| words[before].is(&["not", "less"]));
        Some(if not || words[at].word == "unimportant" { Priority::Low } else { Priority::High })
    });
    let level = level.or_else(|| (find(words, &["most|more pressing"]).is_some()).then_some(Priority::High));
    Filter { status: status(words), priority: level, ..Filter::default() }
}

/// Open or completed, when the words say so.
pub(super) fn status(words: &[&Token]) -> Option<Status> {
    const OPEN: &[&str] = &[
        "not|never|isn't|aren't|haven't|yet yet|been? done|completed|complete|finished|ticked|checked",
        "open|pending|unfinished|incomplete|outstanding|remaining|undone|uncompleted|unchecked|left|active",
        "to be done",
        "still to? do|need|have|must|open|waiting",
    ];
    const COMPLETED: &[&str] = &["completed|complete|done|finished|accomplished|achieved|closed|ticked|checked"];
    let to_do = find(words, &["to do"])
        .is_some_and(|(at, _)| words.get(at + 2).is_none_or(|next| !next.is(&["list", "lists"])));
    if to_do || find(words, OPEN).is_some() {
        return Some(Status::Open);
    }
    find(words, COMPLETED).map(|_| Status::Completed)
}
