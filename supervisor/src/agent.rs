//! Starts the agent: its arguments, its environment, its standard streams, and what it must not inherit.

use std::ffi::{CString, OsStr, OsString, c_char};
use std::fs::{self, File};
use std::io::{self, PipeReader};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use supervisor::messages::FailedCode;

use crate::start::{Start, Trouble, failed};
use crate::{kernel, shield, signals};

/// Where programs are when the image does not say: Docker's own default.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The highest there is: of everything in the container, the agent dies first.
const OOM_SCORE_ADJUSTMENT: &str = "1000";

pub struct Agent {
    pub pid: u32,
    pub stdout: PipeReader,
    pub stderr: PipeReader,
}

/// Runs the entry point. When this returns, the agent's own program runs already.
pub fn spawn(start: Start) -> Result<Agent, Trouble> {
    let internal = |error: io::Error| failed(FailedCode::Internal, format!("preparing the agent: {error}"));
    let header = start.header;
    std::env::set_current_dir(&header.cwd)
        .map_err(|error| failed(FailedCode::BadStart, format!("working directory {}: {error}", header.cwd)))?;
    let (stdout, agent_stdout) = io::pipe().map_err(internal)?;
    let (stderr, agent_stderr) = io::pipe().map_err(internal)?;
    for end in [&stdout, &stderr] {
        kernel::set_nonblocking(end).map_err(internal)?;
    }
    let stdin = File::open("/dev/null").map_err(internal)?;
    let name = header.argv.first().cloned().unwrap_or_default();
    let inherited = inherited();
    let path = inherited.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.as_os_str());
    let image = Image {
        programs: programs(&name, path),
        arguments: header.argv.into_iter().filter_map(|argument| CString::new(argument).ok()).collect(),
        environment: environment(inherited, start.variable),
    };
    let mut command = Command::new(&name);
    command.stdin(stdin).stdout(Stdio::from(agent_stdout)).stderr(Stdio::from(agent_stderr));
    #[expect(unsafe_code, reason = "after fork in a program with one thread, everything that is allowed before is allowed")]
    unsafe {
        command.pre_exec(move || Err(become_the_agent(&image)));
    }
    match command.spawn() {
        Ok(child) => Ok(Agent { pid: child.id(), stdout, stderr }),
        Err(error) => Err(not_started(&name, &error)),
    }
}

/// What the agent's process will execute.
struct Image {
    /// To be tried in this order.
    programs: Vec<CString>,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

/// In the child, with its standard streams in place. Returns only when the program cannot be executed.
fn become_the_agent(image: &Image) -> io::Error {
    // A child of an undumpable process cannot open its own /proc files. It holds nothing yet that it should not see.
    let _ = kernel::set_dumpable(true);
    let _ = fs::write("/proc/self/oom_score_adj", OOM_SCORE_ADJUSTMENT);
    let _ = kernel::set_undumpable();
    kernel::new_session();
    kernel::close_inherited();
    signals::restore();
    // A kernel without filters shows so in HELLO, and the worker decides.
    let _ = shield::raise();
    let arguments = pointers(&image.arguments);
    let environment = pointers(&image.environment);
    let mut worst = io::Error::from_raw_os_error(libc::ENOENT);
    for program in &image.programs {
        let error = kernel::execute(program, &arguments, &environment);
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR) => {}
            Some(libc::EACCES) => worst = error,
            _ => return error,
        }
    }
    worst
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([std::ptr::null()]).collect()
}

#[expect(clippy::disallowed_methods, reason = "this is the image's environment, to be handed on; no setting of ours")]
fn inherited() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

/// A name with a slash is a path; any other is looked for in each directory of `PATH`.
fn programs(name: &str, path: Option<&OsStr>) -> Vec<CString> {
    if name.contains('/') {
        return CString::new(name).into_iter().collect();
    }
    let path = path.unwrap_or(OsStr::new(DEFAULT_PATH));
    let candidates = std::env::split_paths(path).map(|directory| directory.join(name));
    candidates.filter_map(|program| CString::new(program.into_os_string().into_vec()).ok()).collect()
}

/// The supervisor's own environment with `INPUT`, or without it when the input does not fit.
fn environment(own: Vec<(OsString, OsString)>, input: Option<Vec<u8>>) -> Vec<CString> {
    let kept = own.into_iter().filter(|(name, _)| name != "INPUT");
    let input = input.map(|value| (OsString::from("INPUT"), OsString::from_vec(value)));
    let pair =
        |(name, value): (OsString, OsString)| CString::new([name.as_bytes(), OsStr::new("=").as_bytes(), value.as_bytes()].concat()).ok();
    kept.chain(input).filter_map(pair).collect()
}

fn not_started(name: &str, error: &io::Error) -> Trouble {
    let (code, why) = match error.raw_os_error().unwrap_or_default() {
        libc::ENOENT if name.contains('/') && fs::metadata(name).is_ok() => {
            (FailedCode::EntryPointNotExecutable, "its interpreter or loader is missing".to_owned())
        }
        libc::ENOENT | libc::ENOTDIR | libc::ELOOP | libc::ENAMETOOLONG => (FailedCode::EntryPointMissing, error.to_string()),
        libc::EACCES | libc::ENOEXEC | libc::EISDIR | libc::EPERM | libc::ETXTBSY | libc::ELIBBAD | libc::EINVAL => {
            (FailedCode::EntryPointNotExecutable, error.to_string())
        }
        libc::E2BIG => (FailedCode::BadStart, "arguments and environment are too long".to_owned()),
        _ => (FailedCode::Internal, error.to_string()),
    };
    failed(code, format!("entry point {name}: {why}"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{environment, programs};

    #[test]
    fn a_name_without_a_slash_is_looked_up_in_path() {
        assert_eq!(programs("run", Some(OsStr::new("/a:/b"))), [c"/a/run".to_owned(), c"/b/run".to_owned()]);
        assert_eq!(programs("./run", Some(OsStr::new("/a:/b"))), [c"./run".to_owned()]);
        assert_eq!(programs("run", None).len(), 6);
    }

    #[test]
    fn an_input_variable_of_the_image_does_not_survive() {
        let own = || [("INPUT".into(), "stale".into()), ("A".into(), "1".into())].into();
        assert_eq!(environment(own(), None), [c"A=1".to_owned()]);
        assert_eq!(environment(own(), Some(b"{}".to_vec())), [c"A=1".to_owned(), c"INPUT={}".to_owned()]);
    }
}
