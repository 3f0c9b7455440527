//! Stories of processes that are killed, engines that go away, and work that gets done all the same.

mod api_death;
mod backlog;
mod docker_restart;
mod docker_shutdown;
mod docker_two_engines;
mod docker_worker_death;
mod payments;
mod poison;
mod postgres_restart;
mod redis_faults;
mod schedulers;
mod shutdown;
mod unreadable_rows;
mod wall_clock;
mod worker_death;
