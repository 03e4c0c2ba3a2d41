"""Traits are documented, and one that cannot be used disables the extension in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.app import ADES
from jupyter_ades.workspace_names import ALLOWED, RESERVED, workspace_name

DOCS = Path(__file__).parents[2] / "docs" / "operators" / "configuration.md"
OWN = sorted(ADES.class_own_traits(config=True))


@pytest.mark.parametrize("trait", OWN)
def test_a_trait_has_help_and_a_line_in_the_docs(trait: str) -> None:
    assert len(ADES.class_traits()[trait].help.split()) > 5
    assert f"`c.ADES.{trait}`" in DOCS.read_text()


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("jane", "jane"),
        ("jane@esa.int", "jane-esa.int"),
        ("lab", "lab-ws"),
        ("", "workspace"),
        ("../..", "workspace"),
        ("Ünïcode", "n-code"),
        ("x" * 200, "x" * 60),
    ],
)
def test_a_workspace_is_named_after_the_user(user: str, expected: str) -> None:
    assert workspace_name(user) == expected


@pytest.mark.parametrize("user", [*sorted(RESERVED), "a b", "@", ".hidden", "x" * 100])
def test_a_default_name_is_never_refused(user: str) -> None:
    name = workspace_name(user)
    assert ALLOWED.fullmatch(name)
    assert name not in RESERVED


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"workspaces": ["lab"]}, "Jupyter itself answers at /lab"),
        ({"workspaces": ["a/b"]}, "letters, digits"),
        ({"workspaces": []}, "at least one name"),
        ({"max_running_jobs": 0}, "1 or more"),
        ({"max_running_jobs": "many"}, "max_running_jobs"),
        ({"results_url": "s3://../x"}, "no name of a bucket"),
        ({"results_url": "https://host/x"}, "a folder or s3://bucket/prefix"),
        ({"s3_endpoint": "https://key:secret@host"}, "must not hold credentials"),
        ({"s3_endpoint": "host:9000"}, "an endpoint is an address"),
        ({"s3_credentials": "os.environ"}, "'module:function'"),
        ({"s3_buckets": {"b": {"secret_key": "x"}}}, "'secret_key' is none of endpoint"),
        ({"s3_buckets": {"b": {"anonymous": "yes"}}}, "'anonymous' must be a bool"),
        ({"s3_buckets": {"b": None}}, "a dictionary is expected"),
        ({"max_items": 0}, "1 or more"),
        ({"workspace_root": "/proc/nowhere"}, "folders cannot be used"),
    ],
)
def test_what_cannot_be_used_disables_the_extension_and_not_the_server(
    config: dict[str, Any],
    words: str,
    jp_configurable_serverapp: Any,
    capfd: pytest.CaptureFixture[str],
) -> None:
    extensions = {"jpserver_extensions": {"jupyter_ades": True}}
    server = jp_configurable_serverapp(config={"ServerApp": extensions, "ADES": config})
    (app,) = server.extension_manager.extension_apps["jupyter_ades"]
    assert words in app.disabled
    assert "jupyter_ades is disabled: " in capfd.readouterr().err
    assert app.entrance is None
    assert app.house is None
    assert app.current_activity() is None
