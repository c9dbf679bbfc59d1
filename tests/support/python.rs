//! The Python with the clients and oracles that tests speak to.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The interpreter of the environment with `tests/python/requirements.txt`, which is made when it is missing: in
/// `$CITYHEART_VENV`, or beside the build.
pub fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = || std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("venv");
    let venv = std::env::var_os("CITYHEART_VENV").map_or_else(built, PathBuf::from);
    let requirements = root.join("tests/python/requirements.txt");
    std::fs::create_dir_all(&venv).unwrap();
    // Tests run side by side; one of them makes it.
    let lock = std::fs::File::create(venv.join(".lock")).unwrap();
    lock.lock().unwrap();
    let (wanted, marker) = (std::fs::read(&requirements).unwrap(), venv.join(".requirements"));
    if std::fs::read(&marker).ok().as_ref() != Some(&wanted) {
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        succeed(Command::new(venv.join("bin/python")).args(pip).arg(&requirements));
        std::fs::write(&marker, &wanted).unwrap();
    }
    venv.join("bin/python")
}

/// Runs a script with this text on its standard input; gives what it prints.
pub fn run(script: &str, input: &str) -> String {
    let mut command = Command::new(python());
    let mut child = command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "python: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn succeed(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
