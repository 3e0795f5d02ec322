//! Which task is meant by words of its title. Absent on purpose: the database; the caller brings the tasks.

use std::borrow::Cow;

use super::{distance::distance, request::Known};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Exactly one, or one that is clearly nearer than the others.
    One(Known),
    /// At least two that are about as near, best first.
    Several(Vec<Known>),
    /// Nothing near.
    None,
}

/// Most tasks that are offered to choose from.
const MOST: usize = 10;
/// Below this a title is not near. A hundred is every word of what was wanted.
const NEAR: u32 = 60;
/// Two scores that differ by less are about as near.
const CLOSE: u32 = 15;
/// So many words of what was wanted are compared, however many there are: they tell the task, and the rest only costs time.
const COMPARED: usize = 8;
/// Words that say nothing about which task is meant.
const EMPTY: &[&str] = &[
    "the", "a", "an", "my", "to", "of", "for", "and", "with", "about", "on", "in", "at", "task", "tasks", "todo",
    "item",
];

/// Picks by id of the words: the exact title, then words of it, with slips forgiven.
pub fn pick(wanted: &str, tasks: &[Known]) -> Pick {
    let plain = normal(wanted);
    let exact: Vec<&Known> = tasks.iter().filter(|task| normal(&task.title) == plain && !plain.is_empty()).collect();
    if !exact.is_empty() {
        return choose(exact.into_iter().cloned().collect());
    }
    let words = telling(&plain);
    let mut scored: Vec<(u32, &Known)> = tasks
        .iter()
        .map(|task| (score(&words, &normal(&task.title)), task))
        .filter(|(score, _)| *score >= NEAR)
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let Some(best) = scored.first().map(|(score, _)| *score) else { return Pick::None };
    choose(scored.into_iter().filter(|(score, _)| score + CLOSE > best).map(|(_, task)| task.clone()).collect())
}

/// The one task that is certainly meant: the only one with this title, or the only one whose title has every telling word.
pub fn sure(wanted: &str, tasks: &[Known]) -> Option<Known> {
    let plain = normal(wanted);
    let words = telling(&plain);
    let exact = tasks.iter().filter(|task| normal(&task.title) == plain);
    let with_all = |task: &&Known| {
        let title = normal(&task.title);
        words.iter().all(|word| title.split(' ').any(|other| other == *word))
    };
    let mut found: Vec<&Known> = exact.collect();
    if found.is_empty() && words.iter().any(|word| !EMPTY.contains(word)) {
        found = tasks.iter().filter(with_all).collect();
    }
    match found.as_slice() {
        [one] if !words.is_empty() => Some((*one).clone()),
        _ => None,
    }
}

/// Whether the words are one of these titles, but for case and signs.
pub fn is_title(wanted: &str, tasks: &[Known]) -> bool {
    let plain = normal(wanted);
    !plain.is_empty() && tasks.iter().any(|task| normal(&task.title) == plain)
}

/// "The milk task and the dentist" as two wishes; empty when it is one. A title may also have an "and", so ask for the whole
/// first.
pub fn parts(wanted: &str) -> Vec<String> {
    const MOST_PARTS: usize = 5;
    let lower = wanted.to_lowercase().replace(" and ", ",").replace(" & ", ",").replace(';', ",");
    let parts: Vec<String> =
        lower.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    if (2..=MOST_PARTS).contains(&parts.len()) { parts } else { Vec::new() }
}

fn choose(mut found: Vec<Known>) -> Pick {
    found.truncate(MOST);
    match found.as_slice() {
        [] => Pick::None,
        [one] => Pick::One(one.clone()),
        _ => Pick::Several(found),
    }
}

/// Lower case, letters and digits only, one space between words.
fn normal(text: &str) -> String {
    let letters = text.to_lowercase().replace(['\'', '’'], "");
    letters.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn telling(text: &str) -> Vec<&str> {
    let telling: Vec<&str> = text.split(' ').filter(|word| !EMPTY.contains(word)).collect();
    if telling.is_empty() { text.split(' ').filter(|word| !word.is_empty()).collect() } else { telling }
}

/// How much of what was wanted is in the title: the mean over the words, 100 at most.
fn score(words: &[&str], title: &str) -> u32 {
    let words = &words[..words.len().min(COMPARED)];
    let in_title: Vec<&str> = title.split(' ').collect();
    let best = |word: &&str| in_title.iter().map(|other| likeness(word, other)).max().unwrap_or(0);
    let sum: u32 = words.iter().map(best).sum();
    sum / u32::try_from(words.len().max(1)).unwrap_or(u32::MAX)
}

/// The same word 100; its beginning or another ending ("tax", "taxes") 90; a slip 80; many common letter triples up to 70.
fn likeness(wanted: &str, word: &str) -> u32 {
    if wanted == word {
        return 100;
    }
    let shorter = wanted.chars().count().min(word.chars().count());
    if shorter >= 3 && (word.starts_with(wanted) || wanted.starts_with(word)) {
        return 90;
    }
    let forgiven = usize::from(shorter >= 8) + 1;
    let near = |left: &str, right: &str| distance(left, right) <= forgiven;
    if shorter >= 4 {
        let (one, other) = (singular(wanted), singular(word));
        if near(wanted, word) || (one != wanted || other != word) && near(&one, &other) {
            return 80;
        }
    }
    let (left, right) = (triples(wanted), triples(word));
    let common = left.iter().filter(|triple| right.contains(triple)).count();
    u32::try_from(140 * common / (left.len() + right.len()).max(1)).unwrap_or(0)
}

fn singular(word: &str) -> Cow<'_, str> {
    match word.strip_suffix("ies") {
        Some(stem) if stem.len() > 2 => format!("{stem}y").into(),
        _ => word.strip_suffix('s').filter(|stem| !stem.ends_with('s')).unwrap_or(word).into(),
    }
}

fn triples(word: &str) -> Vec<[char; 3]> {
    let letters: Vec<char> = [' '].into_iter().chain(word.chars()).chain([' ']).collect();
    letters.windows(3).map(|three| [three[0], three[1], three[2]]).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{Pick, pick};
    use crate::assistant::rules::Known;

    fn tasks(titles: &[&str]) -> Vec<Known> {
        (1..)
            .zip(titles)
            .map(|(number, title)| Known { id: Uuid::from_u128(number), title: (*title).to_owned() })
            .collect()
    }

    fn picked(wanted: &str, titles: &[&str]) -> Vec<String> {
        match pick(wanted, &tasks(titles)) {
            Pick::One(one) => vec![one.title],
            Pick::Several(several) => several.into_iter().map(|task| task.title).collect(),
            Pick::None => Vec::new(),
        }
    }

    #[test]
    fn the_exact_title_wins_over_titles_that_contain_it() {
        assert_eq!(picked("buy milk", &["Buy milk and eggs", "Buy milk", "Milk the cow"]), ["Buy milk"]);
    }

    #[test]
    fn words_and_slips_find_the_task() {
        let titles = ["Write the client report", "Call the dentist", "Buy groceries", "File the taxes"];
        assert_eq!(picked("the dentist task", &titles), ["Call the dentist"]);
        assert_eq!(picked("grocry", &titles), ["Buy groceries"]);
        assert_eq!(picked("tax", &titles), ["File the taxes"]);
        assert_eq!(picked("dentsit call", &titles), ["Call the dentist"]);
        assert_eq!(picked("insurance", &titles), [""; 0]);
        assert_eq!(picked("", &titles), [""; 0]);
    }

    #[test]
    fn two_that_are_as_near_are_both_offered() {
        assert_eq!(picked("dentist", &["Call the dentist", "Pay the dentist", "Buy milk"]).len(), 2);
        assert_eq!(picked("Buy milk", &["Buy milk", "buy milk!"]).len(), 2);
    }
}
