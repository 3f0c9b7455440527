//! Whoever stands behind a request, after the door has checked them.

use entities::id::UserId;
use entities::user::Role;

/// Whoever asks. Ownership decides most; the role decides the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    pub user_id: UserId,
    pub role: Role,
}

impl Caller {
    #[must_use]
    pub fn new(user_id: UserId, role: Role) -> Self {
        Self { user_id, role }
    }

    /// Who it was, as audit logs and `created_by` spell it: `user:usr_…`.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("user:{}", self.user_id)
    }

    /// Whose use of the API is counted together.
    #[must_use]
    pub fn counted_as(&self) -> String {
        self.user_id.to_string()
    }

    #[must_use]
    pub fn is_architect(&self) -> bool {
        self.role == Role::Architect
    }

    /// Whether the caller may read operations, be it redacted.
    #[must_use]
    pub fn may_observe(&self) -> bool {
        matches!(self.role, Role::Architect | Role::Observer)
    }
}
