/** What an item is, as far as this room can read it. `opaque`: kept and matched by its bytes only. */
export type ContentKind = 'vcard' | 'vevent' | 'vtodo' | 'vjournal' | 'vnote' | 'text' | 'sif' | 'message' | 'email' | 'opaque';
