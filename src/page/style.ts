/** Light for reading and filling in; the stage alone is dark, as a live stream is, so that transparency shows. */
export const PAGE_STYLE = `
:root {
  color-scheme: light;
  --ink: #1c1a22; --soft: #635f6e; --line: #e2dfe8; --paper: #f7f5fa; --card: #fff;
  --accent: #b4235a; --good: #17694a; --bad: #b3261e; --warn: #8a5200;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1, h2, p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 20px; letter-spacing: -.01em; }
h2 { font-size: 13px; font-weight: 600; color: var(--soft); }
small { display: block; font-size: 13px; color: var(--soft); }
code { font: 11.5px/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; color: var(--soft); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

header { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: baseline; padding: 14px 20px; background: var(--card); border-bottom: 1px solid var(--line); }
.lead { color: var(--soft); }
#live { margin-left: auto; font-size: 13px; color: var(--good); font-variant-numeric: tabular-nums; }
#live::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 7px; border-radius: 50%; background: currentColor; }
#live[data-tone="failed"] { color: var(--bad); }

main { display: grid; grid-template-columns: 250px minmax(340px, 1fr) 360px; gap: 20px; align-items: start; max-width: 1360px; margin: 0 auto; padding: 20px; }
#viewer-box, #facts > section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; }
#facts { display: grid; gap: 12px; min-width: 0; }
#show { display: grid; gap: 12px; min-width: 0; }

summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::after { content: "▾"; margin-left: auto; color: var(--soft); }
details[open] > summary::after { content: "▴"; }
.summary-title { font-size: 13px; font-weight: 600; color: var(--soft); }
#viewer-summary { display: flex; flex-wrap: wrap; gap: 4px; }
details[open] #viewer-summary { display: none; }
.fact { font-size: 12.5px; padding: 1px 8px; border-radius: 99px; background: var(--paper); border: 1px solid var(--line); }
form { display: grid; gap: 3px; margin-top: 12px; }
form > label, legend { margin-top: 9px; font-size: 13px; font-weight: 600; padding: 0; }
form > label:first-child { margin-top: 0; }
.hint { font-weight: 400; color: var(--soft); }
.note { font-size: 13px; color: var(--warn); }
input:not([type]), select { width: 100%; min-height: 38px; padding: 6px 10px; font: inherit; color: inherit; background: #fff; border: 1px solid #8f8a9a; border-radius: 8px; }
input::placeholder { color: #767180; }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
.tiers { display: grid; grid-template-columns: repeat(3, 1fr); margin-top: 3px; border: 1px solid #8f8a9a; border-radius: 8px; overflow: hidden; }
.tiers input { position: absolute; opacity: 0; }
.tiers span { display: block; padding: 7px 0; text-align: center; cursor: pointer; }
.tiers label + label span { border-left: 1px solid #8f8a9a; }
.tiers input:checked + span { background: var(--ink); color: #fff; }
.tiers input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: -3px; }

button { font: inherit; cursor: pointer; }
#gifts { display: flex; flex-wrap: wrap; gap: 8px; min-height: 40px; }
#gifts button { min-height: 40px; padding: 0 16px; color: inherit; background: var(--card); border: 1px solid #8f8a9a; border-radius: 99px; }
#gifts button:hover { border-color: var(--ink); }
#gifts button[aria-pressed="true"] { background: var(--ink); border-color: var(--ink); color: #fff; }
#gifts button.gone { border-style: dashed; }
#gifts button.gone::after { content: " · not in the catalog"; font-size: 12px; }
.controls { display: flex; gap: 18px; align-items: center; margin-left: auto; }
.words { flex: 1 1 260px; min-width: 0; }
.play { min-height: 42px; padding: 0 26px; font-weight: 600; color: #fff; background: var(--accent); border: 0; border-radius: 99px; }
.play:hover { background: #96184a; }
.repeat { display: flex; gap: 7px; align-items: center; min-height: 42px; cursor: pointer; }
.repeat input { width: 18px; height: 18px; accent-color: var(--accent); }

#stage { position: relative; overflow: hidden; aspect-ratio: 1; max-height: min(70vh, 660px); width: 100%; border-radius: 16px; isolation: isolate; background: radial-gradient(circle at 18% 24%, #4a2a5c 0, transparent 38%), radial-gradient(circle at 84% 16%, #1f4058 0, transparent 42%), radial-gradient(circle at 60% 96%, #5a2440 0, transparent 46%), #16121d; }
.giftwrap-layer { display: grid; place-items: center; padding: 22px; }
.giftwrap-layer > .own-default { width: min(58%, 260px); }
.own-default { width: min(58%, 260px); color: #cfc7db; }
.own-default text { font-size: 17px; }
.chip { position: absolute; z-index: 1; padding: 3px 10px; font-size: 12px; color: #fff; background: #000a; border-radius: 99px; }
.chip:empty { display: none; }
.live-chip { top: 14px; left: 14px; letter-spacing: .04em; }
.live-chip i { display: inline-block; width: 7px; height: 7px; margin-right: 6px; border-radius: 50%; background: #ff4d6d; }
.caption { bottom: 14px; left: 14px; font-family: ui-monospace, Menlo, Consolas, monospace; }
html:not([data-state="playing"]) .caption { display: none; }

#verdict { display: flex; flex-wrap: wrap; gap: 10px 20px; align-items: center; padding: 14px 16px; background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--good); border-radius: 10px; }
#verdict h2 { font-size: 18px; color: var(--ink); }
#verdict[data-tone="warned"] { border-left-color: #d98200; }
#verdict[data-tone="failed"] { border-left-color: var(--bad); }

#facts h2 { margin-bottom: 8px; }
#facts li + li { margin-top: 8px; padding-top: 8px; border-top: 1px solid var(--line); }
#facts b { font-weight: 600; }
.none { color: var(--soft); }
#chain { counter-reset: link; }
#chain li:not(.none) { counter-increment: link; position: relative; padding-left: 30px; color: var(--soft); }
#chain li:not(.none)::before { content: counter(link); position: absolute; left: 0; width: 20px; text-align: center; font-size: 12px; line-height: 20px; border-radius: 50%; background: var(--paper); border: 1px solid var(--line); }
#chain li.playing, #chain li.playing b { color: var(--ink); }
#chain li.playing::before { color: #fff; background: var(--good); border-color: var(--good); }
#chain li.playing p { color: var(--good); font-weight: 600; }
#chain li.failed { color: var(--bad); }
#chain li.failed::before { content: "✕"; color: #fff; background: var(--bad); border-color: var(--bad); }
.detail { font-size: 12px; }
#releases .serves b { color: var(--good); }
.verified { font-size: 13px; font-weight: 600; color: var(--good); }
.verified::before { content: "✓ "; }
#published { display: grid; grid-template-columns: auto 1fr; gap: 4px 14px; }
#published dt { color: var(--soft); }
#published dd { font-variant-numeric: tabular-nums; }
#log { max-height: 240px; overflow: auto; font-size: 13px; }
#log li { display: flex; gap: 10px; }
#facts #log li + li { margin-top: 4px; padding-top: 4px; }
#log time { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; }
#log .news span { color: var(--good); }
#log .failed span { color: var(--bad); }
#log small { font-size: 12px; }

@media (max-width: 1060px) {
  main { grid-template-columns: 250px minmax(0, 1fr); }
  #facts { grid-column: 1 / -1; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); align-items: start; }
}
@media (max-width: 759px) {
  header { padding: 12px 14px; }
  .lead { display: none; }
  main { grid-template-columns: minmax(0, 1fr); gap: 12px; padding: 12px; }
  #viewer-box { padding: 10px 14px; }
  #facts { grid-template-columns: minmax(0, 1fr); }
  #stage { border-radius: 12px; }
}
`;
