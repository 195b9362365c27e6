/**
 * What a picture shows, in a form that survives being encoded anew: phones send a photo back in another size, quality or format, and that is no
 * new photo. The thresholds are measured, and on the careful side: a crop by a twentieth is another picture. How a look is made is slow work that
 * is done elsewhere.
 */

/** Cells of a side. */
export const LOOK_SIDE = 16;
/** Cells of a side of the parts that are compared by themselves: what was painted over shows there. */
const PARTS = 8;
const CELLS = LOOK_SIDE / PARTS;

/** Mean difference of brightness, of 255. */
const MOST_MEAN = 4;
/** The same of the part that differs most. */
const MOST_PART = 14;
/** Mean difference of colour, and of the part that differs most. */
const MOST_COLOUR = 6;
const MOST_PART_COLOUR = 20;
/** In pictures that show little, such as the dark, less of a difference counts: this part of how much their brightness varies, but not below the noise of encoding. */
const OF_CONTRAST = 0.15;
const NOISE = 1;
/** In drawings and writing on an empty ground, too, which are the same nearly everywhere: this part of how far they stand out, root mean square. */
const OF_SPREAD = 1 / 3;
/** Of the ratio of width to height, beside what whole pixels make of it. */
const MOST_STRETCH = 0.02;

/** One way of showing a picture: its mean colours by cell, in rows. */
export interface View {
  /** Pixels of the picture. */
  readonly width: number;
  readonly height: number;
  /** RGB, 0 to 255, `LOOK_SIDE` × `LOOK_SIDE` cells. */
  readonly cells: Uint8Array;
  /** What is seen through it; undefined: nothing is. */
  readonly on?: Ground;
}

export type Ground = 'white' | 'black';
const GROUNDS: readonly Ground[] = ['white', 'black'];

/** A picture may be shown in several ways: upright or as its pixels lie, on white or on black where it is transparent. */
export type Look = readonly View[];

export interface Distance {
  /** Brightness: mean, and the part that differs most; of 255. */
  readonly mean: number;
  readonly part: number;
  readonly colour: number;
  readonly partColour: number;
  /** Of brightness in all cells, root mean square. */
  readonly spread: number;
}

/** Both show the same: on either ground where both are transparent, for what is black shows nothing on black. */
export function looksAlike(one: Look, other: Look): boolean {
  const areTransparent = [one, other].every((look) => look.some(({ on }) => on !== undefined));
  if (!areTransparent) return someAlike(one, other);
  return GROUNDS.every((ground) => {
    const [mine = [], theirs = []] = [one, other].map((look) => look.filter(({ on }) => on === ground));
    return someAlike(mine, theirs);
  });
}

const someAlike = (one: Look, other: Look): boolean => one.some((a) => other.some((b) => isAlike(a, b)));

function isAlike(one: View, other: View): boolean {
  if (!sameShape(one, other)) return false;
  const { mean, part, colour, partColour, spread } = distanceOf(one, other);
  const [a, b] = [contrastOf(one), contrastOf(other)];
  const most = Math.max(NOISE, Math.min(MOST_MEAN, OF_CONTRAST * Math.min(a.mean, b.mean)));
  if (mean > most || part > MOST_PART || colour > MOST_COLOUR || partColour > MOST_PART_COLOUR) return false;
  return spread <= Math.max(NOISE, OF_SPREAD * Math.min(a.spread, b.spread));
}

function sameShape(one: View, other: View): boolean {
  // A side may have been rounded either way.
  const rounding = 1 / Math.min(one.width, one.height) + 1 / Math.min(other.width, other.height);
  return Math.abs(Math.log((one.width * other.height) / (one.height * other.width))) <= MOST_STRETCH + rounding;
}

export function distanceOf(one: View, other: View): Distance {
  let [mean, part, colour, partColour] = [0, 0, 0, 0];
  for (let row = 0; row < PARTS; row += 1) {
    for (let column = 0; column < PARTS; column += 1) {
      const of = partOf(one, other, row * CELLS * LOOK_SIDE + column * CELLS);
      mean += of.brightness / PARTS ** 2;
      colour += of.colour / PARTS ** 2;
      part = Math.max(part, of.brightness);
      partColour = Math.max(partColour, of.colour);
    }
  }
  return { mean, part, colour, partColour, spread: rootMeanSquare((cell) => luma(one, cell) - luma(other, cell)) };
}

/** Of the part whose first cell is `at`. Colours of neighbours are mixed: small pictures blur them. [ITU-T T.871, "Conversion to and from RGB"] */
function partOf(one: View, other: View, at: number): { brightness: number; colour: number } {
  let [brightness, blue, red] = [0, 0, 0];
  for (let row = 0; row < CELLS; row += 1) {
    for (let column = 0; column < CELLS; column += 1) {
      const cell = at + row * LOOK_SIDE + column;
      const [y, was] = [luma(one, cell), luma(other, cell)];
      brightness += Math.abs(y - was);
      blue += 0.564 * (channel(one, cell, 2) - y - (channel(other, cell, 2) - was));
      red += 0.713 * (channel(one, cell, 0) - y - (channel(other, cell, 0) - was));
    }
  }
  return { brightness: brightness / CELLS ** 2, colour: Math.hypot(blue, red) / CELLS ** 2 };
}

const channel = ({ cells }: View, cell: number, at: number): number => cells[cell * 3 + at] ?? 0;
const luma = (view: View, cell: number): number =>
  0.299 * channel(view, cell, 0) + 0.587 * channel(view, cell, 1) + 0.114 * channel(view, cell, 2);

function rootMeanSquare(of: (cell: number) => number): number {
  let sum = 0;
  for (let cell = 0; cell < LOOK_SIDE ** 2; cell += 1) sum += of(cell) ** 2;
  return Math.sqrt(sum / LOOK_SIDE ** 2);
}

/** How far its cells are from their mean brightness: in the mean, and root mean square. */
function contrastOf(view: View): { mean: number; spread: number } {
  const all = Array.from({ length: LOOK_SIDE ** 2 }, (_, cell) => luma(view, cell));
  const middle = all.reduce((sum, y) => sum + y, 0) / all.length;
  const mean = all.reduce((sum, y) => sum + Math.abs(y - middle), 0) / all.length;
  return { mean, spread: rootMeanSquare((cell) => (all[cell] ?? middle) - middle) };
}
