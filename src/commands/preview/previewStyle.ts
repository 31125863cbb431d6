/** Light or dark as the person has it; nothing is loaded for it. */
export const PREVIEW_STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1c1a22; --soft: #625e6d; --line: #e2dfe8; --paper: #f6f4f9; --card: #fff; --accent: #b4235a; --bad: #b3261e; --warn: #8a5200; --warn-paper: #fff6e5;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceaf1; --soft: #a8a3b5; --line: #35313f; --paper: #131118; --card: #1d1a24; --accent: #ff7da8; --bad: #ff8a80; --warn: #f0b45c; --warn-paper: #2a2113; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1264px; padding: 32px 24px 64px; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1, h2, p, ul, dl, dd, figure { margin: 0; padding: 0; }
h1 { font-size: 30px; letter-spacing: -.02em; line-height: 1.2; }
h2 { font-size: 18px; letter-spacing: -.01em; margin-bottom: 12px; }
code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
section p { color: var(--soft); margin-bottom: 12px; }
.version { color: var(--accent); font-weight: 500; }
.title { font-size: 18px; }
.soft { color: var(--soft); }
main { display: grid; gap: 20px; margin-top: 24px; }
section { min-width: 0; padding: 20px 24px 24px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
img { display: block; max-width: 100%; height: auto; border-radius: 8px; }
.checker { background: repeating-conic-gradient(#d4d6da 0 25%, #fff 0 50%) 0 0 / 20px 20px; }
.light { background: #fff; }
.dark { background: #181a20; }
.motions { display: flex; flex-wrap: wrap; gap: 20px; }
.motions figure { flex: 0 1 var(--wide); min-width: min(120px, 100%); }
.motion { aspect-ratio: var(--ratio); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.motion::before { content: ""; display: block; width: 100%; height: 100%; background: center / contain no-repeat; }
figcaption { margin-top: 6px; font-size: 14px; color: var(--soft); text-align: center; }
.still { width: fit-content; max-width: 100%; border: 1px solid var(--line); border-radius: 8px; }
.still img { max-height: 480px; width: auto; }
.notes { background: var(--warn-paper); border-color: var(--warn); }
.notes ul { list-style: none; display: grid; gap: 10px; }
.notes strong { display: block; font-weight: 600; }
.notes span { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 6px 20px; }
dt { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 20px 8px 0; text-align: left; vertical-align: top; white-space: nowrap; border-top: 1px solid var(--line); }
thead th { border: 0; font-weight: 500; color: var(--soft); }
.bar { display: block; width: 140px; height: 6px; margin-top: 4px; border-radius: 3px; background: linear-gradient(var(--accent) 0 0) no-repeat 0 / var(--share) 100%, var(--line); }
.bar.over { background: var(--bad); }
@media (max-width: 560px) { body { padding: 20px 12px 40px; } section { padding: 16px; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; } }
`;
