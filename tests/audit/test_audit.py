"""That the audit refuses: each test lays a small tree with one thing in it and runs the program over it."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest

from licences import is_allowed
from npm import faults_of
from renew import UNWRITTEN, advisories_in, as_toml
from rust import toml_block_of
from versions import Version, is_within

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE = {"version": "1.0.0", "license": "MIT", "integrity": "sha512-made-up"}
NPM_POLICY = 'ignore = []\n[licences]\nallow = ["MIT", "Apache-2.0"]\nexceptions = []\n'


class Tree:
    """A package whose crates come from a folder that stands in for the registry, and a lock file of npm."""

    def __init__(self, folder, crates=(), licence="MIT", keep_unused=False):
        self.folder = pathlib.Path(folder)
        self.write(".cargo/config.toml", '[source.crates-io]\nreplace-with = "vendor"\n[source.vendor]\ndirectory = "vendor"\n')
        for name, version in crates:
            self.write(f"vendor/{name}/Cargo.toml", manifest(name, version, licence))
            self.write(f"vendor/{name}/src/lib.rs", "")
            self.write(f"vendor/{name}/.cargo-checksum.json", '{"files": {}}')
        self.write("vendor/README", "")
        self.write_workspace("", manifest("root", "0.1.0", "MIT", crates), keep_unused)
        self.write("web/package-lock.json", npm_lock(left=PACKAGE))
        self.write("web/audit.toml", NPM_POLICY)

    def write_workspace(self, place, text, keep_unused=False):
        self.write(f"{place}Cargo.toml", text + "\n[workspace]\n")
        self.write(f"{place}src/lib.rs", "")
        self.write(f"{place}deny.toml", policy(f"{place}deny.toml", keep_unused))
        subprocess.run(["cargo", "generate-lockfile", "--quiet", "--offline"], cwd=self.folder / place, check=True)

    def write(self, path, text):
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def audit(self):
        """(exit code, all that was printed)."""
        environment = {name: value for name, value in os.environ.items() if name != "ADVISORY_DB"}
        done = subprocess.run([sys.executable, str(HERE), str(self.folder)], capture_output=True, text=True, env=environment)
        return done.returncode, done.stdout + done.stderr


def manifest(name, version, licence, dependencies=()):
    lines = "".join(f'{crate} = "={exactly}"\n' for crate, exactly in dependencies)
    return f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2021"\nlicense = "{licence}"\n[dependencies]\n{lines}'


def npm_lock(**packages):
    return json.dumps({"lockfileVersion": 3, "packages": {"": {}} | {f"node_modules/{name}": entry for name, entry in packages.items()}})


def policy(path, keep_unused):
    """Our policy; a tree of two crates does not need every licence of it, and its crates are not in the registry."""
    text = (ROOT / path).read_text().replace('yanked = "warn"', "disable-yank-checking = true")
    return re.sub(r'(unused-\S*license\S*) = "deny"' if keep_unused else r'(unused-\S+) = "deny"', r'\1 = "allow"', text)


class TheAuditOfCrates(unittest.TestCase):
    def audit(self, *crates, **options):
        with tempfile.TemporaryDirectory() as folder:
            return Tree(folder, crates, **options).audit()

    def refuses(self, printed_words, *crates, **options):
        code, printed = self.audit(*crates, **options)
        self.assertEqual(code, 1, printed)
        for word in [*printed_words, "audit: Cargo.lock: refused; correct it, or explain it in deny.toml"]:
            self.assertIn(word, printed)

    def test_passes_a_tree_without_faults_and_names_what_nobody_looked_up(self):
        code, printed = self.audit(("h2", "0.4.16"), ("quite-new", "1.0.0"))
        self.assertEqual(code, 0, printed)
        self.assertIn("audit: Cargo.lock: 2 crates, no known fault", printed)
        self.assertIn("audit: not looked up yet, since they came later: quite-new", printed)

    def test_refuses_vulnerable_unsound_and_unmaintained_crates_with_their_sentences(self):
        code, printed = self.audit(("h2", "0.3.27"), ("anyhow", "1.0.100"), ("bincode", "1.3.3"))
        self.assertEqual(code, 1, printed)
        for words in [
            "error[vulnerability]: Empty DATA frames were queued without a bound.",
            "RUSTSEC-2026-0258",
            "error[unsound]: downcast_mut gave a mutable reference where only a shared one is allowed.",
            "error[unmaintained]: The project has ended.",
            "audit: Cargo.lock: refused; correct it, or explain it in deny.toml",
        ]:
            self.assertIn(words, printed)

    def test_refuses_a_licence_that_is_not_in_the_policy(self):
        self.refuses(["AGPL-3.0-only", "license is not explicitly allowed"], ("itoa", "1.0.0"), licence="AGPL-3.0-only")

    def test_passes_what_the_policy_explains(self):
        code, printed = self.audit(("memmap2", "0.5.10"), keep_unused=True)
        self.assertEqual(code, 0, printed)

    def test_refuses_an_explanation_that_nothing_needs(self):
        self.refuses(["RUSTSEC-2026-0186"], ("h2", "0.4.16"), keep_unused=True)

    def test_audits_the_second_workspace_by_its_own_policy(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = Tree(folder)
            tree.write_workspace("web/maplibre-rs/", manifest("second", "0.1.0", "AGPL-3.0-only"))
            code, printed = tree.audit()
        self.assertEqual(code, 1, printed)
        self.assertIn("audit: web/maplibre-rs/Cargo.lock: refused; correct it, or explain it in web/maplibre-rs/deny.toml", printed)


class TheAuditOfNpmPackages(unittest.TestCase):
    def faults(self, lock, policy_text=NPM_POLICY):
        with tempfile.TemporaryDirectory() as folder:
            lock_path, policy_path = pathlib.Path(folder) / "package-lock.json", pathlib.Path(folder) / "audit.toml"
            lock_path.write_text(lock)
            policy_path.write_text(policy_text)
            return faults_of(lock_path, policy_path, HERE / "advisories-npm.toml")

    def refuses(self, sentence, **packages):
        faults, count = self.faults(npm_lock(**packages))
        self.assertEqual((faults, count), ([sentence], 1))

    def test_ends_the_program_with_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = Tree(folder)
            tree.write("web/package-lock.json", npm_lock(left=PACKAGE | {"license": "GPL-3.0-only"}))
            code, printed = tree.audit()
        self.assertEqual(code, 1, printed)
        self.assertIn("audit: left 1.0.0: its licence, GPL-3.0-only, is not allowed", printed)
        self.assertIn("audit: web/package-lock.json: 1 packages, refused for 1 faults; policy: web/audit.toml", printed)

    def test_passes_a_lock_file_without_faults(self):
        self.assertEqual(self.faults(npm_lock(left=PACKAGE, postcss=PACKAGE | {"version": "8.5.18"})), ([], 2))

    def test_refuses_a_vulnerable_package_with_its_sentence(self):
        sentence = "postcss 8.5.17: GHSA-r28c-9q8g-f849: A comment in CSS could name any source map to be read. Update it."
        self.refuses(sentence, postcss=PACKAGE | {"version": "8.5.17"})

    def test_finds_a_vulnerable_package_within_another(self):
        sentence = "nanoid 3.3.16: GHSA-2v37-7h3g-55p8: A generator for ids of length zero never ended. Update it."
        self.refuses(sentence, **{"postcss/node_modules/nanoid": PACKAGE | {"version": "3.3.16"}})

    def test_refuses_a_licence_that_is_not_in_the_policy(self):
        sentence = "its licence, {}, is not allowed; replace it, or name it in the policy with a reason"
        self.refuses(f"left 1.0.0: {sentence.format('MIT AND GPL-3.0-only')}", left=PACKAGE | {"license": "MIT AND GPL-3.0-only"})
        self.refuses(f"left 1.0.0: {sentence.format('none')}", left={"version": "1.0.0", "integrity": "sha512-made-up"})

    def test_refuses_a_package_without_a_checksum(self):
        sentence = "left 1.0.0: the lock file has no checksum for it; install it from the registry"
        self.refuses(sentence, left={"version": "1.0.0", "license": "MIT"})

    def test_passes_what_the_policy_explains(self):
        exception = '{ licence = "OFL-1.1", packages = ["left"], reason = "" }'
        explained = f'ignore = [{{ id = "CVE-2024-55565" }}]\n[licences]\nallow = ["MIT"]\nexceptions = [{exception}]\n'
        lock = npm_lock(left=PACKAGE | {"license": "OFL-1.1"}, nanoid=PACKAGE | {"version": "5.0.8"})
        self.assertEqual(self.faults(lock, explained), ([], 2))

    def test_refuses_an_explanation_that_nothing_needs(self):
        exception = '{ licence = "OFL-1.1", packages = ["gone"], reason = "" }'
        explained = f'ignore = [{{ id = "CVE-2024-55565" }}]\n[licences]\nallow = ["MIT"]\nexceptions = [{exception}]\n'
        faults, _ = self.faults(npm_lock(left=PACKAGE), explained)
        expected = [
            "gone: no package of this name has the licence OFL-1.1; take it out of the exceptions",
            "CVE-2024-55565: concerns no package of the lock file; take it out of the ignored advisories",
        ]
        self.assertEqual(faults, expected)

    def test_refuses_a_lock_file_that_it_cannot_read(self):
        with self.assertRaisesRegex(ValueError, "no lock file of npm 7 or newer, so that nothing was audited"):
            self.faults('{"lockfileVersion": 1, "dependencies": {}}')


class TheRenewalOfTheCopy(unittest.TestCase):
    def test_takes_facts_keeps_sentences_and_leaves_out_what_was_withdrawn(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder) / "crates" / "left"
            place.mkdir(parents=True)
            for number, more in [(1, ""), (2, 'informational = "unsound"\n'), (3, 'withdrawn = "2026-02-01"\n')]:
                facts = f'id = "RUSTSEC-2026-000{number}"\npackage = "left"\ndate = "2026-01-01"\n{more}'
                (place / f"{number}.md").write_text(f'```toml\n[advisory]\n{facts}[versions]\npatched = [">= 2"]\n```\n\n# Their title\n')
            found = sorted(advisories_in(pathlib.Path(folder), ["left", "right"], {"RUSTSEC-2026-0001": "Ours."}), key=lambda entry: entry["id"])
        later = [{"id": "RUSTSEC-2026-0009", "crate": "right", "date": "2026-03-01", "kind": "vulnerability", "says": "By hand."}]
        written = tomllib.loads(as_toml("2026-02-02", "abc", found, later, ["left", "right"]))
        self.assertEqual(written["looked_up"], ["left", "right"])
        self.assertEqual([(entry["kind"], entry["says"]) for entry in written["advisories"]], [("vulnerability", "Ours."), ("unsound", UNWRITTEN), ("vulnerability", "By hand.")])
        self.assertEqual(written["advisories"][0]["patched"], [">= 2"])

    def test_every_advisory_of_the_copies_has_a_sentence(self):
        for name in ["advisories-rust.toml", "advisories-npm.toml"]:
            advisories = tomllib.loads((HERE / name).read_text())["advisories"]
            self.assertGreater(len(advisories), 20)
            self.assertEqual([entry["id"] for entry in advisories if entry["says"] == UNWRITTEN or not entry["says"].endswith(".")], [])


class Readers(unittest.TestCase):
    def test_versions_are_ordered_as_semantic_versioning_orders_them(self):
        ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0", "2.0.0"]
        self.assertEqual(sorted(reversed(ordered), key=Version), ordered)

    def test_a_range_holds_where_all_its_parts_hold(self):
        self.assertTrue(is_within("4.0.3", ">= 4.0.0, < 4.0.4"))
        self.assertFalse(is_within("4.0.4", ">= 4.0.0, < 4.0.4"))
        self.assertFalse(is_within("3.0.0", ">= 4.0.0, < 4.0.4"))
        for wrong in ["", "^4.0.0", "4", ">= 4.0"]:
            self.assertRaises(ValueError, is_within, "4.0.3", wrong)

    def test_an_expression_is_met_by_allowed_licences_only(self):
        allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]
        for expression in ["MIT", "(MIT OR GPL-3.0-only)", "GPL-2.0-only OR (MIT AND Apache-2.0)", "Apache-2.0 WITH LLVM-exception"]:
            self.assertTrue(is_allowed(expression, allowed), expression)
        for expression in ["", None, "MIT AND GPL-3.0-only", "MIT WITH Other", "(MIT", "MIT)", "MIT GPL-3.0-only", "OR MIT", "SEE LICENSE IN x", "UNLICENSED"]:
            self.assertFalse(is_allowed(expression, allowed), expression)

    def test_facts_of_an_advisory_are_read_from_its_block(self):
        self.assertEqual(toml_block_of('```toml\n[advisory]\nid = "A"\n```\n# Title')["advisory"]["id"], "A")
        self.assertRaises(ValueError, toml_block_of, "# Title")


if __name__ == "__main__":
    unittest.main()
