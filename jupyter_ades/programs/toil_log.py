"""What Toil's leader says of a run's steps: which begin and end, what they print, how they fail.

The leader tells these in its log alone; its message bus says nothing of steps that one of its jobs
runs after another.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import Any

#: ``[2026-11-24T01:33:01+0000] [MainThread] [I] [toil.leader] text``
_SAID = re.compile(r"^\t?\[[^\]]*\] \[[^\]]*\] \[(?P<level>\w)\] \[(?P<who>[^\]]*)\] (?P<text>.*)$")
_ISSUED = re.compile(r"Issued job 'CWLJob\w*' (?P<step>\S+) \S+ v\d+")
_COMPLETE = re.compile(r"CWL step complete: (?P<step>\S+)")
_STREAM = re.compile(r"(?P<step>\S+)\.std(?:out|err) follows:$")
_WORKING = re.compile(r"Working on job 'CWLJob\w*' (?P<step>\S+) \S+ v\d+")
_ENDED = re.compile(
    r"Job failed with exit value (?P<code>-?\d+|<UNAVAILABLE>): '[^']*' (?P<step>\S+) "
)
_EXIT = re.compile(r"exited with status: (?P<code>-?\d+)$")
_FAILED_OUTPUT = re.compile(r"^Failed command standard (?:output|error):$")
_UNEVALUATED = "Failed to evaluate expression:"
#: ``cwltool.errors.WorkflowException: why``, the last line of a traceback.
_RAISED = re.compile(r"^[\w.]+(?:Exception|Error|Requirement|Interrupt): (?P<why>.+)$")
#: Why a batch system ended a step, where that says more than its exit code.
_REFUSED = re.compile(r"Errored operation submitJob, code -?\d+: (?P<why>.*)")
#: What passes by itself: a full queue, a controller that is busy or starts anew. In the words of
#: Slurm's ``slurm_strerror`` and of its reasons for limits on submitted jobs.
_PASSING = re.compile(
    r"SubmitJobsLimit|MaxSubmitJob|submit limit|temporarily|timed? ?out|unable to contact"
    r"|connection refused|connect failure|zero bytes were transmitted|communication|try again"
    r"|too many open files|maximum number of jobs|slurm backup controller in standby",
    re.IGNORECASE,
)
_QUEUED = re.compile(r"Job \S+ with batch system ID \d+ queued as job ")
_REASON = re.compile(r"^Exit reason: (?P<reason>\w+)$")
_REASONS = {
    "LOST": "was lost with its node",
    "KILLED": "was ended by the batch system",
    "MEMLIMIT": "needed more memory than it asked for (ResourceRequirement, ramMin)",
    "TIMELIMIT": "took longer than its queue allows",
    "MISSING": "vanished from the queue",
}
#: What a leader of ours says, before a step's end, of what its pod in Kubernetes says of it.
POD = "Its pod: "
#: What such a leader says, before a step's name and why, of a pod that waits for a node.
WAITS = "Waits for a node: "
#: Submissions that a queue refuses for a reason that stays before the job fails.
REFUSALS = 4
#: How names of documents end.
ENDINGS = ("cwl", "json", "yaml", "yml")
#: How the leader begins to print a pod with all its fields.
_PRINTED_POD = "Pod: {"
#: What the leader says of a failed step besides, of its own job store and commands.
_HOUSEKEEPING = re.compile(r"contains \d+ failed jobs|^Got exit code -?\d+ \(indicating failure\)")
#: Lines of a failed tool that are kept.
KEPT = 30
#: Exit codes of a worker whose node does not see the job's folder: Slurm could not open the files
#: for its words there (it says ``0:53``, a signal to Toil), or Toil found no job store.
UNSHARED = (128 + 53, 76)
#: That of a shell on a node which finds no program of Toil's.
NOT_FOUND = 127
#: Loggers that say what is wrong with a step, apart from Toil's own housekeeping.
_TELLING = ("cwltool", "toil.cwl.cwltoil", "salad")


@dataclass(eq=False)
class Failed:
    """How a step failed for the last time."""

    step: str
    exit_code: int | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    errors: list[str] = field(default_factory=list)
    #: The exit code of its worker, which says less.
    worker_code: int | None = None
    #: Lines of what its worker last raised.
    raised: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Another try has failed, and will say how."""
        self.exit_code = self.worker_code = None
        for each in (self.lines, self.errors, self.raised):
            each.clear()

    def told(self) -> dict[str, Any]:
        """For the runner: the tool's own exit code, else what was wrong before or after it."""
        errors = self.errors or ["\n".join(self.raised)] * bool(self.raised)
        known = self.exit_code is not None or errors
        return {
            "step": label(self.step),
            "exit_code": self.exit_code if known else self.worker_code,
            "lines": list(self.lines),
            "errors": errors,
        }


def label(step: str) -> str:
    """A step's name for people: ``main.2.say`` -> ``say 3``, ``app.cwl.count`` -> ``count``."""
    whole, *parts = step.split(".")
    # A workflow without an id is called as its file is.
    parts = [whole, *dropwhile(ENDINGS.__contains__, parts)]
    numbers = [str(int(each) + 1) for each in parts if each.isdigit()]
    names = [each for each in parts[1:] if not each.isdigit()] or parts[:1]
    return " ".join([names[0], *numbers])


class LeaderLog:
    """Reads the leader's log line by line."""

    def __init__(self, done: list[str] | None = None) -> None:
        #: Steps that ended well, those of an earlier try included, in their order.
        self.done: list[str] = list(done or [])
        #: The step that began or ended last.
        self.latest = ""
        #: Steps that failed and were not finished since, in their order.
        self.failed: dict[str, Failed] = {}
        #: What Toil itself complained of.
        self.errors: list[str] = []
        #: Submissions that a queue refused since the last that it took, for a reason that stays,
        #: and that reason.
        self.refusals = 0
        self.refusal = ""
        self._block: str | None = None
        self._ended = ""
        self._pod = ""
        self._printing_pod = False
        self._failing: Failed | None = None
        self._quoting = False
        #: Whether the leader itself has raised something, which it is telling.
        self._last_words = False
        #: Lines of a sentence that goes on, in a worker's log.
        self._gathered: list[str] | None = None

    @property
    def refused(self) -> bool:
        """Whether the queue refuses the steps for good."""
        return self.refusals >= REFUSALS

    def read(self, line: str) -> Iterator[str]:
        """What is to be told of a line, if anything."""
        said = _SAID.match(line)
        refused = _REFUSED.search(line)
        if refused:
            self._see_refusal(refused["why"])
        if said is None:
            yield from self._read_text(line)
        elif line.startswith("\t"):
            self._read_worker(said["level"], said["who"], said["text"])
        else:
            yield from self._read_leader(said["level"], said["text"])

    def _see_refusal(self, why: str) -> None:
        """A submission was refused; Toil tries it again for ever, ever more slowly."""
        if _PASSING.search(why):
            # It says nothing of whether the queue would take the step.
            return
        self.refusal = why.removeprefix("sbatch: error: ")
        self.refusals += 1

    def _read_text(self, line: str) -> Iterator[str]:
        """A line of a step's own, quoted by the leader or by the step's worker."""
        if self._printing_pod:
            return
        if line == "<=========":
            self._block = self._failing = self._gathered = None
        elif line == "=========>" or not line.strip():
            return
        elif (reason := _REASON.match(line)) and self._ended:
            yield from self._see_reason(reason["reason"])
        elif self._block:
            yield f"{label(self._block)}: {line.removeprefix(chr(9))}"
        elif self._failing is not None and line.startswith("\t"):
            self._read_quoted(self._failing, line.removeprefix("\t"))
        elif self._failing is None and not line.startswith("\t"):
            # Of the leader itself: what it says before it has a log, or as it breaks down.
            raised = _RAISED.match(line)
            if raised:
                self._last_words = True
                self.errors.append(raised["why"])
            elif self._last_words:
                self.errors[-1] += f"\n{line}"
            yield line

    def _read_quoted(self, failing: Failed, line: str) -> None:
        """A line of a failing worker that is no line of its log: a tool's, or of a traceback."""
        raised = _RAISED.match(line)
        if self._quoting:
            failing.lines.append(line)
        elif raised and raised["why"] != "permanentFail":
            failing.raised[:] = [raised["why"]]
            self._gathered = failing.raised
        elif self._gathered is not None and len(self._gathered) < KEPT:
            self._gathered.append(line)

    def _read_worker(self, level: str, who: str, text: str) -> None:
        """A line of a worker whose job failed."""
        working = _WORKING.match(text)
        if working:
            self._failing = self._of(working["step"])
            self._failing.lines.clear()
        self._gathered = None
        if self._failing is None:
            return
        if text == _UNEVALUATED:
            self._gathered = self._failing.raised
            self._gathered.clear()
        ended = _EXIT.search(text)
        if ended:
            self._failing.exit_code = int(ended["code"])
        self._quoting = bool(_FAILED_OUTPUT.match(text))
        if level in "EC" and who in _TELLING and not self._quoting:
            self._failing.errors.append(text)

    def _read_leader(self, level: str, text: str) -> Iterator[str]:
        self._block = None
        self._last_words = False
        self._printing_pod = text.startswith(_PRINTED_POD)
        stream, issued = _STREAM.search(text), _ISSUED.match(text)
        complete, ended = _COMPLETE.search(text), _ENDED.match(text)
        if stream:
            self._block = stream["step"].rpartition(" ")[2]
        elif _QUEUED.match(text):
            self.refusals = 0
        elif issued:
            self.latest = issued["step"]
        elif complete:
            self.latest = complete["step"]
            self.done.append(complete["step"])
            self.failed.pop(complete["step"], None)
        elif text.startswith(POD):
            self._pod = text.removeprefix(POD)
        elif text.startswith(WAITS):
            step, _, why = text.removeprefix(WAITS).partition(": ")
            yield f"{label(step)} waits for a node: {why}"
        elif ended:
            self._ended = ended["step"]
            failed = self._of(self._ended)
            failed.forget()
            failed.worker_code = None if "<" in ended["code"] else int(ended["code"])
        elif level in "EC":
            self.errors.append(text)
            if not _HOUSEKEEPING.search(text):
                yield text

    def _see_reason(self, reason: str) -> Iterator[str]:
        """Why the step that ended last did, which comes before its own lines."""
        why, self._pod = self._pod or _REASONS.get(reason, ""), ""
        if why:
            self._of(self._ended).errors.append(why)
            yield f"{label(self._ended)} {why}"

    def _of(self, step: str) -> Failed:
        return self.failed.setdefault(step, Failed(step))
