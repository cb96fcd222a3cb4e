"""What goes wrong with the broker itself: said with what to do about it."""


class BrokerFault(Exception):
    """The broker cannot be started, reached or asked; says why, and what to do."""

    def __init__(self, what: str, *, hint: str) -> None:
        self.hint = hint
        super().__init__(f"{what}; {hint}")
