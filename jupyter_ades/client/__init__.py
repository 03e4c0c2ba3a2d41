"""A client for this service and for any OGC API - Processes: speaks HTTP only."""

from __future__ import annotations

from jupyter_ades.client.aio import AsyncClient, AsyncJob, AsyncProcess
from jupyter_ades.client.client import Client
from jupyter_ades.client.errors import ClientError
from jupyter_ades.client.job import Job
from jupyter_ades.client.process import Process

__all__ = ["AsyncClient", "AsyncJob", "AsyncProcess", "Client", "ClientError", "Job", "Process"]
