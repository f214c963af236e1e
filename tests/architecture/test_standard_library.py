"""A stranger needs nothing of ours: what goes into verify.pyz imports the standard library and itself."""

import sys

import grimp
import pytest

ALONE = ("errors", "settings", "model", "proof", "verify")
STRANGER = ("errors", "model", "proof", "verify")


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("witnessmark", include_external_packages=True, cache_dir=None)


def _imports(graph, room):
    package = f"witnessmark.{room}"
    modules = {package, *graph.find_descendants(package)}
    return {(module, name) for module in modules for name in graph.find_modules_directly_imported_by(module)}


@pytest.mark.parametrize("room", ALONE)
def test_pure_rooms_import_the_standard_library_only(graph, room):
    foreign = {
        (module, name)
        for module, name in _imports(graph, room)
        if not name.startswith("witnessmark") and name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert foreign == set()


@pytest.mark.parametrize("room", STRANGER)
def test_what_a_stranger_runs_imports_no_other_room(graph, room):
    others = {
        (module, name)
        for module, name in _imports(graph, room)
        if name.startswith("witnessmark") and not name.startswith(tuple(f"witnessmark.{own}" for own in STRANGER))
    }
    assert others == set()


def test_the_cell_imports_no_parser(graph):
    foreign = {
        (module, name)
        for module, name in _imports(graph, "cell")
        if not name.startswith("witnessmark") and name.partition(".")[0] not in sys.stdlib_module_names
    }
    assert foreign == set()
