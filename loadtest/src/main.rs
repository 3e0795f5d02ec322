pub mod measurements;
pub mod verdict;

fn main() {}
