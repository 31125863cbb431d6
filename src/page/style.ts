/** Light or dark as the person has it; the phones' screens are dark, as a live stream is, so that transparency shows. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1c1a22; --soft: #625e6d; --line: #e2dfe8; --edge: #8f8a9a; --paper: #f6f4f9; --card: #fff; --chosen: #1c1a22; --on-chosen: #fff;
  --accent: #b4235a; --good: #17694a; --bad: #b3261e; --warn: #8a5200; --bezel: #17141d;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #eceaf1; --soft: #a8a3b5; --line: #35313f; --edge: #6d687a; --paper: #131118; --card: #1d1a24; --chosen: #eceaf1; --on-chosen: #1c1a22;
    --accent: #ff7da8; --good: #66cfa0; --bad: #ff8a80; --warn: #f0b45c; --bezel: #000;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1, h2, h3, p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 19px; letter-spacing: -.01em; }
h3 { font-size: 13px; font-weight: 600; color: var(--soft); }
small { display: block; font-size: 13px; color: var(--soft); }
code { font: 11.5px/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; color: var(--soft); }
button, input, select { font: inherit; color: inherit; }
button { cursor: pointer; }
button:disabled { cursor: default; opacity: .45; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.aside { font-weight: 400; color: var(--soft); }
.none { color: var(--soft); }

header { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: baseline; padding: 14px 24px; }
.lead { color: var(--soft); }
#trouble { color: var(--bad); }

main { display: grid; grid-template-columns: minmax(0, 1fr) 372px; gap: 24px; align-items: start; max-width: 1640px; margin: 0 auto; padding: 4px 24px 24px; }

#phones { display: flex; flex-wrap: wrap; justify-content: center; gap: 26px 24px; }
.phone { display: flex; flex-direction: column; gap: 9px; min-width: 0; width: clamp(206px, calc((100vh - 380px) * .56), 272px); }
.head { display: grid; gap: 1px; padding: 0 6px; text-align: center; }
.choose { justify-self: center; padding: 1px 12px; font-weight: 600; background: none; border: 1px solid transparent; border-radius: 99px; }
.choose:hover { border-color: var(--edge); }
.phone.selected .choose { color: var(--on-chosen); background: var(--chosen); }
.facts { min-height: 19px; font-size: 13px; color: var(--soft); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.device { position: relative; overflow: hidden; aspect-ratio: 9 / 16.4; border: 8px solid var(--bezel); border-radius: 36px; background: var(--bezel); box-shadow: 0 1px 2px #0002, 0 10px 28px #00000024; }
.phone.selected .device { outline: 2px solid var(--accent); outline-offset: 3px; }
.stage { position: absolute; inset: 0; overflow: hidden; border-radius: 28px; isolation: isolate; background: radial-gradient(circle at 18% 18%, #4a2a5c 0, transparent 42%), radial-gradient(circle at 90% 12%, #1f4058 0, transparent 46%), radial-gradient(circle at 60% 104%, #5a2440 0, transparent 50%), #16121d; }
.giftwrap-layer { display: grid; place-items: center; padding: 46px 12px 108px; }
.own-default { width: min(64%, 200px); color: #cfc7db; }
.own-default text { font-size: 17px; }
.chip { position: absolute; z-index: 1; max-width: calc(100% - 24px); padding: 2px 9px; font-size: 11.5px; color: #fff; background: #0009; border-radius: 99px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.chip:empty, .count:empty { display: none; }
.live-chip { top: 12px; left: 12px; letter-spacing: .03em; }
.live-chip i { display: inline-block; width: 7px; height: 7px; margin-right: 6px; border-radius: 50%; background: #ff4d6d; }
.live-chip.failing { background: #7a1d17; }
.live-chip.failing::after { content: " · no answer"; }
.live-chip.failing i { background: #fff; }
.caption { top: 38px; left: 12px; font-family: ui-monospace, Menlo, Consolas, monospace; }
.count { position: absolute; z-index: 1; right: 18px; top: 12px; font-size: 30px; font-weight: 800; font-style: italic; color: #ffd166; text-shadow: 0 1px 6px #000; }
.over { position: absolute; z-index: 2; inset: auto 10px 14px; display: flex; flex-direction: column; align-items: flex-start; gap: 6px; pointer-events: none; }
.chat, .queue { display: flex; flex-direction: column; align-items: flex-start; gap: 4px; font-size: 12px; line-height: 1.35; color: #f3f0f8; }
.chat li { padding: 3px 10px; background: #00000075; border-radius: 12px; }
.chat b { font-weight: 600; color: #ffb3cb; }
.combo { font-weight: 700; color: #ffd166; }
.answer { white-space: nowrap; color: #a5e6c6; }
.answer.other { color: #ffce85; }
.queue li { padding: 2px 9px; background: #ffffff24; border-radius: 12px; }
.queue .other span { color: #ffce85; }
.word { flex: 1; min-height: 66px; padding: 0 6px; }
.title { font-weight: 600; }
.title::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 7px; border-radius: 50%; background: var(--good); vertical-align: 1px; }
.phone[data-tone="warned"] .title::before { background: var(--warn); }
.phone[data-tone="failed"] .title::before { background: var(--bad); }
.why { font-size: 13px; color: var(--soft); display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.acts { display: flex; justify-content: space-between; align-items: center; padding: 0 6px; font-size: 13px; }
.sends { display: flex; gap: 6px; align-items: center; min-height: 30px; cursor: pointer; }
.sends input, .repeat input { width: 17px; height: 17px; margin: 0; accent-color: var(--accent); }
.remove { padding: 3px 10px; color: var(--soft); background: none; border: 0; border-radius: 99px; }
.remove:hover { color: var(--bad); }

#tray { position: sticky; bottom: 14px; z-index: 5; display: grid; gap: 8px; margin-top: 22px; padding: 12px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 18px; box-shadow: 0 6px 24px #0000001f; }
.sending { font-size: 13px; font-weight: 600; color: var(--soft); }
#gifts { display: flex; flex-wrap: wrap; gap: 8px; min-height: 40px; max-height: 132px; overflow: auto; padding: 2px; }
#gifts button { min-height: 38px; padding: 0 16px; background: var(--paper); border: 1px solid var(--edge); border-radius: 99px; }
#gifts button:hover { border-color: var(--ink); }
#gifts button:active { background: var(--line); }
#gifts button.sent { color: var(--on-chosen); background: var(--chosen); border-color: var(--chosen); }
#gifts button.gone { border-style: dashed; }
#gifts button.gone::after { content: " · not in the catalog"; font-size: 12px; }
.controls { display: flex; flex-wrap: wrap; gap: 8px 18px; align-items: center; }
.controls button { min-height: 38px; padding: 0 18px; border-radius: 99px; background: none; border: 1px solid var(--edge); }
.controls button:not(:disabled):hover { border-color: var(--ink); }
#again { margin-left: auto; font-weight: 600; color: #fff; background: #b4235a; border-color: #b4235a; }
#again:hover { background: #96184a; }
.hint-box { display: flex; white-space: nowrap; gap: 8px; align-items: center; font-size: 13px; color: var(--soft); }
.hint-box input { width: 130px; }
.repeat { display: flex; gap: 7px; align-items: center; min-height: 38px; cursor: pointer; }

#panel { display: grid; gap: 12px; min-width: 0; }
.panel-title { font-size: 17px; letter-spacing: -.01em; }
#viewer-box, #panel > section { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 14px 16px; }
#verdict { padding: 12px 16px; background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--good); border-radius: 10px; }
#verdict h3 { font-size: 16px; color: var(--ink); }
#verdict[data-tone="warned"] { border-left-color: var(--warn); }
#verdict[data-tone="failed"] { border-left-color: var(--bad); }
.live { font-size: 13px; color: var(--good); font-variant-numeric: tabular-nums; }
.live::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 7px; border-radius: 50%; background: currentColor; }
.live[data-tone="failed"] { color: var(--bad); }

summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::after { content: "▾"; margin-left: auto; color: var(--soft); }
details[open] > summary::after { content: "▴"; }
.summary-title { font-size: 13px; font-weight: 600; color: var(--soft); }
#viewer-summary { display: flex; flex-wrap: wrap; gap: 4px; }
details[open] #viewer-summary { display: none; }
.fact { font-size: 12.5px; padding: 1px 8px; border-radius: 99px; background: var(--paper); border: 1px solid var(--line); }
form { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 8px 14px; align-items: center; margin-top: 12px; }
form > label, legend { font-size: 13px; font-weight: 600; padding: 0; }
form .aside { display: block; font-size: 12px; }
fieldset { display: contents; }
legend { float: left; }
.note { grid-column: 2; font-size: 13px; color: var(--warn); }
.note:empty { display: none; }
input:not([type]), select { width: 100%; min-height: 36px; padding: 5px 10px; background: var(--card); border: 1px solid var(--edge); border-radius: 8px; }
input::placeholder { color: var(--soft); }
.tiers { display: grid; grid-template-columns: repeat(3, 1fr); border: 1px solid var(--edge); border-radius: 8px; overflow: hidden; }
.tiers input { position: absolute; opacity: 0; }
.tiers span { display: block; padding: 6px 0; text-align: center; cursor: pointer; }
.tiers label + label span { border-left: 1px solid var(--edge); }
.tiers input:checked + span { background: var(--chosen); color: var(--on-chosen); }
.tiers input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: -3px; }

#panel section h3 { margin-bottom: 8px; }
#panel section li + li { margin-top: 8px; padding-top: 8px; border-top: 1px solid var(--line); }
#panel b { font-weight: 600; }
#chain { counter-reset: link; }
#chain li:not(.none) { counter-increment: link; position: relative; padding-left: 30px; color: var(--soft); }
#chain li:not(.none)::before { content: counter(link); position: absolute; left: 0; width: 20px; text-align: center; font-size: 12px; line-height: 20px; border-radius: 50%; background: var(--paper); border: 1px solid var(--line); }
#chain li.playing, #chain li.playing b { color: var(--ink); }
#chain li.playing::before { color: var(--card); background: var(--good); border-color: var(--good); }
#chain li.playing p { color: var(--good); font-weight: 600; }
#chain li.failed { color: var(--bad); }
#chain li.failed::before { content: "✕"; color: var(--card); background: var(--bad); border-color: var(--bad); }
.detail { font-size: 12px; }
#releases .serves b { color: var(--good); }
.verified { font-size: 13px; font-weight: 600; color: var(--good); }
.verified::before { content: "✓ "; }
#published { display: grid; grid-template-columns: auto 1fr; gap: 4px 14px; }
#published dt { color: var(--soft); }
#published dd { font-variant-numeric: tabular-nums; }
.log { max-height: 240px; overflow: auto; font-size: 13px; }
.log li { display: flex; gap: 10px; }
#panel .log li + li { margin-top: 4px; padding-top: 4px; }
.log time { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; }
.log .news span { color: var(--good); }
.log .failed span { color: var(--bad); }
.log small { font-size: 12px; }

@media (prefers-reduced-motion: no-preference) {
  .chat li { animation: arrive .25s ease-out; }
  @keyframes arrive { from { opacity: 0; transform: translateY(6px); } }
}
@media (max-width: 999px) {
  main { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 619px) {
  header { padding: 10px 14px 6px; }
  .lead { display: none; }
  main { padding: 4px 12px 12px; gap: 16px; }
  /* One phone at a time, the others to the side. */
  #phones { flex-wrap: nowrap; justify-content: safe center; gap: 18px; overflow-x: auto; scroll-snap-type: x proximity; padding: 6px; }
  .phone { flex: none; width: min(74vw, 262px); scroll-snap-align: center; }
  #tray { bottom: 8px; margin-top: 10px; padding: 10px 12px; }
  .hint-box { display: none; }
  .controls { gap: 8px 10px; }
  .controls button { padding: 0 11px; font-size: 14px; }
}
`;
