//! Stories of one container's life, told against the real static binary as PID 1 of a namespace of its own.
//! They need root (to make the namespaces; the supervisor in them is nobody), as `docker_*` needs a Docker engine.

mod docker_cage;
mod ending;
mod guard;
mod logs;
mod namespace;
mod output;
mod parked;
mod shield;
mod start;
