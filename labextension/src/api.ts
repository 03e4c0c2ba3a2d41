/** The only file that speaks HTTP. */

import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import {
  AdesError,
  type IJob,
  type IJobFilter,
  type IJobPage,
  type IOutputFile,
  type IProcess,
  type IProcessDescription,
  type Inputs,
  type JobCounts
} from './tokens';

/** The default workspace's name; empty when the server has no ADES. */
export function workspace(): string {
  return PageConfig.getOption('adesWorkspace');
}

/** Where the file browser finds a job's results; empty when it cannot. */
export function resultsPath(jobID: string): string {
  const folder = PageConfig.getOption('adesResults');
  return folder && `${folder}/wf-${jobID}`;
}

/** Speaks to one workspace of the server that this page came from. */
export class AdesApi {
  constructor(
    private readonly name = workspace(),
    private readonly settings = ServerConnection.makeSettings()
  ) {}

  /** Whether the server half is there. */
  get available(): boolean {
    return this.name !== '';
  }

  /** The service's address. */
  get root(): string {
    return URLExt.join(this.settings.baseUrl, this.name, 'wps3');
  }

  /** An address that the service told, reached as this page reaches its server. */
  url(href: string): string {
    const told = new URL(href, this.settings.baseUrl);
    return new URL(told.pathname, this.settings.baseUrl).href;
  }

  async processes(): Promise<IProcess[]> {
    const body = await this.send<{ processes: IProcess[] }>('GET', 'processes');
    return body.processes;
  }

  async process(id: string): Promise<IProcessDescription> {
    return this.send('GET', `processes/${encodeURIComponent(id)}`);
  }

  /** Deploy a package that lies in the user folder. */
  async deploy(path: string): Promise<IProcess> {
    return this.send('POST', 'processes', { executionUnit: { href: path } });
  }

  /** Put a package in the place of a process. */
  async replace(id: string, path: string): Promise<void> {
    const body = { executionUnit: { href: path } };
    await this.send('PUT', `processes/${encodeURIComponent(id)}`, body);
  }

  async undeploy(id: string): Promise<void> {
    await this.send('DELETE', `processes/${encodeURIComponent(id)}`);
  }

  /** Every problem of a payload is thrown; nothing runs. */
  async check(id: string, payload: unknown): Promise<void> {
    const path = `processes/${encodeURIComponent(id)}/jobs?dryrun=true`;
    await this.send('POST', path, payload);
  }

  async execute(id: string, payload: unknown): Promise<IJob> {
    return this.send(
      'POST',
      `processes/${encodeURIComponent(id)}/jobs`,
      payload
    );
  }

  async jobs(
    filter: IJobFilter,
    limit: number,
    before?: number
  ): Promise<IJobPage> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (filter.statuses.length > 0) {
      query.set('status', filter.statuses.join(','));
    }
    if (before !== undefined) {
      query.set('before', String(before));
    }
    const body = await this.send<{
      jobs: IJob[];
      numberTotal: number;
      links: { rel: string; href: string }[];
    }>('GET', `jobs?${query}`);
    const next = body.links.find(link => link.rel === 'next')?.href ?? '';
    const found = /[?&]before=(\d+)/.exec(next)?.[1];
    return {
      jobs: body.jobs,
      total: body.numberTotal,
      before: found === undefined ? undefined : Number(found)
    };
  }

  async counts(): Promise<JobCounts> {
    return (await this.send<{ jobs: JobCounts }>('GET', 'health')).jobs;
  }

  async job(id: string): Promise<IJob> {
    return this.send('GET', `jobs/${encodeURIComponent(id)}`);
  }

  async inputs(id: string): Promise<Inputs> {
    const path = `jobs/${encodeURIComponent(id)}/request`;
    return (await this.send<{ inputs: Inputs }>('GET', path)).inputs;
  }

  async outputs(id: string): Promise<{ [id: string]: unknown }> {
    return this.send('GET', `jobs/${encodeURIComponent(id)}/outputs`);
  }

  /** What a job left, whether it succeeded or not. */
  async files(id: string): Promise<IOutputFile[]> {
    const body = await this.send<{
      files: { name: string; type: string; href: string; size?: number }[];
    }>('GET', `jobs/${encodeURIComponent(id)}/files/`);
    return body.files.map(file => ({
      class: file.type === 'folder' ? 'Directory' : 'File',
      basename: file.name,
      location: file.href,
      size: file.size
    }));
  }

  async rerun(id: string): Promise<IJob> {
    return this.send('POST', `jobs/${encodeURIComponent(id)}/rerun`, {});
  }

  /** End an open job, or remove a finished one. */
  async dismiss(id: string): Promise<IJob> {
    return this.send('DELETE', `jobs/${encodeURIComponent(id)}`);
  }

  /** Pass on what a job writes, from the beginning until it ends. */
  async follow(
    id: string,
    take: (text: string) => void,
    signal: AbortSignal
  ): Promise<void> {
    const path = `jobs/${encodeURIComponent(id)}/log?follow=true`;
    const response = await this.request(`${this.root}/${path}`, { signal });
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const part = await reader?.read();
      if (part === undefined || part.done) {
        return;
      }
      take(decoder.decode(part.value, { stream: true }));
    }
  }

  /** A file of a job, or a part of one. */
  async file(href: string, init: RequestInit = {}): Promise<Response> {
    return this.request(this.url(href), init);
  }

  private async send<T>(
    method: string,
    path: string,
    body?: unknown
  ): Promise<T> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { 'Content-Type': 'application/json' };
    }
    const response = await this.request(`${this.root}/${path}`, init);
    return (await response.json().catch(() => ({}))) as T;
  }

  private async request(url: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch (error) {
      if (error instanceof ServerConnection.NetworkError) {
        throw new AdesError(error.message, 'unreachable');
      }
      throw error;
    }
    if (!response.ok) {
      throw await refusal(response);
    }
    return response;
  }
}

/** What a refused request's answer says. */
async function refusal(response: Response): Promise<AdesError> {
  const answer = await response.json().catch(() => ({}));
  const detail = String(answer.detail ?? answer.message ?? response.statusText);
  const ours = String(answer.type ?? '').startsWith('http');
  const status = response.status;
  // A proxy whose server is away answers in its place.
  if (!ours && [502, 503, 504].includes(status)) {
    return new AdesError(detail, 'unreachable', status);
  }
  const reason = !ours && [401, 403].includes(status) ? 'session' : 'refused';
  return new AdesError(detail, reason, status, answer.problems ?? []);
}
