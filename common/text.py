"""Text as people type it: names made comparable, and the terms that search looks for."""

import re
import unicodedata


def normalise(text: str) -> str:
    """Full-width letters, digits and signs as half-width ones; runs of white space as one space; ends trimmed."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def normalise_name(text: str) -> str:
    """A name as it is compared: half-width, without any white space, lower-cased."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def bigrams(text: str) -> list[str]:
    """The pairs of neighbouring characters of each word of `text`, half-width and lower-cased, each once.

    Two characters are what a Chinese word has, and less than a trigram index can find.
    """
    words = unicodedata.normalize("NFKC", text).lower().split()
    return list(dict.fromkeys(word[i : i + 2] for word in words for i in range(len(word) - 1)))
