/** What Moorage does about each field of a profile, and where: for the pages about handsets, and held complete by a test. */

export interface Deed {
  /**
   * `profile`: done for phones whose profile says so. `everyone`: done for all phones, so that the field only tells why.
   */
  readonly by: 'profile' | 'everyone';
  readonly does: string;
  /** Files of `src/` that do it. */
  readonly where: readonly string[];
}

const profile = (does: string, ...where: readonly string[]): Deed => ({ by: 'profile', does, where });
const everyone = (does: string, ...where: readonly string[]): Deed => ({ by: 'everyone', does, where });

const DRESS = 'content/phone-form/dress.ts';
const UNDRESS = 'content/phone-form/undress.ts';
const SLOTS = 'content/phone-form/slots.ts';
const ADDRESSES = 'content/phone-form/addresses.ts';
const LOOSE = 'content/phone-form/loose.ts';
const STYLE = 'content/phone-form/style.ts';

export const DEEDS: Readonly<Record<string, Deed>> = {
  'time.incoming': profile('Its times are taken for what they mean.', 'content/phone-form/times-in.ts'),
  'time.outgoing': profile('It is given times in UTC, or local ones of its time zone.', 'handsets/believe.ts', 'content/abilities.ts'),
  'time.offsetOfToday': profile(
    'Times are moved by the difference between the offset of their date and that of the present day.',
    'content/phone-form/times-in.ts',
    'content/phone-form/times-out.ts',
  ),
  'time.zoneLines': profile(
    'Events get TZ and DAYLIGHT of its time zone; none of theirs comes back.',
    'content/phone-form/times-out.ts',
    'content/phone-form/times-in.ts',
  ),
  'calendar.holdsTasks': everyone(
    'The datastore of a calendar takes tasks as well. A phone with a store for each syncs both with that datastore, and each gets what it holds.',
    'exchange/specs.ts',
    'sync/suitable.ts',
    'content/conversion/device-store.ts',
  ),
  'calendar.days': profile('All-day events are written the way it takes.', STYLE),
  'calendar.daysRead': profile('All-day events are known in the form it writes.', UNDRESS, 'content/conversion/legacy-frame.ts'),
  'calendar.entryType': profile('X-EPOCAGENDAENTRYTYPE is written, and read.', STYLE, 'content/conversion/legacy-frame.ts'),
  'calendar.yearlyRule': profile('Yearly events get the rule it takes.', STYLE),
  'calendar.yearlyRuleRead': everyone('All rules of vCalendar for "every year" are read.', 'content/conversion/rules.ts'),
  'calendar.ruleEnd': profile('The end of a rule gets a time, or is left out.', STYLE, 'content/conversion/rules.ts'),
  'calendar.ruleCount': profile(
    'A number of times is told by the last day; the number stays stored.',
    STYLE,
    'content/recurrence/counted.ts',
  ),
  'calendar.alarm': profile('Alarms are written the way it takes.', STYLE),
  'calendar.alarmRead': profile(
    'All kinds of alarms of vCalendar are read; of a phone that writes any as DALARM, that is an alarm with a sound.',
    UNDRESS,
    'content/conversion/alarms.ts',
  ),
  'calendar.exceptionsInOne': profile('All exception dates go in one property.', STYLE),
  'calendar.earliest': profile(
    'Yearly events begin on a later one of their days; what the phone refuses besides stays on the server.',
    'content/phone-form/earliest.ts',
  ),
  'calendar.priorities': profile('Priorities are counted its way.', DRESS, UNDRESS),
  'calendar.untitled': profile('The description of an event without a title is taken for the title.', UNDRESS),
  'calendar.yearlyDayCategory': profile(
    'Days that come every year get this category, and it is none of theirs when they come back.',
    DRESS,
    UNDRESS,
  ),
  'calendar.categoriesPrefixed': profile('The X- before its categories is no part of them.', UNDRESS),
  'text.assumed': profile('Text without a charset is read in this one, if it is no UTF-8.', 'content/charset.ts', UNDRESS),
  'text.charset': profile(
    'Text is written in this charset, with its name; what has no place in it in UTF-8.',
    'content/phone-form/text.ts',
  ),
  'text.named': profile('CHARSET is written when it has to be.', 'content/phone-form/text.ts'),
  'text.quotedPrintable': profile('Quoted-printable is written as it reads it.', 'content/phone-form/text.ts'),
  'text.folds': profile('No property is folded.', 'content/phone-form/text.ts'),
  'fields.short': everyone('Sizes that are declared or known are kept to; what is cut stays whole on the server.', 'content/rendering.ts'),
  'fields.limits': profile('Values are cut, or left out, to these limits.', 'handsets/believe.ts', 'content/rendering.ts'),
  'fields.sizesWrong': profile('Declared sizes are not applied.', 'handsets/believe.ts'),
  'fields.listWrong': profile('Declared property lists are not applied.', 'handsets/believe.ts'),
  'fields.whenEmpty': profile('Emptied fields are sent so that the phone empties them too.', 'content/phone-form/emptied.ts', UNDRESS),
  'fields.leaveOut': profile('These properties are not sent, and their absence is no deletion.', DRESS, 'content/taking-back.ts'),
  'fields.writeAs': profile('Properties are written under its names.', DRESS, UNDRESS),
  'fields.readAs': profile('Properties are read under their usual names.', UNDRESS, 'content/phone-form/loose.ts'),
  'fields.last': profile('These properties are written at the end.', DRESS),
  'fields.firstOnly': profile('Of these the first one is sent.', DRESS),
  'fields.places': profile('They are sent so, and read by their place.', SLOTS),
  'fields.addressLines': profile('A LABEL is read as an address, line by line; empty parts go as "-".', ADDRESSES, LOOSE),
  'fields.addressSwapped': profile('The two parts are put right; an address that comes back either way is unchanged.', ADDRESSES, LOOSE),
  'fields.digitsOnly': profile('Other signs in numbers are left out for it; they stay on the server.', SLOTS),
  'fields.plainParameters': profile('Parameters and types of other programs (X-…) are left out for it.', SLOTS),
  'fields.adds': profile('They are not taken for something a person has written.', SLOTS),
  'fields.needs': profile('It is put in empty where there is none.', SLOTS),
  'fields.looseSpaces': profile('A text that differs in spaces alone is unchanged.', LOOSE),
  'fields.phoneSlots': profile('For people; what can be done about it is in the other fields.', 'content/phone-form/loose.ts'),
  'fields.emailInternet': profile('INTERNET is added to addresses.', DRESS),
  'fields.placeholder': profile('Contacts nobody can reach get an address of "-", which is none when it comes back.', DRESS, UNDRESS),
  'fields.photo': profile('Photos are written as it reads them.', DRESS),
  'fields.uid': profile('UID is left out, or added.', DRESS, UNDRESS),
  'fields.oneName': profile('The name is parted at the first space.', UNDRESS, 'content/phone-form/loose.ts'),
  'messages.maxSize': profile('Messages are no bigger, whatever the phone allows.', 'engine/fill.ts'),
  'messages.usePercent': profile('Only this part of the size it allows is used.', 'engine/fill.ts'),
  'messages.errorItems': profile('A Status with an error has no Item.', 'engine/fill.ts'),
  'messages.itemStatuses': profile('Changes that were taken get no Status of their own.', 'engine/fill.ts'),
  'messages.alreadyExists': everyone('418 for an Add counts as success, and we send no 418.', 'sync/outgoing.ts'),
  'messages.itemSizeWrong': everyone('Size counts for large objects in parts alone.', 'sync/incoming.ts'),
  'messages.sizePlus': profile('Size of a large object is as much above its length.', 'engine/fill-sync.ts'),
  'messages.largeObjects': profile(
    'Items that do not fit a message are not sent; they stay on the server.',
    'engine/fill-sync.ts',
    'handsets/believe.ts',
  ),
  'messages.namespace': profile('SyncML has no xmlns.', 'wire/xml/writer.ts'),
  'messages.data': profile('Item data stands in CDATA, or, as for everyone else, escaped.', 'wire/xml/writer.ts'),
  'messages.storeSpelledAsAsked': everyone('Our device information spells each datastore as the phone did.', 'exchange/our-devinf.ts'),
  'messages.emailStore': everyone('We have no store for e-mail, and name none.', 'exchange/our-devinf.ts'),
  'messages.plainSyncCaps': everyone('Our device information names SyncTypes 1 to 6 only.', 'exchange/our-devinf.ts'),
  'messages.propertyLists': profile('Our device information has no property lists.', 'exchange/our-devinf.ts'),
  'messages.credentials': profile(
    'Its md5 without a nonce is taken, where basic is allowed, which is no safer: it is not challenged, and its commands need not come again.',
    'accounts/authenticate.ts',
  ),
  'messages.endsEarly': everyone('Whether it took our last word is seen by its next anchor.', 'sync/settle.ts'),
  'messages.compression': everyone('Answers are not compressed.', 'http/app.ts'),
  'sync.slowOnly': profile('A two-way sync is answered with a slow one.', 'sync/open.ts'),
  'sync.refreshes': profile('No refresh takes the place of what it asked for.', 'sync/open.ts'),
  'sync.replaceInSlow': profile('Changes of ours wait for the next sync that is no slow one.', 'sync/outgoing.ts'),
  'sync.changesMode': profile(
    'Its two-way sync stays one when its anchor does not count; all that it is not known to have goes out.',
    'sync/open.ts',
    'sync/received.ts',
  ),
  'sync.anchorsUnreliable': everyone(
    'A slow sync follows an anchor that differs; it loses and doubles nothing.',
    'sync/open.ts',
    'sync/slow-match.ts',
  ),
  'sync.assumedType': everyone('The content tells its type.', 'sync/prepare.ts'),
  'sync.formats': profile('It is given these formats, whatever it declares.', 'handsets/believe.ts', 'content/conversion/format.ts'),
};
