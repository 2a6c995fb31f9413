// A button that counts only while it is held: by pointer, or by Space or Enter when it has the focus.
//
// Streamlit calls the default export on each run of the page; the handlers are properties, so they are replaced.
// The state "holding" goes to the page. Whatever takes the button away from the person ends the hold.

export default function ({ parentElement, data, setStateValue }) {
  const button = parentElement.querySelector("button");
  const live = data.playing;
  const say = (held) => {
    if ((button.dataset.held === "yes") === held) return;
    button.dataset.held = held ? "yes" : "no";
    button.setAttribute("aria-pressed", String(held));
    setStateValue("holding", held);
  };
  button.disabled = !live;
  button.querySelector("span").textContent = data.label;
  if (!live) say(false);

  button.onpointerdown = (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    say(true);
  };
  button.onpointerup = button.onpointercancel = button.onlostpointercapture = () => say(false);
  button.onkeydown = (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) say(true);
  };
  button.onkeyup = (event) => {
    if (event.key === " " || event.key === "Enter") say(false);
  };
  button.onblur = () => say(false);
  button.oncontextmenu = (event) => event.preventDefault(); // a long press on a telephone
  const hidden = () => document.hidden && say(false);
  document.addEventListener("visibilitychange", hidden);
  return () => document.removeEventListener("visibilitychange", hidden);
}
