/** The only file that speaks HTTP. */

import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { IJob, IProcess } from './tokens';

/** A refusal of the service, in its own words. */
export class AdesError extends Error {
  constructor(
    message: string,
    readonly status: number
  ) {
    super(message);
    this.name = 'AdesError';
  }
}

/** The default workspace's name; empty when the server has no ADES. */
export function workspace(): string {
  return PageConfig.getOption('adesWorkspace');
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

  async processes(): Promise<IProcess[]> {
    const body = await this.send<{ processes: IProcess[] }>('GET', 'processes');
    return body.processes;
  }

  async jobs(limit: number): Promise<IJob[]> {
    const body = await this.send<{ jobs: IJob[] }>(
      'GET',
      `jobs?limit=${limit}`
    );
    return body.jobs;
  }

  /** Deploy a package that lies in the user folder. */
  async deploy(path: string): Promise<IProcess> {
    return this.send('POST', 'processes', { executionUnit: { href: path } });
  }

  /** End an open job, or remove a finished one. */
  async dismiss(job: IJob): Promise<IJob> {
    return this.send('DELETE', `jobs/${encodeURIComponent(job.jobID)}`);
  }

  private async send<T>(
    method: string,
    path: string,
    body?: unknown
  ): Promise<T> {
    const url = URLExt.join(this.settings.baseUrl, this.name, 'wps3', path);
    const request: RequestInit = { method };
    if (body !== undefined) {
      request.body = JSON.stringify(body);
      request.headers = { 'Content-Type': 'application/json' };
    }
    const response = await ServerConnection.makeRequest(
      url,
      request,
      this.settings
    );
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      const detail = answer.detail ?? response.statusText;
      throw new AdesError(String(detail), response.status);
    }
    return answer as T;
  }
}
