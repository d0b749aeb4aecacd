"""Passwords made by the site, for people who get an account or have forgotten theirs, and what own ones have to be."""

import secrets
from typing import Any

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError

# Without the characters that are misread when a password is copied from paper: 0 O o 1 l I.
LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def random_password() -> str:
    """Three groups of four characters, such as Kd7m-Xq2p-Wn9t (69 bits)."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


class LongEnough(MinimumLengthValidator):
    """Django's own, whose message in Chinese is missing. Setting: OPTIONS min_length."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < self.min_length:
            raise ValidationError(
                f"密码只有 {len(password)} 个字符，至少要 {self.min_length} 个。", code="password_too_short"
            )

    def get_help_text(self) -> str:
        return f"密码至少要 {self.min_length} 个字符。"
