"""Reads items with readers that are not ours: vobject and icalendar. In: lines of "TYPE BASE64". Out: a JSON list of what each says."""
import base64
import datetime
import io
import json
import sys
import xml.etree.ElementTree

import icalendar
import vobject



def card(text):
    c = vobject.readOne(text)
    n = c.n.value
    return {
        "n": [n.family, n.given, n.additional, n.prefix, n.suffix],
        "fn": c.fn.value if hasattr(c, "fn") else "",
        "tel": [[t.value, sorted({w.upper() for w in list(t.params.get("TYPE", [])) + list(t.singletonparams)})] for t in c.contents.get("tel", [])],
        "adr": [[a.value.street, a.value.city, a.value.region, a.value.code, a.value.country] for a in c.contents.get("adr", [])],
        "note": c.note.value if hasattr(c, "note") else "",
        "bday": c.bday.value if hasattr(c, "bday") else "",
    }


def plain(text, name):
    # vobject undoes the escapes of 3.0 in every version: of 2.1 and 1.0 its reader of lines is asked, not its reader of values.
    lines = [vobject.base.textLineToContentLine(line, n) for line, n in vobject.base.getLogicalLines(io.StringIO(text))]
    return [line.value for line in lines if line.name.lower() == name]


def old_card(text):
    return {**card(text), "note": plain(text, "note")[0]}


def old_calendar(text):
    assert "vevent" in vobject.readOne(text).contents
    return {name: plain(text, name) for name in ("dtstart", "dtend", "summary", "rrule", "exdate", "aalarm")}


def when(prop):
    return prop.to_ical().decode()


def calendar(text):
    cal = icalendar.Calendar.from_ical(text)
    (e,) = cal.walk("VEVENT")
    people = e.get("ATTENDEE", [])
    people = people if isinstance(people, list) else [people]
    return {
        "version": cal["VERSION"],
        "start": when(e["DTSTART"]),
        "end": when(e["DTEND"]),
        "stamp": when(e["DTSTAMP"]),
        "summary": str(e["SUMMARY"]),
        "rrule": e["RRULE"].to_ical().decode() if "RRULE" in e else "",
        "people": [[str(p), {k: v for k, v in sorted(p.params.items())}] for p in people],
        "categories": e["CATEGORIES"].to_ical().decode() if "CATEGORIES" in e else "",
        "alarms": [[str(a["ACTION"]), when(a["TRIGGER"])] for a in e.walk("VALARM")],
    }


def journal(text):
    (j,) = icalendar.Calendar.from_ical(text).walk("VJOURNAL")
    return {"summary": str(j["SUMMARY"]), "description": str(j.get("DESCRIPTION", ""))}


def zoned(text):
    cal = icalendar.Calendar.from_ical(text)
    (e,) = cal.walk("VEVENT")
    start = e["DTSTART"].dt
    return {"zone": e["DTSTART"].params.get("TZID", ""), "utc": start.astimezone(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ"), "rrule": when(e["RRULE"])}


def sif(text):
    root = xml.etree.ElementTree.fromstring(text.encode("utf-8"))
    inner = lambda one: [inner(child) for child in one] if len(one) else (one.text or "")
    return {"root": root.tag, **{one.tag: inner(one) for one in root if len(one) or (one.text or "") not in ("", "0")}}


READERS = {"journal": journal, "zoned": zoned, "sif": sif, "card": card, "old-card": old_card, "old-calendar": old_calendar, "calendar": calendar}

if __name__ == "__main__":
    said = []
    for line in sys.stdin:
        kind, data = line.split()
        said.append(READERS[kind](base64.b64decode(data).decode("utf-8")))
    json.dump(said, sys.stdout)
