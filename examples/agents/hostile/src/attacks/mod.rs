//! The attacks by what they aim at.

mod execution;
mod files;
mod kernel;
mod network;
mod output;
mod pid_one;
mod privileges;
mod processes;
mod resources;

pub use execution::{EXECUTED_ARGUMENT, EXECUTED_CODE};

use crate::verdict::Verdict;

/// An attack and the name that the input gives it.
type Attack = (&'static str, fn() -> Verdict);

pub const ALL: &[Attack] = &[
    ("core_dump", resources::core_dump),
    ("device_nodes", privileges::device_nodes),
    ("dns", network::dns),
    ("docker_sock", network::docker_sock),
    ("entry_32_bit", kernel::entry_32_bit),
    ("exec_tmp", execution::exec_tmp),
    ("fill_input", files::fill_input),
    ("fill_output", files::fill_output),
    ("fill_root", files::fill_root),
    ("fill_shm", files::fill_shm),
    ("fill_tmp", files::fill_tmp),
    ("forge_frames", pid_one::forge_frames),
    ("fork_bomb", processes::fork_bomb),
    ("ignore_term", processes::ignore_term),
    ("inotify_hog", resources::inotify_hog),
    ("io_uring", kernel::io_uring),
    ("keyctl", kernel::keyctl),
    ("kill_pid1", pid_one::kill_pid1),
    ("log_flood", output::log_flood),
    ("memfd_exec", execution::memfd_exec),
    ("memory_bomb", resources::memory_bomb),
    ("metadata_address", network::metadata_address),
    ("mount", privileges::mount),
    ("network_interfaces", network::network_interfaces),
    ("output_dir", output::output_dir),
    ("output_fifo", output::output_fifo),
    ("output_sparse", output::output_sparse),
    ("output_symlink", output::output_symlink),
    ("prlimit_pid1", pid_one::prlimit_pid1),
    ("ptrace", pid_one::ptrace),
    ("raw_socket", network::raw_socket),
    ("read_pid1", pid_one::read_pid1),
    ("setuid", privileges::setuid),
    ("swap", resources::swap),
    ("unshare_userns", privileges::unshare_userns),
    ("userfaultfd", kernel::userfaultfd),
    ("vsock", kernel::vsock),
    ("write_proc", files::write_proc),
    ("write_sys", files::write_sys),
    ("zombie_swarm", processes::zombie_swarm),
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_input_schema_names_every_attack() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../input_schema.json")).unwrap();
        let names: Vec<_> = super::ALL.iter().map(|(name, _)| *name).collect();
        assert_eq!(schema["properties"]["attack"]["enum"], serde_json::json!(names));
    }
}
