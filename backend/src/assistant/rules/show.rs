//! Lists and searches. Absent on purpose: the tasks.

use super::{
    clause::Clause,
    dates,
    pattern::{after, before, eats, find, whole},
    question::{About, Question},
    reference,
    request::{Filter, Request, Status, Which},
    slots,
    words::{Token, Words, written},
};

/// "Find …", "do I have anything about …".
pub(super) fn search(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    let about = "about|on|regarding|concerning|for|with|containing|mentioning|mention|contain|named|called|titled|matching|related";
    let tasks = "the|my|all|any|every|a? tasks|task|todos|todo|items|item|list|everything|anything|something|things|thing|one|ones|entries";
    let verbs = [
        "search|look|hunt|scan|dig|check through|in|on|over? my|the|all? tasks|todos|list|items? for",
        "search|look|looking|searching|hunt for",
        "look up",
        "search|find|locate|grep|lookup",
        "i'm|am? looking|searching for",
    ];
    if let Some(rest) = after(words, &verbs) {
        let rest = after(rest, &["me|out"]).unwrap_or(rest);
        if let Ok(Which::All(filter)) = reference::which(rest, clause)
            && filter != Filter::default()
        {
            return Some(Request::List(filter));
        }
        return Some(query(clause, inner(rest)));
    }
    let where_is = ["where|when is|are|did|was|can|do i? put|find|see|need|have? to?", "where's|when's"];
    if let Some(rest) = after(words, &where_is) {
        let rest = before(rest, &["due|scheduled|planned"]).unwrap_or(rest);
        return Some(query(clause, inner(rest)));
    }
    let asks = [
        "did|have|has|had i|we already|ever? add|added|write|wrote|put|create|created|finish|finished|complete|completed|do|done|note|noted",
        "is|are|was",
    ];
    if let Some(rest) = after(words, &asks) {
        let listed = before(rest, &["already? on|in my|the? todo? list|tasks", "done|finished|completed already|yet?"]);
        let named =
            listed.or_else(|| eats(words, "is|are|was").is_none().then_some(rest)).filter(|rest| !rest.is_empty());
        let named = named
            .filter(|rest| find(rest, &["everything|all|anything|any|something|there|tasks|task|it|that"]).is_none());
        if let Some(named) = named {
            return Some(query(clause, inner(named)));
        }
    }
    // "Show me the tasks about …", "which tasks mention …", "is there anything on my list about …".
    let opens = [
        "show|list|display|give|get|see|view|pull me|us? up?",
        "what|which|any|is|are|do|did|have|has|was|were *",
        "there *",
    ];
    after(words, &opens)
        .or_else(|| eats(words, "any|anything|everything|all|something|tasks|task").map(|_| &words[..]))?;
    let link = [
        format!("{tasks} do? i? have|had|got? is|are|in|that|which|where|there? there|the|have|has|on|is|are? my|list|title|titles|it? list? {about}"),
        "tasks|task|anything|something|everything|todos|items|one|things in|on|to|down|around|do|with with|my|the|i|to? list|have|word? about|mention|related|with|containing|regarding to?".to_owned(),
        "mention|mentions|mentioning|contain|contains|containing".to_owned(),
        "related to".to_owned(),
        "to do with".to_owned(),
        "write|wrote|written|note|noted|put anything|something? down? about|for|on".to_owned(),
    ];
    let patterns: Vec<&str> = link.iter().map(String::as_str).collect();
    let (at, count) = find(words, &patterns)?;
    let rest = after(&words[at + count..], &["to"]).unwrap_or(&words[at + count..]);
    // "Tasks for tomorrow" and "tasks with low priority" are lists.
    let dated = dates::range(&words[at..], &clause.clock).is_ok_and(|(_, _, cut)| cut.iter().any(|cut| *cut));
    let limited = slots::filter(rest).priority.is_some() || rest.is_empty();
    let on = words[at + count - 1].is(&["on", "for", "with"]);
    (!(on && (dated || limited)) && !rest.is_empty()).then(|| query(clause, inner(rest)))
}

/// The words that are searched for, without what only leads to them.
fn inner<'w, 't>(words: &'w [&'t Token]) -> &'w [&'t Token] {
    let first = [
        "the|my|all|any|every|a|some? tasks|task|todos|todo|items|item|everything|anything|entries|entry|one|ones|thing|notes that|which|where? are|is|has|have|do|contain|contains|mention|mentions|i|there? about|for|with|on|containing|mentioning|named|called|titled|related|regarding|like|saying|matching to?",
        "the|my|all|any? tasks|todos|everything|anything|items containing|mentioning|about|with",
        "the? word|words|title|name|term|phrase|text :?",
        "for|about|:",
        "the|my|a|an|that",
    ];
    let last = [
        "in|on|from my|the|its? list|tasks|todos|title|titles|name|todo list?",
        "task|tasks|todo|todos|item|items|one|ones|thing|stuff|entry|reminder",
        ".|?|!|,|:",
        "please|now|again",
    ];
    let mut words = words;
    loop {
        let shorter = after(words, &first).filter(|rest| !rest.is_empty() && rest.len() < words.len());
        let shorter = shorter.or_else(|| before(words, &last).filter(|rest| !rest.is_empty()));
        match shorter {
            Some(rest) => words = rest,
            None => return words,
        }
    }
}

fn query(clause: &Clause, words: &[&Token]) -> Request {
    let quoted = words.iter().find_map(|token| token.quoted.clone()).filter(|_| words.len() <= 2);
    let query = quoted.unwrap_or_else(|| written(clause.text, words));
    let empty = whole(words, &["the|my|a? task|tasks|todo|something|it|that|for|list"]);
    if empty || !query.chars().any(char::is_alphanumeric) {
        return Request::Clarify(Question::for_request(About::Query, Request::Search { query: String::new() }));
    }
    Request::Search { query }
}

/// "Show my tasks", "what is still open?", "what is due tomorrow?".
pub(super) fn list(clause: &Clause) -> Option<Request> {
    let words = &clause.words;
    let (due_after, due_before, cut) = match dates::range(words, &clause.clock) {
        Ok(range) => range,
        Err(about) if lists(words) => {
            let unfinished = Request::List(Filter::default());
            return Some(Request::Clarify(Question::for_request(about, unfinished)));
        }
        Err(_) => return None,
    };
    let rest: Words = words.iter().zip(&cut).filter(|(_, cut)| !**cut).map(|(token, _)| *token).collect();
    let what_about = eats(words, "what|how about").is_some() && (due_after.is_some() || due_before.is_some());
    if !lists(&rest) && !lists(words) && !what_about && !achieved(&rest) {
        return None;
    }
    let mut filter = Filter { due_after, due_before, ..slots::filter(&rest) };
    if achieved(&rest) {
        filter.status = Some(Status::Completed);
    }
    let all = find(&rest, &["all|everything|every"]).is_some();
    if find(&rest, &["overdue|late|behind", "past due|deadline", "missed"]).is_some() && due_after.is_none() {
        filter = Filter { status: Some(Status::Open), due_before: Some(clause.clock.now), ..filter };
    } else if filter.status == Some(Status::Completed) {
        // When something was done is not a due date.
        if find(words, &["due|deadline"]).is_none() {
            (filter.due_after, filter.due_before) = (None, None);
        }
    } else if due_after.is_some() || due_before.is_some() {
        filter.status = filter.status.or(if all { None } else { Some(Status::Open) });
    } else if filter.status.is_none() && wants_work(&rest) {
        filter.status = Some(Status::Open);
    }
    Some(Request::List(filter))
}

/// "What did I do?"
fn achieved(words: &[&Token]) -> bool {
    let past = "do|done|finish|finished|complete|completed|accomplish|accomplished|achieve|achieved|get done?";
    after(words, &[&format!("what did|have i|we already|just|actually? {past}")]).is_some()
}

/// Questions about what is to be done are about open tasks.
fn wants_work(words: &[&Token]) -> bool {
    let patterns = [
        "i|we need|have|must|should|ought to? do|finish|complete|next|tackle|work|get?",
        "should|must|shall|can|could i|we do|work|start|tackle|finish",
        "to do",
        "what's|what is? next|left|remaining",
        "what|what's is|are? left|remaining|outstanding",
    ];
    let have = find(words, &["do i have to"]).is_some();
    have || find(words, &patterns[1..]).is_some()
        || find(words, &["i|we still|also|really? need|must|should"]).is_some()
}

fn lists(words: &[&Token]) -> bool {
    let nouns = "tasks|task|todos|todo|list|lists|items|everything|all|agenda|plate|schedule|reminders|one|ones|it|them|plan|day|week|stuff|things|deadlines|due|open|pending|done|completed|finished|overdue|urgent|left|priority|what|what's|unfinished|incomplete|outstanding|upcoming";
    let noun = || find(words, &[nouns]).is_some();
    let verbs = [
        "show|list|display|view|see|print|read|open|give|get|fetch|tell|enumerate|present|pull|bring|check|go|look|let",
    ];
    let short = [
        "my|the|all|open|pending|completed|done|finished|overdue|urgent|important|unfinished|incomplete|outstanding|high|low|medium|priority|todo|upcoming|of|remaining|still|everything|current|any|that|are|is|due|late|and|complete|closed",
    ];
    if after(words, &verbs).is_some() {
        return noun() || words.len() == 1;
    }
    let questions = "what|what's|which|any|anything|do|have|am|is|are|when|where's|did|does|how|something";
    if eats(words, questions).is_some_and(|count| count > 0) {
        let asks = [
            "tasks|task|todos|todo|list|due|open|pending|left|done|completed|finished|overdue|late|plate|agenda|next|urgent|important|outstanding|remaining|unfinished|schedule|scheduled|planned|upcoming|waiting|priority|have|need|must|should|complete|finish|accomplished|missed|behind|tackle|coming|up|deadline|deadlines|ahead|closed|accomplish|achieve|achieved|for|on",
            "to do",
        ];
        return find(words, &asks).is_some();
    }
    let all_known = words.iter().all(|token| {
        token.is_sign()
            || eats(&[token], short[0]).is_some()
            || eats(&[token], "tasks|task|todos|list|items|everything|ones|agenda|only|please|for|on|at|with|from")
                .is_some()
    });
    let named = find(
        words,
        &["tasks|todos|list|items|everything|agenda|overdue|open|pending|completed|unfinished|outstanding"],
    )
    .is_some();
    all_known && named && before(words, &["the"]).is_none()
}
