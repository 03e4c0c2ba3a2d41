"""Which runner carries a job, and what is said when it cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jupyter_ades.errors import InvalidRequest, Unavailable
from jupyter_ades.model import RUNNER
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.choosing import choose, offers
from jupyter_ades.runners.registry import names, runner
from tests.worker.support import CWL, NOTEBOOK

OTHER = "papermill"


class Fake:
    """A runner of both kinds that may lack something."""

    kinds = ("cwl", "notebook")

    def __init__(self, name: str, lacks: str = "") -> None:
        self.name, self._lacks = name, lacks

    def missing(self, site: Site) -> str:
        """What it lacks."""
        return self._lacks


def find(name: str) -> Any:
    return Fake(name, "it is asleep." if name == "python" else "")


@pytest.mark.parametrize(
    ("wanted", "deployed", "site", "chosen"),
    [
        ("", "", {}, "cwltool"),
        ("", "", {"cwl": OTHER}, OTHER),
        ("", "", {"notebook": OTHER}, "cwltool"),
        ("", "docker", {"cwl": OTHER}, "docker"),
        ("cwltool", "docker", {"cwl": OTHER}, "cwltool"),
    ],
)
def test_the_request_goes_before_the_deploy_before_the_site_before_the_package(
    wanted: str, deployed: str, site: dict[str, str], chosen: str
) -> None:
    process = replace(CWL, details={RUNNER: deployed})
    assert choose(process, wanted, Site(default_runners=site), find).name == chosen


def test_a_runner_that_lacks_something_is_refused_with_it() -> None:
    with pytest.raises(Unavailable) as caught:
        choose(CWL, "python", Site(), find)
    assert caught.value.detail == "The runner 'python' cannot be used here: it is asleep."


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [("no-such", "is not installed here"), ("python", "runs no notebooks")],
)
def test_a_runner_that_is_none_is_refused_with_those_that_are(wanted: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        choose(NOTEBOOK, wanted, Site(), runner)
    assert reason in caught.value.detail
    assert "papermill" in caught.value.detail
    assert [each.path for each in caught.value.problems] == ["runner"]


def test_every_installed_runner_is_offered() -> None:
    found = {each.name: each for each in offers(Site(), runner)}
    assert tuple(found) == names()
    assert (found["papermill"].kinds, found["papermill"].missing) == (("notebook",), "")
    assert "DockerRequirement" in found["docker"].missing


def test_one_that_cannot_be_loaded_says_why() -> None:
    def broken(name: str) -> Any:
        raise ImportError("No module named 'nowhere'")

    found = offers(Site(), broken)
    assert {each.missing for each in found} == {"it cannot be loaded (No module named 'nowhere')."}
