/** The file that the UI test works on. */

export const SHELF = `class Shelf:
    """A board of some width."""

    def __init__(self, name, width):
        self.name = name
        self.width = width

    def set_width(self, width):
        """Give the shelf another width."""
        raise NotImplementedError

    def get_width(self):
        """The width of the shelf."""
        return

    def __repr__(self):
        return f"Shelf({self.name!r}, {self.width!r})"
`;

/** Where a text begins or ends in the file, as line and column that count from 1. */
export function place(text: string, where: "start" | "end"): [number, number] {
  const before = SHELF.slice(0, SHELF.indexOf(text) + (where === "end" ? text.length : 0));
  const lines = before.split("\n");
  return [lines.length, (lines.at(-1) ?? "").length + 1];
}
