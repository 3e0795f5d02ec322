//! "Which one do you mean?": what chooses one of the tasks that were offered, and what does not.

use jiff::tz::TimeZone;

use super::{
    super::{About, Context, Focus, Question, Request, Which, parts, read, sure},
    sample::{known, moment},
};

const OFFERED: [&str; 3] = ["Call the dentist", "Pay the dentist", "What a mess"];

fn said(text: &str, titles: &[&str], pending: bool, asked: Option<&Question>) -> Vec<Request> {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let now = moment("2026-03-11T10:15", &zone);
    let focus = Focus { list: known(titles), touched: Vec::new() };
    read(text, &Context { now, zone: &zone, focus: &focus, pending, asked })
}

/// The question after "delete dentist", and one after a bare "delete".
fn offered() -> Question {
    Question::for_request(About::Which, Request::Delete { which: Which::Title("dentist".to_owned()) })
}

fn bare() -> Question {
    let asked = said("delete", &OFFERED, false, None);
    let [Request::Clarify(question)] = asked.as_slice() else { panic!("{asked:?}") };
    question.clone()
}

fn chooses(text: &str, question: &Question, place: usize) {
    let which = Which::Tasks(vec![known(&OFFERED)[place - 1].clone()]);
    assert_eq!(said(text, &OFFERED, false, Some(question)), [Request::Delete { which }], "{text}");
}

#[test]
fn a_number_an_ordinal_or_words_of_one_offered_title_choose() {
    for question in [offered(), bare()] {
        for (text, place) in [
            ("2", 2),
            ("#1", 1),
            ("the second one", 2),
            ("the last", 3),
            ("number 1 please", 1),
            ("Pay", 2),
            ("pay the dentist", 2),
            ("call the dentist!", 1),
            ("the mess one", 3),
            ("What a mess", 3),
            ("I mean the second one", 2),
            ("no, the second one", 2),
        ] {
            chooses(text, &question, place);
        }
    }
}

#[test]
fn nothing_else_deletes() {
    for question in [offered(), bare()] {
        for text in [
            "please keep buy bread",
            "please keep the mess",
            "wait",
            "what?",
            "what",
            "the second one?",
            "yes",
            "yes please",
            "one second",
            "just a second",
            "not pay the dentist",
            "don't pay the dentist",
            "dentist",
            "call dentist tomorrow",
            "call bill",
            "pray the dentist",
            "none of them",
            "not the first one",
            "all except the first",
            "what a pity",
            "why",
            "hmm",
            "it",
            "everything",
            "👍",
        ] {
            let got = said(text, &OFFERED, false, Some(&question));
            assert!(!got.iter().any(|request| matches!(request, Request::Delete { .. })), "{text}: {got:?}");
        }
    }
}

#[test]
fn what_is_no_answer_is_a_request_of_its_own_or_asked_again() {
    for text in ["what a pity", "the bread", "buy bread", "not the first one", "yes"] {
        let got = said(text, &OFFERED, false, Some(&offered()));
        assert_eq!(got, [Request::Clarify(offered())], "{text}");
    }
    // After a bare verb the words are looked up, and asked about.
    for text in ["buy bread", "the buy bread one"] {
        let request = Request::Delete { which: Which::Title("buy bread".to_owned()) };
        let again = Request::Clarify(Question::for_request(About::Which, request));
        assert_eq!(said(text, &OFFERED, false, Some(&bare())), [again], "{text}");
    }
    let got = said("call dentist tomorrow", &OFFERED, false, Some(&offered()));
    assert!(matches!(got.as_slice(), [Request::Create { due_at: Some(_), .. }]), "{got:?}");
    let got = said("add buy bread", &OFFERED, false, Some(&offered()));
    assert!(matches!(got.as_slice(), [Request::Create { .. }]), "{got:?}");
    for text in ["wait", "no", "never mind", "keep them", "absolutely not"] {
        assert_eq!(said(text, &OFFERED, false, Some(&offered())), [Request::Decline], "{text}");
    }
}

#[test]
fn one_candidate_is_confirmed_by_yes_and_several_by_both() {
    let question = Question::for_request(About::Which, Request::Delete { which: Which::Title("tent".to_owned()) });
    for text in ["yes", "Yes please!", "1", "the first one", "👍", "rent"] {
        let which = Which::Tasks(known(&["Pay the rent"]));
        assert_eq!(said(text, &["Pay the rent"], false, Some(&question)), [Request::Delete { which }], "{text}");
    }
    for text in ["yes?", "yes and no", "👎", "no"] {
        let got = said(text, &["Pay the rent"], false, Some(&question));
        assert!(!got.iter().any(|request| matches!(request, Request::Delete { .. })), "{text}: {got:?}");
    }
    for text in ["both", "all of them"] {
        let which = Which::Tasks(known(&OFFERED));
        assert_eq!(said(text, &OFFERED, false, Some(&offered())), [Request::Delete { which }], "{text}");
    }
}

#[test]
fn a_question_mark_is_no_yes_and_a_refusal_is_no() {
    for yes in ["YES YES YES", "ye", "yes yes", "👍", "👍🏽", "👍👍", "yes 👍", "Yes!"] {
        assert_eq!(said(yes, &OFFERED, true, None), [Request::Confirm], "{yes}");
    }
    for no in [
        "absolutely not",
        "please do not do that",
        "please don't",
        "no no no",
        "NO!",
        "👎",
        "of course not",
        "not now",
        "no, not that",
        "wait",
        "hold on a second",
        "no, please don't delete them",
    ] {
        assert_eq!(said(no, &OFFERED, true, None), [Request::Decline], "{no}");
    }
    for text in ["yes?", "yes??", "ok?", "👍?", "yes 👎", "\"yes\"", "yes not", "not", "absolutely nothing", "?"] {
        let got = said(text, &OFFERED, true, None);
        assert!(!got.contains(&Request::Confirm), "{text}: {got:?}");
    }
}

#[test]
fn only_the_title_or_all_of_the_words_are_sure() {
    let titles = [
        "Pay the tent",
        "Call Bill",
        "Write report for Anna",
        "Buy milk",
        "Buy milk and eggs",
        "Sharpen milking stool",
    ];
    let picked = |wanted: &str| sure(wanted, &known(&titles)).map(|task| task.title);
    for (wanted, expected) in [
        ("buy milk!", "Buy milk"),
        ("the tent", "Pay the tent"),
        ("bill task", "Call Bill"),
        ("anna report", "Write report for Anna"),
        ("eggs", "Buy milk and eggs"),
    ] {
        assert_eq!(picked(wanted).as_deref(), Some(expected), "{wanted}");
    }
    for wanted in ["rent", "bell", "write a letter to Anna", "milk", "buy", "tents", "", "the", "!"] {
        assert_eq!(picked(wanted), None, "{wanted}");
    }
    assert_eq!(sure("buy milk", &known(&["Buy milk", "buy milk."])), None);
}

#[test]
fn a_word_that_is_nearly_the_offered_one_is_looked_up_and_not_taken() {
    let got = said("delete the bell one", &["Call Bill"], false, None);
    assert_eq!(got, [Request::Delete { which: Which::Title("bell".to_owned()) }]);
}

#[test]
fn two_titles_in_one_wish_are_two_parts() {
    for (text, expected) in [
        ("milk task and the dentist", vec!["milk task", "the dentist"]),
        ("pay rent, milk, and bread", vec!["pay rent", "milk", "bread"]),
        ("milk", vec![]),
        ("a, b, c, d, e, f", vec![]),
        (" and ", vec![]),
    ] {
        assert_eq!(parts(text), expected, "{text}");
    }
}
