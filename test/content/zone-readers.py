"""Zones and series read by programs that are not ours: dateutil, icalendar and the system's own zone data. In: JSON. Out: JSON."""
import datetime as dt
import io
import json
import re
import sys
import zoneinfo

import icalendar
from dateutil import rrule, tz

UTC = dt.timezone.utc
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
FORM = "%Y%m%dT%H%M%S"


def parse(text):
    at = dt.datetime.strptime(text.rstrip("Z"), FORM)
    return at.replace(tzinfo=UTC) if text.endswith("Z") else at


def text_of(at):
    return at.astimezone(UTC).strftime(FORM) + "Z"


def offsets(cases):
    """Offsets at instants by our VTIMEZONE, as dateutil and icalendar read it, where they are not those of the system's zone data."""
    wrong = []
    for case in cases:
        calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n%sEND:VCALENDAR\r\n" % case["vtimezone"]
        ours = tz.tzical(io.StringIO(case["vtimezone"])).get(case["tzid"])
        (component,) = icalendar.Calendar.from_ical(calendar).walk("VTIMEZONE")
        theirs = component.to_tz()
        known = zoneinfo.ZoneInfo(case["tzid"])
        for stamp in case["instants"]:
            at = dt.datetime.fromtimestamp(stamp, UTC)
            wanted = at.astimezone(known).utcoffset()
            # dateutil cannot tell the second of a doubled hour: it is asked for the instant's local time.
            local = at.astimezone(known).replace(tzinfo=None)
            gone = at.astimezone(known).fold == 1
            read = local.replace(tzinfo=ours).utcoffset()
            if not gone and read != wanted:
                wrong.append([case["tzid"], at.isoformat(), "dateutil", str(read), str(wanted)])
            read = at.astimezone(theirs).utcoffset()
            if read != wanted:
                wrong.append([case["tzid"], at.isoformat(), "icalendar", str(read), str(wanted)])
    return wrong


def days_of_month(year, month):
    first = dt.date(year, month, 1)
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return [first + dt.timedelta(days=n) for n in range((following - first).days)]


def months_from(start, interval):
    at = start.year * 12 + start.month - 1
    while at // 12 <= start.year + 45:
        yield at // 12, at % 12 + 1
        at += interval


def candidate_days(kind, interval, words, start):
    """All days of a rule of 1.0, by looking at one period after the other."""
    first = start.date()
    if kind == "D":
        day = first
        while True:
            yield day
            day += dt.timedelta(days=interval)
    elif kind == "W":
        wanted = words or [DAYS[first.weekday()]]
        week = first - dt.timedelta(days=first.weekday())
        while True:
            for n in range(7):
                if DAYS[n] in wanted:
                    yield week + dt.timedelta(days=n)
            week += dt.timedelta(weeks=interval)
    elif kind == "MD":
        for year, month in months_from(start, interval):
            days = days_of_month(year, month)
            numbers = [len(days) if w == "LD" else len(days) + 1 - int(w[:-1]) if w.endswith("-") else int(w.rstrip("+")) for w in words or [str(first.day)]]
            yield from [day for day in days if day.day in numbers]
    elif kind == "MP":
        pairs = []
        position = None
        for word in words:
            if word in DAYS:
                pairs.append((position, word))
            else:
                position = word
        for year, month in months_from(start, interval):
            days = days_of_month(year, month)
            found = set()
            for position, name in pairs:
                alike = [day for day in days if DAYS[day.weekday()] == name]
                at = int(position[0])
                if at <= len(alike):
                    found.add(alike[-at] if position.endswith("-") else alike[at - 1])
            yield from sorted(found)
    elif kind == "YM":
        year = first.year
        while year <= first.year + 45:
            for month in sorted(int(w) for w in words or [str(first.month)]):
                yield from [day for day in days_of_month(year, month) if day.day == first.day]
            year += interval
    elif kind == "YD":
        year = first.year
        while year <= first.year + 45:
            days = [day for month in range(1, 13) for day in days_of_month(year, month)]
            if words:
                yield from [day for n, day in enumerate(days, 1) if str(n) in words]
            else:
                yield from [day for day in days if (day.month, day.day) == (first.month, first.day)]
            year += interval


def expand_legacy(rule, start, most, last):
    """Local times of a rule of 1.0; `last` ends the look at rules that name no more days."""
    head, *words = rule.split()
    kind, interval = re.fullmatch(r"([A-Z]+)(\d+)", head).groups()
    ends = [w for w in words if w.startswith("#") or re.fullmatch(r"\d{8}T\d{6}Z?", w)]
    words = [w for w in words if w not in ends]
    count = int(ends[0][1:]) if ends and ends[0].startswith("#") else 0
    until = parse(ends[0]).replace(tzinfo=None) if ends and not ends[0].startswith("#") else None
    found = []
    for day in candidate_days(kind, int(interval), words, start):
        at = dt.datetime.combine(day, start.time())
        if day.year > last or len(found) >= (min(count, most) if count else most) or (until and at > until):
            break
        if at >= start:
            found.append(at)
    return found


def legacy_rules(cases):
    """Times of a rule of 1.0 and of what we make of it in 2.0, or the other way round: both lists."""
    said = []
    for case in cases:
        start = parse(case["start"]).replace(tzinfo=None)
        old = expand_legacy(case["old"], start, 12, start.year + 40)
        modern = re.sub(r"UNTIL=(\d{8}T\d{6})Z", r"UNTIL=\1", case["new"])
        new = []
        for at in rrule.rrulestr(modern, dtstart=start):
            if len(new) >= 12 or at.year > start.year + 40:
                break
            new.append(at)
        said.append([[at.strftime(FORM) for at in old], [at.strftime(FORM) for at in new]])
    return said


def modern_instants(text, most):
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    start = event["DTSTART"].dt
    zone = zoneinfo.ZoneInfo(str(event["DTSTART"].params["TZID"])) if "TZID" in event["DTSTART"].params else UTC
    wall = start.replace(tzinfo=None)
    rule = event["RRULE"].to_ical().decode()
    until = re.search(r"UNTIL=(\d{8}T\d{6})Z", rule)
    if until:
        local = parse(until.group(1) + "Z").astimezone(zone).strftime(FORM)
        rule = rule.replace(until.group(0), "UNTIL=" + local)
    found = []
    for at in rrule.rrulestr(rule, dtstart=wall):
        if len(found) >= most:
            break
        found.append(text_of(at.replace(tzinfo=zone)))
    return found


def legacy_instants(text, home, most):
    """What a phone in `home` shows: it repeats on its own clock, or on that of TZ where the start is local."""
    value = lambda name: re.search(r"^%s:(\S.*?)\s*$" % name, text, re.M).group(1)
    start, rule = value("DTSTART"), value("RRULE")
    zone = zoneinfo.ZoneInfo(home)
    wall = parse(start).astimezone(zone).replace(tzinfo=None) if start.endswith("Z") else parse(start)
    until = re.search(r"(\d{8}T\d{6})Z", rule)
    if until:
        rule = rule.replace(until.group(0), parse(until.group(0)).astimezone(zone).strftime(FORM))
    return [text_of(at.replace(tzinfo=zone)) for at in expand_legacy(rule, wall, most, wall.year + 40)]


def series(cases):
    return [[modern_instants(c["modern"], 60), legacy_instants(c["legacy"], c["home"], 60)] for c in cases]


def days(cases):
    """The first days of rules of 2.0, by dateutil: as many as COUNT says, or 40; none after `last`. None: it breaks."""
    said = []
    for case in cases:
        found = []
        try:
            # With both ends dateutil stops at either.
            for at in rrule.rrulestr("%s;UNTIL=%d1231T235959" % (case["rule"], case["last"]), dtstart=parse(case["start"])):
                if len(found) >= 40:
                    break
                found.append(at.strftime("%Y%m%d"))
        except IndexError:
            # dateutil looks beyond its own table for some days at the end of a year.
            found = None
        said.append(found)
    return said


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump({"offsets": offsets, "rules": legacy_rules, "series": series, "days": days}[asked["what"]](asked["cases"]), sys.stdout)
