"""Where credentials come from; that what is wrong with them is said."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from jupyter_ades.model import FetchPolicy
from jupyter_ades.s3.client import client
from jupyter_ades.s3.reading import about
from tests.s3.service import Service

FIXED = "def give(): return {'access_key': 'MODULE', 'secret_key': 'fixed', 'token': 'tok'}"
FLEETING = """
from datetime import datetime, timedelta, UTC
asked = []
def give():
    asked.append(1)
    # The first ones have expired already.
    end = datetime.now(UTC) + timedelta(hours=2 if len(asked) > 1 else -2)
    return {"access_key": f"MODULE{len(asked)}", "secret_key": "s", "expiry_time": end.isoformat()}
"""


def keys(settings: Any) -> tuple[str, str, str]:
    found = client(settings)._request_signer._credentials.get_frozen_credentials()
    return found.access_key, found.secret_key, found.token or ""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes an importable module of a source."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def make(name: str, source: str) -> None:
        (tmp_path / f"{name}.py").write_text(source)
        made.append(name)

    yield make
    for name in made:
        sys.modules.pop(name, None)


def test_from_the_environment(s3: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    client.cache_clear()
    assert keys(s3.settings()) == ("AK", "SK", "token")


def test_from_a_profile(moto_service: Service) -> None:
    Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).write_text(
        "[other]\naws_access_key_id = PROFILE\naws_secret_access_key = p\n"
    )
    assert keys(moto_service.settings(profile="other", region="x")) == ("PROFILE", "p", "")


def test_from_a_function(moto_service: Service, module: Any) -> None:
    module("giver_one", FIXED)
    settings = moto_service.settings(credentials="giver_one:give", region="x")
    assert keys(settings) == ("MODULE", "fixed", "tok")


def test_a_function_is_asked_again_when_its_keys_expire(moto_service: Service, module: Any) -> None:
    module("giver_two", FLEETING)
    settings = moto_service.settings(credentials="giver_two:give", region="x")
    assert keys(settings)[0] == "MODULE2"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"profile": "none"}, "there is no such profile"),
        ({"credentials": "no_such_module:give"}, "c.ADES.s3_credentials"),
        ({"credentials": "os:no_such_function"}, "c.ADES.s3_credentials"),
        ({"credentials": "os:getpid"}, "c.ADES.s3_credentials"),
        ({"endpoint": "http://"}, "endpoint"),
        ({}, "there are no credentials"),
    ],
)
def test_what_is_wrong_is_said(moto_service: Service, settings: dict[str, str], why: str) -> None:
    policy = FetchPolicy(
        user_folder="/nonexistent",
        buckets=(("*", moto_service.settings(region="x", **settings)),),
    )
    with pytest.raises(Exception, match=why) as caught:
        about("s3://bucket/key", policy)
    assert type(caught.value).__name__ == "UnreachableReference"
