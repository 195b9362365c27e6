"""Digest of a database as docs/device-backup-protocol.md says, by other means: prints JSON. Usage: digest.py FILE"""
import hashlib, json, sqlite3, struct, sys

con = sqlite3.connect(sys.argv[1])
con.text_factory = bytes
one = lambda sql, *a: con.execute(sql, a).fetchall()
text = lambda b: struct.pack('>I', len(b)) + b
q = lambda b: '"' + b.decode().replace('"', '""') + '"'

schema = hashlib.sha256(struct.pack('>ii', one('PRAGMA user_version')[0][0], one('PRAGMA application_id')[0][0]))
rows = one("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
for row in sorted(r for r in rows if not r[1].startswith(b'sqlite_')):
    for part in row:
        schema.update(text(part))

total = hashlib.sha256(b'moorage-digest-1' + schema.digest())
tables = {}
for (name, sql) in sorted(one("SELECT name, sql FROM sqlite_master WHERE type = 'table'")):
    if sql.upper().startswith(b'CREATE VIRTUAL') or (name.startswith(b'sqlite_') and name not in (b'sqlite_sequence', b'sqlite_stat1')):
        continue
    info = [r for r in con.execute('SELECT name, hidden, pk FROM pragma_table_xinfo(?)', (name.decode(),))]
    columns = [q(c) for (c, hidden, pk) in info if hidden == 0]
    wr = b'WITHOUT ROWID' in sql.upper()
    integer_key = not wr and not one("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'", name.decode()) and any(pk for (_, _, pk) in info)
    if not wr and not integer_key:
        taken = {c.lower() for (c, _, _) in info}
        columns.insert(0, next(r for r in ('rowid', '_rowid_', 'oid') if r.encode() not in taken))
    # Text that is not UTF-8 comes as its bytes; its type has to be asked for.
    select = ', '.join('typeof(%s), %s' % (c, c) for c in columns)
    total_sum = count = 0
    for row in con.execute('SELECT %s FROM %s' % (select, q(name))):
        out = b''
        for kind, value in zip(row[0::2], row[1::2]):
            if kind == b'null': out += b'\0'
            elif kind == b'integer': out += b'\1' + struct.pack('>q', value)
            elif kind == b'real': out += b'\2' + struct.pack('>d', value)
            else: out += (b'\3' if kind == b'text' else b'\4') + text(value)
        total_sum = (total_sum + int.from_bytes(hashlib.sha256(out).digest(), 'big')) % 2**256
        count += 1
    tables[name.decode()] = {'rows': count, 'sum': '%064x' % total_sum}
    total.update(text(name) + struct.pack('>Q', count) + total_sum.to_bytes(32, 'big'))
print(json.dumps({'digest': total.hexdigest(), 'schema': schema.hexdigest(), 'tables': tables}))
