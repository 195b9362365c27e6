/** Alarms: AALARM, DALARM and MALARM of vCalendar 1.0, which ring at a time, and VALARM of 2.0, which mostly rings before one. */
import type { Component } from '../components.js';
import type { ContentLine } from '../lines.js';
import { basicDateTime } from '../date-time.js';
import { paramValue } from '../params.js';
import { structuredValue, textValue, unescapeText, type ValueSource } from '../value.js';
import { secondsOf, type Frame } from './frame.js';
import type { Unit } from './units.js';
import { write } from './writing.js';

const NAMES: ReadonlyMap<string, string> = new Map([
  ['AUDIO', 'AALARM'],
  ['DISPLAY', 'DALARM'],
  ['EMAIL', 'MALARM'],
  ['PROCEDURE', 'DALARM'],
]);
const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['AALARM', 'AUDIO'],
  ['DALARM', 'DISPLAY'],
  ['MALARM', 'EMAIL'],
]);

export const isLegacyAlarm = (name: string): boolean => ACTIONS.has(name);

const bare = { types: [], params: [], valueType: '' };

export function legacyAlarm(source: ValueSource, alarm: Component, frame: Frame): Pick<Unit, 'text' | 'loss'> {
  const line = (name: string): ContentLine | undefined => alarm.lines.find((one) => one.name === name);
  const text = (name: string): string => {
    const found = line(name);
    return found ? unescapeText(textValue(source, found), source.dialect).trim() : '';
  };
  const trigger = line('TRIGGER');
  const at = trigger && timeOf(source, trigger, frame);
  if (at === undefined) return { text: '', loss: 'alarm-time' };
  const name = NAMES.get(text('ACTION').toUpperCase()) ?? 'DALARM';
  const repeats = text('REPEAT');
  const shown = name === 'DALARM' ? text('DESCRIPTION') : name === 'MALARM' ? text('SUMMARY') : '';
  const parts = [at, text('DURATION'), /^\d+$/.test(repeats) ? repeats : '', shown];
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  const known = alarm.lines.every(
    (one) => one.name === 'TRIGGER' || one.name === 'ACTION' || one === line('DURATION') || one === line('REPEAT'),
  );
  return {
    text: write({ ...bare, name, value: { kind: 'parts', parts } }, 'vcal10'),
    ...(known && name === NAMES.get(text('ACTION').toUpperCase()) ? {} : { loss: 'alarm-detail' as const }),
  };
}

/** When it rings, for the first time of a series. */
function timeOf(source: ValueSource, trigger: ContentLine, frame: Frame): string | undefined {
  const text = textValue(source, trigger);
  const seconds = secondsOf(text);
  if (seconds === undefined) {
    const at = frame.moment(text, undefined).text;
    return /^\d{8}T\d{6}Z?$/.test(at) ? at : undefined;
  }
  const isAtEnd = trigger.params.some((param) => param.name === 'RELATED' && paramValue(param).toUpperCase() === 'END');
  return frame.after(text, isAtEnd);
}

/** No alarm is meant by an empty one, nor by one in the year 0. */
export function modernAlarm(source: ValueSource, line: ContentLine, frame: Frame, title: string): Pick<Unit, 'text' | 'loss'> {
  const [raw = '', snooze = '', repeat = '', shown = ''] = structuredValue(textValue(source, line), source.dialect);
  const at = basicDateTime(raw);
  if (!/^\d{8}T\d{6}Z?$/.test(at) || at.startsWith('0000'))
    return { text: '', ...(raw === '' || at.startsWith('0000') ? {} : { loss: 'alarm-time' as const }) };
  const action = ACTIONS.get(line.name) ?? 'DISPLAY';
  const before = frame.secondsTo(at);
  const lines = [
    'BEGIN:VALARM\r\n',
    write({ ...bare, name: 'ACTION', value: { kind: 'text', text: action } }, 'ical20'),
    // @NOTE Nokia: the time of a repeated event's alarm is taken as so long before each.
    before === undefined
      ? write({ ...bare, name: 'TRIGGER', valueType: 'DATE-TIME', value: { kind: 'plain', text: frame.inUtc(at) } }, 'ical20')
      : write(
          {
            ...bare,
            name: 'TRIGGER',
            params: frame.start === '' ? [['RELATED', 'END']] : [],
            value: { kind: 'plain', text: durationOf(before) },
          },
          'ical20',
        ),
  ];
  if (/^\d+$/.test(repeat) && Number(repeat) > 0 && secondsOf(snooze) !== undefined)
    lines.push(
      write({ ...bare, name: 'DURATION', value: { kind: 'plain', text: snooze.toUpperCase() } }, 'ical20'),
      write({ ...bare, name: 'REPEAT', value: { kind: 'plain', text: repeat } }, 'ical20'),
    );
  // Both are asked for by the format. [RFC 5545, "Alarm Component"]
  if (action !== 'AUDIO')
    lines.push(write({ ...bare, name: 'DESCRIPTION', value: { kind: 'text', text: shown || title || 'Alarm' } }, 'ical20'));
  if (action === 'EMAIL')
    lines.push(write({ ...bare, name: 'SUMMARY', value: { kind: 'text', text: shown || title || 'Alarm' } }, 'ical20'));
  lines.push('END:VALARM\r\n');
  return {
    text: lines.join(''),
    ...(action !== 'AUDIO' || shown !== '' || line.params.length > 0 || (snooze === '') !== (repeat === '')
      ? { loss: 'alarm-detail' as const }
      : frame.inUtc(at) === at
        ? {}
        : { loss: 'zone-name' as const }),
  };
}

/** `-PT15M`, `PT48H`: the longest unit that fits; days, which are not 24 hours where the clock changes, only when `days` are meant. */
export function durationOf(seconds: number, days = false): string {
  const sign = seconds < 0 ? '-' : '';
  const size = Math.abs(seconds);
  if (days && size % 86_400 === 0 && size > 0) return `${sign}P${size / 86_400}D`;
  if (size % 3600 === 0 && size > 0) return `${sign}PT${size / 3600}H`;
  if (size % 60 === 0) return `${sign}PT${size / 60}M`;
  return `${sign}PT${size}S`;
}
