//! The static supervisor as PID 1 of fresh PID and mount namespaces, as nobody, on a read-only root
//! with `/input` and `/output` of its own: what a container engine gives it, without the engine.

use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use supervisor::frames::{self, Frame, Kind, Opener};
use supervisor::messages::{Cut, Exit, FailedCode, Hello, OutputCode, Refusal, StartHeader, Started};
use tempfile::TempDir;

pub const RUN_KEY: [u8; 32] = *b"a key that only the worker knows";

/// A story takes a second or two. One that takes so long hangs: its container is killed, and whoever waits for a word of it is told.
const PATIENCE: Duration = Duration::from_mins(1);

/// Builds a small file system in `$1`, then becomes the supervisor `$2` in it.
const PREPARE: &str = r#"
set -eu
mount -t tmpfs -o mode=755 tmpfs "$1"
cp "$2" "$1/supervisor"
cd "$1"
mkdir usr proc dev input output
ln -s usr/bin usr/sbin usr/lib usr/lib64 .
mount --bind /usr usr
mount -t proc proc proc
for device in null zero; do touch dev/$device; mount --bind /dev/$device dev/$device; done
for directory in input output; do mount -t tmpfs -o size=4m,nr_inodes=32,mode=1777,noexec,nosuid,nodev tmpfs $directory; done
mount -o remount,ro "$1"
ulimit -c 0
exec env -i PATH=/nowhere:/usr/sbin:/usr/bin OF_IMAGE=yes INPUT=stale \
    chroot "$1" setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all /supervisor
"#;

/// The static binary, built once.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<std::path::PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/build-supervisor");
        let built = Command::new(script).stderr(Stdio::inherit()).output().unwrap();
        assert!(built.status.success(), "scripts/build-supervisor");
        String::from_utf8(built.stdout).unwrap().trim().into()
    })
}

/// Limits that no ordinary story meets.
pub fn header(argv: &[&str]) -> StartHeader {
    StartHeader {
        argv: argv.iter().map(ToString::to_string).collect(),
        cwd: "/".to_owned(),
        run_ms_max: 20_000,
        log_bytes_max: 1 << 20,
        log_flood_bytes_max: 64 << 20,
        output_bytes_max: 1 << 20,
        input_bytes_max: 1 << 20,
    }
}

pub fn shell(script: &str) -> StartHeader {
    header(&["sh", "-c", script])
}

/// One supervisor and the worker's end of the line to it.
pub struct Container {
    child: Child,
    pid: u32,
    began: Instant,
    /// Dropped, it ends the watch.
    watch: Option<mpsc::Sender<()>>,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    opener: Opener,
    _root: Option<TempDir>,
}

impl Container {
    pub fn create() -> Self {
        let root = TempDir::new().unwrap();
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--kill-child=SIGKILL", "--mount", "--net", "--ipc", "sh", "-c", PREPARE, "sh"]);
        command.arg(root.path()).arg(binary());
        Self::attach(&mut command, Some(root))
    }

    pub fn attach(command: &mut Command, root: Option<TempDir>) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout, pid) = (child.stdin.take(), child.stdout.take().unwrap(), child.id());
        let watch = Some(watch(pid));
        Self { child, pid, began: Instant::now(), watch, stdin, stdout, opener: Opener::new(&RUN_KEY), _root: root }
    }

    /// The next frame, whose tag and sequence are right; `None` at the end.
    pub fn frame(&mut self) -> Option<Frame> {
        self.opener.open(&mut self.stdout).unwrap()
    }

    pub fn hello(&mut self) -> Hello {
        let frame = self.frame().expect("HELLO");
        assert_eq!(frame.kind, Kind::Hello);
        serde_json::from_slice(&frame.payload).unwrap()
    }

    pub fn write(&mut self, bytes: &[u8]) {
        std::io::Write::write_all(self.stdin.as_mut().unwrap(), bytes).unwrap();
    }

    pub fn start(&mut self, header: &StartHeader, input: &[u8]) {
        self.write(&frames::encode_start(&RUN_KEY, header, input).unwrap());
    }

    /// The worker dies.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// `/proc/<pid>/status` of the supervisor: the only child of unshare.
    pub fn supervisor_status(&self) -> String {
        std::fs::read_to_string(format!("/proc/{}/status", self.supervisor_pid())).unwrap()
    }

    fn supervisor_pid(&self) -> String {
        children_of(&self.pid.to_string()).trim().to_owned()
    }

    /// Waits until the supervisor has children, or none.
    pub fn wait_for_children(&self, some: bool) {
        let supervisor = self.supervisor_pid();
        while children_of(&supervisor).is_empty() == some {
            assert!(self.began.elapsed() < PATIENCE, "the supervisor has {} children", if some { "no" } else { "still" });
            std::thread::yield_now();
        }
    }

    /// Makes an empty file in the container's `/output`.
    pub fn touch_output(&self, name: &str) {
        std::fs::write(format!("/proc/{}/root/output/{name}", self.supervisor_pid()), b"").unwrap();
    }

    /// The exit code of the supervisor, once it has ended.
    pub fn exit_code(&mut self) -> Option<i32> {
        // Its standard input stays open, as the worker's end of it is ours.
        let status = self.child.wait().unwrap();
        self.watch = None;
        status.code()
    }

    /// Takes frames up to and including the first that `is_last`.
    pub fn frames_until(&mut self, is_last: impl Fn(&Frame) -> bool) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.frame() {
            let last = is_last(&frame);
            frames.push(frame);
            if last {
                return frames;
            }
        }
        panic!("the stream ended after {} frames", frames.len());
    }

    /// Everything from `START` to the end of the stream, where the supervisor must have ended with 0.
    pub fn run(mut self, header: &StartHeader, input: &[u8]) -> Told {
        self.hello();
        self.start(header, input);
        self.rest()
    }

    pub fn rest(mut self) -> Told {
        let mut told = Told::default();
        while let Some(frame) = self.frame() {
            told.hear(frame);
        }
        assert_eq!(self.exit_code(), Some(0));
        told
    }
}

fn children_of(pid: &str) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default()
}

/// Kills the container when nobody has dropped the answer in time; its streams end with it, and so does every wait for it.
#[expect(clippy::disallowed_methods, reason = "a story of blocking reads has no runtime; the thread ends with it")]
fn watch(pid: u32) -> mpsc::Sender<()> {
    let (alive, story) = mpsc::channel();
    std::thread::spawn(move || {
        if story.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            eprintln!("the container was killed: its story hangs");
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
    });
    alive
}

impl Drop for Container {
    fn drop(&mut self) {
        self.watch = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a run said.
#[derive(Debug, Default)]
pub struct Told {
    pub kinds: Vec<Kind>,
    pub started: Option<Started>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub cuts: Vec<Cut>,
    /// Where in stdout (and stderr) the cuts were.
    pub cut_at: Vec<(usize, usize)>,
    pub output: Option<Vec<u8>>,
    pub refused: Option<Refusal<OutputCode>>,
    pub exit: Option<Exit>,
    pub failed: Option<Refusal<FailedCode>>,
}

impl Told {
    fn hear(&mut self, frame: Frame) {
        let payload = &frame.payload[..];
        self.kinds.push(frame.kind);
        match frame.kind {
            Kind::Hello => panic!("a second HELLO"),
            Kind::Started => self.started = serde_json::from_slice(payload).unwrap(),
            Kind::Stdout => self.stdout.extend_from_slice(payload),
            Kind::Stderr => self.stderr.extend_from_slice(payload),
            Kind::Cut => {
                self.cuts.push(serde_json::from_slice(payload).unwrap());
                self.cut_at.push((self.stdout.len(), self.stderr.len()));
            }
            Kind::Output => self.output = Some(frame.payload),
            Kind::OutputRefused => self.refused = serde_json::from_slice(payload).unwrap(),
            Kind::Exit => self.exit = serde_json::from_slice(payload).unwrap(),
            Kind::Failed => self.failed = serde_json::from_slice(payload).unwrap(),
        }
    }

    pub fn exit(&self) -> &Exit {
        self.exit.as_ref().unwrap_or_else(|| panic!("no EXIT in {self:?}"))
    }

    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }
}
