"""The server extension: its traits, and the house built from them."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from traitlets import Bool, Float, Int, List, TraitError, Unicode, default, validate

from jupyter_ades import metrics
from jupyter_ades.api.callbacks import Callbacks
from jupyter_ades.api.dialect import Dialect
from jupyter_ades.api.ogc.dialect import OgcApi
from jupyter_ades.api.routes import routes
from jupyter_ades.api.site import ApiSite
from jupyter_ades.api.wps3 import Wps3
from jupyter_ades.core.dispatcher import Dispatcher
from jupyter_ades.core.launcher import Launcher
from jupyter_ades.core.limits import Limits
from jupyter_ades.core.retention import Retention
from jupyter_ades.core.service import Service
from jupyter_ades.core.thread import Core
from jupyter_ades.core.warm_launcher import launcher
from jupyter_ades.core.workspace import Workspace
from jupyter_ades.errors import AdesError
from jupyter_ades.events import SCHEMA_FILE, SCHEMA_ID, announcement
from jupyter_ades.installed import install
from jupyter_ades.keep import Keep
from jupyter_ades.model import FetchPolicy, Job
from jupyter_ades.runners.base import Site
from jupyter_ades.runners.choosing import offers
from jupyter_ades.runners.registry import runner
from jupyter_ades.settings.api import ApiTraits
from jupyter_ades.settings.bounds import at_least_one
from jupyter_ades.settings.buckets import BucketTraits, results_bucket
from jupyter_ades.settings.durability import DurabilityTraits
from jupyter_ades.settings.engines import EngineTraits
from jupyter_ades.settings.environment import EnvironmentTraits
from jupyter_ades.settings.fairness import FairnessTraits
from jupyter_ades.settings.requests import RequestTraits
from jupyter_ades.settings.retention import RetentionTraits
from jupyter_ades.settings.warm import WarmTraits
from jupyter_ades.system import batch
from jupyter_ades.system.batch import Cluster
from jupyter_ades.system.containers import Containers
from jupyter_ades.workspace_names import check_workspace_name, workspace_name

DIALECTS: list[Dialect] = [Wps3(), OgcApi()]


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
    cluster = Cluster()
    _looking: list[asyncio.Task[None]]

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
        " 'wf-<job id>' each; a relative folder is taken from the server's root folder. Default:"
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
        """Build the house; what cannot be built disables this extension, never the server."""
        try:
            if not self.disabled:
                self._build()
        except OSError as error:
            self.disabled = f"its folders cannot be used: {error}"
        except AdesError as error:
            self.disabled = error.detail
        if self.disabled:
            self.log.error("jupyter_ades is disabled: %s", self.disabled)

    def _build(self) -> None:
        user_folder = Path(self._server.root_dir).resolve()
        self.fetch = FetchPolicy(
            user_folder=str(user_folder),
            allow_hosts=tuple(self.allow_hosts),
            timeout=self.href_timeout,
            max_bytes=self.href_max_bytes,
            attempts=self.href_attempts,
            buckets=self.reference_buckets(),
        )
        self.containers = Containers(self.container_engine)
        self.jobs_site = self.site_for(self._described_kernels, self.containers)
        values = {each.name: getattr(self, each.name) for each in fields(Limits)}
        self.limits = Limits(**{**values, **self.rules()})
        self.opened = [self._open_workspace(name, user_folder) for name in self.workspaces]
        dispatched = [workspace for workspace in self.opened if workspace.acquire()]
        own = launcher(warm=self.warm_workers, modules=self.warm_imports)
        self.launcher: Launcher = self.launcher_class() if self.launcher_class else own
        self.dispatcher = Dispatcher(
            dispatched,
            launcher=self.launcher,
            runner=runner,
            fetch=self.fetch,
            limits=self.limits,
            site=self.jobs_site,
            announce=self._announce,
        )
        retention = Retention(
            dispatched, jobs=Keep.read(self.keep_jobs), results=Keep.read(self.keep_results)
        )
        metrics.RUNNING.set_function(lambda: self.dispatcher.running)
        self.core = Core(
            self.dispatcher,
            self.opened,
            retention,
            lambda workspace: served.append(self.services[workspace.name]),
            self._stamp_activity,
            self._install,
        )
        self.services = {
            each.name: Service(each, self.dispatcher, fetch=self.fetch, limits=self.limits)
            for each in self.opened
        }
        served = [self.services[each.name] for each in dispatched]
        self.callbacks = Callbacks(self.core, served, DIALECTS, self.callback_terms(self.fetch))
        self._server.event_logger.register_event_schema(SCHEMA_FILE)

    def site_for(
        self, kernels: Callable[[], Mapping[str, Any]], containers: Containers | None = None
    ) -> Site:
        """What jobs find here, as the traits say."""
        return Site(
            cores=self.job_cores,
            kernel_specs=kernels,
            container_engine=(containers or Containers(self.container_engine)).engine,
            image_environments=self.image_environments,
            notebook_image=self.notebook_image,
            kubernetes=self.kubernetes,
            toil_options=tuple(self.toil_options),
            nodes=self.cluster.nodes,
            cluster_answers=batch.answers,
            default_runners=self.default_runners,
        )

    def _open_workspace(self, name: str, user_folder: Path) -> Workspace:
        root = Path(self.workspace_root).expanduser().resolve()
        bucket = results_bucket(self.results_url)
        folder = "" if bucket else self.results_url
        default = Path("ades-results") / name
        results = user_folder / (Path(folder).expanduser() if folder else default)
        scratch = Path(self.scratch_root).expanduser().resolve() if self.scratch_root else None
        stores = Path(self.store_root).expanduser().resolve() if self.store_root else None
        return Workspace(
            name,
            root,
            results,
            bucket,
            self.results_s3(),
            scratch,
            store_root=stores,
            journal=self.store_journal,
        )

    def initialize_handlers(self) -> None:
        """Mount every workspace in every dialect."""
        if self.disabled:
            return
        site = ApiSite(
            core=self.core,
            services=self.services,
            fetch=self.fetch,
            limits=self.limits,
            kernels=self._kernel_specs,
            base_url=self._server.base_url,
            public_url=self.public_url,
            trust_xheaders=self._server.trust_xheaders,
            redirecting=self.results_redirect,
            engines=self._engines,
            notebook_image=self.notebook_image,
        )
        self.handlers.extend(routes(site, DIALECTS))
        # The JupyterLab half finds its workspace, and that there is a server half, by this.
        page_config = self._server.web_app.settings.setdefault("page_config_data", {})
        page_config["adesWorkspace"] = self.workspaces[0]
        page_config["adesResults"] = self._results_in_user_folder()

    def _results_in_user_folder(self) -> str:
        """Where a file browser finds the default workspace's results; empty when it does not."""
        results = self.opened[0].results.resolve()
        user_folder = Path(self.fetch.user_folder)
        if self.opened[0].bucket or not results.is_relative_to(user_folder):
            return ""
        return str(results.relative_to(user_folder))

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        if self.disabled:
            return
        self._loop = asyncio.get_running_loop()
        self.core.start()
        if self.warm_at_start:
            self.launcher.warm_up()
        for name in self.services:
            addresses = [url_path_join(serverapp.base_url, name, each.name) for each in DIALECTS]
            self.log.info("ADES of workspace %s at %s", name, " and ".join(addresses))
        self._looking = [
            *(
                asyncio.create_task(self._look_at_bucket(each))
                for each in self.opened
                if each.bucket
            ),
            asyncio.create_task(self.callbacks.run()),
        ]

    async def stop_extension(self) -> None:
        """Stop the loop, not the jobs."""
        if self.disabled:
            return
        for looking in self._looking:
            looking.cancel()
        self.callbacks.stop()
        await self.core.stop()
        self.launcher.close()
        for workspace in self.opened:
            workspace.close()

    async def _look_at_bucket(self, workspace: Workspace) -> None:
        """Say at the start what will fail each job's end."""
        assert workspace.bucket is not None
        problem = await self.core.beside(workspace.bucket.problem)
        if problem:
            self.log.error("Results of workspace %s cannot be kept: %s", workspace.name, problem)

    # what the core asks of the server

    def _install(self) -> None:
        """Offer what installed packages bring."""
        for service in self.services.values():
            install(service)

    def _kernel_specs(self) -> Mapping[str, Any]:
        specs: Mapping[str, Any] = self._server.kernel_spec_manager.get_all_specs()
        return specs

    def _described_kernels(self) -> dict[str, dict[str, Any]]:
        return {
            name: {**found["spec"], "resource_dir": found["resource_dir"]}
            for name, found in self._kernel_specs().items()
        }

    def _engines(self) -> dict[str, Any]:
        """What the landing page says of what jobs run on."""
        runners = [asdict(each) for each in offers(self.jobs_site, runner)]
        told = [{**each, "usable": not each["missing"]} for each in runners]
        return {"runners": told, "containerEngines": self.containers.engines()}

    def _announce(self, workspace: Workspace, job: Job) -> None:
        """Count a change, and pass it on to the event loop's thread if clients may see the job."""
        metrics.count(workspace.name, job)
        if job.unlisted:
            return
        self._loop.call_soon_threadsafe(self._emit, announcement(workspace.name, job))

    def _emit(self, event: dict[str, Any]) -> None:
        """Tell Jupyter's event bus."""
        self._server.event_logger.emit(schema_id=SCHEMA_ID, data=event)

    def _stamp_activity(self) -> None:
        """Tell a hub's culler that this server is at work, also when a long cell says nothing."""
        self._server.web_app.settings["ades_last_activity"] = datetime.now(UTC)

    def current_activity(self) -> int | None:
        """Running jobs: a server that has some is not shut down for idleness."""
        return None if self.disabled else self.dispatcher.running or None
