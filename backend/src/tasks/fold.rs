//! Text as searching and sorting see it: without upper and lower case, the same on both engines because neither of them
//! does it. Absent on purpose: accents (`e` does not find `é`), languages, and Unicode normalisation (a letter written
//! as one character does not match the same letter written as base and combining mark).

/// Folds letter by letter, without looking at neighbours: what is found in a word is then also found in a sentence.
/// The way up in the middle makes equal what one step down leaves apart: `ß` and `SS`, `ς` and `Σ`.
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    #[test]
    fn letters_that_differ_only_in_case_are_equal() {
        for (one, other) in [
            ("Milk", "mILK"),
            ("ÄPFEL", "äpfel"),
            ("STRASSE", "Straße"),
            ("STRAẞE", "straße"),
            ("ΟΔΟΣ", "οδος"),
            ("ЧАЙ", "чай"),
            ("ﬁnd", "FIND"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
        assert_ne!(fold("e"), fold("é"));
    }

    proptest! {
        #[test]
        fn a_part_stays_a_part_and_folding_twice_changes_nothing(before: String, part: String, after: String) {
            let whole = fold(&format!("{before}{part}{after}"));
            prop_assert!(whole.contains(&fold(&part)));
            prop_assert_eq!(fold(&whole), whole);
        }

        #[test]
        fn case_of_the_whole_text_does_not_matter(text in "\\PC{0,40}") {
            prop_assert_eq!(fold(&text.to_lowercase()), fold(&text));
        }
    }
}
