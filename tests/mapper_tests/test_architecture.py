"""The mapper is a room of its own."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "mapper").rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_mapper_knows_neither_odoo_nor_the_client(file):
    for found in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(found, ast.Import):
            names = [alias.name for alias in found.names]
        elif isinstance(found, ast.ImportFrom):
            assert found.level <= 1, "reaches out of its package"
            names = [] if found.level else [found.module]
        for name in names:
            assert name.partition(".")[0] not in {"odoo", "psycopg2", "client", "msal"}


def test_files_and_functions_are_short():
    for file in FILES:
        text = file.read_text()
        assert text.count("\n") <= 400, file.name
        for found in ast.walk(ast.parse(text)):
            if isinstance(found, ast.FunctionDef):
                body = found.body
                if isinstance(body[0], ast.Expr) and len(body) > 1:
                    body = body[1:]
                lines = body[-1].end_lineno - body[0].lineno + 1
                assert lines <= 25, f"{file.name}: {found.name} has {lines} lines"


def test_the_mapper_works_where_odoo_is_not():
    code = "import sys; sys.modules['odoo'] = None; import mapper; print('well')"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout.strip(), run.stderr) == ("well", "")
