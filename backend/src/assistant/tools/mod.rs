//! The one tool layer of the assistant: what the rules engine, a model and MCP clients can do with a user's tasks. Tools run
//! for the owner of the token, whatever a model says: no tool has an argument for a user. `catalogue` describes them,
//! `arguments` reads what a caller sends, `toolbox` decides what may run and runs it. Absent on purpose: HTTP, prompts.

mod arguments;
mod budget;
mod catalogue;
mod confirmation;
mod outcome;
mod search;
pub(crate) mod store;
mod toolbox;

pub(crate) use arguments::Arguments;
pub(crate) use catalogue::{MOST_LISTED, Tool};
pub(crate) use confirmation::{Confirmation, PlannedCall};
pub(crate) use outcome::{Code, Data, Outcome, ToolError};
pub(crate) use toolbox::{Caller, Toolbox};
