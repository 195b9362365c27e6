/** Style and script of the HTML report, kept inside it so that the page needs nothing else. */
export const STYLE = `
:root { color-scheme: light dark; --pass: #2e7d32; --fail: #c62828; --off: #757575; --open: #ef6c00; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top; }
thead th, .summary tr:last-child > * { border-top: 1px solid; } thead th { border-top: 0; border-bottom: 1px solid; }
span.pass, span.fail, span.not-supported, span.inconclusive { border-radius: .3em; padding: 0 .4em; color: #fff; font-size: .85em; white-space: nowrap; }
span.pass { background: var(--pass); } span.fail { background: var(--fail); } span.not-supported { background: var(--off); } span.inconclusive { background: var(--open); }
.verdict { font-size: 1.2em; font-weight: 600; border-left: .4em solid; padding-left: .6em; }
.verdict.pass, section.pass { border-color: var(--pass); } .verdict.fail, section.fail { border-color: var(--fail); }
.verdict.inconclusive, section.inconclusive { border-color: var(--open); } section.not-supported { border-color: var(--off); }
.filter label { margin-right: 1em; }
details.case { margin: .3rem 0; } details.case > summary { cursor: pointer; } summary i { font-size: .8em; }
section { border-left: .25em solid; padding-left: .8em; margin: .6em 0 .6em 1em; } h4 { margin: 0; }
.reference, .legend { font-size: .9em; opacity: .8; } .reason { font-weight: 600; margin: .2em 0; } section ul { margin: .2em 0; }
pre { overflow-x: auto; background: #8881; padding: .6em; font-size: 12px; } .messages h5 { margin: .6em 0 .2em; }
`;

export const SCRIPT = `
const unpacked = (async () => {
  const bytes = Uint8Array.from(atob(document.getElementById('messages').textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text());
})();
const line = (into, tag, text) => { const e = document.createElement(tag); e.textContent = text; into.append(e); };
for (const details of document.querySelectorAll('details.messages')) details.addEventListener('toggle', async () => {
  if (details.dataset.shown) return;
  details.dataset.shown = '1';
  const all = await unpacked;
  for (const at of details.dataset.messages.split(' ')) {
    const { sent, request, came, response } = all[at];
    line(details, 'h5', '\\u2192 ' + sent); line(details, 'pre', request);
    line(details, 'h5', '\\u2190 ' + came); if (response) line(details, 'pre', response);
  }
});
for (const box of document.querySelectorAll('input[data-verdict]')) box.addEventListener('change', () => {
  for (const one of document.querySelectorAll('details.case.' + box.dataset.verdict)) one.hidden = !box.checked;
});
const open = () => { const target = location.hash && document.getElementById(location.hash.slice(1)); if (target) target.open = true; };
addEventListener('hashchange', open); open();
`;
