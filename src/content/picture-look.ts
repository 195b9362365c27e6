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
/** Of the ratio of width to height, beside what whole pixels make of it. */
const MOST_STRETCH = 0.02;

/** One way of showing a picture: its mean colours by cell, in rows. */
export interface View {
  /** Pixels of the picture. */
  readonly width: number;
  readonly height: number;
  /** RGB, 0 to 255, `LOOK_SIDE` × `LOOK_SIDE` cells. */
  readonly cells: Uint8Array;
}

/** A picture may be shown in several ways: upright or as its pixels lie, on white or on black where it is transparent. */
export type Look = readonly View[];

export interface Distance {
  /** Brightness: mean, and the part that differs most; of 255. */
  readonly mean: number;
  readonly part: number;
  readonly colour: number;
  readonly partColour: number;
}

/** Both show the same. */
export const looksAlike = (one: Look, other: Look): boolean => one.some((a) => other.some((b) => isAlike(a, b)));

function isAlike(one: View, other: View): boolean {
  if (!sameShape(one, other)) return false;
  const { mean, part, colour, partColour } = distanceOf(one, other);
  const most = Math.max(NOISE, Math.min(MOST_MEAN, OF_CONTRAST * Math.min(contrastOf(one), contrastOf(other))));
  return mean <= most && part <= MOST_PART && colour <= MOST_COLOUR && partColour <= MOST_PART_COLOUR;
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
  return { mean, part, colour, partColour };
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

/** How far its cells are from their mean brightness. */
function contrastOf(view: View): number {
  const all = Array.from({ length: LOOK_SIDE ** 2 }, (_, cell) => luma(view, cell));
  const mean = all.reduce((sum, y) => sum + y, 0) / all.length;
  return all.reduce((sum, y) => sum + Math.abs(y - mean), 0) / all.length;
}
