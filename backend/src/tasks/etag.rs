//! Entity tags: how a task's version and a list's state are written, and how `If-Match` and `If-None-Match` are read
//! (RFC 9110, sections 8.8.3 and 13.1).

use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

use super::{
    list::ListQuery,
    model::{Expected, Task},
};
use crate::{
    accounts::CurrentUser,
    problem::{Kind, Problem},
};

/// A task's tag is its version: strong, because If-Match asks for that, and equal versions mean equal content.
pub(super) fn of_task(task: &Task) -> String {
    format!("\"{}\"", task.version)
}

/// A list's tag changes with every change of the user's tasks, with the question, and with the program, which may answer
/// the same question with other fields tomorrow. Weak, because a compressed answer carries it too.
pub(super) fn of_list(user: CurrentUser, query: &ListQuery) -> String {
    let state = format!("{} {} {} {query:?}", env!("CARGO_PKG_VERSION"), user.id, user.revision);
    let digest = Sha256::digest(state);
    let hex: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{hex}\"")
}

/// The header's value; every tag that we write is visible ASCII.
pub(super) fn header(tag: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(tag).map_err(|error| Problem::new(Kind::Internal).caused_by(error))
}

/// Whether the caller already holds the answer with this tag. An unreadable header holds nothing.
pub(super) fn is_held(headers: &HeaderMap, tag: &str) -> bool {
    match read(headers, header::IF_NONE_MATCH) {
        Some(Tags::Every) => true,
        Some(Tags::These(held)) => held.iter().any(|held| held.opaque == tag.trim_start_matches("W/")),
        Some(Tags::None) | None => false,
    }
}

/// Which version the caller wants to change. A weak tag and a tag that we never wrote match no version (RFC 9110 asks for
/// the strong comparison). Two different versions of one task are never both right, so that asking for both is a mistake.
pub(super) fn expected(headers: &HeaderMap) -> Result<Expected, Problem> {
    const NO_VERSION: i64 = 0;
    let unreadable = |detail| Problem::new(Kind::Malformed).detail(detail);
    match read(headers, header::IF_MATCH) {
        Some(Tags::None | Tags::Every) => Ok(Expected::Any),
        Some(Tags::These(tags)) => {
            let strong = tags.iter().filter(|tag| !tag.weak);
            let mut versions: Vec<i64> = strong.filter_map(|tag| tag.opaque.trim_matches('"').parse().ok()).collect();
            versions.dedup();
            match versions.as_slice() {
                [] => Ok(Expected::Version(NO_VERSION)),
                [version] => Ok(Expected::Version(*version)),
                _ => Err(unreadable("If-Match must name one version of the task.")),
            }
        }
        None => Err(unreadable("If-Match must be an entity tag such as \"3\", or *.")),
    }
}

/// What one of the two headers asks for.
enum Tags<'a> {
    None,
    Every,
    These(Vec<Tag<'a>>),
}

struct Tag<'a> {
    weak: bool,
    /// With its quotation marks.
    opaque: &'a str,
}

/// `None` when the header is there and cannot be read.
fn read(headers: &HeaderMap, name: header::HeaderName) -> Option<Tags<'_>> {
    let mut tags = Vec::new();
    let mut lines = headers.get_all(name).iter().peekable();
    if lines.peek().is_none() {
        return Some(Tags::None);
    }
    for line in lines {
        let mut rest = line.to_str().ok()?.trim();
        if rest == "*" {
            return Some(Tags::Every);
        }
        loop {
            let (tag, after) = first(rest)?;
            tags.push(tag);
            rest = after.trim_start();
            if rest.is_empty() {
                break;
            }
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }
    Some(Tags::These(tags))
}

/// The tag in front, and what follows it.
fn first(text: &str) -> Option<(Tag<'_>, &str)> {
    let (weak, text) = text.strip_prefix("W/").map_or((false, text), |text| (true, text));
    let end = text.strip_prefix('"')?.find('"')? + 2;
    let (opaque, rest) = text.split_at(end);
    opaque.chars().all(|c| c.is_ascii_graphic()).then_some((Tag { weak, opaque }, rest))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Expected, expected, is_held};

    fn if_match(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::IF_MATCH, HeaderValue::from_str(line).unwrap())).collect()
    }

    #[test]
    fn if_match_names_one_version_or_any() {
        assert_eq!(expected(&HeaderMap::new()).unwrap(), Expected::Any);
        assert_eq!(expected(&if_match(&["*"])).unwrap(), Expected::Any);
        assert_eq!(expected(&if_match(&["\"7\""])).unwrap(), Expected::Version(7));
        assert_eq!(expected(&if_match(&["\"7\"", "\"7\" , W/\"9\",\"x\""])).unwrap(), Expected::Version(7));
    }

    #[test]
    fn weak_and_unknown_tags_match_no_version() {
        for tag in ["W/\"7\"", "\"seven\"", "\"\"", "\"99999999999999999999\"", "\"7 \""] {
            let read = expected(&if_match(&[tag]));
            assert!(matches!(read, Ok(Expected::Version(0)) | Err(_)), "{tag}");
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for tag in
            ["7", "", "\"7", "7\"", "\"1\" \"2\"", "\"1\",", ",\"1\"", "w/\"1\"", "\"1\",\"2\"", "**", "\"1\", *"]
        {
            assert!(expected(&if_match(&[tag])).is_err(), "{tag}");
        }
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let held = |line: &str| {
            is_held(&[(header::IF_NONE_MATCH, HeaderValue::from_str(line).unwrap())].into_iter().collect(), "W/\"ab\"")
        };
        for line in ["W/\"ab\"", "\"ab\"", "\"x\", W/\"ab\"", "*"] {
            assert!(held(line), "{line}");
        }
        for line in ["\"abc\"", "ab", "", "W/\"AB\""] {
            assert!(!held(line), "{line}");
        }
        assert!(!is_held(&HeaderMap::new(), "W/\"ab\""));
    }
}
