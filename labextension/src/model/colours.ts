/** Values of a band to colours. Pure. */

/** Numbers in any of the forms that rasters have. */
export type Numbers = ArrayLike<number>;

/** Viridis (CC0, Smith and van der Walt), at sixteenths. */
const VIRIDIS = [
  0x440154, 0x481a6c, 0x472f7d, 0x414487, 0x39568c, 0x31688e, 0x2a788e,
  0x23888e, 0x1f988b, 0x22a884, 0x35b779, 0x54c568, 0x7ad151, 0xa5db36,
  0xd2e21b, 0xfde725
];
/** Shares of values that are darker than the darkest and lighter than the lightest colour. */
const CUT = 0.02;

/** Values at the two ends of the colours. */
export interface IRange {
  least: number;
  most: number;
}

/** Whether a pixel has a value. */
export function isValue(value: number, nodata: number | null): boolean {
  return Number.isFinite(value) && value !== nodata;
}

/** Where most values lie; null when there are none. */
export function rangeOf(values: Numbers, nodata: number | null): IRange | null {
  const sorted = Float64Array.from(
    Array.from(values).filter(value => isValue(value, nodata))
  ).sort();
  const at = (share: number): number =>
    sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  if (sorted.length === 0) {
    return null;
  }
  const [least, most] = [at(CUT), at(1 - CUT)];
  return least < most ? { least, most } : { least: at(0), most: at(1) };
}

/** A share (0 to 1) as red, green, blue. */
export function viridis(share: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const low = Math.floor(place);
  const from = VIRIDIS[low] ?? 0;
  const to = VIRIDIS[Math.min(low + 1, VIRIDIS.length - 1)] ?? 0;
  const mix = (shift: number): number => {
    const [a, b] = [(from >> shift) & 255, (to >> shift) & 255];
    return Math.round(a + (b - a) * (place - low));
  };
  return [mix(16), mix(8), mix(0)];
}

/** A CSS gradient of the colours, darkest first. */
export function gradient(): string {
  const colours = VIRIDIS.map(
    value => `#${value.toString(16).padStart(6, '0')}`
  );
  return `linear-gradient(to right, ${colours.join(', ')})`;
}

/** One band or three as RGBA pixels; those without a value are clear. */
export function paint(
  bands: Numbers[],
  ranges: IRange[],
  nodata: number | null,
  target: Uint8ClampedArray
): void {
  const [first] = bands;
  for (let pixel = 0; first !== undefined && pixel < first.length; pixel++) {
    const values = bands.map(band => band[pixel] ?? NaN);
    if (!values.every(value => isValue(value, nodata))) {
      continue;
    }
    const shares = values.map((value, band) => shareOf(value, ranges[band]));
    const colour =
      shares.length < 3
        ? viridis(shares[0] ?? 0)
        : shares.slice(0, 3).map(share => share * 255);
    target.set([...colour, 255], pixel * 4);
  }
}

function shareOf(value: number, range: IRange | undefined): number {
  const { least = 0, most = 1 } = range ?? {};
  return most > least ? (value - least) / (most - least) : 0.5;
}
