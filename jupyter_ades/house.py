"""The service that the extension's traits describe: the core, the routes, what runs beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from jupyter_ades.events import SCHEMA_ID, announcement
from jupyter_ades.installed import install
from jupyter_ades.keep import Keep
from jupyter_ades.model import FetchPolicy, Job
from jupyter_ades.runners.choosing import offers
from jupyter_ades.runners.registry import runner
from jupyter_ades.system.containers import Containers

if TYPE_CHECKING:
    from jupyter_ades.app import ADES

DIALECTS: list[Dialect] = [Wps3(), OgcApi()]


class House:
    """Made on any thread, started and stopped on the event loop's.

    What cannot be made raises OSError or an AdesError, and may be tried again.
    """

    def __init__(self, app: ADES) -> None:
        self._app = app
        self._server: Any = app.serverapp
        self._looking: list[asyncio.Task[None]] = []
        self.fetch = FetchPolicy(
            user_folder=str(app.user_folder),
            allow_hosts=tuple(app.allow_hosts),
            timeout=app.href_timeout,
            max_bytes=app.href_max_bytes,
            attempts=app.href_attempts,
            buckets=app.reference_buckets(),
        )
        self.containers = Containers(app.container_engine)
        self.jobs_site = app.site_for(self._described_kernels, self.containers)
        values = {each.name: getattr(app, each.name) for each in fields(Limits)}
        self.limits = Limits(**{**values, **app.rules()})
        self.opened: list[Workspace] = []
        try:
            self.opened.extend(self._open(name) for name in app.workspaces)
        except BaseException:
            for workspace in self.opened:
                workspace.store.close()
            raise
        self._build()

    def _open(self, name: str) -> Workspace:
        app = self._app
        places = app.results_places(name)
        return Workspace(
            name,
            Path(app.workspace_root).expanduser().resolve(),
            places.folder,
            places.bucket,
            app.results_s3(),
            Path(app.scratch_root).expanduser().resolve() if app.scratch_root else None,
            store_root=app.stores_folder,
            journal=app.store_journal,
            claim=app.claims[name],
            earlier=places.earlier,
            earlier_bucket=places.earlier_bucket,
        )

    def _build(self) -> None:
        app = self._app
        dispatched = [workspace for workspace in self.opened if workspace.acquire()]
        own = launcher(warm=app.warm_workers, modules=app.warm_imports)
        self.launcher: Launcher = app.launcher_class() if app.launcher_class else own
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
            dispatched, jobs=Keep.read(app.keep_jobs), results=Keep.read(app.keep_results)
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
        self.callbacks = Callbacks(self.core, served, DIALECTS, app.callback_terms(self.fetch))

    def routes(self, base_url: str) -> list[tuple[str, type[Any], dict[str, Any]]]:
        """Every workspace in every dialect, by path below ``base_url``."""
        app = self._app
        site = ApiSite(
            core=self.core,
            services=self.services,
            fetch=self.fetch,
            limits=self.limits,
            kernels=self._kernel_specs,
            base_url=base_url,
            public_url=app.public_url,
            trust_xheaders=self._server.trust_xheaders,
            redirecting=app.results_redirect,
            engines=self._engines,
            notebook_image=app.notebook_image,
        )
        return routes(site, DIALECTS)

    def start(self) -> None:
        """Begin to carry jobs, those of an earlier server first."""
        self._loop = asyncio.get_running_loop()
        self.containers.begin()
        self.core.start()
        if self._app.warm_at_start:
            self.launcher.warm_up()
        self._looking = [
            *(
                asyncio.create_task(self._look_at_bucket(each))
                for each in self.opened
                if each.bucket
            ),
            asyncio.create_task(self.callbacks.run()),
        ]

    async def stop(self) -> None:
        """Stop the loop, not the jobs."""
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
            self._app.log.error(
                "Results of workspace %s cannot be kept: %s", workspace.name, problem
            )

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
