"""Passwords made by the site, for people who get an account or have forgotten theirs."""

import secrets

# Without the characters that are misread when a password is copied from paper: 0 O o 1 l I.
LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def random_password() -> str:
    """Three groups of four characters, such as Kd7m-Xq2p-Wn9t (69 bits)."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))
