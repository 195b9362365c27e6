/** What a phone sends back that nobody has touched changes nothing, and what a person edits there changes just that: for every profile. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { abilitiesFor } from '../../src/content/abilities.js';
import { describe as described } from '../../src/content/describe.js';
import { given, held } from '../../src/content/phone-form/echo.js';
import { undress } from '../../src/content/phone-form/undress.js';
import { takeBack } from '../../src/content/taking-back.js';
import { openLibrary } from '../../src/handsets/folder.js';
import type { Traits } from '../../src/handsets/traits.js';
import { contacts, styles, writeContact } from '../content/contact-writer.js';
import { mangleAsPhone } from '../support/mangle-as-phone.js';

const CARD = 'text/x-vcard';
const profiles = openLibrary().families.flatMap((family) => family.profiles);
const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  Buffer.from(described(a, CARD).canonical).equals(Buffer.from(described(b, CARD).canonical));
const echoOf = (item: Uint8Array, traits: Traits, turn = 0): { back: Uint8Array; sent: Uint8Array; echo: Uint8Array } => {
  const able = abilitiesFor(undefined, CARD, undefined, traits);
  if (!able) return { back: item, sent: item, echo: item };
  const sent = given(item, CARD, able, { replaces: true, uid: 'g1' });
  const echo = mangleAsPhone(sent, CARD, traits, { turn });
  return { back: takeBack(item, undress(echo, CARD, able), CARD, able), sent, echo };
};

describe('what a phone sends back untouched', () => {
  for (const profile of profiles)
    it(`changes nothing: ${profile.id}`, () => {
      fc.assert(
        fc.property(contacts, styles, fc.nat(12), (contact, style, turn) => {
          const item = writeContact(contact, { ...style, version: '2.1' });
          const { back, sent, echo } = echoOf(item, profile.traits, turn);
          assert.ok(
            isSame(back, item),
            `stored\n${Buffer.from(item).toString()}\nsent\n${Buffer.from(sent).toString()}\necho\n${Buffer.from(echo).toString()}\nmeant\n${Buffer.from(back).toString()}`,
          );
        }),
        { numRuns: 40 },
      );
    });

  it('is what it was given, once more', () => {
    fc.assert(
      fc.property(contacts, styles, fc.constantFrom(...profiles), (contact, style, { traits }) => {
        // A phone that tells numbers and addresses by their order gives one that is there twice the place of either.
        const said = [...contact.emails.map(({ address }) => address.toLowerCase()), ...contact.phones.map(({ number }) => number)];
        fc.pre(new Set(said).size === said.length);
        const item = writeContact(contact, { ...style, version: '2.1' });
        const able = abilitiesFor(undefined, CARD, undefined, traits);
        if (!able) return;
        const once = held(item, CARD, able);
        assert.ok(isSame(held(once, CARD, able), once));
      }),
      { numRuns: 200 },
    );
  });
});
