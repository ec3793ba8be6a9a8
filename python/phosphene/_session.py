"""The session that functions use which are given none."""

from __future__ import annotations

from ._phosphene import Session

_default: Session | None = None


def default_session() -> Session:
    """Of all cores; made when it is needed first."""
    global _default
    if _default is None:
        _default = Session()
    return _default
