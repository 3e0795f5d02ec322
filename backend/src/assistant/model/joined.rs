//! Text put together from pieces that may end inside a character: between the halves of a surrogate pair, which is where
//! servers written in JavaScript cut. Absent on purpose: cuts between bytes, which JSON strings cannot have.

/// Only whole characters are ever in it.
#[derive(Default)]
pub(super) struct Joined {
    text: String,
    /// The first half of a pair, waiting for the other.
    high: Option<u16>,
}

impl Joined {
    /// Adds a piece: UTF-8, in which a lone half of a pair has three bytes.
    pub(super) fn push(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            if let Some(half) = half_at(piece, 0) {
                self.push_half(half);
                piece = &piece[3..];
                continue;
            }
            let end = (1..piece.len()).find(|&at| half_at(piece, at).is_some()).unwrap_or(piece.len());
            let (whole, rest) = piece.split_at(end);
            self.give_up_half();
            self.text.push_str(&String::from_utf8_lossy(whole));
            piece = rest;
        }
    }

    fn push_half(&mut self, half: u16) {
        if half < 0xDC00 {
            self.give_up_half();
            self.high = Some(half);
        } else {
            let pair = self.high.take().map(|high| char::decode_utf16([high, half]).find_map(Result::ok));
            self.text.push(pair.flatten().unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }

    fn give_up_half(&mut self) {
        if self.high.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text without a half that nothing followed.
    pub(super) fn into_string(self) -> String {
        self.text
    }
}

/// The half of a surrogate pair that begins there.
fn half_at(bytes: &[u8], at: usize) -> Option<u16> {
    match bytes.get(at..at + 3)? {
        &[0xED, second @ 0xA0..=0xBF, third] => {
            Some(0xD000 | (u16::from(second & 0x3F) << 6) | u16::from(third & 0x3F))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pieces: &[&[u8]]) -> String {
        let mut joined = Joined::default();
        pieces.iter().for_each(|piece| joined.push(piece));
        joined.into_string()
    }

    const HIGH: &[u8] = b"\xED\xA0\xBC";
    const LOW: &[u8] = b"\xED\xBE\x89";

    #[test]
    fn halves_of_a_character_meet_over_pieces() {
        assert_eq!(joined(&[b"a", HIGH, b"", LOW, b"b"]), "a🎉b");
        assert_eq!(joined(&[&[b"a", HIGH].concat(), &[LOW, b"b"].concat()]), "a🎉b");
    }

    #[test]
    fn a_half_without_the_other_is_shown_as_unreadable() {
        assert_eq!(joined(&[HIGH, b"a", LOW, b"b"]), "\u{FFFD}a\u{FFFD}b");
        assert_eq!(joined(&[HIGH, HIGH, LOW]), "\u{FFFD}🎉");
        assert_eq!(joined(&[b"a", HIGH]), "a");
    }

    #[test]
    fn whole_characters_stay_as_they_are() {
        assert_eq!(joined(&["퟿ř\u{E000}🎉".as_bytes()]), "퟿ř\u{E000}🎉");
    }
}
