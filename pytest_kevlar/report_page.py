"""Style and behaviour of the HTML page around the rows: colours, a phone's width, the search.

pytest-html draws its table anew for every change, which takes a second with a thousand rows. So
rows are opened in place here, and what was opened or hidden by the search is so again when the
order changes. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

#: Rows that may be open when the page is: beyond that all of them start closed.
OPEN_ROWS = 20

_STYLE = """<style>
:root { color-scheme: light dark; --kevlar-text: #1f2328; --kevlar-back: #f6f8fa;
  --kevlar-line: #d0d7de; --kevlar-bug: #ffebe9; --kevlar-good: #dafbe1;
  --kevlar-soft: #59636e; --kevlar-plus: #055d20; --kevlar-minus: #82071e;
  --kevlar-page: #fff; --kevlar-link: #0550ae; --kevlar-warn: #7d4e00; }
@media (prefers-color-scheme: dark) {
  :root { --kevlar-text: #e6edf3; --kevlar-back: #161b22; --kevlar-line: #3d444d;
    --kevlar-bug: #67060c66; --kevlar-good: #033a1666; --kevlar-soft: #9198a1;
    --kevlar-plus: #7ee787; --kevlar-minus: #ffa198; --kevlar-page: #0d1117;
    --kevlar-link: #58a6ff; --kevlar-warn: #d29922; }
}
body { max-width: 100%; min-width: 0; box-sizing: border-box; display: flex;
  flex-direction: column; font-size: 13px; }
body, .logwrapper, .log { background: var(--kevlar-page); color: var(--kevlar-text); }
body h1, body h2, body h4, body p, body .kevlar p { color: var(--kevlar-text); }
#environment-header, #environment { order: 9; align-self: flex-start; }
#environment td, #results-table, #results-table th, #results-table td {
  border-color: var(--kevlar-line); color: var(--kevlar-text); }
#results-table th { background: var(--kevlar-back); }
#environment tr:nth-child(odd) { background: var(--kevlar-back); }
a, .filters button, .collapse button { color: var(--kevlar-link); }
span.passed, #results-table .passed .col-result { color: var(--kevlar-plus); }
span.failed, span.error, span.xpassed, #results-table .failed .col-result,
#results-table .error .col-result { color: var(--kevlar-minus); font-weight: bold; }
span.skipped, span.xfailed, span.rerun, #results-table .xfailed .col-result,
#results-table .skipped .col-result { color: var(--kevlar-warn); }
#results-table td[class^="col-kevlar"][class$="_ms"], #results-table .col-duration {
  text-align: right; }
#results-table .col-testId { overflow-wrap: anywhere; }
.logwrapper:has(.kevlar) { max-height: none; overflow-y: visible; background: none; }
.logwrapper:has(.kevlar) .logexpander { display: none; }
.logwrapper:has(.kevlar) .log { top: 0; height: auto; padding: 5px; border: 0;
  font-family: inherit; white-space: normal; }
.kevlar { padding: 4px 12px; background: var(--kevlar-page); color: var(--kevlar-text); }
.kevlar-sides { display: flex; gap: 12px; align-items: flex-start; }
.kevlar-sides > div { flex: 1; min-width: 0; }
.kevlar-pre { margin: 2px 0 8px; padding: 6px 8px; background: var(--kevlar-back);
  border: 1px solid var(--kevlar-line); white-space: pre-wrap; overflow-wrap: anywhere;
  font: 12px/1.45 monospace; color: var(--kevlar-text); max-height: 30em; overflow-y: auto; }
.kevlar-diff .minus { background: var(--kevlar-bug); color: var(--kevlar-minus); }
.kevlar-diff .plus { background: var(--kevlar-good); color: var(--kevlar-plus); }
.kevlar-diff .hunk { color: var(--kevlar-soft); }
.kevlar-matrix { border-collapse: collapse; margin: 8px 0; font-size: 13px; }
.kevlar-matrix th, .kevlar-matrix td { border: 1px solid var(--kevlar-line); padding: 3px 9px;
  text-align: right; }
.kevlar-matrix th:first-child, .kevlar-matrix td:first-child { text-align: left;
  overflow-wrap: anywhere; }
.kevlar-matrix .good { background: var(--kevlar-good); }
.kevlar-matrix .bad { background: var(--kevlar-bug); font-weight: bold; }
.kevlar-matrix .total { border-top: 2px solid var(--kevlar-soft); }
button.kevlar-find { font: inherit; color: inherit; text-align: inherit; background: none;
  border: 0; padding: 0; cursor: pointer; }
button.kevlar-find:hover, button.kevlar-find:focus-visible { text-decoration: underline; }
.kevlar-top { display: flex; flex-wrap: wrap; gap: 8px 32px; }
.kevlar-top > div { max-width: 100%; overflow-x: auto; }
.kevlar-search { position: sticky; top: 0; z-index: 1; padding: 6px 0;
  background: var(--kevlar-page); }
#kevlar-search { font: 15px system-ui, sans-serif; padding: 6px 9px; width: 100%;
  max-width: 40em; box-sizing: border-box; border: 1px solid var(--kevlar-line);
  background: var(--kevlar-back); color: var(--kevlar-text); }
@media (max-width: 700px) {
  body { padding: 8px; } #results-table { font-size: 11px; }
  #results-table > tbody > tr > td, #results-table th { padding: 4px 3px; }
  .summary, .filters, .collapse { display: block; }
  .col-kevlar_linux_ms, .col-kevlar_category, .col-kevlar_kernel_ms, .col-duration, .col-links,
  th[data-column-type^="kevlar_l"], th[data-column-type="kevlar_category"],
  th[data-column-type="kevlar_kernel_ms"], th[data-column-type="duration"],
  #results-table-head th:last-child { display: none; }
  #results-table .col-result, #results-table th { width: auto; }
  #results-table .col-testId { width: 60%; }
  .kevlar-sides { display: block; }
  .kevlar { max-width: calc(100vw - 44px); padding: 0; }
}
</style>"""

_SEARCH = """<div class="kevlar-search"><input type="search" id="kevlar-search"
 aria-label="find rows" placeholder="find rows: words of a name, category, arch or verdict">
<span id="kevlar-found" role="status"></span></div>"""

_SCRIPT = """<script>
addEventListener('DOMContentLoaded', () => {
  const box = document.getElementById('kevlar-search');
  const found = document.getElementById('kevlar-found');
  const apply = () => {
    const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let shown = 0;
    for (const body of document.querySelectorAll('#results-table > tbody')) {
      const row = body.rows[0];
      const text = [...row.cells].map((cell) => cell.textContent).join(' ').toLowerCase();
      body.hidden = !words.every((word) => text.includes(word));
      shown += !body.hidden;
    }
    found.textContent = words.length ? `${shown} found` : '';
  };
  box.addEventListener('input', apply);
  for (const button of document.querySelectorAll('.kevlar-find'))
    button.addEventListener('click', () => {
      box.value = button.dataset.find;
      apply();
      box.scrollIntoView();
    });
  const chosen = new Map();
  const isOpen = (row) => !row.nextElementSibling.classList.contains('hidden');
  const open = (row, wanted) => {
    row.nextElementSibling.classList.toggle('hidden', !wanted);
    row.querySelector('.col-result').classList.toggle('collapsed', !wanted);
    chosen.set(row.dataset.id, wanted);
  };
  const rows = () => [...document.querySelectorAll('#results-table .collapsible[data-id]')];
  const drawn = () => {
    for (const row of chosen.size ? rows() : [])
      if (chosen.has(row.dataset.id)) open(row, chosen.get(row.dataset.id));
    if (box.value) apply();
  };
  const page = document.getElementById('results-table').parentNode;
  new MutationObserver(drawn).observe(page, { childList: true });
  page.addEventListener('click', (event) => {
    const row = event.target.closest('#results-table .collapsible[data-id]');
    if (!row || event.target.closest('.col-links, a')) return;
    event.stopPropagation();
    open(row, !isOpen(row));
  }, true);
  for (const name of ['show_all_details', 'hide_all_details'])
    document.getElementById(name).addEventListener('click', () => chosen.clear(), true);
  const opened = rows().filter(isOpen);
  if (opened.length > OPEN_ROWS && !location.search.includes('collapsed='))
    for (const row of opened) open(row, false);
  const closed = rows().filter((row) => !isOpen(row)).map((row) => row.dataset.id);
  sessionStorage.setItem('collapsedIds', JSON.stringify(closed));
});
</script>"""


def head() -> str:
    """What the page needs before anything of ours."""
    return _STYLE


def search() -> str:
    """The search, to stand right above the rows."""
    return _SEARCH + _SCRIPT.replace("OPEN_ROWS", str(OPEN_ROWS))
