//! The engine as a whole, over the corpus and over whatever a keyboard can produce.

mod choice;
mod conversation;
mod corpus;
mod golden;
mod oracle;
mod properties;
mod sample;
