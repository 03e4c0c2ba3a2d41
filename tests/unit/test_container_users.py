"""Which users podman is told to map: an ordinary user's, and none for root, to whom it refuses."""

from __future__ import annotations

import os
from typing import Any

import pytest

from jupyter_ades.programs.cwl_jobs import ForRoot

MAPPED = "--userns=keep-id"


class _Cwltools:
    def create_runtime(self, env: Any, context: Any) -> tuple[list[str], str | None]:
        return ["podman", "run", "-i", MAPPED, "image"], "file.cid"


class _Ours(ForRoot, _Cwltools):
    pass


@pytest.mark.parametrize(("user", "mapped"), [(0, False), (1000, True)])
def test_users_are_mapped_for_ordinary_users_alone(
    monkeypatch: pytest.MonkeyPatch, user: int, mapped: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    command, ids = _Ours().create_runtime({}, None)  # type: ignore[arg-type]
    assert command == ["podman", "run", "-i", *([MAPPED] if mapped else []), "image"]
    assert ids == "file.cid"
