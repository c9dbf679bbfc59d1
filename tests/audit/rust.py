"""The crates of a lock file: cargo-deny, with our dated advisories in the place of the RustSec database.

cargo-deny reads advisories only from a repository of git that it clones itself. The dated copy becomes such a repository
for the length of a run, and git is told to find it under the database's address.
"""
import os
import re
import subprocess
import tomllib

DATABASE = "https://github.com/RustSec/advisory-db"  # as it stands in both deny.toml


def write_database(advisories, folder):
    """A repository in the form of the RustSec database."""
    for advisory in advisories:
        place = folder / "crates" / advisory["crate"]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{advisory['id']}.md").write_text(as_markdown(advisory))
    settings = ["user.name=audit", "user.email=audit@localhost", "commit.gpgsign=false", "core.fsync=none", "gc.auto=0"]
    git = ["git", "-C", str(folder), *(part for setting in settings for part in ("-c", setting))]
    for command in [["init", "--quiet", "--initial-branch=main"], ["add", "."], ["commit", "--quiet", "--message=Dated copy"]]:
        subprocess.run(git + command, check=True, env=without_git(os.environ))


def as_markdown(advisory):
    lines = [f"{name} = {quoted(value)}" for name, value in [("id", advisory["id"]), ("package", advisory["crate"]), ("date", advisory["date"])]]
    if advisory["kind"] != "vulnerability":
        lines.append(f"informational = {quoted(advisory['kind'])}")
    versions = [f"{name} = [{', '.join(map(quoted, advisory.get(name, [])))}]" for name in ("patched", "unaffected")]
    return "\n".join(["```toml", "[advisory]", *lines, "", "[versions]", *versions, "```", "", f"# {advisory['says']}", "", advisory["says"], ""])


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def without_git(environment):
    """Without the variables that a hook of git sets: they name another repository."""
    return {name: value for name, value in environment.items() if not name.startswith("GIT_")}


def run_deny(deny, place, database, clones):
    """(whether all is well, what cargo-deny printed) of the workspace at `place`. `database` is an address, or None for the one in the policy."""
    environment = without_git(os.environ) | {"CITYHEART_ADVISORIES": str(clones)}
    if database:
        environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{database}.insteadOf", "GIT_CONFIG_VALUE_0": DATABASE}
    command = [str(deny), "--color", "never", "--manifest-path", "Cargo.toml", "--config", "deny.toml", "--locked", "--workspace"]
    done = subprocess.run(command + ["check", "advisories", "licenses", "sources"], cwd=place, env=environment, capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def crates_of(lock_path):
    """The names of the crates that a lock file takes from a registry."""
    return {package["name"] for package in tomllib.loads(lock_path.read_text())["package"] if package.get("source")}


def names_since(lock_paths, advisories_path):
    """The crates that were in no lock file when the advisories were written down."""
    looked_up = set(tomllib.loads(advisories_path.read_text())["looked_up"])
    return sorted(set().union(*map(crates_of, lock_paths)) - looked_up)


def toml_block_of(markdown):
    """The facts of an advisory of the RustSec database."""
    found = re.search(r"```toml\n(.*?)```", markdown, re.DOTALL)
    if not found:
        raise ValueError("an advisory without a block of TOML")
    return tomllib.loads(found.group(1))
