//! Stories of processes that are killed, engines that go away, and work that gets done all the same.

mod backlog;
mod redis_faults;
mod schedulers;
mod shutdown;
mod wall_clock;
mod worker_death;
