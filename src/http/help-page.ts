/** What a person sees who opens the sync address in a browser: the settings to type into a phone. */

export interface HelpPageFacts {
  /** The address of the sync endpoint. */
  readonly url: string;
  readonly datastores: readonly { readonly uri: string; readonly displayName: string }[];
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const STYLE = `
body{margin:0;background:#eef2f3;color:#14262b;font:16px/1.5 system-ui,sans-serif}
main{max-width:40rem;margin:0 auto;padding:2.5rem 1.25rem}
h1{margin:0 0 .25rem;font-size:1.6rem}
table{width:100%;border-collapse:collapse;margin:1.25rem 0;background:#fff;border-radius:8px;overflow:hidden;box-shadow:0 1px 3px #14262b22}
th,td{padding:.6rem .9rem;text-align:left;vertical-align:top;border-bottom:1px solid #e3eaec}
tr:last-child th,tr:last-child td{border-bottom:0}
th{width:38%;font-weight:600}
code{font:1em ui-monospace,monospace;overflow-wrap:anywhere}
p{margin:.6rem 0}
@media (prefers-color-scheme:dark){body{background:#0f1b1f;color:#dbe7ea}table{background:#182a30}th,td{border-color:#24393f}}`;

/** A complete HTML document; nothing in it comes from another host and no script runs. */
export function helpPage(facts: HelpPageFacts): string {
  const rows = facts.datastores
    .map((store) => `<tr><th scope="row">${escape(store.displayName)}</th><td><code>${escape(store.uri)}</code></td></tr>`)
    .join('');
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Moorage: settings for a phone</title><style>${STYLE}</style></head>
<body><main>
<h1>This is a SyncML server</h1>
<p>A browser has nothing to do here. Type these settings into the phone, under a name such as
<em>Synchronisation</em>, <em>Remote sync</em>, <em>SyncML</em> or <em>OMA DS</em>.</p>
<table>
<tr><th scope="row">Server address (host, URL)</th><td><code>${escape(facts.url)}</code></td></tr>
<tr><th scope="row">User name, password</th><td>from whoever runs this server; upper and lower case count</td></tr>
<tr><th scope="row">Server version</th><td>1.1 or 1.2 if it asks</td></tr>
<tr><th scope="row">Network authentication (HTTP)</th><td>none</td></tr>
</table>
<p>The names of the databases:</p>
<table>${rows}</table>
<p>If the phone has two fields for address and port, the port is <code>${escape(portOf(facts.url))}</code>.</p>
</main></body></html>
`;
}

function portOf(url: string): string {
  const { port, protocol } = new URL(url);
  if (port !== '') return port;
  return protocol === 'https:' ? '443' : '80';
}
