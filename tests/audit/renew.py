"""`python3 tests/audit/renew.py CLONE`: writes advisories-rust.toml anew from a clone of the RustSec database.

Only facts are taken: id, crate, date, kind, versions. The sentence beside each is our own: it is kept, and asked for
where an advisory is new. docs/dependencies.md says when to do this.
"""
import pathlib
import subprocess
import sys
import textwrap
import tomllib

from rust import crates_of, quoted, toml_block_of

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FILE = HERE / "advisories-rust.toml"
LOCKS = [ROOT / "Cargo.lock", ROOT / "web/maplibre-rs/Cargo.lock"]
UNWRITTEN = "Write one sentence here."
HEAD = """\
# Advisories of the RustSec database for the crates of both lock files, of all their versions: what cargo-deny reads
# where the database cannot be reached. A dated copy of facts (id, crate, date, kind, versions); the sentences are ours.
# Renew it with a clone of the database: `python3 tests/audit/renew.py CLONE` (docs/dependencies.md). An advisory after
# the date may be added by hand, in the same form; it is kept until a clone has it.
"""


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: python3 tests/audit/renew.py CLONE, a clone of the RustSec advisory database")
    clone = pathlib.Path(sys.argv[1])
    if not (clone / "crates").is_dir():
        sys.exit(f"{clone} has no folder 'crates': give a clone with its files, not a bare one")
    written = tomllib.loads(FILE.read_text())["advisories"] if FILE.exists() else []
    crates = sorted(set().union(*map(crates_of, LOCKS)))
    as_of, commit = subprocess.check_output(["git", "-C", str(clone), "log", "-1", "--format=%cs %h"], text=True).split()
    advisories = sorted(advisories_in(clone, crates, {entry["id"]: entry["says"] for entry in written}), key=lambda entry: (entry["crate"], entry["id"]))
    found = {entry["id"] for entry in advisories}
    later = [entry for entry in written if entry["id"] not in found and entry["date"] > as_of and entry["crate"] in crates]
    FILE.write_text(as_toml(as_of, commit, advisories, later, crates))
    for entry in advisories:
        if entry["says"] == UNWRITTEN:
            print(f"{entry['id']} ({entry['crate']}) is new: write its sentence in {FILE.relative_to(ROOT)}")
    print(f"{len(advisories)} advisories of {as_of} for {len(crates)} crates; {len(later)} later ones kept")


def advisories_in(clone, crates, sentences):
    for crate in crates:
        for path in (clone / "crates" / crate).glob("*.md"):
            facts = toml_block_of(path.read_text())
            advisory, versions = facts["advisory"], facts["versions"]
            if not advisory.get("withdrawn"):
                yield {
                    "id": advisory["id"],
                    "crate": crate,
                    "date": str(advisory["date"]),
                    "kind": advisory.get("informational", "vulnerability"),
                    "patched": versions.get("patched", []),
                    "unaffected": versions.get("unaffected", []),
                    "says": sentences.get(advisory["id"], UNWRITTEN),
                }


def as_toml(as_of, commit, advisories, later, crates):
    named = textwrap.fill(" ".join(f'"{crate}",' for crate in crates), 150, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    parts = [HEAD, f"as_of = {as_of}", f'commit = "{commit}"', "", "advisories = [", *map(as_line, advisories)]
    if later:
        parts += ["    # After that date, from public reports:", *map(as_line, later)]
    return "\n".join([*parts, "]", "", "# The crates that were looked up; `make audit` names those that came later.", "looked_up = [", named, "]", ""])


def as_line(entry):
    lists = {name: f"[{', '.join(map(quoted, entry[name]))}]" for name in ("patched", "unaffected") if entry.get(name)}
    pairs = {name: quoted(entry[name]) for name in ("id", "crate", "date", "kind")} | lists | {"says": quoted(entry["says"])}
    return "    { " + ", ".join(f"{name} = {value}" for name, value in pairs.items()) + " },"


if __name__ == "__main__":
    main()
