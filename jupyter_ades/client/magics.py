"""``%ades`` and ``%%ades``: the service from a notebook, in words rather than Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from jupyter_ades.client.client import Client
from jupyter_ades.client.completion import install
from jupyter_ades.client.errors import ClientError
from jupyter_ades.client.expansion import Expansion
from jupyter_ades.client.given import read_document, read_value
from jupyter_ades.client.job import Job
from jupyter_ades.client.magic_lines import COMMANDS, Line, read_line
from jupyter_ades.client.overview import Overview
from jupyter_ades.client.process import Process


@magics_class
class AdesMagics(Magics):
    """Holds the client that the magics of one kernel speak through."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell = shell
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """The connected client; this notebook's own server when none was named."""
        if self._client is None:
            self._client = Client()
        return self._client

    @no_var_expand
    @line_cell_magic
    def ades(self, line: str, cell: str | None = None) -> Any:
        """Deploy notebooks and CWL as processes, execute them as jobs, get their results.

        %ades                           what there is: service, processes, open jobs
        %ades connect URL [--token T] [--workspace W]
        %ades processes                 the deployed processes
        %ades deploy FILE|URL [--id ID] [--replace]
        %ades describe PROCESS          its inputs and outputs
        %ades undeploy PROCESS
        %ades execute PROCESS name=value ... [--wait]
        %ades jobs [--status S] [--process P] [--limit N]
        %ades status JOB                how it stands; --wait shows a bar until it has ended
        %ades log JOB                   what it wrote
        %ades results JOB               its STAC catalog, by pystac
        %ades dismiss JOB [--remove]    end it; --remove removes a finished one with its files
        %ades rerun JOB name=value ...  the same inputs, but for those given

        %%ades execute PROCESS [--wait]
        name: value                     inputs as YAML
        other: $variable                a Python variable
        third: {expression}             a Python expression

        Every line gives an object: job = %ades execute ... ; job.wait() ; job.results()
        JOB is a job's id or a variable: %ades status $job
        """
        expansion = Expansion(self._evaluate)
        try:
            command = read_line(line, expansion)
            body = None if cell is None else expansion.resolve(read_document(expansion.mark(cell)))
            if body is not None and not COMMANDS[command.name].body:
                raise UsageError(f"%%ades {command.name} takes no lines below it")
            run: Callable[[Line, dict[str, Any]], Any] = getattr(self, f"_{command.name}")
            return run(command, body or {})
        except ClientError as error:
            words = f"{type(error).__name__}: {error}"
            # IPython shows this in place of a traceback through our own lines.
            error._render_traceback_ = lambda: [words]  # type: ignore[attr-defined]
            raise

    def _evaluate(self, code: str) -> Any:
        try:
            return eval(code, self._shell.user_global_ns, self._shell.user_ns)
        except NameError as error:
            raise UsageError(f"{error}; write $$ for a dollar sign, {{{{ }}}} for braces") from None

    def _overview(self, line: Line, body: dict[str, Any]) -> Overview:
        return Overview(self.client, self.client.processes(), self.client.jobs(limit=10))

    def _connect(self, line: Line, body: dict[str, Any]) -> Client:
        (url,) = line.words
        client = Client(
            url, token=line.options.get("token"), workspace=line.options.get("workspace", "")
        )
        client.processes(limit=1)
        self._client = client
        return client

    def _processes(self, line: Line, body: dict[str, Any]) -> Any:
        return self.client.processes()

    def _deploy(self, line: Line, body: dict[str, Any]) -> Process:
        (package,) = line.words
        return self.client.deploy(
            package,
            process_id=line.options.get("id", ""),
            replace="replace" in line.options,
        )

    def _describe(self, line: Line, body: dict[str, Any]) -> Process:
        return self._process(line)

    def _undeploy(self, line: Line, body: dict[str, Any]) -> None:
        self._process(line).undeploy()

    def _execute(self, line: Line, body: dict[str, Any]) -> Job:
        process = self._process(line)
        return self._finish(process.execute({**body, **pairs(line, process)}), line)

    def _jobs(self, line: Line, body: dict[str, Any]) -> Any:
        limit = line.options.get("limit", "20")
        if not str(limit).isdigit():
            raise UsageError(f"--limit {limit}: a whole number is expected")
        status = [word for word in line.options.get("status", "").split(",") if word]
        try:
            return self.client.jobs(
                status=status, process=line.options.get("process", ""), limit=int(limit)
            )
        except ValueError as error:
            raise UsageError(str(error)) from None

    def _status(self, line: Line, body: dict[str, Any]) -> Job:
        return self._finish(self._job(line), line)

    def _log(self, line: Line, body: dict[str, Any]) -> Any:
        return self._job(line).log()

    def _results(self, line: Line, body: dict[str, Any]) -> Any:
        return self._job(line).results()

    def _dismiss(self, line: Line, body: dict[str, Any]) -> Job:
        return self._job(line).dismiss(remove="remove" in line.options)

    def _rerun(self, line: Line, body: dict[str, Any]) -> Job:
        job = self._job(line)
        changes = dict(body)
        if line.pairs:
            changes.update(pairs(line, self.client.process(job.process_id)))
        return self._finish(job.rerun(**changes), line)

    def _finish(self, job: Job, line: Line) -> Job:
        return job.wait() if "wait" in line.options else job

    def _process(self, line: Line) -> Process:
        given = line.words[0]
        return self.client.process(given.id if isinstance(given, Process) else str(given))

    def _job(self, line: Line) -> Job:
        given = line.words[0]
        return given.refresh() if isinstance(given, Job) else self.client.job(str(given))


def pairs(line: Line, process: Process) -> dict[str, Any]:
    """A line's inputs; texts are read as the inputs take them, Python values stay as they are."""
    found: dict[str, list[Any]] = {}
    for name, value in line.pairs:
        if isinstance(value, str):
            value = read_value(value, process.inputs.get(name))
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def load(shell: InteractiveShell) -> None:
    """``%load_ext jupyter_ades``."""
    magics = AdesMagics(shell)
    shell.register_magics(magics)
    install(shell, lambda: magics.client)
