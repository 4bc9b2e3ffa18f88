// @ts-check
/** What was hidden in an interview, what looks missed, and a decision on each name. */

/** @typedef {{ name: string, times: number, interviews: string[], why: string, decided: string, stands: string, places: { interview: string, before: string, after: string }[] }} Missed */
/** @typedef {{ kind: string, why?: string, interview: string, interviews: { id: string, hidden: Record<string, number>, missed: number }[], turns: { speaker: string, pieces: [string, string][] }[], missed: Missed[], more: number, added: { name: string, stands: string }[], unsaved: { names: number, kept: number }, waiting: number, said: string, note: string }} State */

const KINDS = [
  ["listed", "from your list"], ["person", "name"], ["place", "town"], ["organisation", "organisation"],
  ["e-mail", "e-mail"], ["phone", "phone"], ["account", "account"], ["address", "address"],
];

/**
 * @param {string} tag
 * @param {Record<string, string>} [given]
 * @param {...(Node | string)} inside
 */
function make(tag, given = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) node.setAttribute(name, value);
  node.append(...inside);
  return node;
}

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

/** @param {{ model: import("./types").Model, el: HTMLElement }} context */
function render({ model, el }) {
  const root = make("div", { class: "jqn" });
  const status = make("p", { class: "jqn-said", role: "status" });
  const body = make("div", {}, "Looking through the stored interviews …");
  root.append(body, status);
  el.append(root);
  let sure = false, held = false;
  /** @type {State | null} */
  let late = null;

  /** @param {Record<string, unknown>} message */
  const send = (message) => model.send(message);

  /** @param {State} state */
  function overview(state) {
    const choice = /** @type {HTMLSelectElement} */ (make("select", { id: "jqn-which", "data-key": "which" }));
    for (const one of state.interviews) {
      const missed = one.missed ? `, ${count(one.missed, "name", "names")} to look at` : "";
      choice.append(make("option", { value: one.id }, `${one.id}${missed}`));
    }
    choice.value = state.interview;
    choice.addEventListener("change", () => send({ kind: "show", interview: choice.value }));
    const hidden = state.interviews.find((one) => one.id === state.interview)?.hidden ?? {};
    const chips = make("ul", { class: "jqn-kinds", "aria-label": "What was hidden here" });
    for (const [kind, label] of KINDS) {
      if (hidden[kind]) chips.append(make("li", {}, make("span", { class: `jqn-mark is-${kind}` }, label), ` ${hidden[kind]}`));
    }
    if (!chips.children.length) chips.append(make("li", {}, "nothing was hidden here"));
    chips.append(make("li", {}, make("span", { class: "jqn-mark is-missed" }, "looks missed")));
    return make("div", { class: "jqn-bar" }, make("label", { for: "jqn-which" }, "Interview "), choice, chips);
  }

  /** @param {State} state */
  function transcript(state) {
    const box = make("div", { class: "jqn-text", tabindex: "0", role: "region", "aria-label": `Stored text of ${state.interview}`, "data-key": "text" });
    for (const turn of state.turns) {
      const words = make("p", {}, make("b", {}, `${turn.speaker} `));
      for (const [text, kind] of turn.pieces) {
        words.append(kind ? make("mark", { class: `jqn-mark is-${kind}`, title: kind === "missed" ? "looks missed" : kind }, text) : text);
      }
      box.append(words);
    }
    return box;
  }

  /** @param {Missed} one */
  function row(one) {
    const line = make("li", { class: `jqn-row is-${one.decided || "open"}` });
    const where = `${count(one.times, "time", "times")} in ${one.interviews.length === 1 ? one.interviews[0] : `${one.interviews.length} interviews`}`;
    const head = make("div", { class: "jqn-head" }, make("b", {}, one.name), make("small", {}, `${where}; ${one.why}`));
    const places = make("ul", { class: "jqn-places" });
    for (const place of one.places) {
      places.append(make("li", {}, make("small", {}, `${place.interview} `), `…${place.before}`, make("b", {}, one.name), `${place.after}…`));
    }
    const acts = make("div", { class: "jqn-acts", role: "group", "aria-label": one.name });
    for (const [to, label] of [["name", "This is a name"], ["keep", "No secret"]]) {
      const button = make("button", { type: "button", "aria-pressed": String(one.decided === to), "data-key": `${to}:${one.name}` }, label);
      button.addEventListener("click", () => send({ kind: "decide", name: one.name, to: one.decided === to ? "" : to }));
      acts.append(button);
    }
    if (one.decided === "name") acts.append(stands(one.name, one.stands));
    line.append(head, places, acts);
    return line;
  }

  /** @param {string} name @param {string} value */
  function stands(name, value) {
    const field = /** @type {HTMLInputElement} */ (make("input", { type: "text", maxlength: "80", placeholder: "[name]", "data-key": `stands:${name}`, "aria-label": `What stands for ${name}` }));
    field.value = value;
    field.addEventListener("change", () => send({ kind: "decide", name, to: "name", stands: field.value }));
    return make("label", {}, "shown as ", field);
  }

  /** @param {State} state */
  function another(state) {
    const name = /** @type {HTMLInputElement} */ (make("input", { type: "text", maxlength: "80", "data-key": "another", id: "jqn-another" }));
    const form = make("form", { class: "jqn-acts" }, make("label", { for: "jqn-another" }, "Another name that you see "), name, make("button", { type: "submit" }, "Add"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (name.value.trim()) send({ kind: "decide", name: name.value, to: "name" });
    });
    const list = make("ul", { class: "jqn-rows" });
    for (const one of state.added) {
      const off = make("button", { type: "button", "data-key": `off:${one.name}` }, "Take off");
      off.addEventListener("click", () => send({ kind: "decide", name: one.name, to: "" }));
      list.append(make("li", { class: "jqn-row is-name" }, make("div", { class: "jqn-acts" }, make("b", {}, one.name), stands(one.name, one.stands), off)));
    }
    return [form, list];
  }

  /** @param {State} state */
  function foot(state) {
    const { names, kept } = state.unsaved;
    const parts = [];
    if (names) parts.push(`${count(names, "name", "names")} to your list`);
    if (kept) parts.push(`${count(kept, "word", "words")} to keep`);
    const save = make("button", { type: "button", class: "is-main", "data-key": "save" }, parts.length ? `Write ${parts.join(" and ")}` : "Nothing to write");
    if (!parts.length) save.setAttribute("disabled", "");
    save.addEventListener("click", () => send({ kind: "save" }));
    const line = make("div", { class: "jqn-acts jqn-foot" }, save);
    if (state.waiting && !parts.length) {
      const places = count(state.waiting, "place", "places");
      const hide = make("button", { type: "button", "data-key": "hide" }, sure ? `Yes, replace ${places} for good` : `Hide listed names in what is stored: ${places}`);
      hide.addEventListener("click", () => {
        if (sure) { say("Hiding …"); send({ kind: "hide" }); sure = false; return; }
        sure = true;
        show(state);
      });
      line.append(hide);
    }
    return line;
  }

  /** @param {string} text */
  function say(text) { status.textContent = text; }

  /** @param {State} state */
  function show(state) {
    const active = root.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
    const list = body.querySelector(".jqn-list"), text = body.querySelector(".jqn-text");
    const were = [list?.scrollTop ?? 0, text && text.getAttribute("aria-label") === `Stored text of ${state.interview}` ? text.scrollTop : 0];
    const rows = make("ul", { class: "jqn-rows" }, ...state.missed.map(row));
    const missed = make("div", { class: "jqn-list" }, make("h3", {}, state.missed.length ? `Looks like a name, and stands there: ${state.missed.length + state.more}` : "Nothing that was left looks like a name"), rows, ...another(state));
    if (state.note) missed.prepend(make("p", { class: "jqn-note" }, state.note));
    const shown = transcript(state);
    body.replaceChildren(overview(state), make("div", { class: "jqn-two" }, shown, missed), foot(state));
    missed.scrollTop = were[0];
    shown.scrollTop = were[1];
    // Drawn anew at each decision: whoever works by key stays where they were.
    if (active) [...root.querySelectorAll("[data-key]")].find((one) => one.getAttribute("data-key") === active)?.focus?.();
    say(state.said);
    root.dataset.shown = "yes";
  }

  /** @param {State} message */
  const heard = (message) => {
    // What a finger is on must not be drawn anew under it: the press would go nowhere.
    if (message.kind === "state") { sure = false; if (held) late = message; else show(message); }
    if (message.kind === "refused") say(`Not done: ${message.why}.`);
  };
  const pressed = () => { held = true; };
  const released = () => {
    held = false;
    // After the click that follows.
    setTimeout(() => { if (late && !held) { show(late); late = null; } });
  };
  root.addEventListener("pointerdown", pressed);
  for (const event of ["pointerup", "pointercancel"]) window.addEventListener(event, released);
  model.on("msg:custom", heard);
  send({ kind: "show" });
  return () => {
    for (const event of ["pointerup", "pointercancel"]) window.removeEventListener(event, released);
    model.off("msg:custom", heard);
  };
}

export default { render };
