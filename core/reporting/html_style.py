"""The style sheet of a report: on a screen, on a phone and on paper."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root { color-scheme: light; --ink: #1e2430; --soft: #5b6373; --line: #d9dce3; --accent: #3f76d9; --warn: #a04a00; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 24px 16px 64px; overflow-wrap: anywhere; }
h1 { margin: 0 0 4px; font-size: 28px; line-height: 1.2; }
h2 { margin: 40px 0 8px; padding-top: 12px; border-top: 2px solid var(--accent); font-size: 21px; }
h3 { margin: 28px 0 6px; font-size: 17px; }
p { margin: 6px 0; max-width: 75ch; }
.sub { color: var(--soft); }
.missing { color: var(--warn); font-weight: 600; }
nav ol { columns: 2; margin: 12px 0; padding-left: 22px; }
nav a { color: var(--accent); }
dl { display: grid; grid-template-columns: minmax(120px, 230px) 1fr; gap: 3px 16px; margin: 8px 0; }
dt { color: var(--soft); }
dd { margin: 0; }
.scroll { margin: 10px 0; }
table { border-collapse: collapse; font-size: 13px; }
.scroll table { width: 100%; table-layout: fixed; }
caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { padding: 4px 8px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; }
.side { display: flex; flex-wrap: wrap; gap: 12px 40px; }
.matrix td { text-align: center; min-width: 74px; border: 1px solid var(--line); }
figure { margin: 12px 0; }
figure img { display: block; width: 100%; max-width: 820px; height: auto; }
figcaption { color: var(--soft); font-size: 13px; max-width: 90ch; }
@media (max-width: 600px) {
  nav ol { columns: 1; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 6px; }
  .scroll table, .scroll tbody, .scroll tr, .scroll caption { display: block; }
  .scroll thead, .scroll colgroup { display: none; }
  .scroll tr { padding: 6px 0; border-bottom: 1px solid var(--line); }
  .scroll td { display: grid; grid-template-columns: 104px 1fr; gap: 8px; padding: 1px 0; border: 0; }
  .scroll td::before { content: attr(data-label); color: var(--soft); }
}
@media print {
  @page { size: A4; margin: 16mm; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  h2, h3 { break-after: avoid; }
  figure, tr, .matrix { break-inside: avoid; }
  thead { display: table-header-group; }
  td { print-color-adjust: exact; }
}
"""
