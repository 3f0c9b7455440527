//! Who did what: one line per action, in the transaction of the action.

use crate::Caller;

/// Whoever acts.
#[derive(Debug, Clone)]
pub struct Actor {
    pub caller: Caller,
    pub request_id: Option<String>,
}

impl Actor {
    /// As audit logs spell it: `user:usr_…`.
    #[must_use]
    pub fn name(&self) -> String {
        self.caller.actor()
    }
}
