"""The awaiting client does the same by the same operations."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from jupyter_ades.client import AsyncClient, Client, errors
from jupyter_ades.client.aio import AsyncJob, AsyncProcess
from jupyter_ades.client.job import Job
from jupyter_ades.client.process import Process
from tests.conftest import notebook
from tests.restart.server import Server


async def test_a_job_from_deploy_to_dismissal(server: Server, small: str, tmp_path: Path) -> None:
    async with AsyncClient(server.root, token="secret") as client:
        process = await client.process(small)
        assert "outcome" in inspect.signature(process.execute).parameters
        job = await process.execute(name="x")
        await job.wait(timeout=30)
        assert (job.status, job.progress) == ("successful", 100)
        assert await job.inputs() == {"name": "x"}
        assert "StacCatalogUri" in (await job.outputs())["wf_outputs"]
        assert str(await job.log()) == "carried inline\n"
        assert [line async for line in job.follow()] == ["carried inline"]
        assert [path.name for path in await job.download(tmp_path)] == ["catalog.json"]
        again = await (await job.rerun(outcome="hold")).refresh()
        assert (await again.dismiss()).status == "dismissed"
        listed = await client.jobs(process="small", limit=2)
        assert [each.id for each in listed] == [again.id, job.id]
        named = next(each for each in await client.processes() if each.id == small)
        assert list((await named.describe()).inputs) == ["outcome", "items", "flag", "name"]
        with pytest.raises(errors.InvalidInputs, match="did you mean 'name'"):
            await named.execute(nam="x")


async def test_a_process_is_deployed_and_undeployed(server: Server) -> None:
    document = json.loads(notebook("n: int = 1", id="by-await"))
    async with AsyncClient(server.root, token="secret") as client:
        process = await client.deploy(document)
        assert (process.id, list(process.inputs)) == ("by-await-0_1_0", ["n"])
        assert json.loads(await process.package()) == document
        await process.undeploy()
        with pytest.raises(errors.NoSuchProcess):
            await client.process(process.id)


async def test_refusals_are_the_same(server: Server) -> None:
    async with AsyncClient(server.root, token="wrong") as client:
        with pytest.raises(errors.NotAllowed, match="refused"):
            await client.jobs()
    async with AsyncClient("http://127.0.0.1:9/ann/wps3") as client:
        with pytest.raises(errors.Unavailable):
            await client.job("x")


@pytest.mark.parametrize(
    ("blocking", "awaiting"), [(Client, AsyncClient), (Process, AsyncProcess), (Job, AsyncJob)]
)
def test_both_clients_offer_the_same(blocking: type, awaiting: type) -> None:
    def public(cls: type) -> set[str]:
        return {name for name in dir(cls) if not name.startswith("_")}

    assert public(blocking) - public(awaiting) <= {"record"}
    assert public(awaiting) - public(blocking) <= {"describe"}
