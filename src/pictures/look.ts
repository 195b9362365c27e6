/** What a picture shows. Of the same picture the same, whatever is asked beside it. [sharp] */
import type { Sharp } from 'sharp';
import { LOOK_SIDE, type Ground, type Look, type View } from '../content/picture-look.js';
import { MAX_SECONDS, openPicture, type OpenedPicture } from './open.js';

/** Large pictures are made smaller in a first step, which decoders are fast at; pixels. */
const FIRST_SIDE = 256;

/** @returns undefined for what is no picture that is read here. @throws {Error} when its data are broken. */
export async function lookAt(photo: Uint8Array): Promise<Look | undefined> {
  const opened = await openPicture(photo);
  if (!opened) return undefined;
  const { hasAlpha, orientation = 1 } = await opened.picture().metadata();
  const on = (ground: Ground): Pick<View, 'on'> => (hasAlpha ? { on: ground } : {});
  const views = [{ ...(await viewOf(opened, opened.picture().autoOrient(), 'white')), ...on('white') }];
  if (hasAlpha) views.push({ ...(await viewOf(opened, opened.picture().autoOrient(), 'black')), ...on('black') });
  // A program that does not know of orientation drops it, and shows the pixels as they lie.
  if (orientation > 1) views.push({ ...(await viewOf(opened, opened.picture(), 'white')), ...on('white') });
  return views;
}

const COLOURS = { white: '#ffffff', black: '#000000' } as const;

async function viewOf({ pixels }: OpenedPicture, picture: Sharp, ground: Ground): Promise<View> {
  const { data, info } = await picture
    .resize({ width: FIRST_SIDE, height: FIRST_SIDE, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: COLOURS[ground] })
    .toColourspace('srgb')
    .timeout({ seconds: MAX_SECONDS })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const cells = await pixels(data, width, height)
    .resize({ width: LOOK_SIDE, height: LOOK_SIDE, fit: 'fill', kernel: 'mitchell' })
    .raw()
    .toBuffer();
  return { width, height, cells };
}
