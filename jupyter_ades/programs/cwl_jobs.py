"""One run of a command line tool by cwltool: what it says, and how it fails."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from cwltool.context import RuntimeContext
from cwltool.docker import DockerCommandLineJob, PodmanCommandLineJob
from cwltool.errors import WorkflowException
from cwltool.job import CommandLineJob, JobBase
from cwltool.singularity import SingularityCommandLineJob

from jupyter_ades.programs.cwl_progress import Part, Progress
from jupyter_ades.runners.images import image_of
from jupyter_ades.system.descendants import JOB_VARIABLE
from jupyter_ades.worker.lines import Lines

#: Lines of a tool's output that are kept for the job's message.
KEPT = 30
#: Seconds for which a tool's last lines are waited for: one that it left behind may hold its pipe.
LAST_WORDS = 1.0


class Errors(logging.Handler):
    """Keeps what cwltool logs as errors, apart by the thread that a tool runs in."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._kept: list[tuple[int | None, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self._kept.append((record.thread, record.getMessage()))

    def mark(self) -> int:
        """A point in time for :meth:`since`."""
        return len(self._kept)

    def since(self, mark: int) -> list[str]:
        """What this thread logged since then."""
        own = threading.get_ident()
        return [text for thread, text in self._kept[mark:] if thread == own]

    def all(self) -> list[str]:
        """What any thread logged."""
        return [text for _, text in self._kept]


@dataclass(eq=False)
class Failure:
    """How a tool failed."""

    part: Part
    #: Negative for a signal; None when it never ran.
    exit_code: int | None
    #: The last lines that it wrote.
    lines: list[str]
    #: What cwltool said about it.
    errors: list[str]


@dataclass(eq=False)
class Listener:
    """What the run's processes tell."""

    progress: Progress
    errors: Errors = field(default_factory=Errors)
    failures: list[Failure] = field(default_factory=list)
    #: Image to the folder of an environment that tools run in instead.
    environments: Mapping[str, str] = field(default_factory=dict)


class _Tail:
    """A file whose lines are said as they come; the last ones are kept."""

    def __init__(self, say: Callable[[str], None]) -> None:
        reader, writer = os.pipe()
        self.file: BinaryIO = os.fdopen(writer, "wb", buffering=0)
        self.lines: deque[str] = deque(maxlen=KEPT)
        self._say = say
        self._thread = threading.Thread(target=self._listen, args=(reader,), daemon=True)
        self._thread.start()

    def __enter__(self) -> _Tail:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self._thread.join(LAST_WORDS)

    def _listen(self, reader: int) -> None:
        lines = Lines()
        while data := os.read(reader, 2**16):
            self._hear(lines.feed(data))
        self._hear(lines.end())
        os.close(reader)

    def _hear(self, heard: Iterable[str]) -> None:
        for line in heard:
            self.lines.append(line)
            self._say(line)


class Heard:
    """What every run of a command line tool has, wherever it runs."""

    listener: Listener
    part: Part
    collect_outputs: Any
    status: str = ""
    code: int | None = None
    #: The folder of the environment that stands in for the tool's image; empty for none.
    stand_in: str = ""

    def _execute(
        self,
        runtime: list[str],
        env: MutableMapping[str, str],
        runtimeContext: RuntimeContext,  # noqa: N803
        monitor_function: Any = None,
    ) -> None:
        self.listener.progress.start(self.part)
        self.collect_outputs = self._noting_code(self.collect_outputs)
        mark = self.listener.errors.mark()
        if self.stand_in:
            env = {**env, **inside(self.stand_in, env)}
        context = runtimeContext.copy()
        # Not by --preserve-environment: what a step is known again by would have it.
        env = {**env, **{name: os.environ[name] for name in (JOB_VARIABLE,) if name in os.environ}}
        with _Tail(self._say) as tail:
            context.default_stdout = context.default_stderr = tail.file
            super()._execute(runtime, env, context, monitor_function)  # type: ignore[misc]
        if self.status != "success":
            errors = self.listener.errors.since(mark)
            self.listener.failures.append(Failure(self.part, self.code, list(tail.lines), errors))

    def _say(self, line: str) -> None:
        """Say a line of the tool's, with the name of its step where it is one of a workflow."""
        self.listener.progress.speaker.line(f"{self.part.title}: {line}" if self.part.of else line)

    def _noting_code(self, collect: Any) -> Any:
        def noting(outdir: str, code: int) -> Any:
            self.code = code
            return collect(outdir, code)

        return noting


def inside(prefix: str, env: Mapping[str, str]) -> dict[str, str]:
    """What makes a tool find an environment's programs before others, as activating it would."""
    folders = [os.path.join(prefix, "bin"), env.get("PATH", os.defpath)]
    kind = "CONDA_PREFIX" if os.path.isdir(os.path.join(prefix, "conda-meta")) else "VIRTUAL_ENV"
    return {"PATH": os.pathsep.join(folders), kind: prefix}


class HeardJob(Heard, CommandLineJob):
    """A run with what is installed here."""


class _InContainer(Heard):
    def get_from_requirements(
        self, r: Any, pull_image: bool, *arguments: Any, **named: Any
    ) -> str | None:
        """The image; that it is pulled, when it is not here, may take a while: so it is told."""
        found: str | None
        with suppress(WorkflowException):
            found = super().get_from_requirements(r, False, *arguments, **named)  # type: ignore[misc]
            return found
        self.listener.progress.say(f"getting image {image_of(r)}")
        found = super().get_from_requirements(r, pull_image, *arguments, **named)  # type: ignore[misc]
        return found

    def _preserve_environment_on_containers_warning(self, varnames: Any = None) -> None:
        """Say nothing: the variable that marks the job's processes does no harm in there."""


class HeardDockerJob(_InContainer, DockerCommandLineJob):
    """A run in a container of docker's."""


class ForRoot:
    """What podman's runs have besides, for a server that is root's."""

    def create_runtime(
        self,
        env: MutableMapping[str, str],
        runtimeContext: RuntimeContext,  # noqa: N803
    ) -> tuple[list[str], str | None]:
        """cwltool's command, without the mapping of users that podman refuses to root."""
        command, cidfile = super().create_runtime(env, runtimeContext)  # type: ignore[misc]
        if os.geteuid() == 0:
            command = [word for word in command if word != "--userns=keep-id"]
        return command, cidfile


class HeardPodmanJob(_InContainer, ForRoot, PodmanCommandLineJob):
    """A run in a container of podman's."""


class HeardSingularityJob(_InContainer, SingularityCommandLineJob):
    """A run in a container of singularity's or apptainer's."""


#: cwltool's runs, and ours in their places.
HEARD: dict[type[JobBase], type[JobBase]] = {
    CommandLineJob: HeardJob,
    DockerCommandLineJob: HeardDockerJob,
    PodmanCommandLineJob: HeardPodmanJob,
    SingularityCommandLineJob: HeardSingularityJob,
}
