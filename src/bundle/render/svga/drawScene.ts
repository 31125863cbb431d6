import type { Canvas, CanvasKit, Paint, Path } from "canvaskit-wasm";
import { MediaError } from "../../../formats/media.ts";
import type { ImageShelf } from "./imageShelf.ts";
import { IDENTITY, type Transform } from "../../../formats/svgaGeometry.ts";
import { type Colour, type SceneFrame, type SceneSprite, type Shape, type SvgaScene } from "./scene.ts";

const MATTE = ".matte";
/** Of one frame. What is beyond that is no drawing, and would be drawn for minutes. */
const MAX_SHAPES = 20_000;
const MAX_MASKS = 200;

/**
 * Draws one frame, one unit a pixel of the view box. Sprites lie over each other in order; what names a matte shows only where that
 * sprite is opaque, and sprites next to each other that name the same are masked together. Sources: proto/svga.proto in
 * github.com/svga/SVGA-Format for what is stored; for how it is drawn the players in github.com/svga/SVGAPlayer-Android
 * (SVGACanvasDrawer) and, where that leaves out a colour's opacity or an image's height, github.com/svga/SVGAPlayer-Web.
 * @throws MediaError when it is too much for one frame, or an image is damaged
 */
export function drawScene(
  kit: CanvasKit,
  canvas: Canvas,
  scene: SvgaScene,
  at: number,
  images: ImageShelf,
): void {
  const placed = scene.sprites.flatMap((sprite): Placed[] => {
    const frame = sprite.frameAt(at);
    return frame && frame.alpha > 0 ? [{ sprite, frame }] : [];
  });
  const groups = groupByMatte(placed.filter((it) => !isMatte(it.sprite)));
  checkWork(placed, groups);
  const names = new Set(scene.sprites.filter(isMatte).map((it) => it.imageKey));
  const mattes = new Map(placed.map((it) => [it.sprite.imageKey, it]));
  const draw = (it: Placed) => drawSprite(kit, canvas, it, images);
  for (const { matteKey, members } of groups) {
    if (!names.has(matteKey)) {
      members.forEach(draw);
      continue;
    }
    const matte = mattes.get(matteKey);
    // Behind a mask that is not to be seen nothing is.
    if (!matte) continue;
    canvas.saveLayer();
    members.forEach(draw);
    const paint = new kit.Paint();
    paint.setBlendMode(kit.BlendMode.DstIn);
    canvas.saveLayer(paint);
    paint.delete();
    draw(matte);
    canvas.restore();
    canvas.restore();
  }
}

/** A sprite that can be seen in the frame. */
interface Placed {
  readonly sprite: SceneSprite;
  readonly frame: SceneFrame;
}

interface Group {
  readonly matteKey: string;
  readonly members: Placed[];
}

function checkWork(placed: readonly Placed[], groups: readonly Group[]): void {
  const shapes = placed.reduce((sum, it) => sum + it.frame.shapes.length, 0);
  const masks = groups.filter((it) => it.matteKey !== "").length;
  if (shapes <= MAX_SHAPES && masks <= MAX_MASKS) return;
  throw new MediaError(
    `the SVGA draws ${shapes} shapes behind ${masks} masks in one frame, at most ${MAX_SHAPES} and ${MAX_MASKS} are drawn here`,
    "merge its shapes into fewer, or turn them into images, and export it again",
  );
}

function isMatte({ imageKey }: SceneSprite): boolean {
  return imageKey.endsWith(MATTE);
}

function groupByMatte(placed: readonly Placed[]): readonly Group[] {
  const groups: Group[] = [];
  for (const it of placed) {
    const last = groups.at(-1);
    const { matteKey } = it.sprite;
    if (last?.matteKey === matteKey) last.members.push(it);
    else groups.push({ matteKey, members: [it] });
  }
  return groups;
}

function drawSprite(kit: CanvasKit, canvas: Canvas, { sprite, frame }: Placed, images: ImageShelf): void {
  canvas.save();
  canvas.concat(toMatrix(frame.transform));
  const clip = frame.clipPath === "" ? null : kit.Path.MakeFromSVGString(frame.clipPath);
  if (clip) {
    canvas.clipPath(clip, kit.ClipOp.Intersect, true);
    clip.delete();
  }
  const paint = new kit.Paint();
  paint.setAntiAlias(true);
  try {
    drawImage(kit, canvas, sprite, frame, paint, images);
    for (const shape of frame.shapes) drawShape(kit, canvas, shape, frame.alpha, paint);
  } finally {
    paint.delete();
    canvas.restore();
  }
}

function drawImage(
  kit: CanvasKit,
  canvas: Canvas,
  { imageKey }: SceneSprite,
  { layout, alpha }: SceneFrame,
  paint: Paint,
  images: ImageShelf,
): void {
  const image = images.get(imageKey.endsWith(MATTE) ? imageKey.slice(0, -MATTE.length) : imageKey);
  if (!image || layout.width <= 0 || layout.height <= 0) return;
  paint.setAlphaf(Math.min(1, alpha));
  canvas.drawImageRectOptions(
    image,
    kit.XYWHRect(0, 0, image.width(), image.height()),
    kit.XYWHRect(0, 0, layout.width, layout.height),
    kit.FilterMode.Linear,
    // What is shown much smaller is drawn from a smaller copy, so that no pixels are left out; between two copies costs twice the time.
    kit.MipmapMode.Nearest,
    paint,
  );
}

function drawShape(kit: CanvasKit, canvas: Canvas, shape: Shape, alpha: number, paint: Paint): void {
  const path = toPath(kit, shape);
  if (!path) return;
  const { fill, stroke, strokeWidth } = shape.styles;
  canvas.save();
  if (shape.transform !== IDENTITY) canvas.concat(toMatrix(shape.transform));
  if (fill && fill.a > 0) {
    paint.setStyle(kit.PaintStyle.Fill);
    paint.setColor(toColour(kit, fill, alpha));
    canvas.drawPath(path, paint);
  }
  if (stroke && stroke.a > 0 && strokeWidth > 0) {
    paint.setStyle(kit.PaintStyle.Stroke);
    paint.setColor(toColour(kit, stroke, alpha));
    drawStroke(kit, canvas, path, shape, paint);
  }
  canvas.restore();
  path.delete();
}

function drawStroke(kit: CanvasKit, canvas: Canvas, path: Path, { styles }: Shape, paint: Paint): void {
  const { strokeWidth, lineCap, lineJoin, miterLimit, dash } = styles;
  paint.setStrokeWidth(strokeWidth);
  paint.setStrokeCap(
    { butt: kit.StrokeCap.Butt, round: kit.StrokeCap.Round, square: kit.StrokeCap.Square }[lineCap],
  );
  paint.setStrokeJoin(
    { miter: kit.StrokeJoin.Miter, round: kit.StrokeJoin.Round, bevel: kit.StrokeJoin.Bevel }[lineJoin],
  );
  // 0 is what files without a limit say.
  if (miterLimit > 0) paint.setStrokeMiter(miterLimit);
  const [length, gap, offset] = dash;
  // Players take dashes below 1 and gaps below 0.1 for those: nobody would see them, and they take time without end.
  const pattern = length > 0 || gap > 0 ? [Math.max(1, length), Math.max(0.1, gap)] : null;
  const effect = pattern && kit.PathEffect.MakeDash(pattern, offset);
  if (effect) paint.setPathEffect(effect);
  canvas.drawPath(path, paint);
  if (!effect) return;
  paint.setPathEffect(null);
  effect.delete();
}

function toPath(kit: CanvasKit, { outline }: Shape): Path | null {
  if (outline.kind === "keep") return null;
  if (outline.kind === "path") return kit.Path.MakeFromSVGString(outline.d);
  const builder = new kit.PathBuilder();
  if (outline.kind === "rectangle") {
    const { x, y, width, height, cornerRadius } = outline;
    builder.addRRect(kit.RRectXY(kit.XYWHRect(x, y, width, height), cornerRadius, cornerRadius));
  } else {
    const { x, y, radiusX, radiusY } = outline;
    builder.addOval(kit.LTRBRect(x - radiusX, y - radiusY, x + radiusX, y + radiusY));
  }
  return builder.detachAndDelete();
}

function toColour(kit: CanvasKit, { r, g, b, a }: Colour, alpha: number): Float32Array {
  return kit.Color4f(unit(r), unit(g), unit(b), unit(a) * unit(alpha));
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Row by row. */
function toMatrix({ a, b, c, d, tx, ty }: Transform): number[] {
  return [a, c, tx, b, d, ty, 0, 0, 1];
}
