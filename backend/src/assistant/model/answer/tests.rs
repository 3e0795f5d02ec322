use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Bytes fed in pieces of that size, then the end.
fn fed(form: Form, bytes: &[u8], size: usize) -> (String, Result<Finished, Fault>) {
    let (mut answer, mut text) = (Answer::new(form), String::new());
    let mut on_text = |new: &str| text.push_str(new);
    let pushed = bytes.chunks(size.max(1)).try_for_each(|piece| answer.push(piece, &mut on_text));
    let outcome = pushed.and_then(|()| answer.end(&mut on_text)).and_then(|()| answer.finish());
    if let Ok(finished) = &outcome {
        assert_eq!(finished.text, text, "the text is what was handed over");
    }
    (text, outcome)
}

fn stream(events: &[Value]) -> String {
    let mut stream = String::new();
    for event in events {
        write!(stream, "data: {event}\n\n").unwrap();
    }
    stream + "data: [DONE]\n\n"
}

fn delta(delta: Value) -> Value {
    json!({"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn call(index: u32, id: &str, name: &str, arguments: &str) -> Value {
    delta(
        json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]}),
    )
}

fn more(index: u32, arguments: &str) -> Value {
    delta(json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}))
}

fn end(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn usage() -> Value {
    json!({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}})
}

/// As a provider sends it: a role, text, two interleaved calls cut in an escape, the end, token counts.
fn recorded() -> String {
    let mut stream = ": processing\n\n".to_owned();
    stream += &self::stream(&[
        delta(json!({"role": "assistant", "content": null})),
        delta(json!({"role": "assistant", "content": ""})),
        delta(json!({"content": "Přidám "})),
        delta(json!({"content": "to 🎉."})),
        call(0, "call_a", "add_task", ""),
        more(0, "{\"title\":\"Say \\"),
        call(1, "call_b", "list_tasks", "{\"li"),
        more(0, "\"hi\\u00e"),
        more(1, "mit\":5}"),
        more(0, "9\\\" 🎉\"}"),
        end("tool_calls"),
        usage(),
    ]);
    stream.replace("Přidám", "P\\u0159idám")
}

#[test]
fn a_recorded_stream_means_the_same_however_it_is_split() {
    let bytes = recorded().into_bytes();
    for size in (1..40).chain([bytes.len()]) {
        let (_, outcome) = fed(Form::Stream, &bytes, size);
        let finished = outcome.unwrap();
        assert_eq!(finished.text, "Přidám to 🎉.");
        let calls: Vec<_> = finished.calls.iter().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect();
        let title = r#"{"title":"Say \"hi\u00e9\" 🎉"}"#;
        assert_eq!(calls, [("call_a", "add_task", title), ("call_b", "list_tasks", r#"{"limit":5}"#)]);
        assert_eq!((finished.finish, finished.usage), (Finish::ToolCalls, Some(Usage { input: 11, output: 7 })));
    }
}

#[test]
fn a_stream_cut_after_any_byte_gives_no_call_before_its_end_and_all_of_them_after_it() {
    let whole = recorded();
    let said = fed(Form::Stream, whole.as_bytes(), 1).0;
    let marker = "\"finish_reason\":\"tool_calls\"";
    let end = whole.find(marker).unwrap();
    // The event counts with its blank line.
    let end = end + whole[end..].find("\n\n").unwrap() + 2;
    for cut in 0..=whole.len() {
        let (text, outcome) = fed(Form::Stream, &whole.as_bytes()[..cut], 1);
        assert!(said.starts_with(&text), "after {cut} bytes: {text}");
        match outcome {
            Ok(finished) => assert!(cut >= end && finished.calls.len() == 2 && text == said, "after {cut} bytes"),
            Err(fault) => assert!(cut < end && fault.kind == FailureKind::Cut, "after {cut} bytes: {fault}"),
        }
    }
}

#[test]
fn the_lines_of_a_stream_may_be_written_in_any_lawful_way() {
    let plain = recorded();
    let data_split = plain.replace("\"choices\":", "\ndata: \"choices\":");
    for other in [
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        plain.replace("data: ", "data:"),
        format!("\u{FEFF}{plain}"),
        data_split,
    ] {
        let finished = fed(Form::Stream, other.as_bytes(), 1).1.unwrap();
        assert_eq!((finished.text.as_str(), finished.calls.len()), ("Přidám to 🎉.", 2), "{other}");
    }
}

#[test]
fn a_character_cut_by_a_server_in_two_is_whole_again() {
    let events =
        [r#"{"choices":[{"delta":{"content":"a\ud83c"}}]}"#, r#"{"choices":[{"delta":{"content":"\udf89b"}}]}"#];
    let mut answer = Answer::new(Form::Stream);
    let mut pieces = Vec::new();
    for event in events {
        answer.push(format!("data: {event}\n\n").as_bytes(), &mut |text: &str| pieces.push(text.to_owned())).unwrap();
    }
    assert_eq!(pieces, ["a", "🎉b"]);
}

#[test]
fn a_whole_answer_is_read_like_a_stream() {
    let message = json!({"role": "assistant", "content": "Fine.", "refusal": null, "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "list_tasks", "arguments": "{}"}},
        {"id": "b", "type": "function", "function": {"name": "list_tasks", "arguments": "{\"limit\":1}"}},
    ]});
    let body = json!({
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2},
    });
    let (text, outcome) = fed(Form::Whole, body.to_string().as_bytes(), 5);
    let finished = outcome.unwrap();
    assert_eq!((text.as_str(), finished.calls.len()), ("Fine.", 2));
    assert_eq!(finished.usage, Some(Usage { input: 1, output: 2 }));

    let cut = &body.to_string()[..50];
    assert_eq!(fed(Form::Whole, cut.as_bytes(), 5).1.err().map(|fault| fault.kind), Some(FailureKind::BadAnswer));
    let endless = json!({"choices": [{"message": {"content": "Fine."}}]}).to_string();
    assert_eq!(fed(Form::Whole, endless.as_bytes(), 5).1.err().map(|fault| fault.kind), Some(FailureKind::BadAnswer));
}

#[test]
fn an_answer_that_a_limit_cut_off_has_no_calls() {
    for (reason, finish, calls) in [
        ("length", Finish::Length, 0),
        ("content_filter", Finish::Filtered, 0),
        ("stop", Finish::Stop, 1),
        ("tool_calls", Finish::ToolCalls, 1),
        ("end_turn", Finish::Other, 1),
    ] {
        let stream = stream(&[call(0, "a", "list_tasks", "{}"), end(reason)]);
        let finished = fed(Form::Stream, stream.as_bytes(), 9).1.unwrap();
        assert_eq!((finished.finish, finished.calls.len()), (finish, calls), "{reason}");
    }
}

#[test]
fn an_end_with_more_of_a_call_behind_it_was_none() {
    let open = stream(&[call(0, "a", "add_task", "{"), end("stop"), more(0, "}")]);
    assert_eq!(fed(Form::Stream, open.as_bytes(), 9).1.err().map(|fault| fault.kind), Some(FailureKind::Cut));
    let closed = stream(&[call(0, "a", "add_task", "{"), end("stop"), more(0, "}"), end("stop")]);
    assert_eq!(fed(Form::Stream, closed.as_bytes(), 9).1.unwrap().calls[0].arguments, "{}");
}

#[test]
fn done_is_no_reason() {
    let stream = stream(&[delta(json!({"content": "Hello"}))]);
    let (text, outcome) = fed(Form::Stream, stream.as_bytes(), 9);
    assert_eq!((text.as_str(), outcome.err().map(|fault| fault.kind)), ("Hello", Some(FailureKind::Cut)));
}

#[test]
fn nothing_is_read_behind_done_and_other_choices_not_at_all() {
    let other = json!({"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "stop"}]});
    let mut stream = stream(&[delta(json!({"content": "yes"})), other, end("stop")]);
    stream += "data: nonsense\n\n";
    assert_eq!(fed(Form::Stream, stream.as_bytes(), 9).1.unwrap().text, "yes");
}

#[test]
fn an_unknown_count_is_no_count() {
    for usage in
        [json!(null), json!({}), json!({"prompt_tokens": 3}), json!({"prompt_tokens": 3, "completion_tokens": null})]
    {
        let stream = stream(&[end("stop"), json!({"usage": usage})]);
        assert_eq!(fed(Form::Stream, stream.as_bytes(), 9).1.unwrap().usage, None, "{usage}");
    }
}

#[test]
fn an_error_within_the_answer_keeps_its_class_and_loses_its_words() {
    for (error, kind) in [
        (json!({"message": "secret", "code": 429}), FailureKind::RateLimited),
        (json!({"message": "secret", "type": "rate_limit_error"}), FailureKind::RateLimited),
        (json!({"message": "secret", "code": "rate_limit_exceeded"}), FailureKind::RateLimited),
        (json!({"message": "secret", "type": "invalid_request_error"}), FailureKind::Refused),
        (json!({"message": "secret", "code": 401}), FailureKind::Refused),
        (json!({"message": "secret", "type": "server_error"}), FailureKind::ServerError),
        (json!("secret"), FailureKind::ServerError),
    ] {
        let stream = stream(&[json!({"error": error})]);
        let fault = fed(Form::Stream, stream.as_bytes(), 9).1.err().unwrap();
        assert_eq!(fault.kind, kind, "{error}");
        assert!(!format!("{fault:?}").contains("secret"));
    }
}

#[test]
fn an_answer_has_bounds() {
    let detail = |stream: &str| fed(Form::Stream, stream.as_bytes(), 4096).1.err().map(|fault| fault.detail);
    let text = delta(json!({"content": "x".repeat(LONGEST_TEXT / 2)}));
    assert_eq!(detail(&stream(&[text.clone(), text.clone(), end("stop")])), None);
    assert_eq!(detail(&stream(&[text.clone(), text.clone(), text, end("stop")])), Some("the text is too long"));
    let comments = ": keep-alive\n\n".repeat(LONGEST_ANSWER / 14 + 1);
    assert_eq!(detail(&comments), Some("the answer is too long"));
    let form = Some("the answer is not JSON of the agreed form");
    for bad in
        ["{", "[]", "null", "<html>", r#"{"choices":[{"delta":{"content":5}}]}"#, r#"{"choices":[{"delta":"x"}]}"#]
    {
        assert_eq!(detail(&format!("data: {bad}\n\n")), form, "{bad}");
    }
    assert_eq!(detail(&format!("data: {}\n\n", "[".repeat(10_000))), form);
}

proptest! {
    #[test]
    fn no_bytes_can_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400), size in 1_usize..50) {
        for form in [Form::Stream, Form::Whole] {
            let _ = fed(form, &bytes, size);
        }
    }

    #[test]
    fn no_pieces_of_calls_can_do_harm(
        pieces in proptest::collection::vec((
            proptest::option::of(0_u32..3), proptest::option::of("[ab]?"), proptest::option::of("[nm]?"), "[{}\"a:🎉\\\\]{0,4}",
        ), 0..30),
        size in 1_usize..50,
    ) {
        let events: Vec<_> = pieces.iter().map(|(index, id, name, arguments)| delta(json!({"tool_calls":
            [{"index": index, "id": id, "function": {"name": name, "arguments": arguments}}]}))).collect();
        let (_, open) = fed(Form::Stream, stream(&events).as_bytes(), size);
        prop_assert!(open.is_err());
        let ended: Vec<_> = events.into_iter().chain([end("tool_calls")]).collect();
        if let Ok(finished) = fed(Form::Stream, stream(&ended).as_bytes(), size).1 {
            let ids: std::collections::BTreeSet<_> = finished.calls.iter().map(|call| call.id.as_str()).collect();
            prop_assert_eq!(ids.len(), finished.calls.len());
            prop_assert!(finished.calls.iter().all(|call| !call.name.is_empty() && !call.id.is_empty()));
        }
    }

    #[test]
    fn no_damage_to_a_stream_makes_us_panic(at in 0_usize..1500, byte in any::<u8>(), size in 1_usize..50) {
        let mut bytes = recorded().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = fed(Form::Stream, &bytes, size);
    }

    #[test]
    fn text_is_joined_whatever_its_pieces(text in "\\PC{0,40}", size in 1_usize..7) {
        // Pieces of UTF-16, as a server written in JavaScript cuts.
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut sent = String::new();
        for piece in units.chunks(size) {
            let escaped: String = piece.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            write!(sent, "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{escaped}\"}}}}]}}\n\n").unwrap();
        }
        sent += &stream(&[end("stop")]);
        prop_assert_eq!(fed(Form::Stream, sent.as_bytes(), size).1.unwrap().text, text);
    }
}
