//! Jobs as their owners see them.

/// Answers with operations and waits for their end.
#[derive(Clone, Default)]
pub struct Operations;
