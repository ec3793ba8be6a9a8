"""Everything public says what it is, to help() and to editors."""

import inspect

import phosphene as ph


def undocumented(name, thing):
    if not (getattr(thing, "__doc__", None) or "").strip():
        yield name
    if inspect.isclass(thing):
        for each, member in vars(thing).items():
            if not each.startswith("_") and (callable(member) or inspect.isdatadescriptor(member)):
                yield from undocumented(f"{name}.{each}", member)


def test_everything_public_has_a_docstring():
    assert [missing for name in ph.__all__ for missing in undocumented(name, getattr(ph, name))] == []


def test_a_missing_one_is_found():
    class Bare:
        """Has two members without."""

        held = property(lambda self: 3)

        def call(self):
            pass

    assert list(undocumented("Bare", Bare)) == ["Bare.held", "Bare.call"]
