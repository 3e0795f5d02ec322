//! How far two words are apart. Absent on purpose: which words count as typing errors (lexicon.rs).

/// No caller forgives more slips than these, so that nobody has to count further, however long the words are.
const MOST: usize = 2;

/// Letters to insert, delete, replace or swap with a neighbour to make one word of the other; 3 stands for more than 2. Only
/// places at most [`MOST`] apart are looked at: a way over others is longer than that.
pub(super) fn distance(left: &str, right: &str) -> usize {
    const FAR: usize = MOST + 1;
    if left.chars().count().abs_diff(right.chars().count()) > MOST {
        return FAR;
    }
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let width = right.len() + 1;
    let (mut before, mut row) = (vec![FAR; width], vec![FAR; width]);
    let mut above: Vec<usize> = (0..width).collect();
    for i in 1..=left.len() {
        let (first, last) = (i.saturating_sub(MOST).max(1), (i + MOST).min(right.len()));
        row[first - 1] = i.min(FAR);
        for j in first..=last {
            let replaced = above[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        if let Some(behind) = row.get_mut(last + 1) {
            *behind = FAR;
        }
        std::mem::swap(&mut before, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    above[width - 1].min(FAR)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn one_slip_counts_one_and_from_three_on_nobody_counts() {
        for (left, right, expected) in [
            ("show", "show", 0),
            ("shwo", "show", 1),
            ("delet", "delete", 1),
            ("tommorow", "tomorrow", 2),
            ("", "abc", 3),
            ("blursday", "thursday", 2),
            ("", "", 0),
            ("ab", "", 2),
            ("xgroceries", "groceriesx", 2),
            ("rgocerise", "groceries", 2),
            ("rgoecires", "groceries", 3),
            ("seirecorg", "groceries", 3),
            ("a", "abcdefgh", 3),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
            assert_eq!(distance(right, left), expected, "{right} {left}");
        }
    }
}
