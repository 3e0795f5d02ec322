//! What one turn may spend on tools, whoever asks for it. A model that goes astray, or is led astray, stops here.

use std::collections::HashSet;

use super::{Arguments, Caller, Code, ToolError};
use crate::tasks::model::TaskId;

/// Calls in one turn. A request with more parts is two requests.
pub(crate) const MOST_CALLS: usize = 10;

/// What has been spent in this turn.
#[derive(Debug, Default)]
pub(super) struct Budget {
    calls: usize,
    /// Whether whatever deletes or completes asks first.
    pub(super) always_ask: bool,
    /// Existing tasks that were changed without asking.
    changed: HashSet<TaskId>,
}

impl Budget {
    /// One more call.
    pub(super) fn spend(&mut self) -> Result<(), ToolError> {
        if self.calls == MOST_CALLS {
            return Err(ToolError::new(
                Code::ExecutionError,
                format!("One message may use at most {MOST_CALLS} tools. Please ask for the rest in another message."),
            ));
        }
        self.calls += 1;
        Ok(())
    }

    /// Whether its user has to say yes before this is done. Two or more tasks at once always ask. What a model wants is
    /// no proof of what its user wants: it may delete nothing by itself, and change one existing task in a turn.
    pub(super) fn needs_question(&self, caller: Caller, arguments: &Arguments) -> bool {
        let of_model = caller == Caller::Model;
        match arguments {
            Arguments::Delete { ids } => ids.len() > 1 || (of_model || self.always_ask) && !ids.is_empty(),
            Arguments::Complete { ids, .. } => {
                ids.len() > 1 || self.always_ask && !ids.is_empty() || of_model && self.is_second(ids)
            }
            Arguments::Update { id, .. } => of_model && self.is_second(&[*id]),
            _ => false,
        }
    }

    /// Notes what was changed without a question.
    pub(super) fn note(&mut self, arguments: &Arguments) {
        match arguments {
            Arguments::Complete { ids, .. } => self.changed.extend(ids),
            Arguments::Update { id, .. } => _ = self.changed.insert(*id),
            _ => {}
        }
    }

    fn is_second(&self, ids: &[TaskId]) -> bool {
        !self.changed.is_empty() && ids.iter().any(|id| !self.changed.contains(id))
    }
}
