//! The calls of an answer, put together from their pieces. Pieces name their call by `index`; servers that leave it out, or
//! give every call the same, are understood by ids and names. Absent on purpose: whether a tool exists and what its
//! arguments mean (see tools/).

use super::{chunk::CallPiece, failure::Fault, joined::Joined, messages::Call};

/// The calls of one answer.
const MOST_CALLS: usize = 16;
/// Bytes of the arguments of one call.
const LONGEST_ARGUMENTS: usize = 16 * 1024;
/// Bytes of an id and of a name.
const LONGEST_NAME: usize = 256;

#[derive(Default)]
pub(super) struct Calls(Vec<Draft>);

#[derive(Default)]
struct Draft {
    index: Option<u32>,
    id: String,
    name: String,
    arguments: Joined,
}

impl Calls {
    pub(super) fn push(&mut self, piece: CallPiece) -> Result<(), Fault> {
        let (index, id) = (piece.index, piece.id.unwrap_or_default());
        let (name, arguments) = match piece.function {
            Some(function) => (function.name.unwrap_or_default(), function.arguments.0),
            None => Default::default(),
        };
        if id.len() > LONGEST_NAME || name.len() > LONGEST_NAME {
            return Err(Fault::bad_answer("the name of a call is too long"));
        }
        let known = self.position(index, &id).filter(|&at| !self.0[at].is_followed_by(index, &id, &name, &arguments));
        if known.is_none() && self.0.len() == MOST_CALLS {
            return Err(Fault::bad_answer("too many calls"));
        }
        let at = known.unwrap_or(self.0.len());
        if at == self.0.len() {
            self.0.push(Draft { index, ..Draft::default() });
        }
        let draft = &mut self.0[at];
        if draft.arguments.as_str().len() + arguments.len() > LONGEST_ARGUMENTS {
            return Err(Fault::bad_answer("the arguments of a call are too long"));
        }
        draft.arguments.push(&arguments);
        // Said once, or again and again: the first word counts.
        if draft.id.is_empty() {
            draft.id = id;
        }
        if draft.name.is_empty() {
            draft.name = name;
        }
        Ok(())
    }

    /// The call that a piece speaks of, unless it begins a new one. The newest first: an index may have been used before.
    fn position(&self, index: Option<u32>, id: &str) -> Option<usize> {
        let by_id = || self.0.iter().rposition(|draft| !id.is_empty() && draft.id == id && draft.index == index);
        let by_index = || match index {
            Some(_) => self.0.iter().rposition(|draft| draft.index == index),
            None => self.0.len().checked_sub(1),
        };
        by_id().or_else(by_index)
    }

    /// The finished calls.
    pub(super) fn finish(self) -> Result<Vec<Call>, Fault> {
        let mut calls: Vec<Call> = Vec::with_capacity(self.0.len());
        for draft in self.0 {
            if draft.name.is_empty() {
                return Err(Fault::bad_answer("a call has no name"));
            }
            let arguments = match draft.arguments.into_string() {
                arguments if arguments.trim().is_empty() => "{}".to_owned(),
                arguments => arguments,
            };
            // Results are matched to calls by id, so a missing one or a second one is replaced.
            let taken = |id: &str| id.is_empty() || calls.iter().any(|call| call.id == id);
            let id = if taken(&draft.id) { unused_id(&calls) } else { draft.id };
            calls.push(Call { id, name: draft.name, arguments });
        }
        Ok(calls)
    }
}

fn unused_id(calls: &[Call]) -> String {
    let mut number = calls.len();
    loop {
        let id = format!("call_{number}");
        if calls.iter().all(|call| call.id != id) {
            return id;
        }
        number += 1;
    }
}

impl Draft {
    /// Whether a piece that seems to belong to this call begins another one.
    fn is_followed_by(&self, index: Option<u32>, id: &str, name: &str, arguments: &[u8]) -> bool {
        let known_ids = !id.is_empty() && !self.id.is_empty();
        if known_ids && id == self.id {
            return false;
        }
        if known_ids && index.is_none() {
            return true;
        }
        if name.is_empty() || self.name.is_empty() {
            return false;
        }
        // Some servers repeat the name, and invent an id, with every piece; nothing can be added to a whole object.
        name != self.name || ((known_ids || !arguments.is_empty()) && self.is_whole())
    }

    fn is_whole(&self) -> bool {
        let arguments = self.arguments.as_str();
        arguments.trim_end().ends_with('}')
            && serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(arguments).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn assembled(pieces: Value) -> Result<Vec<(String, String, String)>, Fault> {
        let mut calls = Calls::default();
        for piece in serde_json::from_str::<Vec<CallPiece>>(&pieces.to_string()).unwrap() {
            calls.push(piece)?;
        }
        Ok(calls.finish()?.into_iter().map(|call| (call.id, call.name, call.arguments)).collect())
    }

    #[track_caller]
    fn assert_calls(pieces: Value, expected: &[(&str, &str, &str)]) {
        let calls = assembled(pieces).unwrap();
        let calls: Vec<_> =
            calls.iter().map(|(id, name, arguments)| (id.as_str(), name.as_str(), arguments.as_str())).collect();
        assert_eq!(calls, expected);
    }

    const TWO: [(&str, &str, &str); 2] = [("a", "add_task", r#"{"title":"x"}"#), ("b", "list_tasks", r#"{"limit":5}"#)];

    #[test]
    fn interleaved_pieces_find_their_call_by_index() {
        assert_calls(
            json!([
                {"index": 0, "id": "a", "type": "function", "function": {"name": "add_task", "arguments": ""}},
                {"index": 1, "id": "b", "type": "function", "function": {"name": "list_tasks", "arguments": "{\"li"}},
                {"index": 0, "function": {"arguments": "{\"title\""}},
                {"index": 1, "id": null, "function": {"name": null, "arguments": "mit\":"}},
                {"index": 0, "id": "", "function": {"name": "", "arguments": ":\"x\"}"}},
                {"index": 1, "id": "b", "function": {"name": "list_tasks", "arguments": "5}"}},
            ]),
            &TWO,
        );
    }

    #[test]
    fn a_server_without_indices_is_understood_by_ids() {
        assert_calls(
            json!([
                {"id": "a", "function": {"name": "add_task", "arguments": "{\"title\""}},
                {"function": {"arguments": ":\"x\"}"}},
                {"id": "b", "function": {"name": "list_tasks", "arguments": "{\"lim"}},
                {"id": "b", "function": {"arguments": "it\":5}"}},
            ]),
            &TWO,
        );
    }

    #[test]
    fn whole_calls_need_neither_index_nor_id() {
        assert_calls(
            json!([
                {"function": {"name": "add_task", "arguments": "{\"title\":\"x\"}"}},
                {"function": {"name": "add_task", "arguments": "{\"title\":\"y\"}"}},
                {"function": {"name": "list_tasks"}},
            ]),
            &[
                ("call_0", "add_task", r#"{"title":"x"}"#),
                ("call_1", "add_task", r#"{"title":"y"}"#),
                ("call_2", "list_tasks", "{}"),
            ],
        );
    }

    #[test]
    fn calls_that_share_an_index_are_told_apart_by_their_ids() {
        assert_calls(
            json!([
                {"index": 0, "id": "a", "function": {"name": "add_task", "arguments": "{\"title\":\"x\"}"}},
                {"index": 0, "id": "b", "function": {"name": "list_tasks", "arguments": "{\"limit\""}},
                {"index": 0, "function": {"arguments": ":5}"}},
            ]),
            &TWO,
        );
    }

    #[test]
    fn an_id_invented_for_every_piece_does_not_split_a_call() {
        assert_calls(
            json!([
                {"index": 0, "id": "a", "function": {"name": "add_task", "arguments": ""}},
                {"index": 0, "id": "a2", "function": {"name": "add_task", "arguments": "{\"title\""}},
                {"index": 0, "id": "a3", "function": {"arguments": ":\"x\"}"}},
            ]),
            &TWO[..1],
        );
    }

    #[test]
    fn an_id_is_never_given_twice() {
        let ids = |pieces| assembled(pieces).unwrap().into_iter().map(|(id, ..)| id).collect::<Vec<_>>();
        let call = |index, id| json!({"index": index, "id": id, "function": {"name": "list_tasks"}});
        assert_eq!(ids(json!([call(0, "a"), call(1, "a"), call(2, "")])), ["a", "call_1", "call_2"]);
        assert_eq!(ids(json!([call(0, "call_1"), call(1, "")])), ["call_1", "call_2"]);
    }

    #[test]
    fn halves_of_a_character_meet_in_arguments() {
        let pieces = r#"[{"index": 0, "function": {"name": "n", "arguments": "{\"t\":\"\ud83c"}},
                         {"index": 0, "function": {"arguments": "\udf89\"}"}}]"#;
        let mut calls = Calls::default();
        for piece in serde_json::from_str::<Vec<CallPiece>>(pieces).unwrap() {
            calls.push(piece).unwrap();
        }
        assert_eq!(calls.finish().unwrap()[0].arguments, r#"{"t":"🎉"}"#);
    }

    #[test]
    fn calls_have_bounds() {
        let detail = |pieces| assembled(pieces).unwrap_err().detail;
        let call = |index: usize, name: &str, arguments: &str| json!({"index": index, "function": {"name": name, "arguments": arguments}});
        let calls = |count| Value::from_iter((0..count).map(|index| call(index, "n", "{}")));
        assert_eq!(assembled(calls(MOST_CALLS)).unwrap().len(), MOST_CALLS);
        assert_eq!(detail(calls(MOST_CALLS + 1)), "too many calls");

        let longest = "x".repeat(LONGEST_ARGUMENTS);
        assert!(assembled(json!([call(0, "n", &longest)])).is_ok());
        let more = json!([call(0, "n", &longest), call(0, "", "x")]);
        assert_eq!(detail(more), "the arguments of a call are too long");

        assert_eq!(detail(json!([call(0, &"n".repeat(257), "")])), "the name of a call is too long");
        assert_eq!(detail(json!([call(0, "", "{}")])), "a call has no name");
    }
}
