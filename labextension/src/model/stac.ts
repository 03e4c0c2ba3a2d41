/** Reads the footprints of a job's STAC items. */

/** Items that one map shows, and folders of catalogs that are looked into. */
const MOST = 200;
const DEPTH = 4;

/** Where an item lies, in degrees of longitude and latitude. */
export interface IFootprint {
  id: string;
  /** The item's address. */
  href: string;
  /** GeoJSON, EPSG:4326. */
  geometry: object;
  /** Addresses of the item's files by their names in it. */
  assets: { [name: string]: string };
}

interface IDocument {
  type?: string;
  id?: string;
  geometry?: object | null;
  links?: { rel: string; href: string }[];
  assets?: { [name: string]: { href: string } };
}

/** The footprints of all items below a catalog; `read` gives the JSON at an address. */
export async function footprints(
  catalog: string,
  read: (href: string) => Promise<unknown>
): Promise<IFootprint[]> {
  const found: IFootprint[] = [];
  const walk = async (href: string, depth: number): Promise<void> => {
    const document = (await read(href)) as IDocument;
    if (document.type === 'Feature') {
      if (document.geometry) {
        found.push(footprint(document, document.geometry, href));
      }
      return;
    }
    for (const link of document.links ?? []) {
      const below = link.rel === 'item' || link.rel === 'child';
      if (below && depth < DEPTH && found.length < MOST) {
        await walk(new URL(link.href, href).href, depth + 1);
      }
    }
  };
  // The map can do without: what cannot be read is left out.
  await walk(catalog, 0).catch(() => undefined);
  return found;
}

function footprint(
  document: IDocument,
  geometry: object,
  href: string
): IFootprint {
  const assets = Object.entries(document.assets ?? {}).map(([name, asset]) => [
    name,
    new URL(asset.href, href).href
  ]);
  return {
    id: document.id ?? '',
    href,
    geometry,
    assets: Object.fromEntries(assets)
  };
}
