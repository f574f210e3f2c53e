"""The directions in which the rooms may know each other."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NETWORK = {"requests", "urllib3", "lxml", "msal", "http", "socket", "ssl"}


def imports(file):
    """(level, module) of each import in a file, wherever it stands."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


def files(folder):
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, folder
    return found


@pytest.mark.parametrize("file", files("client"), ids=lambda file: file.name)
def test_the_client_knows_neither_odoo_nor_the_addon(file):
    for level, module in imports(file):
        assert module.partition(".")[0] not in {"odoo", "psycopg2", "models", "mapper"}
        assert level <= 1, "reaches out of its package"


@pytest.mark.parametrize("folder", ["models", "controllers"])
def test_the_models_know_no_http(folder):
    for file in files(folder):
        for level, module in imports(file):
            top = module.partition(".")[0]
            if folder == "controllers" and top == "http":
                continue
            assert level or top not in NETWORK, f"{file.name} imports {module}"


def test_the_client_works_where_odoo_is_not():
    code = (
        "import sys; sys.modules['odoo'] = None; import client;"
        "print(sorted(n for n in sys.modules if n.startswith(('odoo.', 'psycopg2'))))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


def test_files_and_functions_are_short():
    for file in files("client"):
        text = file.read_text()
        assert text.count("\n") <= 400, file.name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                body = [n for n in node.body if not _is_docstring(n)]
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                assert lines <= 25, f"{file.name}: {node.name} has {lines} lines"


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
