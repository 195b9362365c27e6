/** Photos for tests, made by the library that thins them. */
import sharp from 'sharp';

/** Noise, which no format makes small; `seed` tells them apart. */
export async function photo(format: 'jpeg' | 'png' | 'gif', width: number, height: number, seed = 1): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed;
  for (let at = 0; at < pixels.length; at += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    pixels[at] = (at % (width * 3)) / 16 + ((state >> 16) & 63) + seed;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

/** Someone before something: soft and hard edges, a face, and what makes it another's. PNG. */
export async function portrait(who: number, width = 320, height = 320): Promise<Buffer> {
  const pick = (salt: number, most: number): number =>
    Math.floor(Math.abs(Math.sin((who + 1) * 12.9898 + salt * 78.233) * 43758.5453) % most);
  const [skin, hair, back, shirt] = [0, 1, 2, 3].map(
    (salt) => `hsl(${salt === 0 ? 15 + pick(4, 20) : pick(salt, 360)},${30 + pick(salt + 5, 50)}%,${25 + pick(salt + 9, 50)}%)`,
  );
  const [x, y, wide] = [130 + pick(20, 60), 130 + pick(21, 40), 55 + pick(22, 25)];
  const [mouth, eyes, side] = [8 + pick(23, 14), 18 + pick(24, 10), pick(25, 2) * 220];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 320 320" preserveAspectRatio="none">
    <defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="${back}"/><stop offset="1" stop-color="#eee"/></linearGradient></defs>
    <rect width="320" height="320" fill="url(#g)"/><rect x="${side}" y="${30 + pick(26, 80)}" width="100" height="150" fill="${shirt}" opacity="0.5"/>
    <ellipse cx="${x}" cy="330" rx="${wide * 2}" ry="110" fill="${shirt}"/><ellipse cx="${x}" cy="${y - 15}" rx="${wide + 14}" ry="${wide + 32}" fill="${hair}"/>
    <ellipse cx="${x}" cy="${y}" rx="${wide}" ry="${wide + 20}" fill="${skin}"/><circle cx="${x - eyes}" cy="${y - 12}" r="8" fill="#222"/>
    <circle cx="${x + eyes}" cy="${y - 12}" r="8" fill="#222"/><ellipse cx="${x}" cy="${y + 35}" rx="${mouth * 2}" ry="${mouth / 2}" fill="#a33"/></svg>`;
  return sharp(Buffer.from(svg)).flatten({ background: '#fff' }).png().toBuffer();
}
