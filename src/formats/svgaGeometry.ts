/** Where a layer lies before it is moved, in pixels of the view box. */
export interface Layout {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** `a b c d` turn and scale, `tx ty` move: x' = a x + c y + tx, y' = b x + d y + ty. */
export interface Transform {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly tx: number;
  readonly ty: number;
}

/** What stays in its place. */
export const IDENTITY: Transform = { a: 1, b: 0, c: 0, d: 1, tx: 0, ty: 0 };
