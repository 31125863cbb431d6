import { PAGE_STYLE } from "./style.ts";

/**
 * Nothing but this page's own scripts is loaded, whatever a gift carries; edges are read from wherever they are. The
 * package `svga` compiles its decoder while it runs and needs eval.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-eval'",
  "worker-src blob:",
  "style-src 'unsafe-inline'",
  "img-src blob: data:",
  "media-src blob: data:",
  "font-src data:",
  "connect-src 'self' http: https: blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The page of `giftwrap serve`: HTML and CSS in one; its script is src/page/main.ts. */
export const PAGE_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${CONTENT_SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Giftwrap</title>
<link rel="icon" href="data:,">
<style>${PAGE_STYLE}</style>
<script type="module" src="/app/page/main.js"></script>
</head>
<body>
<header>
  <h1>Giftwrap</h1>
  <p class="lead">A room of viewers. Each phone has a client of its own, and plays only bytes that it verified.</p>
  <p id="trouble" role="alert"></p>
</header>
<main>
  <section id="room" aria-label="Room">
    <div id="phones"></div>
    <div id="tray" role="region" aria-label="Gifts">
      <p class="sending"><span id="sender-name"></span> sends</p>
      <div id="gifts" role="group" aria-label="Gifts in the catalogs"></div>
      <div class="controls">
        <label class="hint-box">Version hint <input id="hint" autocapitalize="none" spellcheck="false" placeholder="the sender’s own"></label>
        <label class="repeat"><input type="checkbox" id="repeat"> Repeat</label>
        <button type="button" id="again">Send again</button>
        <button type="button" id="add">Add a viewer</button>
      </div>
    </div>
  </section>

  <aside id="panel" aria-label="Why this viewer gets this">
    <h2 class="panel-title">Why <span id="panel-name"></span> gets this</h2>
    <div id="verdict">
      <div role="status">
        <h3 id="verdict-title">Starting…</h3>
        <p id="verdict-why"></p>
      </div>
    </div>
    <div id="live"></div>
    <details id="viewer-box" open>
      <summary><span class="summary-title">Viewer</span><span id="viewer-summary"></span></summary>
      <form id="viewer" autocomplete="off">
        <label for="platform">Platform</label>
        <input id="platform" name="platform" list="platforms" required autocapitalize="none" spellcheck="false">
        <datalist id="platforms"><option value="android"><option value="ios"><option value="web"></datalist>

        <label for="app">App version</label>
        <input id="app" name="app" required inputmode="decimal" spellcheck="false" aria-describedby="app-note">
        <p class="note" id="app-note" role="status"></p>

        <fieldset>
          <legend>Device tier</legend>
          <div class="tiers">
            <label><input type="radio" name="tier" value="low" id="tier-low"><span>low</span></label>
            <label><input type="radio" name="tier" value="mid" id="tier-mid"><span>mid</span></label>
            <label><input type="radio" name="tier" value="high" id="tier-high"><span>high</span></label>
          </div>
        </fieldset>

        <label for="region">Region</label>
        <input id="region" name="region" list="regions" autocapitalize="characters" spellcheck="false" placeholder="none">
        <datalist id="regions"></datalist>

        <label for="unit">Unit id <span class="aside">percentages count by it</span></label>
        <input id="unit" name="unit" autocapitalize="none" spellcheck="false" placeholder="none: in no percentage">

        <label for="cohorts">Cohorts <span class="aside">such as staff, qa</span></label>
        <input id="cohorts" name="cohorts" autocapitalize="none" spellcheck="false" placeholder="none">

        <label for="edge">Read from edge</label>
        <select id="edge" name="edge"></select>
      </form>
    </details>
    <section><h3>Chain <span class="aside">tried in order until one plays</span></h3><ol id="chain"></ol></section>
    <section><h3>Releases in the catalog</h3><ul id="releases"></ul></section>
    <section><h3>Overrides in force</h3><ul id="overrides"></ul></section>
    <section><h3>Files</h3><ul id="files"></ul></section>
    <section><h3>Published</h3><dl id="published"></dl></section>
    <section><h3>Refreshes</h3><div id="log"></div></section>
  </aside>
</main>
<template id="own-default">
  <svg class="own-default" viewBox="0 0 240 240" role="img" aria-label="The app’s own default">
    <g fill="none" stroke="currentColor" stroke-width="5" stroke-linejoin="round" stroke-linecap="round">
      <path d="M58 112h124v74a8 8 0 0 1-8 8H66a8 8 0 0 1-8-8z"/>
      <path d="M46 84h148v28H46zM120 84v110"/>
      <path d="M120 82c-14-32-52-38-50-16 1 12 24 16 50 16zm0 0c14-32 52-38 50-16-1 12-24 16-50 16z"/>
    </g>
    <text x="120" y="226" text-anchor="middle" fill="currentColor">the app’s own default</text>
  </svg>
</template>
</body>
</html>
`;
