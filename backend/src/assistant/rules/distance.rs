//! How far two words are apart. Absent on purpose: which words count as typing errors (lexicon.rs).

/// Letters to insert, delete, replace or swap with a neighbour to make one word of the other.
pub(super) fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let width = right.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut above: Vec<usize> = (0..width).collect();
    for i in 1..=left.len() {
        let mut row = vec![i; width];
        for j in 1..width {
            let replaced = above[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = above;
        above = row;
    }
    above[width - 1]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn one_slip_counts_one() {
        for (left, right, expected) in [
            ("show", "show", 0),
            ("shwo", "show", 1),
            ("delet", "delete", 1),
            ("tommorow", "tomorrow", 2),
            ("", "abc", 3),
            ("blursday", "thursday", 2),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
            assert_eq!(distance(right, left), expected, "{right} {left}");
        }
    }
}
