// @ts-check
/**
 * The codebook form: shows a draft, sends one message per change, and waits for the answer.
 *
 * The draft itself lives in the kernel. What comes back is laid over the page field by field, so
 * that neither the place of the cursor nor words that are being typed get lost. Words of the
 * codebook only ever reach the page as text nodes and values, never as markup.
 *
 * @typedef {{ name: string, channel: string }} Point
 * @typedef {{ key: string, name: string, was: string, side: string, brief: string, definition: string,
 *   include: string[], exclude: string[], examples: string[], owner: string, touchpoints: Point[],
 *   expected_valence: number | null, change: string, codings: number, people: number, flagged: number }} Stage
 * @typedef {{ name: string, version: string, next: string, changed: boolean, can_undo: boolean,
 *   sides: string[], stages: Stage[], effect: string[], notes: string[], history: string[][] }} State
 * @typedef {{ kind: "done" | "refused", id?: string, said?: string, why?: string }} Reply
 * @typedef {Record<string, unknown> & { kind: string }} Message
 * @typedef {{ get(name: "state"): State, send(msg: Message): void,
 *   on(event: string, heard: (reply: any) => void): void,
 *   off(event: string, heard: (reply: any) => void): void }} Model
 * @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control
 * @typedef {{ item: HTMLLIElement, apply(stage: Stage, at: number, of: number): void, open(yes: boolean): void, typed(): boolean,
 *   refuse(field: string, why: string): void, settle(field: string): void }} Card
 */

const LATE_MS = 5000;
let forms = 0;

// ---- small helpers ---------------------------------------------------------------------------

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] those that are false, null or undefined are left out
 * @param {(Node | string | false | null | undefined)[]} children
 */
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== false && child !== null && child !== undefined) node.append(child);
  return node;
}

/** @param {string} words @param {() => void} does @param {Record<string, unknown>} [attributes] */
function button(words, does, attributes = {}) {
  const node = /** @type {HTMLButtonElement} */ (h("button", { type: "button", ...attributes }, words));
  node.addEventListener("click", () => { if (node.getAttribute("aria-disabled") !== "true") does(); });
  return node;
}

/** A button that cannot be used stays where the keyboard finds it. @param {Element} node @param {boolean} yes */
const enable = (node, yes) => node.setAttribute("aria-disabled", String(!yes));

/** An id that needs no secure context: a notebook may be served over plain HTTP. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/** @param {number} codings @param {number} people */
const count = (codings, people) =>
  `${codings} coding${codings === 1 ? "" : "s"} of ${people} ${people === 1 ? "person" : "people"}`;

/** @param {string} text */
const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/** @param {string} text */
const oneLine = (text) => text.split(/\s+/).filter(Boolean).join(" ");

// ---- the fields of a stage -------------------------------------------------------------------

/**
 * How a field is shown and read. `show` gives the words in the control, `read` what is sent.
 * @type {{ name: string, label: string, hint?: string, rows?: number, wide?: boolean,
 *   show(stage: Stage): string, read(text: string): unknown }[]}
 */
const FIELDS = [
  { name: "name", label: "Name", show: (s) => s.name, read: (t) => t.trim() },
  { name: "brief", label: "Brief", hint: "in a few words", show: (s) => s.brief, read: (t) => t },
  { name: "definition", label: "Definition", rows: 3, wide: true, show: (s) => s.definition, read: (t) => t },
  { name: "include", label: "Include", hint: "when to use it, one a line", rows: 3,
    show: (s) => s.include.map(oneLine).join("\n"), read: lines },
  { name: "exclude", label: "Exclude", hint: "when not to, and what to use instead, one a line", rows: 3,
    show: (s) => s.exclude.map(oneLine).join("\n"), read: lines },
  { name: "examples", label: "Examples", hint: "what people say, one a line", rows: 3,
    show: (s) => s.examples.map(oneLine).join("\n"), read: lines },
  { name: "touchpoints", label: "Touchpoints", hint: "one a line: name | channel", rows: 3,
    show: (s) => s.touchpoints.map((p) => (p.channel || p.name.includes("|") ? `${oneLine(p.name)} | ${p.channel}` : oneLine(p.name))).join("\n"),
    read: (t) => lines(t).map((line) => {
      const at = line.lastIndexOf("|");
      return at < 0 ? { name: line, channel: "" } : { name: line.slice(0, at).trim(), channel: line.slice(at + 1).trim() };
    }) },
  { name: "side", label: "Side", hint: "of the purchase", show: (s) => s.side, read: (t) => t },
  { name: "owner", label: "Owner", hint: "the team that looks after it", show: (s) => s.owner, read: (t) => t },
  { name: "expected_valence", label: "Expected valence", hint: "−1 to 1, or blank",
    show: (s) => (s.expected_valence === null ? "" : String(s.expected_valence)),
    read: (t) => {
      const plain = t.trim().replace("−", "-").replace(",", ".");
      return plain === "" ? null : Number.isNaN(Number(plain)) ? t.trim() : Number(plain);
    } },
];

/**
 * One stage: its head, its fields, and what can be done with it as a whole.
 * @param {string} id @param {string[]} sides
 * @param {(msg: Message, field: string) => void} send
 * @param {() => Stage[]} others all stages of the draft
 * @returns {Card}
 */
function card(id, sides, send, others) {
  /** @type {Stage} */ let stage;
  let place = 0;
  /**
   * `shown` is what the draft says, `sent` what was last sent, `waits` whether its answer is due.
   * @type {Map<string, { control: Control, error: HTMLElement, frame: HTMLElement, shown: string, sent: string, waits: boolean }>}
   */
  const fields = new Map();

  const title = h("span", { class: "jqb-name" });
  const number = h("span", { class: "jqb-number", "aria-hidden": "true" });
  const side = h("span", { class: "jqb-side" });
  const toggle = button("", () => open(body.hidden), { class: "jqb-toggle", "aria-expanded": "false", "aria-controls": `${id}-body` });
  toggle.append(number, title, side);
  const bears = h("span", { class: "jqb-bears" });
  const mark = h("span", { class: "jqb-mark", hidden: true });
  const up = button("↑", () => send({ kind: "move", stage: stage.key, to: place - 1 }, "move"), { class: "jqb-step" });
  const down = button("↓", () => send({ kind: "move", stage: stage.key, to: place + 1 }, "move"), { class: "jqb-step" });
  const panel = h("div", { class: "jqb-panel", hidden: true });
  const trouble = h("p", { class: "jqb-error", role: "alert", hidden: true });
  const grid = h("div", { class: "jqb-grid" });
  const body = h("div", { class: "jqb-body", id: `${id}-body`, hidden: true });
  const item = /** @type {HTMLLIElement} */ (h("li", { class: "jqb-stage" },
    h("div", { class: "jqb-head" }, h("h3", {}, toggle), h("span", { class: "jqb-facts" }, mark, bears), h("span", { class: "jqb-steps" }, up, down)), body));

  for (const { name, label, hint, rows, wide, read } of FIELDS) {
    const names = `${id}-${name}`;
    const about = { id: names, "aria-describedby": `${hint ? `${names}-hint ` : ""}${names}-error`, spellcheck: name === "definition" ? "true" : "false" };
    const control = /** @type {Control} */ (
      name === "side" ? h("select", about, ...["", ...sides].map((one) => h("option", { value: one }, one || "–")))
        : rows ? h("textarea", { ...about, rows })
          : h("input", { ...about, type: "text", autocomplete: "off", inputmode: name === "expected_valence" ? "text" : null }));
    const error = h("p", { class: "jqb-error", id: `${names}-error`, role: "alert", hidden: true });
    const frame = h("div", { class: `jqb-field${wide ? " jqb-wide" : ""}`, "data-field": name },
      h("label", { for: names }, label), hint && h("small", { id: `${names}-hint` }, hint), control, error);
    const kept = { control, error, frame, shown: "", sent: "", waits: false };
    fields.set(name, kept);
    control.addEventListener("keydown", (event) => {
      if (/** @type {KeyboardEvent} */ (event).key !== "Escape" || control.value === kept.shown) return;
      control.value = kept.sent = kept.shown;
      settle(name);
    });
    control.addEventListener("change", () => {
      const refused = control.hasAttribute("aria-invalid");
      if (control.value === kept.shown && refused) settle(name);
      if (control.value === kept.shown || (control.value === kept.sent && (kept.waits || refused))) return;
      kept.sent = control.value;
      kept.waits = true;
      const value = read(control.value);
      if (name === "name") send({ kind: "rename", stage: stage.key, name: value }, name);
      else send({ kind: "edit", stage: stage.key, field: name, value }, name);
    });
    grid.append(frame);
  }

  const whole = h("div", { class: "jqb-whole" },
    button("Merge into…", () => ask(merging)), button("Split…", () => ask(splitting)),
    button("Remove", () => send({ kind: "remove", stage: stage.key }, "whole"), { class: "jqb-quiet" }));
  body.append(grid, whole, panel, trouble);

  /** Open the panel under the buttons. @param {() => HTMLElement[]} makes */
  function ask(makes) {
    const asked = /** @type {HTMLElement | null} */ (item.ownerDocument.activeElement);
    const shut = () => { panel.hidden = true; panel.replaceChildren(); asked?.focus(); };
    panel.replaceChildren(...makes(), button("Cancel", shut, { class: "jqb-quiet" }));
    panel.onkeydown = (event) => { if (event.key === "Escape") { event.stopPropagation(); shut(); } };
    panel.hidden = false;
    /** @type {HTMLElement | null} */ (panel.querySelector("select, textarea"))?.focus();
  }

  function merging() {
    const choice = /** @type {HTMLSelectElement} */ (h("select", { id: `${id}-into` },
      ...others().filter((one) => one.key !== stage.key).map((one) => h("option", { value: one.key }, one.name))));
    return [
      h("label", { for: `${id}-into` }, "Merge it into"), choice,
      h("p", {}, `Its include, examples and touchpoints go there, and ${count(stage.codings, stage.people)} follow.`),
      button("Merge", () => { panel.hidden = true; send({ kind: "merge", stage: stage.key, into: choice.value }, "whole"); }, { class: "jqb-go" }),
    ];
  }

  function splitting() {
    const parts = /** @type {HTMLTextAreaElement} */ (h("textarea", { id: `${id}-parts`, rows: 2 }));
    const choice = /** @type {HTMLSelectElement} */ (h("select", { id: `${id}-default` }));
    const fill = () => {
      const chosen = choice.value;
      choice.replaceChildren(h("option", { value: "" }, "none yet: somebody decides"), ...lines(parts.value).map((one) => h("option", { value: one }, one)));
      choice.value = lines(parts.value).includes(chosen) ? chosen : "";
    };
    parts.value = stage.name;
    parts.addEventListener("input", fill);
    fill();
    return [
      h("label", { for: `${id}-parts` }, "Split it into, one a line"), parts,
      h("label", { for: `${id}-default` }, `${count(stage.codings, stage.people)} go to`), choice,
      h("p", {}, "Each part begins with all that this stage says. Its codings are flagged until somebody has placed them."),
      button("Split", () => { panel.hidden = true; send({ kind: "split", stage: stage.key, parts: lines(parts.value), default: choice.value }, "whole"); }, { class: "jqb-go" }),
    ];
  }

  /** @param {boolean} yes */
  function open(yes) {
    body.hidden = !yes;
    toggle.setAttribute("aria-expanded", String(yes));
  }

  /** Take back a refusal. @param {string} name */
  function settle(name) {
    const field = fields.get(name);
    if (field) field.waits = false;
    field?.control.removeAttribute("aria-invalid");
    const error = field ? field.error : trouble;
    error.textContent = "";
    error.hidden = true;
  }

  return {
    item,
    open,
    typed: () => [...fields.values()].some((one) => one.control.value !== one.shown),
    apply(next, at, of) {
      stage = next;
      place = at;
      item.dataset.stage = next.key;
      number.textContent = String(at + 1);
      title.textContent = next.name;
      side.textContent = next.side;
      bears.textContent = next.codings ? count(next.codings, next.people) : "no codings yet";
      const flags = next.flagged ? `; saving re-flags ${next.flagged}` : "";
      mark.hidden = !next.change && !next.flagged;
      mark.textContent = next.change === "new" ? "new" : `changed: ${next.change.replaceAll("_", " ") || "–"}${flags}`;
      up.setAttribute("aria-label", `Move ${next.name} up`);
      down.setAttribute("aria-label", `Move ${next.name} down`);
      enable(up, at > 0);
      enable(down, at < of - 1);
      for (const { name, show } of FIELDS) {
        const field = fields.get(name);
        if (!field) continue;
        const words = show(next), value = field.control.value;
        const typed = value !== field.shown && value !== field.sent;
        // What is being typed, waits for its answer or was refused is not overwritten.
        if (!typed && !field.waits && !field.control.hasAttribute("aria-invalid") && value !== words) field.control.value = words;
        field.shown = words;
        field.frame.classList.toggle("jqb-changed", next.change.split(", ").includes(name));
      }
    },
    refuse(name, why) {
      const field = fields.get(name);
      if (field) field.waits = false;
      const error = field ? field.error : trouble;
      field?.control.setAttribute("aria-invalid", "true");
      error.textContent = field ? `${why} (Esc puts back what it was)` : why;
      error.hidden = false;
      open(true);
    },
    settle,
  };
}

// ---- the form --------------------------------------------------------------------------------

/** @param {{ model: Model, el: HTMLElement }} given */
function render({ model, el }) {
  const id = `jqb${(forms += 1)}`;
  /** @type {Map<string, Card>} */ const cards = new Map();
  /** @type {Map<string, { card: string, field: string, timer: number }>} */ const sent = new Map();
  let toSave = false;
  const state = () => model.get("state");

  const title = h("h2", {}, "Codebook");
  const version = h("span", { class: "jqb-version" });
  const save = button("Save", saving, { class: "jqb-go", "aria-describedby": `${id}-effect`, "aria-keyshortcuts": "Control+S" });
  const undo = button("Undo", () => send({ kind: "undo" }));
  const discard = button("Discard all", () => send({ kind: "discard" }), { class: "jqb-quiet" });
  const effect = h("ul", { class: "jqb-effect", id: `${id}-effect` });
  const status = h("p", { class: "jqb-status", role: "status" });
  const error = h("p", { class: "jqb-error", role: "alert", hidden: true });
  const list = h("ol", { class: "jqb-stages", "aria-label": "Stages, in the order of the journey" });
  const added = /** @type {HTMLInputElement} */ (h("input", { id: `${id}-add`, type: "text", autocomplete: "off" }));
  const adding = h("form", { class: "jqb-add" }, h("label", { for: `${id}-add` }, "A new stage"), added, h("button", { type: "submit" }, "Add"));
  const history = h("tbody");
  const past = h("details", { class: "jqb-history" }, h("summary", {}, "History"),
    h("div", { class: "jqb-scroll", tabindex: "0", role: "region", "aria-label": "History of the codebook" },
      h("table", {}, h("caption", {}, "What changed from version to version, newest first"),
        h("thead", {}, h("tr", {}, ...["Version", "Code", "What", "Before", "After"].map((name) => h("th", { scope: "col" }, name)))), history)));
  const root = h("section", { class: "jqb", "aria-label": "Codebook", "data-lm-suppress-shortcuts": "true" },
    h("div", { class: "jqb-top" }, h("div", { class: "jqb-title" }, title, version), h("div", { class: "jqb-do" }, undo, discard, save), effect, status, error),
    list, adding, past);
  el.append(root);

  adding.addEventListener("submit", (event) => {
    event.preventDefault();
    if (added.value.trim()) send({ kind: "add", name: added.value.trim() }, "", "add");
  });
  // Words that no message has told of yet are something to save already.
  list.addEventListener("input", () => enable(save, state().changed || [...cards.values()].some((one) => one.typed())));
  root.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      event.stopPropagation();
      // A field tells of its change when it is left; saving must not leave it behind.
      root.ownerDocument.activeElement?.dispatchEvent(new Event("change"));
      saving();
    }
  });

  /** @param {Message} msg @param {string} [of] the stage's key @param {string} [field] */
  function send(msg, of = "", field = "") {
    const it = newId();
    const timer = window.setTimeout(() => {
      sent.delete(it);
      toSave = false;
      tell("", "The kernel does not answer: nothing is saved. Start it, and run the cell again.");
    }, LATE_MS);
    sent.set(it, { card: of, field, timer });
    status.textContent = msg.kind === "save" ? "saving…" : "";
    model.send({ ...msg, id: it });
  }

  /** Save, once every change has its answer: what is refused must not be saved past. */
  function saving() {
    toSave = sent.size > 0;
    if (toSave) return;
    const wrong = root.querySelector("[aria-invalid=true]");
    if (wrong) {
      tell("", "Not saved: a field below was refused. Mend it, or undo.");
      const at = /** @type {HTMLElement} */ (wrong);
      cards.get(at.closest("li")?.dataset.stage ?? "")?.open(true);
      at.focus();
    } else if (state().changed) send({ kind: "save" });
  }

  /** @param {string} said @param {string} why */
  function tell(said, why) {
    status.textContent = said;
    error.textContent = why;
    error.hidden = !why;
  }

  /** @param {Reply} reply */
  function heard(reply) {
    const asked = sent.get(reply.id ?? "");
    if (!asked) return;
    sent.delete(reply.id ?? "");
    window.clearTimeout(asked.timer);
    const one = cards.get(asked.card);
    if (reply.kind === "refused") {
      if (one) {
        one.refuse(asked.field, reply.why ?? "");
        tell("", "");
      } else tell("", reply.why ?? "");
    } else {
      one?.settle(asked.field);
      draw();
      if (asked.field === "add") added.value = "";
      tell(reply.said ?? "", "");
    }
    if (toSave && !sent.size) saving();
  }

  function draw() {
    const now = state();
    const held = /** @type {HTMLElement | null} */ (root.ownerDocument.activeElement);
    title.textContent = `Codebook: ${now.name}`;
    version.textContent = now.next ? `version ${now.version}, ${now.next} when saved` : `version ${now.version}, as in the file`;
    enable(undo, now.can_undo);
    enable(discard, now.changed || now.can_undo);
    effect.replaceChildren(...[...now.effect, ...now.notes].map((words) => h("li", {}, words)));
    const keys = new Set(now.stages.map((stage) => stage.key));
    for (const [key, one] of cards) if (!keys.has(key)) { one.item.remove(); cards.delete(key); }
    const fresh = cards.size > 0;
    now.stages.forEach((stage, at) => {
      let one = cards.get(stage.key);
      if (!one) {
        one = card(`${id}-${stage.key}`, now.sides, (msg, field) => send(msg, stage.key, field), () => state().stages);
        cards.set(stage.key, one);
        if (fresh) one.open(true);
      }
      one.apply(stage, at, now.stages.length);
      // Moving a node takes the focus off it, so only what is out of place is moved.
      if (list.children[at] !== one.item) list.insertBefore(one.item, list.children[at] ?? null);
    });
    if (held && root.contains(held) && root.ownerDocument.activeElement !== held) held.focus();
    else if (held && !held.isConnected) save.focus();
    enable(save, now.changed || [...cards.values()].some((one) => one.typed()));
    history.replaceChildren(...[...now.history].reverse().map(([at, dimension, value, field, before, after]) =>
      h("tr", {}, h("td", {}, at), h("td", {}, value || dimension), h("td", {}, field.replaceAll("_", " ")), h("td", {}, before), h("td", {}, after))));
    past.hidden = now.history.length === 0;
  }

  draw();
  model.on("change:state", draw);
  model.on("msg:custom", heard);
  root.dataset.opened = "";
  return () => {
    model.off("change:state", draw);
    model.off("msg:custom", heard);
    for (const { timer } of sent.values()) window.clearTimeout(timer);
    root.remove();
  };
}

export default { render };
