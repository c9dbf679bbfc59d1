"""Versions and ranges as npm orders them: `>= 4.0.0, < 4.0.4` holds where every part holds."""
import re
from functools import total_ordering

VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")
PART = re.compile(r"(<=|>=|<|>|=)\s*(\S+)")


@total_ordering
class Version:
    """A version of Semantic Versioning 2.0.0, in its order of precedence."""

    def __init__(self, text):
        found = VERSION.fullmatch(text.strip())
        if not found:
            raise ValueError(f"'{text}' is no version: write it as 1.2.3")
        self.release = tuple(int(number) for number in found.group(1, 2, 3))
        self.pre = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in (found.group(4) or "").split(".") if part)

    def key(self):
        return self.release, not self.pre, self.pre  # 1.0.0-beta comes before 1.0.0

    def __eq__(self, other):
        return self.key() == other.key()

    def __lt__(self, other):
        return self.key() < other.key()


HOLDS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}


def is_within(version, span):
    """Whether the version lies in the range; a range that cannot be read is an error, never "no"."""
    parts = [part.strip() for part in span.split(",")]
    read = [PART.fullmatch(part) for part in parts]
    if not all(read):
        raise ValueError(f"'{span}' is no range: write it as '>= 1.0.0, < 1.2.3'")
    return all(HOLDS[part.group(1)](Version(version), Version(part.group(2))) for part in read)
