import type { AlphaLayout, Rectangle } from "./layout.ts";

const VERTEX = `
attribute vec2 corner;
varying vec2 at;
void main() {
  at = vec2(corner.x * 0.5 + 0.5, 0.5 - corner.y * 0.5);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

/** Colour and transparency lie side by side: half a texel from an edge, filtering would mix one into the other. */
const FRAGMENT = `
precision mediump float;
varying vec2 at;
uniform sampler2D video;
uniform vec4 colour;
uniform vec4 alpha;
uniform vec2 texel;
uniform float straight;
vec3 read(vec4 rectangle) {
  vec2 place = rectangle.xy + at * rectangle.zw;
  return texture2D(video, clamp(place, rectangle.xy + texel, rectangle.xy + rectangle.zw - texel)).rgb;
}
void main() {
  float opacity = alpha.z > 0.0 ? read(alpha).g : 1.0;
  vec3 seen = read(colour);
  gl_FragColor = vec4(mix(min(seen, opacity), seen * opacity, straight), opacity);
}`;

/** Draws a video's frames on a canvas with the transparency that it carries beside the colour. */
export class Compositor {
  readonly canvas: HTMLCanvasElement;
  readonly #gl: WebGLRenderingContext;
  readonly #layout: AlphaLayout;
  #texture: WebGLTexture | null = null;

  /** @throws Error when the browser has no WebGL, or none for a picture of this size */
  constructor(layout: AlphaLayout) {
    this.canvas = document.createElement("canvas");
    this.canvas.width = layout.colour.width;
    this.canvas.height = layout.colour.height;
    // Frames are drawn when the video has one, not when the screen asks: what was drawn has to stay.
    const options = { alpha: true, premultipliedAlpha: true, preserveDrawingBuffer: true, antialias: false };
    const gl = this.canvas.getContext("webgl", { ...options, depth: false, stencil: false });
    if (!gl) throw new Error("the browser has no WebGL");
    this.#gl = gl;
    this.#layout = layout;
    this.prepare();
  }

  /** Again after a lost context came back. @throws Error when the graphics refuse */
  prepare(): void {
    const gl = this.#gl;
    const program = gl.createProgram();
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ] as const) {
      const shader = gl.createShader(kind);
      if (!shader) throw new Error("the graphics give no shader");
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS))
      throw new Error(`the graphics take no shader: ${gl.getProgramInfoLog(program) ?? ""}`);
    gl.useProgram(program);

    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(program, "corner");
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);

    const { width, height, colour, alpha } = this.#layout;
    const share = ({ x, y, width: w, height: h }: Rectangle) =>
      [x / width, y / height, w / width, h / height] as const;
    gl.uniform4f(gl.getUniformLocation(program, "colour"), ...share(colour));
    gl.uniform4f(gl.getUniformLocation(program, "alpha"), ...share(alpha));
    gl.uniform2f(gl.getUniformLocation(program, "texel"), 0.5 / width, 0.5 / height);
    gl.uniform1f(gl.getUniformLocation(program, "straight"), this.#layout.isStraight ? 1 : 0);

    this.#texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    for (const [name, value] of [
      [gl.TEXTURE_MIN_FILTER, gl.LINEAR],
      [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
      [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
    ] as const)
      gl.texParameteri(gl.TEXTURE_2D, name, value);
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
  }

  get maxSide(): number {
    const side: unknown = this.#gl.getParameter(this.#gl.MAX_TEXTURE_SIZE);
    return typeof side === "number" ? side : 0;
  }

  draw(video: HTMLVideoElement): void {
    const gl = this.#gl;
    if (gl.isContextLost()) return;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, video);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Browsers keep a few contexts only, and take the oldest away: one that is not needed is given back at once. */
  free(): void {
    this.#gl.deleteTexture(this.#texture);
    this.#gl.getExtension("WEBGL_lose_context")?.loseContext();
    this.canvas.width = this.canvas.height = 0;
  }
}
