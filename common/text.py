"""Text as people type it: names made comparable, and the terms that search looks for."""

import unicodedata
from functools import lru_cache


def normalise(text: str) -> str:
    """Full-width letters, digits and signs as half-width ones; runs of white space as one space; ends trimmed."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def without_space(text: str) -> str:
    return "".join(text.split())


# A ledger names the same units and people again and again.
@lru_cache(maxsize=8192)
def normalise_name(text: str) -> str:
    """A name as it is compared: half-width, without any white space, lower-cased."""
    return without_space(unicodedata.normalize("NFKC", text)).lower()


def _pairs(text: str) -> list[list[str]]:
    """For each word of `text` of two or more characters its pairs of neighbouring characters, in their order."""
    words = unicodedata.normalize("NFKC", text).lower().split()
    return [[word[i : i + 2] for i in range(len(word) - 1)] for word in words if len(word) > 1]


def bigrams(text: str) -> list[str]:
    """The pairs of neighbouring characters of each word of `text`, half-width and lower-cased, each once.

    Two characters are what a Chinese word has, and less than a trigram index can find.
    """
    return list(dict.fromkeys(pair for pairs in _pairs(text) for pair in pairs))


def bigram_stream(*texts: str) -> str:
    """The pairs of every word in the order in which they stand, words apart by two spaces: 供热管 → “供热 热管”.

    A word stands in a text exactly when the word's stream stands in the text's: pairs that occur apart do not match.
    """
    return "  ".join(" ".join(pairs) for text in texts for pairs in _pairs(text))
