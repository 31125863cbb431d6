/* Runs in the browser for players.e2e.test.ts; what it imports are the very modules that apps embed. */
import { Loader } from "/app/client/load/loader.js";
import { webCrypto } from "/app/client/platform/webCrypto.js";
import { play } from "/app/player/player.js";

const modules = { svga: () => import("/players/svga.js"), lottie: () => import("/players/lottie.js") };
const stage = document.getElementById("stage");

// The package `svga` makes addresses for its workers and keeps them: those are scripts, and ours have a media type.
const urls = new Set();
const { createObjectURL, revokeObjectURL } = URL;
URL.createObjectURL = (it) => {
  const url = createObjectURL.call(URL, it);
  if (it.type !== "") urls.add(url);
  return url;
};
URL.revokeObjectURL = (url) => {
  urls.delete(url);
  revokeObjectURL.call(URL, url);
};

let openFrames = 0;
let mostFrames = 0;
const { decode } = ImageDecoder.prototype;
ImageDecoder.prototype.decode = async function (...options) {
  const result = await decode.apply(this, options);
  mostFrames = Math.max(mostFrames, ++openFrames);
  const { close } = result.image;
  result.image.close = function () {
    openFrames--;
    close.call(this);
  };
  return result;
};

let playing;
const wordsOf = (error) => (error instanceof Error ? error.message : String(error));
const fetchFile = async (name) => new Uint8Array(await (await fetch(`/files/${name}`)).arrayBuffer());
const player = { name: "", version: "" };

window.trial = {
  firstFrames: 0,
  frames: 0,
  dropped: 0,
  get openUrls() {
    return urls.size;
  },
  get openFrames() {
    return openFrames;
  },
  get mostFrames() {
    return mostFrames;
  },
  async play(name, mediaType, options = {}) {
    const content = await fetchFile(name);
    const file = { gift: "g", role: "animation", mediaType, digest: "", bytes: content.length, content };
    const link = { kind: "release", gift: "g", version: "1.0.0", files: [], requires: [], player };
    const report = {
      firstFrame: () => window.trial.firstFrames++,
      frames: (frames, dropped) => Object.assign(window.trial, { frames, dropped }),
    };
    try {
      const loaded = { link, files: [file], reason: "full", failed: [] };
      playing = await play(stage, loaded, { repeat: false, report, modules, ...options });
      return "playing";
    } catch (error) {
      return `refused: ${wordsOf(error)}`;
    }
  },
  end: () => playing.end(),
  reset() {
    playing?.end();
    mostFrames = 0;
    Object.assign(window.trial, { firstFrames: 0, frames: 0, dropped: 0 });
  },
  async ended() {
    try {
      await playing.ended;
      return "over";
    } catch (error) {
      return `failed: ${wordsOf(error)}`;
    }
  },
  pixel(x, y) {
    const shown = stage.querySelector("canvas");
    const copy = document.createElement("canvas");
    copy.width = shown.width;
    copy.height = shown.height;
    const context = copy.getContext("2d");
    context.drawImage(shown, 0, 0);
    return [...context.getImageData(x, y, 1, 1).data];
  },
  async record(mimeType) {
    const canvas = document.createElement("canvas");
    canvas.width = 256;
    canvas.height = 128;
    const context = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType, videoBitsPerSecond: 4_000_000 });
    const pieces = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    const stopped = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start();
    for (let at = 0; at < 30; at++) {
      // Colour over black, and beside it how opaque it is.
      for (const [x, colours] of [
        [0, ["#ff0000", "#800000", "#000000"]],
        [128, ["#ffffff", "#808080", "#000000"]],
      ])
        for (const [third, colour] of colours.entries()) {
          context.fillStyle = colour;
          context.fillRect(x + third * 43, 0, 43, 128);
        }
      context.fillStyle = "#fff";
      context.fillRect(at * 4, 70, 8, 50);
      context.fillRect(128 + at * 4, 70, 8, 50);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  },
  async chain(names, mediaType) {
    const contents = await Promise.all(names.map(fetchFile));
    const links = await Promise.all(
      contents.map(async (content, at) => {
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
        const digest = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        const file = { role: "animation", mediaType, digest, bytes: content.length };
        return { kind: "release", gift: names[at], version: "1.0.0", files: [file], requires: [], player };
      }),
    );
    const fetchObject = async (key) => {
      const at = links.findIndex(({ files: [file] }) => key.includes(file.digest));
      return { kind: "body", bytes: contents[at] };
    };
    const resolution = { chain: [...links, { kind: "default" }], reason: "full" };
    const loader = new Loader({ fetch: fetchObject, crypto: webCrypto() });
    const { link, failed } = await loader.play(
      () => resolution,
      async (loaded, report) => {
        playing = await play(stage, loaded, { repeat: false, report, modules });
        await playing.ended;
      },
    );
    const failures = failed.map((it) => `${it.link.gift} failed: ${wordsOf(it.error)}`);
    return `${link.gift ?? "the default"} plays; ${failures.join()}`;
  },
};
