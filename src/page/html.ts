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
  <p class="lead">What one viewer gets, played from verified bytes.</p>
  <p id="live">starting…</p>
</header>
<main>
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

      <label for="unit">Unit id <span class="hint">percentages count by it</span></label>
      <input id="unit" name="unit" autocapitalize="none" spellcheck="false" placeholder="none: in no percentage">

      <label for="cohorts">Cohorts <span class="hint">such as staff, qa</span></label>
      <input id="cohorts" name="cohorts" autocapitalize="none" spellcheck="false" placeholder="none">

      <label for="hint">Version hint <span class="hint">in a message</span></label>
      <input id="hint" name="hint" autocapitalize="none" spellcheck="false" placeholder="none">

      <label for="edge">Read from edge</label>
      <select id="edge" name="edge"></select>
    </form>
  </details>

  <section id="show" aria-label="Gifts">
    <div id="gifts" role="group" aria-label="Gifts in the catalog"></div>
    <div id="stage" role="region" aria-label="Stage">
      <span class="chip live-chip"><i></i>LIVE <span id="edge-name"></span></span>
      <span class="chip caption" id="caption"></span>
    </div>
    <div id="verdict">
      <div class="words" role="status">
        <h2 id="verdict-title">Starting…</h2>
        <p id="verdict-why"></p>
      </div>
      <div class="controls">
        <label class="repeat"><input type="checkbox" id="repeat"> Repeat</label>
        <button type="submit" form="viewer" class="play">Play</button>
      </div>
    </div>
  </section>

  <div id="facts">
    <section><h2>Chain <span class="hint">tried in order until one plays</span></h2><ol id="chain"><li class="none">Nothing played yet.</li></ol></section>
    <section><h2>Releases in the catalog</h2><ul id="releases"></ul></section>
    <section><h2>Overrides in force</h2><ul id="overrides"></ul></section>
    <section><h2>Files</h2><ul id="files"><li class="none">Nothing played yet.</li></ul></section>
    <section><h2>Published</h2><dl id="published"></dl></section>
    <section><h2>Refreshes</h2><ol id="log"></ol></section>
  </div>
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
