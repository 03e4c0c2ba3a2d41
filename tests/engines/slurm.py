"""A cluster of Slurm's on this machine: munge, slurmctld, and a slurmd for each of two nodes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

NEEDS = "needs: root, and apt-get install slurmctld slurmd slurm-client munge"
CONFIG = """ClusterName=ades
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmctldPort={ports[0]}
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MinJobAge=300
KillWait=2
SlurmdTimeout=10
SlurmdParameters=config_overrides
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=100000
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=4 RealMemory=4000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=4 RealMemory=4000
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=60 State=UP
PartitionName=far Nodes=n2 MaxTime=60 State=UP
PartitionName=closed Nodes=n1 MaxTime=60 State=INACTIVE
"""
#: Seconds that the cluster has to come up, and its commands to answer.
PATIENCE = 30.0
NODES = ("n1", "n2")


def can_run() -> bool:
    """Whether this machine can be a cluster."""
    programs = ("slurmctld", "slurmd", "munged", "sbatch")
    return os.geteuid() == 0 and all(map(shutil.which, programs))


class Slurm:
    """One cluster in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "slurm.conf"
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("state", "munge", *(f"spool/{each}" for each in NODES)):
            (folder / name).mkdir(parents=True, mode=0o755)
        ports = _free_ports(3)
        self.config.write_text(
            CONFIG.format(folder=folder, host=socket.gethostname().partition(".")[0], ports=ports)
        )

    def start(self) -> None:
        """Start its daemons, and wait until both nodes are idle."""
        munge = self.folder / "munge"
        key = munge / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        places = {"key-file": key, "socket": munge / "socket", "pid-file": munge / "pid"}
        options = [f"--{name}={path}" for name, path in places.items()]
        log, seed = f"--log-file={munge}/log", f"--seed-file={munge}/seed"
        self._run("munged", "--foreground", "--force", *options, log, seed)
        _until(lambda: (munge / "socket").exists(), "munged gives no socket")
        self._run("slurmctld", "-D", "-f", str(self.config))
        for node in NODES:
            self.start_node(node)
        _until(lambda: self.states() == {"idle"}, self._logs)

    def start_node(self, node: str, *, hidden: Path | None = None) -> None:
        """Start one node's daemon; an empty folder stands there in the place of a hidden one."""
        # A node's own view of the file systems, as that of another machine.
        hide = 'mount -t tmpfs none "$0" && exec "$@"'
        apart = ["unshare", "--mount", "sh", "-c", hide, str(hidden)] if hidden else []
        self._run(*apart, "slurmd", "-D", "-f", str(self.config), "-N", node, name=node)

    def kill_node(self, node: str) -> None:
        """Kill one node's daemon and all that it runs, as a loss of power would."""
        self._daemons[node].kill()
        self._daemons[node].wait()
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                told = process.environ()
                own = told.get("SLURM_CONF") == str(self.config)
                if own and told.get("SLURMD_NODENAME") == node:
                    process.kill()

    def stop(self) -> None:
        """End everything in its queue, and its daemons."""
        self.ask("scancel", "--user=root")
        for daemon in reversed(self._daemons.values()):
            daemon.terminate()
        for daemon in self._daemons.values():
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def states(self) -> set[str]:
        """The states of its nodes."""
        return set(self.ask("sinfo", "-N", "-h", "-o", "%T").split())

    def queue(self) -> list[str]:
        """Jobs that wait or run: state and node of each."""
        return self.ask("squeue", "-h", "-o", "%T %N").splitlines()

    def running_on(self, node: str) -> int:
        """How many jobs run on a node."""
        return self.queue().count(f"RUNNING {node}")

    def ask(self, *command: str) -> str:
        """What one of Slurm's commands says."""
        environment = {**os.environ, "SLURM_CONF": str(self.config)}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE
        ).stdout

    def _run(self, *command: str, name: str = "") -> None:
        with open(self.folder / f"{name or command[0]}.out", "wb") as out:
            self._daemons[name or command[0]] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, "SLURM_CONF": str(self.config)},
            )

    def _logs(self) -> str:
        return "\n".join(path.read_text()[-1000:] for path in self.folder.glob("*.log"))


def _until(holds: object, otherwise: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():  # type: ignore[operator]
        said = otherwise() if callable(otherwise) else otherwise
        assert time.monotonic() < deadline, said
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
