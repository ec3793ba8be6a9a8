"""The one error that bad input or a bad environment raises."""


class Error(Exception):
    """Bad input or a bad environment. str() is one line: "WHERE > WHAT; TODO"."""

    where: str  #: where it is, a chain "file > node > attribute"
    what: str  #: what is wrong
    todo: str  #: what to do; may be empty

    def __init__(self, line: str, where: str = "", what: str = "", todo: str = "") -> None:
        super().__init__(line)
        self.where, self.what, self.todo = where, what, todo

    def __reduce__(self) -> tuple[type, tuple[str, str, str, str]]:
        return type(self), (str(self), self.where, self.what, self.todo)
