"""What the workflows of all ledgers have in common."""


class MoveRefused(Exception):
    """The move is not possible; `problems` says in Chinese what is wrong, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("；".join(problems))
        self.problems = problems


def refuse_if(problems: list[str]) -> None:
    """Raise MoveRefused if there are any."""
    if problems:
        raise MoveRefused(problems)
