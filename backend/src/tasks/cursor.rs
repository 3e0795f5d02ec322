//! The written form of a place in a list. It is opaque to callers, names the last task that they saw, and is bound to the
//! user, the filters and the order, so that it cannot silently continue another list. Absent on purpose: secrecy. A
//! cursor holds nothing but the caller's own data, and forging one only moves through one's own list.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::list::{Selection, SortBy};
use crate::accounts::UserId;

const CHECK_BYTES: usize = 8;
const ID_BYTES: usize = 16;
/// A folded title has at most 200 characters, each of which folding makes at most three of.
const TEXT_BYTES: usize = 200 * 3 * 4;

/// The value by which a task was sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// A moment in microseconds, or a priority.
    Number(i64),
    /// A folded title.
    Text(String),
}

/// The last task of a page: the next page begins behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Its value in the list's order.
    pub key: SortKey,
    /// Its id, which decides between equal values.
    pub id: Uuid,
}

impl Cursor {
    /// The text for `next_cursor`.
    pub fn write(&self, user: UserId, selection: &Selection) -> String {
        let mut place = self.id.as_bytes().to_vec();
        match &self.key {
            SortKey::Number(number) => place.extend(number.to_be_bytes()),
            SortKey::Text(text) => place.extend(text.as_bytes()),
        }
        let check = check(user, selection, &place);
        check.iter().chain(&place).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads what `write` wrote for the same user, filters and order; `None` for everything else.
    pub fn read(text: &str, user: UserId, selection: &Selection) -> Option<Self> {
        let bytes = from_hex(text)?;
        let (given, place) = bytes.split_at_checked(CHECK_BYTES)?;
        if given != check(user, selection, place) {
            return None;
        }
        let (id, key) = place.split_at_checked(ID_BYTES)?;
        let key = match selection.sort.by {
            SortBy::Title => SortKey::Text(String::from_utf8(key.to_vec()).ok().filter(|key| !key.contains('\0'))?),
            SortBy::CreatedAt | SortBy::DueAt | SortBy::Priority => {
                SortKey::Number(i64::from_be_bytes(key.try_into().ok()?))
            }
        };
        Some(Self { key, id: Uuid::from_slice(id).ok()? })
    }
}

/// Changes with every part of the list's identity and with every bit of the place. A new release may read the filters
/// differently: then the number in front changes, and old cursors are refused instead of misread.
fn check(user: UserId, selection: &Selection, place: &[u8]) -> [u8; CHECK_BYTES] {
    let list = format!("1 {user} {selection:?}");
    let digest = Sha256::new().chain_update(list.len().to_be_bytes()).chain_update(list).chain_update(place).finalize();
    std::array::from_fn(|index| digest[index])
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || digits.len() > 2 * (CHECK_BYTES + ID_BYTES + TEXT_BYTES) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    digits.chunks_exact(2).map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::list::{Sort, Status};
    use super::{Cursor, Selection, SortBy, SortKey, UserId, Uuid};

    fn sorted(by: SortBy) -> Selection {
        Selection { sort: Sort { by, descending: false }, ..Selection::default() }
    }

    #[test]
    fn a_cursor_of_another_user_filter_or_order_is_not_read() {
        let (user, selection) = (UserId::generate(), sorted(SortBy::DueAt));
        let cursor = Cursor { key: SortKey::Number(5), id: Uuid::now_v7() };
        let text = cursor.write(user, &selection);
        assert_eq!(Cursor::read(&text, user, &selection), Some(cursor));
        assert_eq!(Cursor::read(&text, UserId::generate(), &selection), None);
        for other in [
            sorted(SortBy::CreatedAt),
            Selection { sort: Sort { by: SortBy::DueAt, descending: true }, ..selection.clone() },
            Selection { status: Status::Open, ..selection.clone() },
            Selection { search: Some("x".into()), ..selection.clone() },
        ] {
            assert_eq!(Cursor::read(&text, user, &other), None, "{other:?}");
        }
    }

    #[test]
    fn every_single_changed_digit_is_noticed() {
        let (user, selection) = (UserId::generate(), sorted(SortBy::Title));
        let text = Cursor { key: SortKey::Text("milk".into()), id: Uuid::now_v7() }.write(user, &selection);
        for index in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(Cursor::read(&changed, user, &selection), None, "{changed}");
            assert_eq!(Cursor::read(&text[..index], user, &selection), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(number: i64, text in "[^\0]{0,200}", id: u128) {
            let user = UserId::generate();
            for (by, key) in [(SortBy::CreatedAt, SortKey::Number(number)), (SortBy::Title, SortKey::Text(text))] {
                let cursor = Cursor { key, id: Uuid::from_u128(id) };
                prop_assert_eq!(Cursor::read(&cursor.write(user, &sorted(by)), user, &sorted(by)), Some(cursor));
            }
        }

        #[test]
        fn any_other_text_is_refused_without_harm(text: String, hex in "[0-9a-f]{0,300}") {
            let user = UserId::generate();
            for by in [SortBy::CreatedAt, SortBy::Title] {
                prop_assert_eq!(Cursor::read(&text, user, &sorted(by)), None);
                prop_assert_eq!(Cursor::read(&hex, user, &sorted(by)), None);
            }
        }
    }
}
