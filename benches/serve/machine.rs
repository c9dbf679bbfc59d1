//! Servers pinned to one core, the resources they use, and clients pinned to the other core.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The core of the server that is measured, and the core of the clients.
const SERVER_CORE: &str = "0";
const CLIENT_CORE: &str = "1";

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server under test: where it listens, and the processes whose processor time counts.
pub struct Target {
    pub address: String,
    pub processes: Vec<u32>,
}

impl Target {
    /// The processor time so far of the processes and their children, in milliseconds.
    pub fn cpu_ms(&self) -> f64 {
        let family = |p: &u32| [vec![*p], children(*p)].concat();
        self.processes.iter().flat_map(family).map(cpu_ms).sum()
    }
}

fn children(process: u32) -> Vec<u32> {
    let list = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|p| p.parse().ok()).collect()
}

/// The processor time of a process and of its children that have ended, in milliseconds.
fn cpu_ms(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind = stat.rsplit(')').next().unwrap_or_default();
    let ticks = behind.split_whitespace().skip(11).take(4).filter_map(|t| t.parse::<f64>().ok()).sum::<f64>();
    ticks * 10.0
}

/// Runs a program on the core of the clients.
pub fn on_client_core(program: &str, arguments: &[&str]) -> Command {
    pinned(CLIENT_CORE, program, arguments)
}

/// Runs a program on a core, in a scheduling group with priority over other work on the machine.
fn pinned(core: &str, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("setsid");
    command.args([
        "bash",
        "-c",
        "echo -20 >/proc/self/autogroup 2>/dev/null; exec taskset -c \"$@\"",
        "bash",
        core,
        program,
    ]);
    command.args(arguments);
    command
}

impl Server {
    /// Starts a program that prints its address as the first `http://…` on standard output.
    pub fn start(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = pinned(SERVER_CORE, program, arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line[line.find("http://")? + 7..].split_whitespace().next()?.to_owned()))
            .expect("the server prints where it listens");
        // Later output must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    pub fn target(&self) -> Target {
        Target { address: self.address.clone(), processes: vec![self.child.id()] }
    }

    /// The processor time so far, in milliseconds.
    pub fn cpu_ms(&self) -> f64 {
        cpu_ms(self.child.id())
    }

    /// Resident memory in MB, now and at its peak.
    pub fn memory_mb(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let kb = |name: &str| {
            let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("0 kB");
            line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
        };
        (kb("VmRSS:"), kb("VmHWM:"))
    }
}
