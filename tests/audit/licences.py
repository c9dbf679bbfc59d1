"""Whether an SPDX expression can be met from a list of licences: `MIT OR X` can, `MIT AND X` cannot."""
import re

TOKEN = re.compile(r"\(|\)|[^\s()]+")


def is_allowed(expression, allowed):
    """An expression that cannot be read, or none at all, is not allowed."""
    tokens = TOKEN.findall(expression or "")
    try:
        answer = either(tokens, allowed)
    except IndexError:
        return False
    return answer and not tokens


def either(tokens, allowed):
    answer = both(tokens, allowed)
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        answer = both(tokens, allowed) or answer
    return answer


def both(tokens, allowed):
    answer = one(tokens, allowed)
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        answer = one(tokens, allowed) and answer
    return answer


def one(tokens, allowed):
    token = tokens.pop(0)
    if token == "(":
        answer = either(tokens, allowed)
        return tokens.pop(0) == ")" and answer
    if tokens and tokens[0] == "WITH":
        tokens.pop(0)
        token = f"{token} WITH {tokens.pop(0)}"
    return token in allowed
