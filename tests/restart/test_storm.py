"""500 jobs, 30 kills: nothing that was accepted is lost, and nothing that is told is untrue."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from tests.restart.aftermath import report
from tests.restart.storm import Storm

JOBS, KILLS = 500, 30


@pytest.mark.timeout(600)
def test_nothing_is_lost(tmp_path: Path) -> None:
    seed = int(os.environ.get("STORM_SEED", random.randrange(2**31)))
    try:
        storm = Storm(tmp_path, jobs=JOBS, kills=KILLS, seed=seed)
    except PermissionError as error:
        pytest.skip(str(error))
    try:
        found = report(storm, storm.rage())
    except BaseException as error:
        error.add_note(f"again with STORM_SEED={seed}")
        raise
    finally:
        storm.close()
    print(json.dumps(found, indent=2))
    assert found["wrong"] == [], f"again with STORM_SEED={seed}"
    assert (found["lost"], sum(found["states"].values())) == (0, JOBS)
