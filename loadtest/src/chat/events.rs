//! Server-sent events out of the pieces in which a stream arrives. Absent on purpose: ids and reconnecting, which a chat does not use.

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) data: String,
}

/// What has arrived and is no whole event yet.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Of an unfinished line. Bytes, because a piece may end inside of a character.
    line: Vec<u8>,
    event: Event,
}

impl Events {
    /// Takes the next piece and returns the events that it completes.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Vec<Event> {
        let mut complete = Vec::new();
        for byte in piece {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            complete.extend(self.end_of(String::from_utf8_lossy(&line).trim_end_matches('\r')));
        }
        complete
    }

    /// The event that an empty line ends, if there is one.
    fn end_of(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (event != Event::default()).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if !self.event.data.is_empty() {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            // A comment keeps the connection open and says nothing.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "event: token\ndata: {\"token\":\"Grüße\"}\n\n: still here\n\nevent:done\r\ndata:{}\r\n\r\n";

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn a_stream_is_the_same_in_whatever_pieces_it_comes() {
        let expected = [event("token", "{\"token\":\"Grüße\"}"), event("done", "{}")];
        for size in 1..STREAM.len() {
            let mut events = Events::default();
            let heard: Vec<Event> = STREAM.as_bytes().chunks(size).flat_map(|piece| events.feed(piece)).collect();
            assert_eq!(heard, expected, "pieces of {size}");
        }
    }

    #[test]
    fn an_event_without_its_end_is_none() {
        assert_eq!(Events::default().feed(b"event: done\ndata: {}\n"), []);
    }
}
