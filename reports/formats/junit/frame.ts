import type { Attributes } from "./xml-events.ts";

/** What an element of a result file stands for, while it is open. An element that says nothing is its parent's frame. */
export interface Frame {
  /** What an element inside it stands for: this frame itself where it changes nothing. */
  child(name: string, attributes: Attributes): Frame;
  text(text: string): void;
  /** The element ends; `whole` is false where the file ends inside it. */
  end(whole: boolean): void;
}

/** An element whose text goes somewhere, with all that is inside it. */
export function textFrame(text: (piece: string) => void, end: () => void = () => {}): Frame {
  const frame: Frame = { child: () => frame, text, end };
  return frame;
}

/** A property: its value is an attribute, or the text of the element. */
export function propertyFrame(attributes: Attributes, take: (name: string, value: string) => void): Frame {
  const { name = "", value } = attributes;
  let body = "";
  return textFrame(
    (piece) => {
      if (body.length < 8_192) body += piece;
    },
    () => {
      if (name.trim() !== "") take(name.trim(), value ?? body.trim());
    },
  );
}
