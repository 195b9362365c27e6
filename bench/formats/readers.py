"""Items a second that an independent reader takes apart: `readers.py vobject|icalendar`, one item in Base64 a line on standard input."""
import base64
import sys
import time

items = [base64.b64decode(line).decode("utf-8") for line in sys.stdin.read().split("\n") if line]
if sys.argv[1] == "vobject":
    import vobject

    def read(text):
        return vobject.readOne(text)
else:
    import icalendar

    def read(text):
        return icalendar.Calendar.from_ical(text)

for text in items[:50]:
    read(text)
start = time.process_time()
for text in items:
    read(text)
print(len(items) / (time.process_time() - start))
