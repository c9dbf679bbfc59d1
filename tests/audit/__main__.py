"""`make audit`: known faults and licences of others' code that is built, in this tree or in the one of the argument.

Both lock files of Cargo go through cargo-deny, the lock file of npm through npm.py. Nothing is needed from a network
beside the packages themselves: the advisories are the dated copies beside this file. ADVISORY_DB=online asks the RustSec
database and npm, too; ADVISORY_DB=ADDRESS a copy of the RustSec database, a folder or a URL.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import npm
import rust

HERE = pathlib.Path(__file__).resolve().parent
ROOT = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE.parent.parent
RUST_ADVISORIES, NPM_ADVISORIES = HERE / "advisories-rust.toml", HERE / "advisories-npm.toml"
WORKSPACES = [ROOT, *sorted(lock.parent for lock in ROOT.glob("web/*/Cargo.lock"))]
NPM_LOCK, NPM_POLICY = ROOT / "web/package-lock.json", ROOT / "web/audit.toml"
DENY = pathlib.Path(sys.executable).parent / "cargo-deny"  # of the environment that requirements.txt makes
OLD_DAYS = 90


def main():
    if not DENY.exists():
        sys.exit("audit: there is no cargo-deny beside this Python; run `make audit`, which installs it")
    source = os.environ.get("ADVISORY_DB", "")
    if not source:
        tell_age(RUST_ADVISORIES, "crates", rust.names_since([place / "Cargo.lock" for place in WORKSPACES], RUST_ADVISORIES))
        tell_age(NPM_ADVISORIES, "packages of npm", npm.names_since(NPM_LOCK, NPM_ADVISORIES))
    with tempfile.TemporaryDirectory() as folder:
        database = database_at(source, pathlib.Path(folder))
        with ThreadPoolExecutor() as pool:  # both wait for the registry most of the time
            well = list(pool.map(lambda place: audit_crates(place, database, pathlib.Path(folder) / place.name), WORKSPACES))
    well.append(audit_npm())
    if source == "online":
        well.append(subprocess.run(["npm", "audit", "--package-lock-only"], cwd=ROOT / "web", check=False).returncode == 0)
    sys.exit(0 if all(well) else 1)


def database_at(source, folder):
    if source == "online":
        return None
    if source:
        return pathlib.Path(source).resolve().as_uri() if pathlib.Path(source).is_dir() else source
    copy = folder / "copy"
    copy.mkdir()
    advisories = tomllib.loads(RUST_ADVISORIES.read_text())["advisories"]
    crates = set().union(*(rust.crates_of(place / "Cargo.lock") for place in WORKSPACES))
    rust.write_database([entry for entry in advisories if entry["crate"] in crates] or advisories, copy)  # an empty one is refused
    return copy.as_uri()


def audit_crates(place, database, clones):
    started, lock = time.monotonic(), place / "Cargo.lock"
    well, printed = rust.run_deny(DENY, place, database, clones)
    if well:
        say(f"{lock.relative_to(ROOT)}: {len(rust.crates_of(lock))} crates, no known fault beside those explained in deny.toml, licences allowed", started)
    else:
        print(printed, file=sys.stderr)
        say(f"{lock.relative_to(ROOT)}: refused; correct it, or explain it in {(place / 'deny.toml').relative_to(ROOT)}", started)
    return well


def audit_npm():
    started = time.monotonic()
    faults, count = npm.faults_of(NPM_LOCK, NPM_POLICY, NPM_ADVISORIES)
    for fault in faults:
        print(f"audit: {fault}", file=sys.stderr)
    found = f"refused for {len(faults)} faults; policy: {NPM_POLICY.relative_to(ROOT)}" if faults else "no known fault, licences allowed"
    say(f"{NPM_LOCK.relative_to(ROOT)}: {count} packages, {found}", started)
    return not faults


def tell_age(path, what, added):
    as_of = tomllib.loads(path.read_text())["as_of"]
    days = (date.today() - as_of).days
    renew = f"; older than {OLD_DAYS} days: renew it, docs/dependencies.md says how" if days > OLD_DAYS else ""
    print(f"audit: advisories of {what} are of {as_of}, {days} days ago{renew}")
    if added:
        print(f"audit: not looked up yet, since they came later: {', '.join(added)}")


def say(text, started):
    print(f"audit: {text} ({time.monotonic() - started:.1f} s)")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, KeyError, OSError) as fault:
        sys.exit(f"audit: stopped: {fault!r}")
