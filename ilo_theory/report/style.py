"""How the page looks, and the few lines of script that filter its rows and open the one that a link names."""

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 2rem auto; max-width: 80rem;
       padding: 0 1rem; }
h2 { margin: 2.2rem 0 0.4rem; }
table { border-collapse: collapse; font-size: 0.85rem; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 0.7rem 0.2rem 0; overflow-wrap: anywhere; }
tbody tr { border-top: 1px solid #e4e4e4; }
td table { margin: 0 0 0.2rem; }
.counts td:not(:first-child), .counts th:not(:first-child) { text-align: right; padding-left: 0.7rem; }
.counts tbody tr:last-child { font-weight: 700; border-top: 2px solid #999; }
.counts th { overflow-wrap: normal; }
form { display: flex; flex-wrap: wrap; gap: 0.6rem; position: sticky; top: 0; background: #fff; padding: 0.6rem 0;
       border-bottom: 1px solid #ccc; z-index: 1; align-items: center; }
form[hidden] { display: none; }
input, select, button { font: inherit; padding: 0.2rem 0.4rem; }
details.row { border-top: 1px solid #ddd; scroll-margin-top: 4rem; }
details.row:target { background: #fffbe8; }
summary, .head { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr) 6.2rem 6.2rem 4.5rem; gap: 0 0.9rem;
                 padding: 0.55rem 0.3rem; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: #f5f7f9; }
.head { font-weight: 700; cursor: default; color: #555; padding-bottom: 0.2rem; }
.number { font-variant-numeric: tabular-nums; text-align: right; overflow-wrap: anywhere; }
.status { font-weight: 700; display: block; } .status::before { content: "\\25B8\\00A0"; color: #999; }
details[open] .status::before { content: "\\25BE\\00A0"; }
.HOLDS { color: #00664b; } .SUPPORTED { color: #005a8c; } .REFUTED { color: #a83c00; } .INCONCLUSIVE { color: #6b5b00; }
.unexpected { outline: 2px solid #c00; font-size: 0.8rem; }
.small, code, figcaption, dt { color: #555; font-size: 0.85rem; }
.formula { display: block; overflow-x: auto; overflow-y: hidden; padding: 0.2rem 0; font-size: 1.15em; }
.math { fill: currentColor; overflow: visible; max-width: none; }
.inside { padding: 0.2rem 0.3rem 1.2rem 8.7rem; }
figure { margin: 0.8rem 0; } figure img { max-width: 100%; }
dl { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: 0.35rem 0.9rem; margin: 0.3rem 0; }
dd { margin: 0; overflow: auto; max-height: 26rem; }
@media (max-width: 50rem) { summary, .head { grid-template-columns: 1fr 5rem 5rem; } .wide { grid-column: 1 / -1; }
                            .inside { padding-left: 0.3rem; } .head, .time { display: none; } dl { display: block; } }
@media print { form { display: none; } dd { max-height: none; } details.row { break-inside: avoid; }
               body { margin: 0; max-width: none; } }
"""

SCRIPT = """
const form = document.querySelector('form'), rows = [...document.querySelectorAll('details.row')];
const words = new Map(rows.map(row => [row, row.querySelector('summary').textContent.toLowerCase()]));
function filter() {
  const {status, family, text} = form.elements, sought = text.value.toLowerCase().split(/\\s+/);
  for (const row of rows) row.hidden = (status.value && row.dataset.status !== status.value)
    || (family.value && row.dataset.family !== family.value) || !sought.every(word => words.get(row).includes(word));
  for (const part of document.querySelectorAll('section'))
    part.hidden = !part.querySelector('details.row:not([hidden])');
  form.querySelector('output').textContent = rows.filter(row => !row.hidden).length + ' of ' + rows.length;
}
function show() {
  const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!rows.includes(row)) return;
  if (row.hidden) { form.reset(); filter(); }
  row.open = true;
  row.scrollIntoView();
}
form.hidden = false;
form.addEventListener('input', filter);
form.addEventListener('submit', event => event.preventDefault());
form.elements.all.addEventListener('click', () => {
  const shown = rows.filter(row => !row.hidden), opened = !shown.every(row => row.open);
  for (const row of shown) row.open = opened;
});
addEventListener('hashchange', show);
filter();
show();
"""
