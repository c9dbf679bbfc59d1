"""The packages of the web app: their lock file against the policy in web/audit.toml and the dated advisories."""
import json
import tomllib

from licences import is_allowed
from versions import is_within


def packages_of(lock_path):
    """(name, version, entry) of each package in a lock file of npm."""
    lock = json.loads(lock_path.read_text())
    if lock.get("lockfileVersion", 0) < 2 or not lock.get("packages"):
        raise ValueError(f"{lock_path}: no lock file of npm 7 or newer, so that nothing was audited")
    for path, entry in lock["packages"].items():
        if path:
            yield path.rpartition("node_modules/")[2], entry["version"], entry


def faults_of(lock_path, policy_path, advisories_path):
    """A sentence for each thing that the policy does not allow, and the number of packages looked at."""
    policy = tomllib.loads(policy_path.read_text())
    known = tomllib.loads(advisories_path.read_text())
    packages = list(packages_of(lock_path))
    faults = []
    for name, version, entry in packages:
        faults += licence_faults(name, version, entry.get("license"), policy)
        faults += advisory_faults(name, version, known["advisories"], policy)
        if not entry.get("integrity"):
            faults.append(f"{name} {version}: the lock file has no checksum for it; install it from the registry")
    return faults + list(unused(packages, known["advisories"], policy)), len(packages)


def licence_faults(name, version, licence, policy):
    allowed = policy["licences"]["allow"]
    exceptions = [exception["licence"] for exception in policy["licences"]["exceptions"] if name in exception["packages"]]
    if not is_allowed(licence, allowed + exceptions):
        yield f"{name} {version}: its licence, {licence or 'none'}, is not allowed; replace it, or name it in the policy with a reason"


def advisory_faults(name, version, advisories, policy):
    ignored = {entry["id"] for entry in policy["ignore"]}
    for advisory in advisories:
        if advisory["package"] == name and advisory["id"] not in ignored and any(is_within(version, span) for span in advisory["affected"]):
            yield f"{name} {version}: {advisory['id']}: {advisory['says']} Update it."


def unused(packages, advisories, policy):
    """Exceptions and ignored advisories that nothing needs any more."""
    for exception in policy["licences"]["exceptions"]:
        for name in exception["packages"]:
            if not any(name == package and licence_is(entry, exception) for package, _, entry in packages):
                yield f"{name}: no package of this name has the licence {exception['licence']}; take it out of the exceptions"
    for entry in policy["ignore"]:
        if not any(True for name, version, _ in packages for _ in advisory_faults(name, version, by_id(advisories, entry["id"]), {"ignore": []})):
            yield f"{entry['id']}: concerns no package of the lock file; take it out of the ignored advisories"


def licence_is(entry, exception):
    return exception["licence"] in (entry.get("license") or "")


def by_id(advisories, wanted):
    return [advisory for advisory in advisories if advisory["id"] == wanted]


def names_since(lock_path, advisories_path):
    """The packages that were not in the lock file when the advisories were written down."""
    looked_up = set(tomllib.loads(advisories_path.read_text())["looked_up"])
    return sorted({name for name, _, _ in packages_of(lock_path)} - looked_up)
