//! The words that the engine knows, and what a mistyped one was meant to be. Absent on purpose: sentences.

use super::distance::distance;

/// Words that move the engine: only these attract typing errors.
const KEYWORDS: &str = "add create remind reminder remember forget schedule note show list display view tasks task todo todos update \
    change rename move postpone reschedule delay push delete remove erase clear cancel complete completed finish \
    finished done mark tick check reopen uncheck search find look statistics stats progress summary summarise \
    summarize overview help commands instructions please priority urgent important pending overdue everything \
    number deadline description today tonight tomorrow yesterday monday tuesday wednesday thursday friday saturday \
    sunday january february august september october november december morning afternoon evening weekend second \
    third fourth fifth";

/// Spellings that are no slip of one or two letters, or too short for the rule.
const SPELLINGS: &[(&str, &str)] = &[
    ("ad", "add"),
    ("tmrw", "tomorrow"),
    ("tmr", "tomorrow"),
    ("2morrow", "tomorrow"),
    ("2moro", "tomorrow"),
    ("tonite", "tonight"),
    ("wensday", "wednesday"),
    ("wendsday", "wednesday"),
    ("dont", "don't"),
    ("whats", "what's"),
    ("wheres", "where's"),
    ("hows", "how's"),
    ("im", "i'm"),
    ("ive", "i've"),
    ("thats", "that's"),
    ("isnt", "isn't"),
    ("pls", "please"),
    ("plz", "please"),
    ("plse", "please"),
    ("prio", "priority"),
    ("to-do", "todo"),
    ("to-dos", "todos"),
    ("u", "you"),
];

/// English words near a keyword that are meant as they stand.
const MEANT_SO: &str = "slow snow shop shot shoe shoes short sow how lost last lift lists fine fund fins kind mind marks make park \
    market more love mover moves movie mode gone dose don dune donor tack ticks ticket trick stick text test \
    tests ask asks desk mask notes not nose vote hope held heap helps health looks lock book cook puss pub bush \
    rush pushy dealt delays decay clean clears clever erased parse checks cheek chess checked chef charge chance \
    changes changed dance viewer views new creates created creature crease updated updates upload deleted \
    deletes removed removes remote movement completes compete finds founded found finishes furnish finnish \
    thirds thirst seconds fort forth four fifty filth sixth searches sundry sundays mondays tuesdays wednesdays \
    thursdays fridays saturdays monday's friday's sunday's today's tomorrow's yesterday's mornings evenings \
    warning mourning weekends weekend's numbers lumber member priorities reminders reminded reminds remembers \
    remembered listed listen lis mist fist cancels canal cancer clearly schedules scheduled displays displayed \
    shows shown showed shower blow moved pushed don't does dine one toe state status states static start starts \
    pendant spending everyone import importance imports plea pleased pleases phase renames notice noted noun \
    cleared tanks talks tasty takes take forgets target forge forged progressed helped hello heal hell tidy \
    toddy toad delta relay delayed overdone instruction command statistic schedule's fries fridge modern augusta \
    starch march finger rewind crate complex remainder process profess deadlines lit mon tue wed thu fri sat sun \
    jan feb mar apr jun jul aug sep sept oct nov dec too sundae summery commends competed stat commas comments \
    completely compute computed dealing descriptions descriptive descriptor ease forgot importing programs \
    render rendered scheduler statistical renamed computer compost delegate remain remand";

/// What a word in lower case was meant to be: a known spelling, the one near keyword, or itself.
pub(super) fn meant(word: &str) -> String {
    if let Some((_, right)) = SPELLINGS.iter().find(|(wrong, _)| *wrong == word) {
        return (*right).to_owned();
    }
    let listed = |list: &str| list.split_whitespace().any(|other| other == word);
    if listed(KEYWORDS) || listed(MEANT_SO) || !word.chars().all(char::is_alphabetic) {
        return word.to_owned();
    }
    let near = KEYWORDS
        .split_whitespace()
        .filter(|keyword| is_slip(word, keyword))
        .min_by_key(|keyword| distance(word, keyword));
    near.map_or_else(|| word.to_owned(), |keyword| (*keyword).to_owned())
}

/// The beginning of a word is rarely wrong; a short word has too many neighbours for more than a letter left out, doubled
/// or swapped. Days are one slip away at most, so that "Blursday" stays nonsense.
fn is_slip(word: &str, keyword: &str) -> bool {
    let length = keyword.chars().count();
    let written = word.chars().count();
    if length < 4 || written < 3 || written.abs_diff(length) > 2 || !begins_alike(word, keyword) {
        return false;
    }
    let allowed = if length >= 8 && !(keyword.ends_with("day")) { 2 } else { 1 };
    let apart = distance(word, keyword);
    let swapped_or_missing = written != length || sorted(word) == sorted(keyword);
    apart <= allowed && (length >= 6 || swapped_or_missing)
}

fn begins_alike(word: &str, keyword: &str) -> bool {
    let (mut left, mut right) = (word.chars(), keyword.chars());
    let (a, b) = (left.next(), left.next());
    let (c, d) = (right.next(), right.next());
    a == c || (a == d && b == c)
}

fn sorted(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn slips_in_keywords_are_understood() {
        for (wrong, right) in [
            ("shwo", "show"),
            ("taks", "tasks"),
            ("taskss", "tasks"),
            ("delet", "delete"),
            ("craete", "create"),
            ("tommorow", "tomorrow"),
            ("tomorow", "tomorrow"),
            ("thrusday", "thursday"),
            ("statistcs", "statistics"),
            ("hlep", "help"),
            ("lst", "list"),
        ] {
            assert_eq!(meant(wrong), right);
        }
    }

    #[test]
    fn other_words_stay_what_they_are() {
        for word in
            ["snow", "blursday", "fooday", "milk", "match", "weak", "mundane", "payday", "sundry", "ask", "list's"]
        {
            assert_eq!(meant(word), word);
        }
    }
}
