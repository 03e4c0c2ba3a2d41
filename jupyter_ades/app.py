"""The server extension: its traits, and its start, which builds no more than there is work for."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from traitlets import Bool, Float, Int, List, TraitError, Unicode, default, validate

from jupyter_ades.core.claim import Claim
from jupyter_ades.core.doorbell import Doorbell
from jupyter_ades.core.glance import has_work
from jupyter_ades.entrance import Entrance, Rooms
from jupyter_ades.errors import AdesError
from jupyter_ades.events import SCHEMA_FILE
from jupyter_ades.settings.api import ApiTraits
from jupyter_ades.settings.bounds import at_least_one
from jupyter_ades.settings.buckets import BucketTraits, results_bucket
from jupyter_ades.settings.durability import DurabilityTraits
from jupyter_ades.settings.engines import EngineTraits
from jupyter_ades.settings.environment import EnvironmentTraits
from jupyter_ades.settings.fairness import FairnessTraits
from jupyter_ades.settings.requests import RequestTraits
from jupyter_ades.settings.results import Places, places
from jupyter_ades.settings.retention import RetentionTraits
from jupyter_ades.settings.warm import WarmTraits
from jupyter_ades.workspace_names import DIALECTS, check_workspace_name, workspace_name

if TYPE_CHECKING:
    from jupyter_ades.house import House
    from jupyter_ades.runners.base import Site
    from jupyter_ades.system.containers import Containers


class ADES(
    ApiTraits,
    BucketTraits,
    DurabilityTraits,
    EngineTraits,
    EnvironmentTraits,
    FairnessTraits,
    RequestTraits,
    RetentionTraits,
    WarmTraits,
    ExtensionApp,
):
    """An ADES (OGC API - Processes) inside this Jupyter server."""

    name = "jupyter_ades"
    app_name = "ADES"
    description = "Turns notebooks and CWL application packages into processing services."
    load_other_extensions = True
    #: Why this extension offers nothing; empty when it does.
    disabled = ""
    #: What answers and carries jobs; None until there is something to do.
    house: House | None = None
    #: Where requests come in; None while this extension is disabled.
    entrance: Entrance | None = None
    _bells: tuple[Doorbell, ...] = ()

    workspaces = List(
        Unicode(),
        help="Names of the workspaces that this server offers at /<name>/wps3; the first is the"
        " default one. Default: $JUPYTERHUB_USER, else the operating system's user.",
    ).tag(config=True)
    workspace_root = Unicode(
        help="Folder for the state of all workspaces (store, packages, job directories), one"
        " folder each. Default: 'ades' in Jupyter's data directory.",
    ).tag(config=True)
    results_url = Unicode(
        help="Folder or 's3://bucket/prefix' that results are delivered to, one folder"
        " 'wf-<job id>' each; where there are several workspaces, those of each are in a folder"
        " '<workspace>' there. A relative folder is taken from the server's root folder. Default:"
        " 'ades-results/<workspace>'.",
    ).tag(config=True)
    max_open_jobs = Int(
        100_000, help="Accepted and running jobs that one workspace may have. Default: 100000."
    ).tag(config=True)
    reuse_steps = Bool(
        False,
        help="Keep what finished steps made until the job is successful, for every CWL package; a"
        " failed job can then be run again from its unfinished steps. Else only for packages that"
        " say WorkReuse with enableReuse true. Default: false.",
    ).tag(config=True)
    keep_scratch = Bool(
        False,
        help="Keep the staged inputs and the working folder of successful jobs. Default: false.",
    ).tag(config=True)
    allow_hosts = List(
        Unicode(),
        help="Hosts that references may name although they are loopback, link-local or private:"
        " 'name', 'name:port', an address, or a network such as '10.0.0.0/8'. Default: none.",
    ).tag(config=True)
    href_timeout = Float(
        60.0, help="Seconds without a byte after which fetching a reference is tried again."
    ).tag(config=True)
    href_max_bytes = Int(
        50 * 2**30, help="Most bytes that one reference may have; 0 is no limit. Default: 50 GiB."
    ).tag(config=True)
    href_attempts = Int(5, help="Attempts to fetch one reference. Default: 5.").tag(config=True)
    public_url = Unicode(
        help="Scheme and host that clients reach this server by, such as 'https://hub.example'."
        " Default: that of $JUPYTERHUB_PUBLIC_URL, else those of each request.",
    ).tag(config=True)

    @validate("results_url")
    def _validate_results_url(self, proposal: Mapping[str, Any]) -> str:
        results_bucket(proposal["value"])
        return str(proposal["value"])

    @default("public_url")
    def _default_public_url(self) -> str:
        parts = urlsplit(os.environ.get("JUPYTERHUB_PUBLIC_URL", ""))
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @default("workspaces")
    def _default_workspaces(self) -> list[str]:
        return [workspace_name(os.environ.get("JUPYTERHUB_USER") or getpass.getuser())]

    @default("workspace_root")
    def _default_workspace_root(self) -> str:
        return str(Path(jupyter_data_dir()) / "ades")

    @validate("workspaces")
    def _validate_workspaces(self, proposal: Mapping[str, Any]) -> list[str]:
        names: list[str] = proposal["value"]
        if not names or len(set(names)) != len(names):
            raise TraitError("ADES.workspaces: give at least one name, each once")
        for name in names:
            try:
                check_workspace_name(name)
            except ValueError as error:
                raise TraitError(f"ADES.workspaces: {error}") from None
        return names

    @validate(
        "max_open_jobs",
        "href_attempts",
    )
    def _validate_positive(self, proposal: Mapping[str, Any]) -> int:
        return at_least_one(proposal)

    @classmethod
    def class_own_traits(cls, **metadata: Any) -> dict[str, Any]:
        """This extension's traits, those of its mixins too: what ``--help-all`` shows."""
        base = ExtensionApp.class_traits()
        found = cls.class_traits(**metadata).items()
        return {name: trait for name, trait in found if base.get(name) is not trait}

    # building

    @property
    def _server(self) -> Any:
        """The Jupyter server, there from the moment that it loads this extension."""
        return self.serverapp

    def update_config(self, config: Any) -> None:
        """Take the configuration; one that cannot be used disables this extension."""
        try:
            super().update_config(config)
        except TraitError as error:
            self.disabled = str(error)

    def initialize_settings(self) -> None:
        """Claim the workspaces, and build the house where it has work before anybody asks.

        What cannot be used disables this extension, never the server.
        """
        try:
            if not self.disabled:
                self._claim()
        except OSError as error:
            self.disabled = f"its folders cannot be used: {error}"
        except AdesError as error:
            self.disabled = error.detail
        if self.disabled:
            self.log.error("jupyter_ades is disabled: %s", self.disabled)

    def _claim(self) -> None:
        root = Path(self.workspace_root).expanduser().resolve()
        self.claims = {name: Claim(root / name) for name in self.workspaces}
        first = [claim.acquire() for claim in self.claims.values()]
        self._server.event_logger.register_event_schema(SCHEMA_FILE)
        if not all(first) or self._always_works() or self._has_work():
            self.house = self._build()

    def _always_works(self) -> bool:
        """Whether the traits ask for something that is done without being asked."""
        bucket = results_bucket(self.results_url)
        return bool(self.warm_at_start or self.keep_jobs or self.keep_results or bucket)

    def _has_work(self) -> bool:
        root = Path(self.workspace_root).expanduser().resolve()
        stores = self.stores_folder or root
        return any(
            has_work(root / name, stores / name, self.store_journal) for name in self.workspaces
        )

    def _build(self) -> House:
        from jupyter_ades.house import House

        return House(self)

    @property
    def stores_folder(self) -> Path | None:
        """Where the stores are, when they are not in ``workspace_root``."""
        return Path(self.store_root).expanduser().resolve() if self.store_root else None

    @property
    def user_folder(self) -> Path:
        """The server's root folder."""
        return Path(self._server.root_dir).resolve()

    def results_places(self, workspace: str) -> Places:
        """Where results of a workspace are delivered, and may have been before."""
        return places(self.results_url, self.user_folder, workspace, alone=len(self.workspaces) < 2)

    def site_for(
        self, kernels: Callable[[], Mapping[str, Any]], containers: Containers | None = None
    ) -> Site:
        """What jobs find here, as the traits say."""
        from jupyter_ades.runners.base import Site
        from jupyter_ades.runners.toil import SLURM, batch_system, partition
        from jupyter_ades.system import batch
        from jupyter_ades.system.containers import Containers
        from jupyter_ades.system.kubernetes_nodes import kubernetes_nodes
        from jupyter_ades.system.machine import usable_memory

        cluster = batch.Cluster(partition(self.toil_options))
        if batch_system(self.toil_options) == SLURM:
            cluster.begin()
        pod_nodes = kubernetes_nodes()
        if self.ask_kubernetes_nodes:
            pod_nodes.begin()
        return Site(
            cores=self.job_cores,
            memory=usable_memory(),
            kernel_specs=kernels,
            container_engine=(containers or Containers(self.container_engine)).engine,
            image_environments=self.image_environments,
            notebook_image=self.notebook_image,
            kubernetes=self.kubernetes,
            stage_steps=tuple(self.stage_steps),
            stage_image=self.stage_image,
            toil_options=tuple(self.toil_options),
            toil_image=self.toil_image,
            nodes=cluster.nodes,
            cluster_answers=cluster.answers,
            pod_nodes=pod_nodes if self.ask_kubernetes_nodes else tuple,
            default_runners=self.default_runners,
        )

    def initialize_handlers(self) -> None:
        """Let requests in, for every workspace in every dialect."""
        if self.disabled:
            return
        self._building = asyncio.Lock()
        application = self._server.web_app
        self.entrance = Entrance(application, self.awake)
        application.add_handlers(".*$", self.entrance.rules(self._server.base_url))
        # The JupyterLab half finds its workspace, and that there is a server half, by this.
        page_config = application.settings.setdefault("page_config_data", {})
        page_config["adesWorkspace"] = self.workspaces[0]
        page_config["adesResults"] = self._results_in_user_folder()

    def _results_in_user_folder(self) -> str:
        """Where a file browser finds the default workspace's results; empty when it does not."""
        places = self.results_places(self.workspaces[0])
        results = places.folder.resolve()
        if places.bucket or not results.is_relative_to(self.user_folder):
            return ""
        return str(results.relative_to(self.user_folder))

    # running

    async def awake(self) -> Rooms:
        """What answers requests, built and at work. When it cannot be built now, what says so."""
        assert self.entrance is not None
        async with self._building:
            if self.entrance.rooms is None:
                try:
                    await self._awake()
                except (AdesError, OSError) as error:
                    self.log.error("jupyter_ades cannot answer: %s", error)
                    return self._closed(error)
                self.entrance.rooms = self._rooms()
            return self.entrance.rooms

    async def _awake(self) -> None:
        if self.house is None:
            loop = asyncio.get_running_loop()
            # Takes a while, in which Jupyter's other requests are answered.
            self.house = await loop.run_in_executor(None, self._build)
        self._close_bells()
        self.house.start()

    def _rooms(self) -> Rooms:
        assert self.house is not None
        base_url = self._server.base_url
        rules = [
            (url_path_join(base_url, path), *more) for path, *more in self.house.routes(base_url)
        ]
        return Rooms(self._server.web_app, rules)

    def _closed(self, error: Exception) -> Rooms:
        from jupyter_ades.api.base import ClosedHandler

        return Rooms(self._server.web_app, [(r".*", ClosedHandler, {"reason": error})])

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        if self.disabled:
            return
        for name in self.workspaces:
            addresses = [url_path_join(serverapp.base_url, name, each) for each in DIALECTS]
            self.log.info("ADES of workspace %s at %s", name, " and ".join(addresses))
        if self.house is not None or not self._listen() or self._has_work():
            await self.awake()

    def _listen(self) -> bool:
        """Whether other servers can ring for what they have accepted, which builds the house."""
        loop = asyncio.get_running_loop()
        root = Path(self.workspace_root).expanduser().resolve()
        self._bells = tuple(Doorbell(root / name) for name in self.workspaces)
        heard = [bell.listen(loop, self._hear) for bell in self._bells]
        return all(heard)

    def _hear(self) -> None:
        self._close_bells()
        self._waking = asyncio.ensure_future(self.awake())

    def _close_bells(self) -> None:
        for bell in self._bells:
            bell.close()

    async def stop_extension(self) -> None:
        """Stop the loop, not the jobs."""
        if self.disabled:
            return
        async with self._building:
            self._close_bells()
            if self.house is not None:
                await self.house.stop()
            else:
                for claim in self.claims.values():
                    claim.close()

    def current_activity(self) -> int | None:
        """Running jobs: a server that has some is not shut down for idleness."""
        return None if self.house is None else self.house.dispatcher.running or None
