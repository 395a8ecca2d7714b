/** A text with edits applied. Knows nothing of the editor. */

/** A half-open range of characters and what replaces it. */
export interface OffsetEdit {
  start: number;
  end: number;
  text: string;
}

/** `text` with all `edits`, which do not overlap and count in the text as it was. */
export function withEdits(text: string, edits: readonly OffsetEdit[]): string {
  const parts: string[] = [];
  let copied = 0;
  for (const edit of edits.toSorted((one, other) => one.start - other.start)) {
    parts.push(text.slice(copied, edit.start), edit.text);
    copied = edit.end;
  }
  return parts.join("") + text.slice(copied);
}
