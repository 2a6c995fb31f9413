// The box editor of the Label page: one picture, its boxes, and what the person decides. `pointer.js` comes first.
//
// Streamlit calls the default export on each run of the page. `data.token` names what is shown: only another
// token replaces the boxes, so that a rerun for another reason loses nothing. Boxes are edges in shares of the
// picture here; centre and size, as the catalog has them, on the way in and out.

const HUES = ["#7cc4ff", "#ffc658", "#f29bd4", "#8fe3a1", "#d0b3ff", "#ff9d8a"];
const RESERVED = new Set(["b", "n", "x", "z"]);
const NUDGE = 0.005;
const editors = new WeakMap();

export default function (component) {
  const root = component.parentElement;
  let editor = editors.get(root);
  if (!editor || !editor.stage.isConnected) {
    editor = new Editor(root);
    editors.set(root, editor);
  }
  editor.update(component.data, (value) => component.setTriggerValue("act", value));
}

const percent = (value) => `${Math.round(100 * value)} %`;

class Editor {
  constructor(root) {
    this.root = root;
    const find = (selector) => root.querySelector(selector);
    [this.stage, this.img, this.layer] = [find(".stage"), find("img"), find(".boxes")];
    [this.classes, this.status, this.keys] = [find(".classes"), find(".said"), find("#keys")];
    this.buttons = Object.fromEntries([...root.querySelectorAll("[data-act]")].map((one) => [one.dataset.act, one]));
    for (const [act, button] of Object.entries(this.buttons)) button.onclick = () => this[act]();
    find(".editor").addEventListener("keydown", (event) => this.key(event));
    this.pointer = new Pointer(this);
    this.img.onerror = () => this.say("The image cannot be shown. Reload the page.");
    this.token = null;
  }

  update(data, send) {
    this.sendToPage = send;
    this.data = data;
    if (data.token === this.token) {
      this.busy = false; // a run that carried a decision out has another token: this one got lost on its way
      this.render(); // there may be something to undo now
      return;
    }
    const first = this.token === null;
    const inside = this.root.activeElement !== null;
    this.token = data.token;
    this.boxes = data.boxes.map(edges);
    Object.assign(this, { past: [], busy: false, warned: false, label: data.classes[0] });
    this.selected = this.boxes.length ? 0 : null; // so that a class key is all it takes
    this.pointer.gesture = null;
    this.img.src = data.src;
    this.img.alt = data.alt;
    this.stage.setAttribute("aria-label", data.alt);
    // As wide as the page, but low enough for the buttons under it.
    this.stage.style.width = `calc(max(56vh, 16rem) * ${data.width / data.height})`;
    this.stage.style.aspectRatio = `${data.width} / ${data.height}`; // nothing jumps when the picture arrives
    this.drawClasses();
    this.layer.replaceChildren();
    this.render();
    this.say(data.said || "");
    // Keep the keyboard where the work is, but never take it from another widget.
    if (inside || (first && document.activeElement === document.body)) this.stage.focus({ preventScroll: true });
  }

  // --- what is seen -------------------------------------------------------------------------------------

  drawClasses() {
    this.letters = {};
    this.data.classes.forEach((name, place) => {
      this.letters[place + 1] = name;
      if (!RESERVED.has(name[0])) this.letters[name[0]] ??= name;
    });
    this.classes.replaceChildren(...this.data.classes.map((name, place) => {
      const button = document.createElement("button");
      button.type = "button";
      const swatch = Object.assign(document.createElement("span"), { className: "swatch" });
      swatch.style.background = this.hue(name);
      const key = Object.assign(document.createElement("kbd"), { textContent: String(place + 1), ariaHidden: "true" });
      button.append(swatch, `${name} `, key);
      button.dataset.label = name;
      button.setAttribute("aria-label", name);
      button.onclick = () => this.setClass(name);
      return button;
    }));
    const names = this.data.classes.map((name, place) => `<kbd>${place + 1}</kbd> or <kbd>${name[0]}</kbd> ${name}`);
    this.keys.innerHTML = [
      ...names, "<kbd>Tab</kbd> next box", "<kbd>arrows</kbd> move", "<kbd>Shift</kbd>+<kbd>arrows</kbd> resize",
      "<kbd>b</kbd> new box", "<kbd>Delete</kbd> delete", "<kbd>Enter</kbd> accept", "<kbd>x</kbd> reject",
      "<kbd>n</kbd> skip", "<kbd>z</kbd> undo", "hold <kbd>Shift</kbd> to draw over a box",
    ].join(" · ");
  }

  hue(label) {
    return HUES[Math.max(0, this.data.classes.indexOf(label)) % HUES.length];
  }

  render() {
    const { readonly } = this.data;
    for (const old of [...this.layer.children]) if (!this.boxes.some((box) => box.el === old)) old.remove();
    this.boxes.forEach((box, place) => this.renderBox(box, place));
    const chosen = this.boxes[this.selected];
    for (const button of this.classes.children) {
      button.setAttribute("aria-pressed", String(button.dataset.label === (chosen ? chosen.label : this.label)));
      button.disabled = readonly || this.busy;
    }
    const off = readonly || this.busy;
    for (const name of ["add", "accept", "reject"]) this.buttons[name].disabled = off;
    this.buttons.next.disabled = this.busy;
    this.buttons.delete.disabled = off || !chosen;
    this.buttons.undo.disabled = off || !(this.past.length || this.data.undoable);
    this.buttons.accept.textContent = this.boxes.length ? "Accept" : "Accept as negative (no object)";
    this.stage.setAttribute("aria-busy", String(this.busy));
    this.stage.setAttribute("aria-disabled", String(readonly));
  }

  renderBox(box, place) {
    if (!box.el) {
      box.el = document.createElement("div");
      box.el.tabIndex = 0;
      box.el.setAttribute("role", "button");
      const tag = Object.assign(document.createElement("span"), { className: "tag" });
      const handles = ["nw", "ne", "sw", "se"].map((name) => {
        const handle = Object.assign(document.createElement("span"), { className: "handle" });
        handle.dataset.handle = name;
        return handle;
      });
      box.el.append(tag, ...handles);
      box.el.onfocus = () => this.select(this.boxes.findIndex((one) => one.el === box.el));
    }
    const { el } = box;
    if (el !== this.layer.children[place]) this.layer.insertBefore(el, this.layer.children[place] ?? null);
    const [width, height] = [box.r - box.l, box.b - box.t];
    Object.assign(el.style, { left: `${100 * box.l}%`, top: `${100 * box.t}%`, width: `${100 * width}%`, height: `${100 * height}%` });
    el.style.setProperty("--hue", this.hue(box.label));
    el.className = `box${place === this.selected ? " selected" : ""}${box.t < 0.08 ? " high" : ""}${box.l > 0.7 ? " right" : ""}`;
    el.dataset.provenance = box.provenance;
    el.firstChild.textContent = `${box.label} · ${this.origin(box)}`;
    el.setAttribute("aria-pressed", String(place === this.selected));
    el.setAttribute("aria-label",
      `Box ${place + 1} of ${this.boxes.length}: ${box.label}, ${this.origin(box)}, left ${percent(box.l)}, ` +
      `top ${percent(box.t)}, width ${percent(width)}, height ${percent(height)}`);
  }

  origin(box) {
    if (box.provenance === "you") return "you";
    return box.confidence == null ? box.provenance : `${box.provenance} ${percent(box.confidence)}`;
  }

  say(text) {
    this.status.textContent = text;
  }

  select(place) {
    this.selected = place === -1 ? null : place;
    this.render();
  }

  // --- changing boxes -----------------------------------------------------------------------------------

  remember(kind = "") {
    // A row of nudges of one box is one step.
    if (kind && this.past.at(-1)?.kind === kind) return;
    this.past.push({ kind, boxes: this.boxes.map(({ el, ...box }) => box), selected: this.selected });
    this.warned = false;
  }

  change(place, values, kind = "") {
    this.remember(kind);
    Object.assign(this.boxes[place], values, { provenance: "you", confidence: null });
    this.render();
  }

  setClass(name) {
    if (this.data.readonly || this.busy) return;
    this.label = name;
    if (this.selected === null) this.say(`The next box will be ${name}.`);
    else if (this.boxes[this.selected].label !== name) {
      this.change(this.selected, { label: name });
      this.say(`Box ${this.selected + 1} is ${name} now.`);
    }
    this.render();
  }

  insert(box) {
    this.remember();
    this.boxes.push({ label: this.label, provenance: "you", confidence: null, ...box });
    this.select(this.boxes.length - 1);
    this.boxes[this.selected].el.focus({ preventScroll: true });
    this.say(`New box: ${this.label}.`);
  }

  add() {
    if (!this.data.readonly && !this.busy) this.insert({ l: 0.3, t: 0.3, r: 0.7, b: 0.7 });
  }

  delete() {
    if (this.data.readonly || this.busy || this.selected === null) return;
    this.remember();
    this.boxes.splice(this.selected, 1);
    const next = Math.min(this.selected, this.boxes.length - 1);
    this.select(next);
    (this.boxes[next]?.el ?? this.stage).focus({ preventScroll: true });
    this.say(this.boxes.length ? "Box deleted." : "No box left: accepting makes the image a negative (no object).");
  }

  undo() {
    if (this.data.readonly || this.busy) return;
    const last = this.past.pop();
    if (!last) {
      if (this.data.undoable) this.send("undo");
      return;
    }
    this.boxes = last.boxes;
    this.select(last.selected ?? -1);
    (this.boxes[this.selected]?.el ?? this.stage).focus({ preventScroll: true });
    this.say("Undone.");
  }

  nudge(dx, dy, resize) {
    const box = this.boxes[this.selected];
    const [width, height] = [box.r - box.l, box.b - box.t];
    const moved = resize
      ? { r: clamp(box.r + dx, box.l + LEAST), b: clamp(box.b + dy, box.t + LEAST) }
      : { l: clamp(box.l + dx, 0, 1 - width), t: clamp(box.t + dy, 0, 1 - height) };
    if (!resize) Object.assign(moved, { r: moved.l + width, b: moved.t + height });
    this.change(this.selected, moved, `nudge ${this.selected}`);
  }

  // --- keys ---------------------------------------------------------------------------------------------

  key(event) {
    if (event.key === "Tab") return; // the browser's own order goes through the boxes
    event.stopPropagation(); // Streamlit has keys of its own: r reruns the page
    if (event.altKey || (event.target.tagName === "BUTTON" && ["Enter", " "].includes(event.key))) return;
    if (event.target.tagName === "SUMMARY") return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if ((event.ctrlKey || event.metaKey) && name !== "z") return;
    const act = this.keyAct(name, event.shiftKey);
    if (!act || this.pointer.gesture) return;
    event.preventDefault();
    act();
  }

  keyAct(name, shift) {
    const arrows = { ArrowLeft: [-NUDGE, 0], ArrowRight: [NUDGE, 0], ArrowUp: [0, -NUDGE], ArrowDown: [0, NUDGE] };
    if (name in arrows) {
      const free = this.selected !== null && !this.data.readonly && !this.busy;
      return free ? () => this.nudge(...arrows[name], shift) : null;
    }
    if (name in this.letters) return () => this.setClass(this.letters[name]);
    return {
      b: () => this.add(), n: () => this.next(), x: () => this.reject(), z: () => this.undo(),
      Enter: () => this.accept(), Delete: () => this.delete(), Backspace: () => this.delete(),
      Escape: () => { this.stage.focus({ preventScroll: true }); this.select(-1); },
    }[name];
  }

  // --- deciding -----------------------------------------------------------------------------------------

  accept() {
    if (!this.data.readonly) this.send("accept");
  }

  reject() {
    if (!this.data.readonly) this.send("reject");
  }

  next() {
    if (this.past.length && !this.warned) {
      this.warned = true;
      this.say("Your boxes are not saved. Skip again to leave them, accept to keep them.");
      return;
    }
    this.send("next");
  }

  send(action) {
    if (this.busy) return;
    this.busy = true;
    this.say("Saving…");
    this.render();
    const { image, seen } = this.data;
    this.sendToPage({ action, image, seen, boxes: this.boxes.map(shares) });
  }
}
