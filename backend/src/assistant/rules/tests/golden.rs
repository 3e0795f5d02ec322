//! The sentences that must always work, each with its exact request.

use super::{
    super::{About, Change, Filter, Question, Request, Status, Which},
    sample::{LIST, known, moment, reading},
};

fn create(title: &str) -> Request {
    Request::Create { title: title.to_owned(), description: None, priority: None, due_at: None }
}

fn number(place: usize) -> Which {
    Which::Tasks(vec![known(&LIST)[place - 1].clone()])
}

#[test]
fn the_golden_sentences_become_exactly_these_requests() {
    let title = Question::for_request(About::Title, create(""));
    let open = Filter { status: Some(Status::Open), ..Filter::default() };
    let completed = Filter { status: Some(Status::Completed), ..Filter::default() };
    let renamed = Change { title: Some("Write the final report".to_owned()), ..Change::default() };
    for (text, expected) in [
        ("add a task", Request::Clarify(title)),
        ("add a task to buy milk", create("Buy milk")),
        ("show everything", Request::List(Filter::default())),
        ("what is still open", Request::List(open)),
        ("tick off number 3", Request::Complete { which: number(3), completed: true }),
        ("delete the task about the dentist", Request::Delete { which: Which::Title("dentist".to_owned()) }),
        ("rename task 1 to Write the final report", Request::Update { which: number(1), change: renamed }),
        ("I must not forget to call grandma", create("Call grandma")),
        ("what is already done", Request::List(completed)),
    ] {
        assert_eq!(reading(text), [expected], "{text}");
    }
}

#[test]
fn tomorrow_at_five_is_tomorrow_at_five_here() {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let due_at = Some(moment("2026-03-12T17:00", &zone));
    let expected = Request::Create { title: "Buy milk".to_owned(), description: None, priority: None, due_at };
    assert_eq!(reading("Remind me to buy milk tomorrow at 5pm"), [expected]);
}
