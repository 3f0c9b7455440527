//! The crontab and the loop that looks at it. It only enqueues: every tick is a row and a job in one transaction, so any number of
//! schedulers may run, none leads, and a tick fires once.

mod crontab;
mod expression;
mod ticks;

pub use crontab::entries;
pub use expression::{CronExpression, ExpressionError};
pub use ticks::{Settings, run};
