// Boxes under mouse, pen and finger, and the little geometry they need. Edges are shares of the picture.

const LEAST = 0.012; // a smaller box is a slip of the finger
const clamp = (value, low = 0, high = 1) => Math.min(high, Math.max(low, value));
const edges = (box) => ({
  ...box,
  l: box.x - box.width / 2, t: box.y - box.height / 2, r: box.x + box.width / 2, b: box.y + box.height / 2,
});
const shares = (box) => ({
  label: box.label, x: (box.l + box.r) / 2, y: (box.t + box.b) / 2, width: box.r - box.l, height: box.b - box.t,
});

function dragged({ kind, was, x: fromX, y: fromY }, x, y) {
  if (kind === "move") {
    const dx = clamp(x - fromX, -was.l, 1 - was.r);
    const dy = clamp(y - fromY, -was.t, 1 - was.b);
    return { l: was.l + dx, r: was.r + dx, t: was.t + dy, b: was.b + dy };
  }
  const moved = { ...was };
  if (kind.includes("w")) moved.l = clamp(x, 0, was.r - LEAST);
  if (kind.includes("e")) moved.r = clamp(x, was.l + LEAST);
  if (kind.includes("n")) moved.t = clamp(y, 0, was.b - LEAST);
  if (kind.includes("s")) moved.b = clamp(y, was.t + LEAST);
  return moved;
}

class Pointer {
  // Draws, moves and resizes the boxes of `editor` (an Editor); a drag is one step of its undo.
  constructor(editor) {
    this.editor = editor;
    this.gesture = null;
    const { stage } = editor;
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("pointermove", (event) => this.drag(event));
    stage.addEventListener("pointerup", (event) => this.release(event));
    stage.addEventListener("pointercancel", (event) => this.giveUp(event));
  }

  at(event) {
    const frame = this.editor.stage.getBoundingClientRect();
    return [clamp((event.clientX - frame.left) / frame.width), clamp((event.clientY - frame.top) / frame.height)];
  }

  press(event) {
    if (this.editor.data.readonly || this.editor.busy || this.gesture || event.button !== 0) return;
    const target = event.target.closest(".box");
    const place = event.shiftKey ? -1 : this.editor.boxes.findIndex((box) => box.el === target);
    const [x, y] = this.at(event);
    const handle = event.target.dataset.handle;
    event.preventDefault();
    this.editor.stage.setPointerCapture(event.pointerId);
    if (place === -1) {
      this.editor.stage.focus({ preventScroll: true });
      this.editor.select(-1);
      this.gesture = { id: event.pointerId, kind: "draw", x, y };
      return;
    }
    this.editor.boxes[place].el.focus({ preventScroll: true });
    this.editor.select(place);
    const { l, t, r, b } = this.editor.boxes[place];
    this.gesture = { id: event.pointerId, kind: handle ?? "move", x, y, place, was: { l, t, r, b }, remembered: false };
  }

  drag(event) {
    const { gesture } = this;
    if (!gesture || gesture.id !== event.pointerId) return; // also a second finger
    const [x, y] = this.at(event);
    if (gesture.kind === "draw") {
      const box = { l: Math.min(x, gesture.x), r: Math.max(x, gesture.x), t: Math.min(y, gesture.y), b: Math.max(y, gesture.y) };
      if (gesture.place !== undefined) Object.assign(this.editor.boxes[gesture.place], box);
      else if (box.r - box.l > LEAST && box.b - box.t > LEAST) {
        this.editor.insert(box);
        gesture.place = this.editor.boxes.length - 1;
      }
      this.editor.render();
      return;
    }
    if (!gesture.remembered && Math.hypot(x - gesture.x, y - gesture.y) < 0.004) return; // a click, not a drag
    if (!gesture.remembered) this.editor.change(gesture.place, {});
    gesture.remembered = true;
    Object.assign(this.editor.boxes[gesture.place], dragged(gesture, x, y));
    this.editor.render();
  }

  release(event) {
    const { gesture } = this;
    if (!gesture || gesture.id !== event.pointerId) return;
    this.gesture = null;
    if (gesture.kind !== "draw" || gesture.place === undefined) return;
    const box = this.editor.boxes[gesture.place];
    if (box.r - box.l < LEAST || box.b - box.t < LEAST) this.editor.undo();
  }

  giveUp(event) {
    const { gesture } = this;
    if (!gesture || gesture.id !== event.pointerId) return;
    this.gesture = null;
    if (gesture.remembered || (gesture.kind === "draw" && gesture.place !== undefined)) this.editor.undo();
  }
}
