//! What only the conversation explains: yes and no, answers to questions back, "it" in a later part of the sentence.

use jiff::tz::TimeZone;

use super::{
    super::{About, Change, Context, Filter, Focus, Question, Request, Which, read},
    sample::{LIST, focus, known, moment, reading},
};
use crate::tasks::values::Priority;

fn answer(text: &str, focus: &Focus, pending: bool, asked: Option<&Question>) -> Vec<Request> {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let now = moment("2026-03-11T10:15", &zone);
    read(text, &Context { now, zone: &zone, focus, pending, asked })
}

fn number(place: usize) -> Which {
    Which::Tasks(vec![known(&LIST)[place - 1].clone()])
}

#[test]
fn yes_and_no_answer_only_an_open_question() {
    for yes in [
        "yes",
        "Yes!",
        "yes please",
        "yes, please",
        "yes, delete them",
        "Sure, go ahead.",
        "ok",
        "go ahead",
        "do it.",
        "YES",
    ] {
        assert_eq!(answer(yes, &focus(), true, None), [Request::Confirm], "{yes}");
        assert!(!answer(yes, &focus(), false, None).contains(&Request::Confirm), "{yes}");
    }
    for no in ["no", "No, thanks", "cancel", "never mind", "don't", "keep them", "stop"] {
        assert_eq!(answer(no, &focus(), true, None), [Request::Decline], "{no}");
        assert!(!answer(no, &focus(), false, None).contains(&Request::Decline), "{no}");
    }
}

#[test]
fn a_yes_with_anything_behind_it_is_no_yes() {
    for text in
        ["yes but not the first one", "yes or no", "yes and add milk", "not yes", "show yes", "is it yes?", "yes no"]
    {
        assert!(!answer(text, &focus(), true, None).contains(&Request::Confirm), "{text}");
    }
}

#[test]
fn after_a_list_and_nothing_else_they_are_all_of_it_and_it_is_asked_about() {
    let focus = Focus { list: known(&LIST), touched: Vec::new() };
    for text in ["delete them all", "delete those", "delete all of them"] {
        assert_eq!(
            answer(text, &focus, false, None),
            [Request::Delete { which: Which::Tasks(known(&LIST)) }],
            "{text}"
        );
    }
    let asked = answer("delete it", &focus, false, None);
    assert!(matches!(asked.as_slice(), [Request::Clarify(Question { about: About::Which, .. })]), "{asked:?}");
}

#[test]
fn a_missing_title_is_answered_by_the_title() {
    let asked = reading("add an urgent task for tomorrow");
    let [Request::Clarify(question)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(question.about, About::Title);
    for title in ["Buy milk", "Check the oven", "Dentist"] {
        let got = answer(title, &focus(), false, Some(question));
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let due_at = Some(moment("2026-03-12T23:59", &zone));
        let priority = Some(Priority::High);
        assert_eq!(got, [Request::Create { title: title.to_owned(), description: None, priority, due_at }], "{title}");
    }
    // Whoever wants something else gets it.
    assert_eq!(answer("show my tasks", &focus(), false, Some(question)), [Request::List(Filter::default())]);
    assert_eq!(answer("never mind", &focus(), false, Some(question)), [Request::Decline]);
}

#[test]
fn which_task_is_answered_by_a_number_an_ordinal_or_a_word() {
    let question = Question::for_request(About::Which, Request::Delete { which: Which::Title("call".to_owned()) });
    for (text, place) in
        [("the second one", 2), ("2", 2), ("number 2", 2), ("the dentist one", 2), ("the last one", 5), ("#1", 1)]
    {
        let got = answer(text, &focus(), false, Some(&question));
        assert_eq!(got, [Request::Delete { which: number(place) }], "{text}");
    }
    let got = answer("the ninth", &focus(), false, Some(&question));
    let [Request::Clarify(again)] = got.as_slice() else { panic!("{got:?}") };
    assert_eq!(again.about, About::Number { number: 9, of: 5 });
    assert!(again.unfinished.is_some());
}

#[test]
fn an_unclear_date_is_answered_by_a_date() {
    let asked = reading("remind me to buy milk on Blursday");
    let [Request::Clarify(question)] = asked.as_slice() else { panic!("{asked:?}") };
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let due_at = Some(moment("2026-03-13T17:00", &zone));
    let expected = Request::Create { title: "Buy milk".to_owned(), description: None, priority: None, due_at };
    assert_eq!(answer("Friday at 5pm", &focus(), false, Some(question)), [expected]);
    let asked = reading("postpone number 2 by a week");
    let [Request::Clarify(question)] = asked.as_slice() else { panic!("{asked:?}") };
    let change = Change { due_at: Some(due_at), ..Change::default() };
    let expected = Request::Update { which: number(2), change };
    assert_eq!(answer("to Friday 5pm", &focus(), false, Some(question)), [expected]);
}

#[test]
fn it_means_what_the_sentence_was_just_about() {
    let which = number(3);
    assert_eq!(
        reading("complete number 3 and then delete it"),
        [Request::Complete { which: which.clone(), completed: true }, Request::Delete { which }]
    );
    let created = Request::Create {
        title: "Buy rice".to_owned(),
        description: None,
        priority: Some(Priority::High),
        due_at: None,
    };
    assert_eq!(reading("add buy rice and make it urgent"), [created]);
    let change =
        Change { title: Some("Ring the dentist".to_owned()), priority: Some(Priority::Low), ..Change::default() };
    let expected = Request::Update { which: number(2), change };
    assert_eq!(reading("rename number 2 to Ring the dentist and make it low priority"), [expected]);
}

#[test]
fn nothing_is_deleted_by_a_sentence_that_says_not_to() {
    for text in [
        "don't delete number 3",
        "do not delete anything",
        "never delete it",
        "I must not delete number 3",
        "why did you delete it?",
    ] {
        let got = reading(text);
        assert!(!got.iter().any(|request| matches!(request, Request::Delete { .. })), "{text}: {got:?}");
    }
}

/// Verbs of chores are also verbs of lists; a chore must never be read as the end of a task.
#[test]
fn chores_delete_nothing() {
    for text in [
        "drop the car at the garage",
        "clear out the garage on Saturday",
        "throw out the rubbish tonight",
        "wipe the table",
        "get rid of the old sofa",
        "cancel the newspaper before Friday",
        "I have to delete old photos",
        "remind me to delete all tasks in the old tracker",
        "change the tyres on Saturday",
        "move the sofa to the cellar on Friday",
        "set the table at 7pm",
        "make dinner at 7",
    ] {
        let got = reading(text);
        let harmless = |request: &Request| matches!(request, Request::Create { .. } | Request::Clarify(_));
        assert!(got.iter().all(harmless), "{text}: {got:?}");
    }
}

#[test]
fn a_long_title_and_too_many_requests_are_said() {
    let long = format!("add {}", "very ".repeat(60));
    assert!(matches!(reading(&long).as_slice(), [Request::Clarify(Question { about: About::LongTitle, .. })]));
    let many = "add milk; ".repeat(14);
    let got = reading(&many);
    assert_eq!(got.len(), 10);
    assert!(matches!(got.last(), Some(Request::Clarify(Question { about: About::TooMany, .. }))));
    let huge = "show ".repeat(300);
    assert!(matches!(reading(&huge).as_slice(), [Request::Clarify(Question { about: About::TooLong, .. })]));
}

#[test]
fn whether_tasks_can_be_deleted_is_answered_with_help() {
    for text in ["can you delete tasks?", "could you complete tasks?", "Can you remove todos"] {
        assert_eq!(reading(text), [Request::Help], "{text}");
    }
    let all = Request::Delete { which: Which::All(Filter::default()) };
    for text in ["can you delete all tasks?", "delete all my tasks", "could you delete my tasks?"] {
        assert_eq!(reading(text), std::slice::from_ref(&all), "{text}");
    }
}
