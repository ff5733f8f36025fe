"""The repository's own pages say what is true."""

import ast
import importlib
import operator
import re
import runpy
import stat
import tomllib
from pathlib import Path

import pytest

from backlight.io import load
from backlight.systems.catalogue import all_schemas

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_set_up_is_exactly_two_commands_of_one_line():
    section = README.partition("## Set up")[2].partition("\n## ")[0]
    commands = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert len(commands) == 2
    assert all(command.count("\n") == 1 for command in commands)
    assert commands[0].rstrip().endswith("backlight demo")
    assert "[test]" in commands[1]
    assert "pytest" in commands[1]


def test_ci_runs_the_readme_s_test_command():
    script = (ROOT / ".ci" / "run").read_text()
    pattern = re.search(r"grep --max-count=1 '(.*?)' README.md", script)[1]
    found = [line for line in README.splitlines() if re.match(pattern, line)]
    assert len(found) == 1
    assert "pip install" in found[0]
    assert (ROOT / ".ci" / "run").stat().st_mode & stat.S_IXUSR


def test_the_run_file_of_the_readme_is_read(tmp_path):
    (tmp_path / "hologram.tif").write_bytes(b"not read here")
    (tmp_path / "run.toml").write_text(blocks("toml")[0])
    run = load(tmp_path / "run.toml", all_schemas())
    assert run.instrument["distance"] == 0.041


def test_the_python_of_the_readme_uses_names_that_exist():
    import backlight

    code = "\n".join(blocks("python"))
    imports = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)]
    assert imports
    for node in imports:
        module = importlib.import_module(node.module)
        assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []
    paths = re.findall(r"\bbl\.([\w.]+)", code)
    assert paths
    for path in paths:
        assert operator.attrgetter(path)(backlight) is not None


def test_the_wave_engine_of_the_readme_runs(tmp_path, capsys):
    script = tmp_path / "engine.py"
    script.write_text(blocks("python")[1])
    found = runpy.run_path(str(script))
    assert found["pattern"].shape == (128, 128)
    assert "taken" in capsys.readouterr().out


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
        assert (ROOT / target).exists(), target


def test_the_citation_names_both_papers_and_this_version():
    text = (ROOT / "CITATION.cff").read_text()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"version: {version}" in text
    assert "10.1002/apxr.202200118" in text
    assert "10.34133/adi.0117" in text


def test_the_license_is_whole():
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_contributing_fits_on_one_screen():
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) <= 40
