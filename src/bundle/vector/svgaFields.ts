import { MediaError } from "../../formats/media.ts";

/** A field of a protocol buffer message, as it stands there (protobuf.dev, Encoding). Both are views, not copies. */
export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** The whole field: what is not changed is written back from this. */
  readonly raw: Uint8Array;
  /** What is in it: of a field with a length the bytes behind that, else the value as it is stored. */
  readonly value: Uint8Array;
}

/** Wire types that SVGA uses. */
export const LENGTH = 2;
export const FIXED32 = 5;

/** Takes a message apart into fields and puts one together, without losing what nobody here knows. */
export interface FieldCodec {
  /** @throws MediaError when the message is damaged */
  split(message: Uint8Array): readonly Field[];
  /** A field with a length: a message, a text or bytes. */
  write(number: number, value: Uint8Array): Uint8Array;
}

export async function openFieldCodec(): Promise<FieldCodec> {
  const { default: protobuf } = await import("protobufjs/minimal.js");
  return {
    split(message) {
      const fields: Field[] = [];
      try {
        const reader = protobuf.Reader.create(message);
        while (reader.pos < reader.len) {
          const start = reader.pos;
          const tag = reader.uint32();
          const [number, wireType] = [tag >>> 3, tag & 7];
          const valueAt = reader.pos;
          const value = wireType === LENGTH ? reader.bytes() : null;
          if (!value) reader.skipType(wireType, 0, number);
          fields.push({
            number,
            wireType,
            raw: message.subarray(start, reader.pos),
            value: value ?? message.subarray(valueAt, reader.pos),
          });
        }
      } catch (cause) {
        throw new MediaError(
          "the SVGA is damaged: what it unpacks to is no SVGA animation",
          "export it again as SVGA 2.x and upload the whole file",
          { cause },
        );
      }
      return fields;
    },
    write: (number, value) =>
      protobuf.Writer.create()
        .uint32((number << 3) | LENGTH)
        .bytes(value)
        .finish(),
  };
}

/** The float of a field; undefined where it is stored as something else. */
export function toFloat({ wireType, value }: Field): number | undefined {
  if (wireType !== FIXED32 || value.length !== 4) return undefined;
  return new DataView(value.buffer, value.byteOffset, 4).getFloat32(0, true);
}

/** A float as a field. Zero is written, too: a reader may take what is missing for something else. */
export function floatField(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = (number << 3) | FIXED32;
  new DataView(bytes.buffer).setFloat32(1, value, true);
  return bytes;
}

export function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
