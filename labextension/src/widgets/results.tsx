/** What a job left: files, pictures, plain values, and a map that is loaded when there is one. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import type { AdesApi } from '../api';
import type { IResults } from '../model/job';
import { IResultFile, pathInResults } from '../model/outputs';
import { bytes } from '../model/words';
import { IJob, isFinal } from '../tokens';
import { Button } from './parts';

/** Pictures that are shown without being asked for. */
const SHOWN = 8;
/** The map and what it needs are a chunk of their own. */
const ResultMap = React.lazy(() => import('./map'));

interface IProps {
  job: IJob;
  results: IResults | null;
  api: AdesApi;
  open?: (path: string) => void;
  browse?: () => void;
  trans: TranslationBundle;
}

export function Results(props: IProps): JSX.Element {
  const { job, results, trans, browse } = props;
  if (!isFinal(job)) {
    return <p>{trans.__('The results come when the job has ended.')}</p>;
  }
  if (results === null) {
    return <p role="status">{trans.__('Reading the results ...')}</p>;
  }
  return (
    <>
      {job.status === 'failed' && (
        <p className="jp-Ades-said" data-wrong="true">
          {job.message}
        </p>
      )}
      <Files {...props} results={results} />
      {browse !== undefined && job.status === 'successful' && (
        <div className="jp-Ades-actions">
          <Button onClick={browse}>
            {trans.__('Show in the file browser')}
          </Button>
        </div>
      )}
      <Literals literals={results.literals} trans={trans} />
      <Maps {...props} results={results} />
      <Pictures {...props} results={results} />
    </>
  );
}

type IShown = IProps & { results: IResults };

function Files(props: IShown): JSX.Element {
  const { results, trans } = props;
  if (results.files.length === 0) {
    return <p>{trans.__('The job left no files.')}</p>;
  }
  return (
    <table className="jp-Ades-table">
      <caption className="jp-Ades-hidden">{trans.__('Files')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Output')}</th>
          <th scope="col">{trans.__('File')}</th>
          <th scope="col">{trans.__('Size')}</th>
          <th scope="col">{trans.__('Actions')}</th>
        </tr>
      </thead>
      <tbody>
        {results.files.map(file => (
          <FileRow key={file.href} {...props} file={file} />
        ))}
      </tbody>
    </table>
  );
}

function FileRow(props: IShown & { file: IResultFile }): JSX.Element {
  const { file, job, open, trans } = props;
  const path = pathInResults(file.href, job.jobID);
  const opens = open !== undefined && path !== '' && file.kind !== 'raster';
  const word =
    file.kind === 'notebook' ? trans.__('Open notebook') : trans.__('Open');
  return (
    <tr>
      <td>{file.output}</td>
      <td>{file.name}</td>
      <td className="jp-Ades-size">
        {file.size === undefined ? '' : bytes(file.size)}
      </td>
      <td>
        <div className="jp-Ades-cell">
          {opens && (
            <Button
              kind={file.kind === 'notebook' ? 'accept' : 'plain'}
              label={`${word} ${file.name}`}
              onClick={() => open(path)}
            >
              {word}
            </Button>
          )}
          <a
            href={file.href}
            download
            aria-label={trans.__('Download %1', file.name)}
          >
            {trans.__('Download')}
          </a>
        </div>
      </td>
    </tr>
  );
}

function Literals(props: {
  literals: IResults['literals'];
  trans: TranslationBundle;
}): JSX.Element | null {
  const { literals, trans } = props;
  if (Object.keys(literals).length === 0) {
    return null;
  }
  return (
    <section aria-label={trans.__('Values')}>
      <h2>{trans.__('Values')}</h2>
      <dl className="jp-Ades-values">
        {Object.entries(literals).map(([id, value]) => (
          <React.Fragment key={id}>
            <dt>{id}</dt>
            <dd>
              <code>{JSON.stringify(value)}</code>
            </dd>
          </React.Fragment>
        ))}
      </dl>
    </section>
  );
}

function Maps(props: IShown): JSX.Element | null {
  const { results, api, trans } = props;
  const rasters = results.files.filter(file => file.kind === 'raster');
  if (rasters.length === 0 && results.footprints.length === 0) {
    return null;
  }
  return (
    <section aria-label={trans.__('Map')}>
      <h2>{trans.__('Map')}</h2>
      <React.Suspense
        fallback={<p role="status">{trans.__('Loading the map ...')}</p>}
      >
        <ResultMap
          rasters={rasters}
          footprints={results.footprints}
          api={api}
          trans={trans}
        />
      </React.Suspense>
    </section>
  );
}

function Pictures(props: IShown): JSX.Element | null {
  const { results, api, trans } = props;
  const images = results.files.filter(file => file.kind === 'image');
  if (images.length === 0) {
    return null;
  }
  return (
    <section aria-label={trans.__('Pictures')}>
      <h2>{trans.__('Pictures')}</h2>
      {images.slice(0, SHOWN).map(file => (
        <Picture key={file.href} file={file} api={api} trans={trans} />
      ))}
    </section>
  );
}

/** Read as the page reads everything: a plain link would lack its token. */
function Picture(props: {
  file: IResultFile;
  api: AdesApi;
  trans: TranslationBundle;
}): JSX.Element {
  const { file, api, trans } = props;
  const [source, show] = React.useState('');
  const [problem, tell] = React.useState('');
  React.useEffect(() => {
    let url = '';
    let left = false;
    const load = async (): Promise<void> => {
      const blob = await (await api.file(file.href)).blob();
      if (!left) {
        url = URL.createObjectURL(blob);
        show(url);
      }
    };
    load().catch((error: Error) => tell(error.message));
    return () => {
      left = true;
      URL.revokeObjectURL(url);
    };
  }, [file.href]);
  return (
    <figure className="jp-Ades-picture">
      {source && <img src={source} alt={file.name} />}
      {problem && (
        <p role="alert">
          {trans.__('%1 cannot be shown: %2', file.name, problem)}
        </p>
      )}
      <figcaption>{file.name}</figcaption>
    </figure>
  );
}
