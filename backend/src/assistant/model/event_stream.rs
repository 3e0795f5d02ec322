//! Server-sent events from bytes, by the rules of the HTML standard: any line ending, comments, several data lines, a
//! byte order mark, and no event from a block whose closing blank line is missing. Our own and not a crate's, because
//! a crate that buffers a line without a bound lets the server choose how much memory we use.
//! Absent on purpose: event names, ids and reconnection, which chat completions do not have.

use super::failure::Fault;

/// Of one line, and of the data of one event. A call of the greatest size with every character escaped fits.
const LONGEST: usize = 256 * 1024;

/// Takes bytes as they come and gives whole events.
#[derive(Default)]
pub(super) struct EventStream {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    after_first_line: bool,
    /// A line feed that comes next belongs to the line ending before it.
    after_carriage_return: bool,
}

impl EventStream {
    /// Hands over the data of every event that these bytes complete.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        mut on_event: impl FnMut(&str) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for &byte in bytes {
            let second_half = byte == b'\n' && self.after_carriage_return;
            self.after_carriage_return = byte == b'\r';
            match byte {
                b'\n' if second_half => {}
                b'\n' | b'\r' => self.end_line(&mut on_event)?,
                _ if self.line.len() == LONGEST => return Err(Fault::bad_answer("a line of the stream is too long")),
                _ => self.line.push(byte),
            }
        }
        Ok(())
    }

    fn end_line(&mut self, on_event: &mut impl FnMut(&str) -> Result<(), Fault>) -> Result<(), Fault> {
        let first = !std::mem::replace(&mut self.after_first_line, true);
        let line = self.line.as_slice();
        let line = if first { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
        let outcome = if line.is_empty() {
            self.dispatch(on_event)
        } else {
            let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
            let (name, value) = line.split_at(colon);
            let value = value.strip_prefix(b":").unwrap_or(value);
            if name == b"data" {
                let value = value.strip_prefix(b" ").unwrap_or(value);
                add_line(&mut self.data, &mut self.has_data, value)
            } else {
                Ok(())
            }
        };
        self.line.clear();
        outcome
    }

    fn dispatch(&mut self, on_event: &mut impl FnMut(&str) -> Result<(), Fault>) -> Result<(), Fault> {
        if !std::mem::take(&mut self.has_data) {
            return Ok(());
        }
        let outcome = match std::str::from_utf8(&self.data) {
            Ok(data) => on_event(data),
            Err(_) => Err(Fault::bad_answer("the stream is not UTF-8")),
        };
        self.data.clear();
        outcome
    }
}

fn add_line(data: &mut Vec<u8>, has_data: &mut bool, value: &[u8]) -> Result<(), Fault> {
    if data.len() + value.len() >= LONGEST {
        return Err(Fault::bad_answer("an event of the stream is too long"));
    }
    if std::mem::replace(has_data, true) {
        data.push(b'\n');
    }
    data.extend_from_slice(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> Result<Vec<String>, Fault> {
        let (mut stream, mut events) = (EventStream::default(), Vec::new());
        for piece in pieces {
            stream.push(piece, |data| {
                events.push(data.to_owned());
                Ok(())
            })?;
        }
        Ok(events)
    }

    /// The same whole and byte by byte.
    #[track_caller]
    fn assert_events(bytes: &str, expected: &[&str]) {
        assert_eq!(events(&[bytes.as_bytes()]).unwrap(), expected, "whole");
        let single: Vec<_> = bytes.as_bytes().chunks(1).collect();
        assert_eq!(events(&single).unwrap(), expected, "byte by byte");
    }

    #[test]
    fn every_line_ending_ends_a_line() {
        for ending in ["\n", "\r\n", "\r"] {
            assert_events(&"data: a|data: b||data: c||".replace('|', ending), &["a\nb", "c"]);
        }
        assert_events("data: a\r\n\ndata: b\r\r\n", &["a", "b"]);
    }

    #[test]
    fn comments_and_other_fields_are_no_data() {
        assert_events(": keep-alive\n\nevent: x\nid: 1\nretry: 5\nnonsense\ndatabase: y\ndata: a\n\n", &["a"]);
        assert_events("event: x\n\n\n\n", &[]);
    }

    #[test]
    fn one_space_after_the_colon_is_optional_and_not_data() {
        assert_events("data:a\n\ndata:  b\n\ndata:\n\ndata\n\n", &["a", " b", "", ""]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_at_the_start_only() {
        assert_events("\u{FEFF}data: a\n\n\u{FEFF}data: b\n\n", &["a"]);
    }

    #[test]
    fn a_block_without_its_blank_line_is_no_event() {
        assert_events("data: a\n\ndata: b\n", &["a"]);
    }

    #[test]
    fn characters_may_be_split_but_must_be_characters() {
        assert_events("data: ř🎉\n\n", &["ř🎉"]);
        assert_eq!(events(&[b"data: \xC5\n\n"]).unwrap_err().detail, "the stream is not UTF-8");
    }

    #[test]
    fn lines_and_events_have_a_greatest_length() {
        let line = vec![b'x'; LONGEST];
        assert!(events(&[&line, b"\n"]).is_ok());
        assert_eq!(events(&[&line, b"x"]).unwrap_err().detail, "a line of the stream is too long");
        let half = format!("data: {}\n", "x".repeat(LONGEST / 2));
        assert_eq!(events(&[half.as_bytes(); 3]).unwrap_err().detail, "an event of the stream is too long");
    }
}
