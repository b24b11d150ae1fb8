"""Settings: one table, every problem at once, a page that is generated from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparx_core.settings import Settings, SettingsError, declarations, documentation

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_defaults_need_no_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.load({})
    assert settings.home == tmp_path / ".sparx"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.database_url is None
    assert settings.max_body_bytes == 1_048_576
    assert settings.api_processes >= 1
    assert settings.warnings == ()


@pytest.mark.parametrize(
    ("given", "port"),
    [
        ({"PORT": "9000"}, 9000),
        ({"SPARX_PORT": "9001"}, 9001),
        ({"SPARX_PORT": "9001", "PORT": "9000"}, 9001),
        ({"SPARX_PORT": "", "PORT": "9000"}, 9000),
    ],
)
def test_port_of_its_own_comes_before_the_common_one(given: dict[str, str], port: int) -> None:
    assert Settings.load(given).port == port


def test_every_problem_is_reported_at_once_with_its_variable() -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.load(
            {
                "PORT": "http",
                "SPARX_API_THREADS": "0",
                "SPARX_LOG_FORMAT": "xml",
                "SPARX_TRUSTED_PROXIES": "example.org",
                "SPARX_DATABASE_URL": "mysql://root:hunter2@db/x",
            }
        )
    named = {problem.split()[0] for problem in raised.value.problems}
    assert named == {
        "PORT",
        "SPARX_API_THREADS",
        "SPARX_LOG_FORMAT",
        "SPARX_TRUSTED_PROXIES",
        "SPARX_DATABASE_URL",
    }
    assert "hunter2" not in str(raised.value)


def test_unknown_variables_are_warned_about() -> None:
    given = {"SPARX_DATABSE_URL": "x", "SPARX_PARENT_FD": "3", "SPARX_KEY": "k", "PATH": "/bin"}
    (warning,) = Settings.load(given).warnings
    assert "SPARX_DATABSE_URL" in warning


def test_home_is_absolute_and_keeps_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    monkeypatch.chdir(tmp_path)
    assert Settings.load({"SPARX_HOME": "link/x"}).home == tmp_path / "link" / "x"


def test_every_setting_is_described() -> None:
    for declared in declarations():
        assert declared.metadata["help"].endswith("."), declared.name
        assert declared.metadata["variable"].startswith("SPARX_")


@pytest.mark.skipif(not PAGE.exists(), reason="the page belongs to a checkout of the project")
def test_page_is_what_is_declared() -> None:
    assert PAGE.read_text() == documentation(), (
        "run: python -m sparx_core.settings > docs/settings.md"
    )
