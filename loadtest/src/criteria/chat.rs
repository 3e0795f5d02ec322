//! Whether the assistant can be talked to: right answers in time (CHAT), and streams that are heard to their end while servers go
//! (STREAMS).

use super::findings::{Findings, Question, Room, quantile, tightest};
use crate::limits::Limits;
use crate::measurements::{Chat, Measurements, Streams};
use crate::verdict::{Criterion, Figure};
use crate::words::{counted, number, number_or_dash, whole};

/// CHAT: every turn of the steady load gets the right answer, whole and soon.
pub(super) fn chat(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let mut rooms = Vec::new();
    let chat = findings.open(&measurements.chat);
    if let Some(chat) = chat {
        rooms = judge_chat(&mut findings, chat, limits);
        findings.witnessed(measurements, "CHAT");
    }
    let tightest = tightest(rooms);
    let question = Question {
        id: "CHAT",
        title: "Chat: right answers, p95 (closest to limit)",
        limit: Figure::Number(tightest.as_ref().map_or(limits.turn_ms.value, |room| room.limit)),
        unit: "ms",
    };
    let passed = || {
        let turns = counted(chat.map_or(0, |chat| chat.turns), "turn", "turns");
        tightest.as_ref().map_or_else(String::new, |room| {
            let (measured, limit) = (number(room.measured), number(room.limit));
            format!(
                "All {turns} got the right answer; closest to its limit is {}, with {measured} of {limit} ms.",
                room.what
            )
        })
    };
    let measured = tightest.as_ref().map(|room| Figure::Number(room.measured));
    findings.conclude(question, measured, passed, measurements.run.partial)
}

fn judge_chat(findings: &mut Findings, chat: &Chat, limits: &Limits) -> Vec<Room> {
    findings.at_least(chat.turns, limits.turns, "turns");
    findings.none(chat.failed, |count| format!("{} of {} turns got no right answer", whole(count), whole(chat.turns)));
    let mut rooms = Vec::new();
    for (what, times, limit, enough) in [
        ("p95 of a whole answer", &chat.whole_ms, limits.turn_ms, limits.turns),
        ("p95 of the first piece of a stream", &chat.first_token_ms, limits.first_token_ms, limits.streamed_turns),
    ] {
        let usable = times.iter().filter(|time| time.is_finite()).count() as u64;
        // Turns that failed have no time; that there are some is a fault of its own.
        findings.at_least(usable, enough, &format!("values for {what}"));
        if let Some(measured) = quantile(times, 0.95) {
            findings.at_most(what, measured, limit, "ms");
            rooms.push(Room { what: what.to_owned(), measured, limit: limit.value });
        }
        findings.fact(format!(
            "{what}: {} of {} ms; p50 {}, max {} ms of {}",
            number_or_dash(quantile(times, 0.95)),
            number(limit.value),
            number_or_dash(quantile(times, 0.5)),
            number_or_dash(quantile(times, 1.0)),
            counted(usable, "turn", "turns"),
        ));
    }
    findings.fact(format!("{}, {} without the right answer", counted(chat.turns, "turn", "turns"), whole(chat.failed)));
    findings.examples(&chat.examples);
    rooms
}

/// STREAMS: while a server ends, by a signal or in a rollout, every stream is heard to its `done`.
pub(super) fn streams(measurements: &Measurements, limits: &Limits) -> Criterion {
    let mut findings = Findings::default();
    let streams = findings.open(&measurements.streams);
    let rows = streams.map_or(&[][..], Vec::as_slice);
    let wanted: &[&str] = if measurements.run.on_cluster() { &["helm upgrade", "helm rollback"] } else { &["SIGTERM"] };
    for during in wanted.iter().filter(|_| streams.is_some()) {
        if !rows.iter().any(|row| row.during == *during) {
            findings.gap(format!("there were no streams during {during}"));
        }
    }
    for row in rows {
        judge_streams(&mut findings, row, limits);
    }
    let sum = |count: fn(&Streams) -> u64| rows.iter().map(count).sum::<u64>();
    let cut = sum(|row| row.begun.saturating_sub(row.done));
    let question = Question {
        id: "STREAMS",
        title: "Chat streams cut while servers end",
        limit: Figure::Number(limits.cut_streams.value),
        unit: "streams",
    };
    let passed = || format!("All {} ended in done.", counted(sum(|row| row.begun), "stream", "streams"));
    findings.conclude(question, streams.map(|_| Figure::Number(cut as f64)), passed, measurements.run.partial)
}

fn judge_streams(findings: &mut Findings, row: &Streams, limits: &Limits) {
    let during = &row.during;
    findings.at_least(row.begun, limits.streams, &format!("streams during {during}"));
    if let Some(open) = row.open_at_signal {
        findings.at_least(open, limits.streams_at_signal, &format!("streams open at {during}"));
    }
    if row.done > row.begun {
        findings.gap(format!("the counts of the streams during {during} contradict each other"));
    }
    findings.none(row.begun.saturating_sub(row.done), |count| {
        format!("{} of {} streams did not end in done during {during}", whole(count), whole(row.begun))
    });
    let open = row.open_at_signal.map_or_else(String::new, |open| format!(", {} open at the signal", whole(open)));
    let begun = counted(row.begun, "stream", "streams");
    findings.fact(format!("{during}: {begun}{open}, {} ended in done", whole(row.done)));
    findings.examples(&row.examples);
}
