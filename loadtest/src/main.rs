pub mod criteria;
pub mod limits;
pub mod measurements;
pub mod verdict;
pub mod words;

fn main() {}
