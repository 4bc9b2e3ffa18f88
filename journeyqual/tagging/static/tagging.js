// @ts-check
/**
 * The tagging page: reads an interview, shows it, and sends one message per action.
 *
 * One file, because a notebook loads one ES module and there is no build step. `Store` keeps what
 * is known and what is not yet saved; `View` draws it. Words from a transcript only ever reach the
 * page as text nodes and attributes, never as markup.
 *
 * @typedef {import("./types").State} State
 * @typedef {import("./types").Item} Item
 * @typedef {import("./types").Piece} Piece
 * @typedef {import("./types").Change} Change
 * @typedef {import("./types").Message} Message
 * @typedef {import("./types").Reply} Reply
 * @typedef {import("./types").News} News
 * @typedef {import("./types").Turn} Turn
 * @typedef {import("./types").Span} Span
 * @typedef {import("./types").Model} Model
 * @typedef {import("./types").Moved} Moved
 * @typedef {{ msg: Message, text: string, since: number, at: number, tries: number, why: string }} Waiting
 */

const STEPS = ["-1", "-0.5", "0", "0.5", "1"];
const STEP_KEYS = "asdfg";
const STEP_WORDS = ["very bad", "bad", "neutral", "good", "very good"];
const SIDES = { stage: "Stage", valence: "Valence", emotion: "Emotion", touchpoint: "Touchpoint", theme: "Theme" };
const PICK_KEYS = /** @type {Record<string, string>} */ ({ stage: "p", touchpoint: "t", emotion: "e", theme: "h" });
const LANES = 4;
const STRETCH = 40;
const LATE_MS = 2000;
const GONE_MS = 9000;
/** @type {State} */
const BLANK = { mine: {}, machine: {}, others: [], themes: [], unsure: false, negative: false, memo: "" };

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

/** @param {string} key @param {string} [cls] */
const cap = (key, cls = "") => h("kbd", { class: `jqt-key ${cls}` }, key);

/** @param {number | null} seconds */
function clock(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const whole = Math.floor(seconds), rest = String(whole % 60).padStart(2, "0"), minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** The nearest of the five steps. @param {string} value */
function step(value) {
  const number = Number(value);
  return value === "" || Number.isNaN(number) ? "" : STEPS[Math.round((Math.max(-1, Math.min(1, number)) + 1) * 2)];
}

/** @param {string | number} value */
const signed = (value) => String(value).replace(/^-/, "−").replace(/^(?=[1-9]|0\.\d*[1-9])/, "+");

/** What a value is called. @param {string} dim @param {string} value */
function word(dim, value) {
  if (dim === "valence") return signed(step(value));
  return value !== "" ? value : dim === "touchpoint" ? "no touchpoint" : "none fits";
}

/** @param {number | null} confidence */
const percent = (confidence) => (confidence === null || confidence === undefined ? "" : `${Math.round(confidence * 100)} %`);

/** An id that needs no secure context: a notebook may be served over plain HTTP. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Code points to UTF-16 and back. The kernel counts code points, the page UTF-16. @param {string} text */
function offsets(text) {
  if (!/[\ud800-\udbff]/.test(text)) return { units: (/** @type {number} */ n) => n, points: (/** @type {number} */ n) => n };
  const starts = [0];
  for (const sign of text) starts.push(starts[starts.length - 1] + sign.length);
  return {
    units: (/** @type {number} */ n) => starts[Math.min(n, starts.length - 1)],
    points: (/** @type {number} */ n) => starts.findIndex((start) => start >= n),
  };
}

/** What a change makes of a state. @param {State} state @param {Partial<Change>} change @returns {State} */
function changed(state, { dimension = "", value = "", status = "accepted", memo = "" }) {
  if (dimension === "negative") return { ...state, negative: value !== "" };
  if (dimension === "memo") return { ...state, memo: value };
  if (dimension === "theme") {
    const rest = state.themes.filter((theme) => theme.value !== value);
    return { ...state, themes: status === "accepted" ? [...rest, { value, memo }] : rest };
  }
  const mine = { ...state.mine };
  if (status === "cleared") delete mine[dimension];
  else mine[dimension] = { value, status, memo, flagged: "" };
  return { ...state, mine };
}

/** What the machine suggests and the person has not answered otherwise. @param {State} state @param {string} dim */
function guess(state, dim) {
  const mine = state.mine[dim], machine = state.machine[dim];
  if (!machine || mine?.status === "accepted") return null;
  return { ...machine, refused: mine?.status === "rejected" && mine.value === machine.value };
}

/** @param {State} state @param {string} dim */
const own = (state, dim) => (state.mine[dim]?.status === "accepted" ? state.mine[dim] : null);

// ---- what is known, and what is not yet saved ------------------------------------------------

class Store {
  /** @type {import("./types").Interview} */ interview;
  /** @type {import("./types").Settings} */ settings;
  /** @type {import("./types").Codebook} */ codebook;
  /** @type {Record<string, State>} */ base;
  /** @type {import("./types").Progress} */ progress;
  /** @type {boolean | undefined} */ undoable;
  /** @type {boolean | undefined} */ redoable;
  /** @type {string[]} */ dims;
  /** @type {string} */ key;

  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    /** @type {Set<(news: News) => void>} */
    this.views = new Set();
    /** @type {Map<string, Waiting>} */
    this.queue = new Map();
    /** @type {Map<string, { words: Moved[], valence: number | null, why: string }>} */
    this.words = new Map();
    this.refusal = "";
    this.timer = 0;
    this.draft = false;
    this.keeps = true;
    this.load(model.get("interview"), model.get("settings"), model.get("codebook"));
    this.heard = (/** @type {Reply} */ reply) => this.hear(reply);
    model.on("msg:custom", this.heard);
    this.leaving = (/** @type {BeforeUnloadEvent} */ event) => { if (this.queue.size || this.draft) event.preventDefault(); };
    window.addEventListener("beforeunload", this.leaving);
    const before = this.kept();
    for (const msg of before) if (msg.id) this.enqueue(msg, "kept from before");
  }

  /** @param {import("./types").Interview} interview @param {import("./types").Settings} settings @param {import("./types").Codebook} codebook */
  load(interview, settings, codebook) {
    this.interview = interview;
    this.settings = settings;
    this.codebook = codebook;
    this.base = { ...interview.states };
    this.progress = interview.progress;
    this.undoable = interview.undo;
    this.redoable = interview.redo;
    this.dims = Object.keys(SIDES).filter((dim) => settings.dimensions?.includes(dim) ?? true);
    this.key = ["journeyqual", settings.study ?? codebook.name, interview.id, settings.coder].join("\u241f");
  }

  /** @returns {Message[]} */
  kept() {
    try { return JSON.parse(sessionStorage.getItem(this.key) ?? "[]"); } catch { this.keeps = false; return []; }
  }

  /** @param {(kept: Message[]) => Message[]} change */
  keep(change) {
    try {
      const kept = change(this.kept());
      if (kept.length) sessionStorage.setItem(this.key, JSON.stringify(kept));
      else sessionStorage.removeItem(this.key);
    } catch { this.keeps = false; }
  }

  /** @param {News} news */
  tell(news) { for (const view of [...this.views]) view(news); }

  spans() {
    const spans = [...this.interview.spans];
    for (const { msg } of this.queue.values()) {
      if (msg.kind === "span") spans.push({ id: `new:${msg.id}`, turn: msg.turn ?? 0, start: msg.start ?? 0, end: msg.end ?? 0 });
    }
    return spans;
  }

  /** What is known of a unit, with what is under way on top. @param {string} id @returns {State} */
  state(id) {
    let state = this.base[id] ?? BLANK;
    for (const { msg } of this.queue.values()) {
      for (const change of msg.changes ?? []) {
        if (change.unit_id === id || (msg.kind === "span" && id === `new:${msg.id}`)) state = changed(state, change);
      }
    }
    return state;
  }

  /** @param {string} id */
  saving(id) {
    for (const { msg } of this.queue.values()) if (id === `new:${msg.id}` || msg.changes?.some((c) => c.unit_id === id)) return true;
    return false;
  }

  /** A unit counts once it has both a stage and a valence, as it does for the curve. @param {string} id */
  coded(id) {
    const state = this.state(id);
    return ["stage", "valence"].every((dim) => !this.dims.includes(dim) || own(state, dim));
  }

  /** @param {Omit<Message, "id">} msg @param {string} text what to say once it is saved */
  send(msg, text) {
    const full = { ...msg, id: newId() };
    this.keep((kept) => [...kept, full]);
    this.enqueue(full, text);
    return full.id;
  }

  /** @param {Message} msg @param {string} text */
  enqueue(msg, text) {
    const now = Date.now(), waiting = { msg, text, since: now, at: 0, tries: 0, why: "" };
    this.queue.set(msg.id ?? "", waiting);
    this.post(waiting);
    this.timer ||= window.setInterval(() => this.tick(), 250);
    this.touched(msg);
    this.tell({ kind: "save" });
  }

  /** @param {Waiting} waiting */
  post(waiting) {
    waiting.at = Date.now();
    waiting.tries += 1;
    try {
      this.model.send(waiting.msg);
    } catch (error) {
      waiting.why = `the kernel cannot be reached (${error instanceof Error ? error.message : error})`;
    }
  }

  tick() {
    if (!this.queue.size) { window.clearInterval(this.timer); this.timer = 0; return; }
    const [first] = this.queue.values();
    // All of them again, in their order: an undo must not overtake what it undoes.
    if (Date.now() - first.at > Math.min(30000, LATE_MS * 2 ** (first.tries - 1))) this.again();
    this.tell({ kind: "save" });
  }

  again() {
    const kept = this.keeps && new Set(this.kept().map((msg) => msg.id));
    for (const [id, waiting] of [...this.queue]) {
      // Saved through another view of the same interview: the cell was run again elsewhere.
      if (kept && !kept.has(id)) this.settle(waiting);
      else this.post(waiting);
    }
  }

  /** @param {Waiting} waiting */
  settle({ msg }) {
    this.queue.delete(msg.id ?? "");
    for (const change of msg.changes ?? []) if (change.unit_id) this.base[change.unit_id] = changed(this.base[change.unit_id] ?? BLANK, change);
    this.touched(msg);
  }

  drop() {
    for (const [id, { msg, why }] of [...this.queue]) if (why) this.forget(id, msg);
    this.tell({ kind: "save" });
  }

  /** @param {string} id @param {Message} [msg] */
  forget(id, msg) {
    this.queue.delete(id);
    this.keep((kept) => kept.filter((one) => one.id !== id));
    if (msg) this.touched(msg);
  }

  /** @param {Message} msg */
  touched(msg) {
    const ids = (msg.changes ?? []).map((change) => change.unit_id ?? "").filter(Boolean);
    if (msg.kind === "span") this.tell({ kind: "spans", turns: [msg.turn ?? 0] });
    if (ids.length) this.tell({ kind: "states", ids });
  }

  /** @param {Reply} reply */
  hear(reply) {
    const waiting = this.queue.get(reply.id ?? "");
    if (reply.kind === "saved") this.saved(reply, waiting);
    else if (reply.kind === "refused") this.refused(reply, waiting);
    else if (reply.kind === "explained") this.explained(reply, "");
    else if (reply.kind === "interview" && reply.interview) {
      for (const [id, { msg }] of [...this.queue]) if (msg.kind === "done" || msg.kind === "reload") this.forget(id);
      this.load(reply.interview, reply.settings ?? this.settings, reply.codebook ?? this.codebook);
      this.words.clear();
      this.tell({ kind: "all" });
      this.tell({ kind: "save" });
    }
  }

  /** @param {Reply} reply @param {Waiting} [waiting] */
  saved(reply, waiting) {
    if (waiting) this.forget(reply.id ?? "");
    this.refusal = "";
    Object.assign(this.base, reply.states ?? {});
    this.progress = reply.progress ?? this.progress;
    this.undoable = reply.undo ?? this.undoable;
    this.redoable = reply.redo ?? this.redoable;
    if (reply.spans) {
      const before = new Map(this.interview.spans.map((s) => [s.id, s])), after = new Map(reply.spans.map((s) => [s.id, s]));
      const turns = [...before.values()].filter((s) => !after.has(s.id)).concat([...after.values()].filter((s) => !before.has(s.id)));
      this.interview.spans = reply.spans;
      this.tell({ kind: "spans", turns: [...new Set(turns.map((s) => s.turn))] });
    }
    const ids = Object.keys(reply.states ?? {});
    const own = waiting?.msg.changes?.map((change) => change.unit_id ?? "") ?? [];
    if (waiting?.msg.kind === "span") this.tell({ kind: "spans", turns: [waiting.msg.turn ?? 0] });
    this.tell({ kind: "states", ids: [...new Set([...ids, ...own])].filter(Boolean) });
    if (waiting && /^(undo|redo)$/.test(waiting.msg.kind) && ids.length) this.tell({ kind: "moved", id: ids[0] });
    this.tell({ kind: "save" });
    if (waiting) this.tell({ kind: "say", text: `${waiting.text}: saved` });
  }

  /** @param {Reply & { retry?: boolean }} reply @param {Waiting} [waiting] */
  refused(reply, waiting) {
    const why = reply.why ?? "no reason was given";
    if (!reply.id && reply.unit_id) return this.explained(reply, why);
    // What failed for a reason that may pass stays in the queue; the person decides to drop it.
    if (waiting && reply.retry) waiting.why = why;
    else {
      if (waiting) this.forget(reply.id ?? "", waiting.msg);
      this.refusal = why;
    }
    this.tell({ kind: "save" });
    this.tell({ kind: "say", text: `not saved: ${why}` });
  }

  /** @param {Reply} reply @param {string} why */
  explained(reply, why) {
    this.words.set(reply.unit_id ?? "", { words: reply.words ?? [], valence: reply.valence ?? null, why });
    this.tell({ kind: "explained", id: reply.unit_id ?? "" });
  }

  /** How saving stands: a kind for the eye, words for the reader. */
  standing() {
    const all = [...this.queue.values()], n = all.length, now = Date.now();
    const failed = all.find((one) => one.why), oldest = Math.min(...all.map((one) => one.since));
    const many = n === 1 ? "1 action" : `${n} actions`, where = this.keeps ? "kept in this browser tab" : "kept in this page only";
    if (failed) return { kind: "bad", text: `not saved: ${failed.why}`, again: true, drop: true };
    if (n && now - oldest > GONE_MS) return { kind: "bad", text: `not saved: the kernel does not answer. ${many} ${where}; run the cell again to save`, again: true, drop: false };
    if (n && now - oldest > LATE_MS) return { kind: "bad", text: `not saved yet: ${many} waiting for the kernel`, again: true, drop: false };
    if (this.refusal) return { kind: "bad", text: `refused: ${this.refusal}`, again: false, drop: false };
    if (n) return { kind: "busy", text: "saving…", again: false, drop: false };
    return this.draft ? { kind: "busy", text: "memo not saved yet", again: false, drop: false } : { kind: "good", text: "saved", again: false, drop: false };
  }

  close() {
    window.clearInterval(this.timer);
    window.removeEventListener("beforeunload", this.leaving);
    this.model.off("msg:custom", this.heard);
  }
}

// ---- the page --------------------------------------------------------------------------------

/** Every key once: what it does is read by the keyboard and by the help alike.
 * @type {[string, string, string[], (view: View, key: string) => void][]} */
const KEYS = [
  ["j  ↓", "next unit", ["j", "ArrowDown"], (v) => v.move(1)],
  ["k  ↑", "previous unit", ["k", "ArrowUp"], (v) => v.move(-1)],
  ["n", "next uncoded unit", ["n"], (v) => v.next()],
  ["Home  End", "first, last unit", ["Home", "End"], (v, key) => v.go(v.order[key === "Home" ? 0 : v.order.length - 1])],
  ["1 … 9  0", "stage; ⇧2 … ⇧0 are stages 11 to 19", [], () => {}],
  ["x", "no stage fits", ["x"], (v) => v.code("stage", "")],
  ["a s d f g", "valence −1  −0.5  0  +0.5  +1", [...STEP_KEYS], (v, key) => v.code("valence", STEPS[STEP_KEYS.indexOf(key)])],
  ["-  =", "valence one step down, up", ["-", "=", "+"], (v, key) => v.nudge(key === "-" ? -1 : 1)],
  ["e", "choose an emotion by its letter", ["e"], (v) => v.pick("emotion")],
  ["p", "choose a stage by its letter", ["p"], (v) => v.pick("stage")],
  ["t", "choose a touchpoint", ["t"], (v) => v.pick("touchpoint")],
  ["h", "choose or name a theme", ["h"], (v) => v.pick("theme")],
  ["Enter", "accept what the machine suggests", ["Enter"], (v) => v.accept(v.store.dims)],
  ["⇧Enter", "accept and go on", ["shift+Enter"], (v) => { v.accept(v.store.dims); v.move(1); }],
  ["r", "reject the suggestion in the marked row", ["r"], (v) => v.reject([v.dim])],
  ["⇧R", "reject every suggestion of the unit", ["R"], (v) => v.reject(v.store.dims)],
  ["←  →", "mark another row (stage, valence …)", ["ArrowLeft", "ArrowRight"], (v, key) => v.turnDim(key === "ArrowLeft" ? -1 : 1)],
  ["Backspace", "clear your coding in the marked row", ["Backspace", "Delete"], (v) => v.clear(v.dim)],
  ["m", "write a memo; Esc comes back", ["m"], (v) => v.memo.focus()],
  ["!", "negative case, on or off", ["!"], (v) => v.negative()],
  ["w", "the words that moved the machine’s valence", ["w"], (v) => v.explain()],
  ["v", "mark the unit’s words", ["v"], (v) => v.select("all")],
  ["⇧←  ⇧→", "mark words one by one", ["shift+ArrowLeft", "shift+ArrowRight"], (v, key) => v.select(key === "ArrowLeft" ? -1 : 1)],
  ["c", "code the marked words as a free span", ["c"], (v) => v.cut()],
  ["u  Ctrl+Z", "undo", ["u", "ctrl+z"], (v) => v.undo("undo")],
  ["⇧U  Ctrl+⇧Z", "redo", ["U", "ctrl+Z", "ctrl+y"], (v) => v.undo("redo")],
  ["/", "search; Enter and ⇧Enter go from hit to hit", ["/"], (v) => { v.query.focus(); v.query.select(); }],
  ["Esc", "leave the search, the marking, a memo, a dialog", ["Escape"], (v) => v.back()],
  ["?", "these keys", ["?"], (v) => v.help()],
];

const FILTERS = /** @type {Record<string, [string, (store: Store, item: Item, state: State) => unknown]>} */ ({
  all: ["everything", () => true],
  uncoded: ["uncoded", (store, item) => !item.free && !store.coded(item.id)],
  unsure: ["unsure first", (store, item) => !item.free && !store.coded(item.id)],
  people: ["disagreements", (store, _, state) => store.dims.some((dim) => differ(state, dim))],
  machine: ["other than the machine", (store, _, state) => store.dims.some((dim) => {
    const mine = own(state, dim), machine = state.machine[dim];
    return mine && machine && word(dim, mine.value) !== word(dim, machine.value);
  })],
  negative: ["negative cases", (_, __, state) => state.negative],
  memo: ["with a memo", (_, __, state) => state.memo],
  flagged: ["definition changed since", (_, __, state) => Object.values(state.mine).some((mine) => mine.flagged)],
});

/** Do people give different values? @param {State} state @param {string} dim */
function differ(state, dim) {
  const mine = own(state, dim), values = new Set(state.others.filter((o) => o.dimension === dim).map((o) => o.value));
  if (mine) values.add(mine.value);
  return values.size > 1;
}

/** How sure the machine is of the least sure thing it says. @param {State} state */
const sureness = (state) => Math.min(state.unsure ? 0 : 1, ...Object.values(state.machine).map((m) => m.confidence ?? 1)) + (state.unsure ? 0 : 1);

class View {
  /** @type {Turn[]} */ turns;
  /** @type {HTMLElement[]} */ nodes;
  /** @type {Item[]} */ items = [];
  /** @type {Item[]} */ order = [];
  /** @type {Map<string, number>} */ byId;
  /** @type {Map<number, number>} */ at;
  /** @type {Map<number, Span[]>} */ spansAt;
  /** @type {Map<string, number> | null} */ chosen = null;
  /** @type {Map<string, HTMLElement>} */ books;
  /** @type {string[]} */ stageNames;
  /** @type {Item | undefined} */ item;
  /** @type {{ tail: number, head: number } | undefined} */ marked;
  /** @type {HTMLDialogElement | undefined} */ box;
  /** @type {HTMLElement | undefined} */ opened;
  /** @type {HTMLTextAreaElement} */ memo;
  /** @type {HTMLInputElement} */ query;
  /** @type {HTMLSelectElement} */ choice;
  /** @type {HTMLElement} */ list;
  /** @type {HTMLElement} */ nothing;
  /** @type {HTMLElement} */ panel;
  /** @type {HTMLElement} */ unitPart;
  /** @type {HTMLElement[]} */ scrolled = [];
  /** @type {HTMLElement} */ more;
  /** @type {HTMLElement} */ book;
  /** @type {HTMLElement} */ save;
  /** @type {HTMLElement} */ shown;
  /** @type {HTMLElement} */ hits;
  /** @type {HTMLElement} */ filled;
  /** @type {HTMLElement} */ counted;
  /** @type {HTMLElement} */ meter;
  /** @type {HTMLElement} */ undoButton;
  /** @type {HTMLElement} */ redoButton;
  total = 0;
  asking = 0;
  hovering = 0;
  pressed = false;
  narrowed = false;

  /** @param {Store} store @param {HTMLElement} el */
  constructor(store, el) {
    this.store = store;
    this.dim = store.dims[0];
    this.filter = "all";
    this.explaining = false;
    /** @type {{ t: number, start: number, end: number }[]} */
    this.found = [];
    this.foundAt = -1;
    this.page = new AbortController();
    this.root = h("div", { class: "jqt", "data-lm-suppress-shortcuts": "true" });
    this.live = h("div", { class: "jqt-hidden", role: "status", "aria-live": "polite" });
    this.heard = (/** @type {News} */ news) => this.hear(news);
    store.views.add(this.heard);
    const heard = { signal: this.page.signal };
    this.root.addEventListener("keydown", (e) => this.key(e), heard);
    this.root.addEventListener("click", (e) => this.click(e), heard);
    this.root.addEventListener("pointerdown", (e) => { this.pressed = this.list.contains(/** @type {Node} */ (e.target)); }, heard);
    this.root.addEventListener("pointerover", (e) => this.hover(e), heard);
    this.root.addEventListener("focusin", (e) => this.focused(e), heard);
    document.addEventListener("pointerup", (e) => this.dragged(e), heard);
    el.append(this.root);
    this.build();
  }

  /** @param {boolean} [inside] whether the page had the focus, and is to have it again */
  build(inside = false) {
    const { interview, settings, codebook } = this.store;
    this.turns = interview.turns;
    this.at = new Map(this.turns.map((turn, t) => [turn.i, t]));
    // A dialog stays: whoever is about to answer it did not ask for the page to be drawn anew.
    for (const child of [...this.root.children]) if (child !== this.box) child.remove();
    this.root.prepend(this.bar(), h("div", { class: "jqt-body" }, this.listPart(), this.sidePart()), this.live);
    this.root.classList.toggle("is-blind", settings.blind && !settings.done);
    this.stageNames = codebook.stages.map((stage) => stage.name);
    this.books = new Map(codebook.stages.map((stage, n) => [stage.name, this.books_(stage, n)]));
    this.book.append(...this.books.values());
    this.collect();
    const lines = document.createDocumentFragment();
    this.nodes = this.turns.map((_, t) => this.turn(t));
    // Stretches out of sight cost the browser one box each instead of one a turn.
    for (let t = 0; t < this.nodes.length; t += STRETCH) {
      const part = this.nodes.slice(t, t + STRETCH);
      lines.append(h("div", { class: "jqt-stretch", style: `--turns: ${part.length}` }, ...part));
    }
    this.list.append(lines);
    this.refilter();
    const here = this.item && this.items.find((item) => item.id === this.item?.id);
    this.go(here ?? this.items.find((item) => !item.free && !this.store.coded(item.id)) ?? this.items[0], { focus: inside && !this.box });
    this.showSave();
  }

  // ---- parts of the page ----

  bar() {
    const { interview, settings, codebook } = this.store;
    const button = (/** @type {string} */ act, /** @type {string} */ text, key = "") => h("button", { type: "button", class: "jqt-button", "data-do": act }, text, key && cap(key));
    this.filled = h("i");
    this.counted = h("span", { class: "jqt-counted" });
    this.meter = h("div", { class: "jqt-meter", role: "progressbar", "aria-label": "units coded", "aria-valuemin": 0 }, this.filled);
    this.query = /** @type {HTMLInputElement} */ (h("input", { type: "search", class: "jqt-search", placeholder: "Search  /", "aria-label": "Search the transcript" }));
    this.query.addEventListener("input", () => this.search());
    this.hits = h("span", { class: "jqt-hits", "aria-live": "polite" });
    const hidden = settings.blind && !settings.done ? ["unsure", "people", "machine"] : [];
    const option = (/** @type {string} */ value, /** @type {string} */ text) => h("option", { value }, text);
    this.choice = /** @type {HTMLSelectElement} */ (h("select", { class: "jqt-filter", "aria-label": "Show" },
      ...Object.entries(FILTERS).filter(([name]) => !hidden.includes(name)).map(([name, [text]]) => option(name, text)),
      h("optgroup", { label: "by stage" }, ...codebook.stages.map((stage) => option(`stage:${stage.name}`, stage.name)), option("stage:", "none fits"))));
    this.choice.addEventListener("change", () => { this.refilter(this.choice.value); if (this.filter === "unsure") this.go(this.order[0], { focus: false }); });
    this.shown = h("span", { class: "jqt-shown" });
    this.save = h("div", { class: "jqt-save" });
    [this.undoButton, this.redoButton] = [button("undo", "Undo", "u"), button("redo", "Redo", "⇧U")];
    return h("header", { class: "jqt-bar" },
      h("div", { class: "jqt-title" }, h("strong", { dir: "auto" }, interview.id), h("span", {}, `${interview.participant} · coding as ${settings.coder.replace(/^human:/, "")}`)),
      h("div", { class: "jqt-progress" }, this.meter, this.counted),
      this.save,
      h("div", { class: "jqt-tools" }, this.query, this.hits, h("label", { class: "jqt-show" }, h("span", {}, "Show "), this.choice), this.shown, h("span", { class: "jqt-space" }), this.undoButton, this.redoButton,
        settings.blind && !settings.done && settings.can_edit && button("done", "Done …"), button("help", "Keys", "?")));
  }

  listPart() {
    this.list = h("div", { class: "jqt-list", role: "listbox", "aria-label": `Transcript of ${this.store.interview.id}: units to code` });
    this.nothing = h("p", { class: "jqt-nothing", hidden: true }, "Nothing to show here. ", h("button", { type: "button", class: "jqt-button", "data-do": "all" }, "Show everything"));
    return h("main", { class: "jqt-left" }, this.nothing, this.list);
  }

  sidePart() {
    this.panel = h("div", { class: "jqt-unit-panel" });
    this.memo = /** @type {HTMLTextAreaElement} */ (h("textarea", { class: "jqt-memo", rows: 2, dir: "auto", "aria-label": "Memo on this unit", placeholder: "Memo  m" }));
    this.memo.addEventListener("input", () => { this.store.draft = true; this.showSave(); });
    this.memo.addEventListener("blur", () => this.saveMemo());
    this.more = h("div", { class: "jqt-more" });
    this.book = h("section", { class: "jqt-book", "aria-label": "Codebook" }, h("h2", {}, "Codebook ", h("small", {}, `${this.store.codebook.name}, version ${this.store.codebook.version}`)));
    this.unitPart = h("section", { class: "jqt-unit-part", "aria-label": "The unit in focus" }, this.panel, this.memo, this.more);
    const side = h("aside", { class: "jqt-right", "aria-label": "Coding" }, this.unitPart, this.book);
    // Where it is narrow the whole side scrolls, else the unit's part alone.
    this.scrolled = [this.unitPart, side];
    return side;
  }

  /** @param {import("./types").Stage} stage @param {number} n */
  books_(stage, n) {
    const line = (/** @type {string} */ name, /** @type {string | string[]} */ value) => {
      const many = Array.isArray(value), empty = !value.length;
      return [h("dt", {}, name), h("dd", { class: empty && "jqt-none", dir: "auto" }, empty ? "not given" : many ? h("ul", {}, ...value.map((one) => h("li", {}, one))) : value)];
    };
    return h("details", { class: "jqt-entry", "data-stage": stage.name },
      h("summary", {}, cap(stageKey(n)), h("span", { dir: "auto" }, stage.name)),
      h("dl", {}, ...line("Brief", stage.brief), ...line("Definition", stage.definition), ...line("Include", stage.include), ...line("Exclude", stage.exclude), ...line("Examples", stage.examples),
        ...(stage.touchpoints.length ? line("Touchpoints", stage.touchpoints.join(", ")) : [])));
  }

  /** Units and free spans in the order of the transcript. */
  collect() {
    const free = this.store.spans(), old = new Map((this.items ?? []).map((item) => [item.id, item.node]));
    /** @type {Map<number, Span[]>} */
    this.spansAt = new Map();
    for (const span of free) {
      const t = this.at.get(span.turn) ?? -1;
      if (t >= 0) this.spansAt.set(t, [...(this.spansAt.get(t) ?? []), span]);
    }
    /** @type {Item[]} */
    this.items = [];
    let n = 0;
    this.turns.forEach((turn, t) => {
      for (const unit of turn.units) this.items.push({ id: unit.id, turn: t, start: unit.start, end: unit.end, free: false, n: ++n, node: old.get(unit.id) });
      for (const span of this.spansAt.get(t) ?? []) this.items.push({ id: span.id, turn: t, start: span.start, end: span.end, free: true, n, node: old.get(span.id) });
    });
    this.byId = new Map(this.items.map((item, k) => [item.id, k]));
    this.total = n;
  }

  /** @param {number} t */
  turn(t) {
    const turn = this.turns[t], before = this.turns[t - 1], time = clock(turn.start_s);
    const asked = before && !before.units.length ? `; ${before.speaker} before: ${before.text}` : "";
    const node = h("div", { class: `jqt-turn ${turn.role === "participant" ? "" : "is-other"}`, "data-t": t });
    if (turn.units.length) { node.setAttribute("role", "group"); node.setAttribute("aria-label", `${turn.speaker} ${time}${asked}`); }
    node.append(h("div", { class: "jqt-who" }, h("span", { dir: "auto" }, turn.speaker), h("time", {}, time)), this.words(t));
    return node;
  }

  /** The words of a turn: units as blocks, what lies between them plain, free spans below. @param {number} t */
  words(t) {
    const turn = this.turns[t], at = offsets(turn.text), spans = this.spansAt.get(t) ?? [], box = h("div", { class: "jqt-words" });
    const lanes = this.lanes(spans, at.units);
    let from = 0;
    const plain = (/** @type {number} */ to) => {
      if (turn.text.slice(from, to).trim()) box.append(this.pieces(h("div", { class: "jqt-gap", dir: "auto" }), turn.text, from, to, lanes));
    };
    for (const unit of turn.units) {
      const [start, end] = [at.units(unit.start), at.units(unit.end)], item = this.items[this.byId.get(unit.id) ?? 0];
      plain(start);
      item.node = h("div", { class: "jqt-unit", role: "option", tabindex: -1, "aria-selected": "false", "data-id": unit.id }, this.pieces(h("div", { class: "jqt-text", dir: "auto" }), turn.text, start, end, lanes), h("div", { class: "jqt-marks" }));
      box.append(item.node);
      this.mark(item);
      from = end;
    }
    plain(turn.text.length);
    for (const span of spans) {
      const item = this.items[this.byId.get(span.id) ?? 0];
      item.node = h("div", { class: "jqt-unit jqt-free", role: "option", tabindex: -1, "aria-selected": "false", "data-id": span.id }, h("q", { class: "jqt-quote", dir: "auto" }, turn.text.slice(at.units(span.start), at.units(span.end))), h("div", { class: "jqt-marks" }));
      box.append(item.node);
      this.mark(item);
    }
    return box;
  }

  /** Underlines that overlap lie in lanes, one below the other. @param {Span[]} spans @param {(n: number) => number} units */
  lanes(spans, units) {
    /** @type {number[]} */
    const ends = [];
    return [...spans].sort((a, b) => a.start - b.start || b.end - a.end).map((span) => {
      const lane = ends.findIndex((end) => end <= span.start), state = this.store.state(span.id);
      const n = lane < 0 ? ends.length : lane;
      ends[n] = span.end;
      const dim = this.store.dims.find((d) => own(state, d)), other = state.others[0];
      const kind = dim ?? other?.dimension ?? "stage", value = own(state, kind)?.value ?? other?.value ?? "";
      return { start: units(span.start), end: units(span.end), lane: n % LANES, look: `${kind === "valence" ? `v${Math.sign(Number(value))}` : kind}${dim ? "" : "-other"}` };
    });
  }

  /** @param {HTMLElement} box @param {string} text @param {number} from @param {number} to @param {{ start: number, end: number, lane: number, look: string }[]} lanes */
  pieces(box, text, from, to, lanes) {
    const here = lanes.filter((lane) => lane.start < to && lane.end > from);
    const cuts = [...new Set([from, to, ...here.flatMap((lane) => [lane.start, lane.end])])].filter((cut) => cut >= from && cut <= to).sort((a, b) => a - b);
    for (let k = 0; k + 1 < cuts.length; k++) {
      const node = document.createTextNode(text.slice(cuts[k], cuts[k + 1])), over = here.filter((lane) => lane.start <= cuts[k] && lane.end >= cuts[k + 1]);
      starts.set(node, cuts[k]);
      box.append(over.length ? h("span", { class: "jqt-under", style: over.map((lane) => `--u${lane.lane}: var(--jqt-line-${lane.look})`).join("; ") }, node) : node);
    }
    return box;
  }

  // ---- what stands beside a unit ----

  /** @param {Item | undefined} item */
  mark(item) {
    const box = item?.node?.querySelector(".jqt-marks");
    if (!item?.node || !box) return;
    const { store } = this, state = store.state(item.id), busy = store.saving(item.id);
    const given = [], hints = [], /** @type {string[]} */ mine = [], /** @type {string[]} */ open = [], /** @type {string[]} */ refused = [];
    for (const dim of store.dims) {
      const stands = own(state, dim), hint = guess(state, dim);
      for (const value of stands ? [stands.value] : dim === "theme" ? state.themes.map((t) => t.value) : []) {
        given.push(this.chip(dim, value, `is-mine ${stands?.flagged ? "is-flagged" : ""}`));
        mine.push(`${dim} ${word(dim, value)}${stands?.flagged ? ` (${stands.flagged})` : ""}`);
      }
      if (!hint) continue;
      hints.push(this.chip(dim, hint.value, hint.refused ? "is-hint is-refused" : "is-hint", hint.confidence));
      (hint.refused ? refused : open).push(`${dim} ${word(dim, hint.value)}${hint.confidence === null ? "" : `, ${percent(hint.confidence)}`}`);
    }
    const unsure = state.unsure && open.length > 0;
    const others = people(state).map(([who, said]) => h("span", { class: "jqt-other", dir: "auto" }, h("b", {}, who), ` ${said}`));
    box.replaceChildren(...given,
      ...(hints.length ? [h("span", { class: `jqt-by ${unsure ? "is-unsure" : ""}` }, open.length ? `suggested${unsure ? ", unsure" : ""}` : "rejected"), ...hints] : []),
      ...(others.length ? [h("span", { class: "jqt-others" }, ...others)] : []),
      ...(state.negative ? [h("span", { class: "jqt-note is-negative" }, "negative case")] : []),
      ...(state.memo ? [h("span", { class: "jqt-note is-memo", dir: "auto" }, state.memo)] : []));
    item.node.classList.toggle("is-saving", busy);
    const text = item.node.querySelector(".jqt-text, .jqt-quote")?.textContent ?? "";
    item.node.setAttribute("aria-label", [
      item.free ? `free span: ${text}` : text,
      mine.length ? `yours: ${mine.join("; ")}` : "", open.length ? `suggested by the machine: ${open.join("; ")}${unsure ? "; unsure" : ""}` : "",
      refused.length ? `rejected by you: ${refused.join("; ")}` : "", ...people(state).map(([who, said]) => `${who}: ${said}`),
      state.negative ? "negative case" : "", state.memo ? `memo: ${state.memo}` : "", busy ? "being saved" : "",
      mine.length + open.length ? "" : "uncoded",
    ].filter(Boolean).join(". "));
  }

  /** @param {string} dim @param {string} value @param {string} cls @param {number | null} [sure] */
  chip(dim, value, cls, sure) {
    const node = h("span", { class: `jqt-chip jqt-${dim} ${cls}`, "data-v": dim === "valence" && step(value), dir: "auto" });
    const n = dim === "stage" ? this.stageNames.indexOf(value) : -1;
    if (n >= 0) node.append(h("b", {}, stageKey(n)), " ");
    node.append(word(dim, value));
    if (sure !== undefined && sure !== null) node.append(h("i", { class: "jqt-sure", style: `--sure: ${percent(sure).replace(" ", "")}` }, percent(sure)));
    return node;
  }

  side() {
    const { item, store } = this, here = document.activeElement, panel = this.panel;
    const mark = panel.contains(here) && here instanceof HTMLElement ? ["do", "dim", "value"].map((k) => here.dataset[k] && `[data-${k}="${CSS.escape(here.dataset[k] ?? "")}"]`).filter(Boolean).join("") : "";
    if (!item) return panel.replaceChildren(h("p", { class: "jqt-none" }, "This interview has no units."));
    const state = store.state(item.id), turn = this.turns[item.turn];
    panel.replaceChildren(
      h("div", { class: "jqt-head" }, h("h2", {}, item.free ? "Free span" : `Unit ${item.n} of ${this.total}`),
        h("span", { class: "jqt-soft" }, [turn.speaker, clock(turn.start_s)].filter(Boolean).join(" · ")),
        h("span", { class: "jqt-first" }, store.dims.some((dim) => guess(state, dim)?.refused === false) && h("button", { type: "button", class: "jqt-button", "data-do": "acceptAll" }, "Accept all", cap("Enter")),
          h("button", { type: "button", class: "jqt-button", "data-do": "negative", "aria-pressed": String(state.negative) }, "Negative case", cap("!")))),
      ...store.dims.map((dim) => this.row(dim, state)));
    if (mark) (/** @type {HTMLElement | null} */ (panel.querySelector(mark)) ?? item.node)?.focus({ preventScroll: true });
    if (document.activeElement !== this.memo) { this.memo.value = state.memo; this.memo.dataset.id = item.id; this.memo.dataset.was = state.memo; }
    this.memo.readOnly = !store.settings.can_edit;
    const past = state.history ?? [];
    this.more.replaceChildren(...this.moved(item, state), ...(past.length ? [h("details", { class: "jqt-history" }, h("summary", {}, `History (${past.length})`),
      h("ol", {}, ...past.map((one) => h("li", {}, `${one.at ?? ""} ${short(one.coder)}: ${one.dimension} ${word(one.dimension, one.value)}${one.status && one.status !== "accepted" ? `, ${one.status}` : ""}`))))] : []));
  }

  /** One dimension of the unit in focus. @param {string} dim @param {State} state */
  row(dim, state) {
    const mine = own(state, dim), hint = guess(state, dim), machine = state.machine[dim], values = dim === "theme" ? state.themes.map((t) => t.value) : mine ? [mine.value] : [];
    const button = (/** @type {string} */ act, /** @type {string} */ text, key = "", value = "") => h("button", { type: "button", class: "jqt-button", "data-do": act, "data-dim": dim, "data-value": value }, text, key && cap(key));
    const isHint = (/** @type {string} */ value) => hint && !hint.refused && word(dim, hint.value) === word(dim, value);
    const choice = (/** @type {string} */ value, /** @type {string} */ text, /** @type {string} */ key, cls = "") => h("button", {
      type: "button", class: `jqt-choice ${cls} ${isHint(value) ? "is-hint" : ""}`, "data-do": "code", "data-dim": dim,
      "data-value": value, "data-v": dim === "valence" && value, "aria-pressed": String(values.includes(value)), "aria-label": dim === "valence" ? `${signed(value)}, ${STEP_WORDS[STEPS.indexOf(value)]}${isHint(value) ? ", suggested" : ""}` : null,
    }, cap(key), h("span", { dir: "auto" }, text), isHint(value) && h("span", { class: "jqt-hidden" }, "suggested"));
    const choices = dim === "stage" ? [...this.stageNames.map((name, n) => choice(name, name, stageKey(n))), choice("", "none fits", "x", "is-none")]
      : dim === "valence" ? STEPS.map((value, n) => choice(value, signed(value), STEP_KEYS[n]))
      : [...values.map((value) => h("button", { type: "button", class: "jqt-choice is-value", "data-do": "code", "data-dim": dim, "data-value": value, "aria-pressed": "true", "aria-label": `${value}: take it off` }, h("span", { dir: "auto" }, value), h("span", { class: "jqt-off" }, "×"))),
        button("pick", dim === "theme" ? "Add …" : "Choose …", PICK_KEYS[dim])];
    const others = state.others.filter((other) => other.dimension === dim);
    const told = hint ? (hint.refused ? "rejected" : `suggested${state.unsure && dim === "stage" ? ", unsure" : ""}`) : "the machine";
    return h("section", { class: `jqt-row is-${dim} ${dim === this.dim ? "is-marked" : ""}`, "data-row": dim, "aria-label": SIDES[/** @type {keyof SIDES} */ (dim)] },
      h("h3", {}, SIDES[/** @type {keyof SIDES} */ (dim)]),
      h("div", { class: `jqt-choices is-${dim}` }, ...choices),
      machine && h("div", { class: `jqt-hint ${hint?.refused ? "is-refused" : ""}` },
        h("span", { class: `jqt-by ${told.endsWith("unsure") ? "is-unsure" : ""}` }, told),
        (dim !== "stage" || !hint || hint.refused) && h("span", { class: "jqt-said", dir: "auto" }, word(dim, machine.value), dim === "valence" && machine.value !== step(machine.value) ? ` (${signed(Number(machine.value).toFixed(2))})` : ""),
        machine.confidence !== null && h("i", { class: "jqt-sure", style: `--sure: ${percent(machine.confidence).replace(" ", "")}` }, percent(machine.confidence)),
        hint && h("span", { class: "jqt-answer" }, (dim === "emotion" || dim === "touchpoint" || hint.refused) && button("accept", "Accept"), !hint.refused && button("reject", "Reject", dim === this.dim ? "r" : ""))),
      others.length > 0 && h("div", { class: "jqt-others" }, ...others.map((o) => h("span", { class: "jqt-other", dir: "auto" }, h("b", {}, short(o.coder)), ` ${word(dim, o.value)}${o.memo ? ` (${o.memo})` : ""}`))),
      mine?.flagged ? h("p", { class: "jqt-warn" }, `${mine.flagged}. `, h("button", { type: "button", class: "jqt-button", "data-do": "still", "data-dim": dim }, "It still fits")) : null);
  }

  /** The words that moved the machine's valence. @param {Item} item @param {State} state @returns {HTMLElement[]} */
  moved(item, state) {
    if (item.free || !state.machine.valence) return [];
    const known = this.store.words.get(item.id), text = this.text(item), at = offsets(text), parts = [];
    let from = 0;
    for (const { start, end, shift } of known?.words ?? []) {
      const level = [0.05, 0.1, 0.25].filter((limit) => Math.abs(shift) >= limit).length, [a, b] = [at.units(start), at.units(end)];
      if (!level) continue;
      parts.push(text.slice(from, a), h("mark", { class: `${shift > 0 ? "is-up" : "is-down"} is-level-${level}` }, text.slice(a, b), h("sup", {}, shift > 0 ? "+" : "−")));
      from = b;
    }
    const body = !known ? "Reading …" : known.why || (parts.length ? null : "No single word moved it.");
    return [h("section", { class: "jqt-moved", "aria-label": "Words that moved the machine’s valence" },
      h("button", { type: "button", class: "jqt-button is-plain", "data-do": "explain", "aria-expanded": String(this.explaining) }, "Words that moved the machine’s valence", cap("w")),
      this.explaining && (body ? h("p", { class: "jqt-soft" }, body) : h("p", { class: "jqt-read", dir: "auto" }, ...parts, text.slice(from))))];
  }

  showSave() {
    const { store } = this, { kind, text, again, drop } = store.standing(), now = `${kind} ${text}`;
    if (this.save.dataset.now !== now) {
      this.save.dataset.now = now;
      this.save.className = `jqt-save is-${kind}`;
      this.save.replaceChildren(h("span", {}, text), again ? h("button", { type: "button", class: "jqt-button", "data-do": "again" }, "Try again") : "", drop ? h("button", { type: "button", class: "jqt-button", "data-do": "drop" }, "Give it up") : "");
      if (kind === "bad") this.say(text);
    }
    const { coded, total } = store.progress;
    this.filled.style.width = `${total ? (100 * coded) / total : 0}%`;
    this.counted.textContent = `${coded} of ${total} units coded`;
    for (const [name, value] of [["max", total], ["now", coded], ["text", `${coded} of ${total} units coded`]]) this.meter.setAttribute(`aria-value${name}`, String(value));
    this.undoButton.toggleAttribute("disabled", store.undoable === false && !store.queue.size);
    this.redoButton.toggleAttribute("disabled", store.redoable === false);
  }

  /** @param {string} text */
  say(text) { this.live.textContent = text; }

  /** @param {Item} item */
  text(item) {
    const text = this.turns[item.turn].text, at = offsets(text);
    return text.slice(at.units(item.start), at.units(item.end));
  }

  // ---- moving ----

  /** @param {Item | undefined} item @param {{ focus?: boolean, reveal?: boolean }} [how] */
  go(item, { focus = true, reveal = true } = {}) {
    if (!item?.node) return this.side();
    const old = this.item?.node;
    if (old && old !== item.node) { old.tabIndex = -1; old.setAttribute("aria-selected", "false"); this.saveMemo(); }
    // A panel that was scrolled begins anew, unless it is read for the words at its end.
    if (old !== item.node && !this.explaining) for (const box of this.scrolled) box.scrollTop = 0;
    this.item = item;
    item.node.tabIndex = 0;
    item.node.setAttribute("aria-selected", "true");
    if (reveal) this.reveal(item.node);
    if (focus && document.activeElement !== item.node) item.node.focus({ preventScroll: !reveal });
    this.side();
    this.showStage(stageOf(this.store.state(item.id)));
    if (this.explaining) this.ask();
  }

  /** Scroll the list, never the notebook; twice, because lines out of sight have a guessed height. @param {HTMLElement} node */
  reveal(node) {
    for (let k = 0; k < 2; k++) {
      const box = this.list.getBoundingClientRect(), at = node.getBoundingClientRect(), room = Math.min(120, box.height / 5);
      if (at.top < box.top + room) this.list.scrollTop += at.top - box.top - room;
      else if (at.bottom > box.bottom - room) this.list.scrollTop += Math.min(at.bottom - box.bottom + room, at.top - box.top - room);
    }
  }

  /** @param {number} way */
  move(way) {
    const place = this.order.indexOf(/** @type {Item} */ (this.item));
    const from = this.item ? (this.byId.get(this.item.id) ?? 0) : 0;
    const next = place >= 0 ? this.order[place + way] : way > 0 ? this.order.find((i) => (this.byId.get(i.id) ?? 0) > from) : this.order.findLast((i) => (this.byId.get(i.id) ?? 0) < from);
    if (next) this.go(next);
    else this.say(way > 0 ? "the last one" : "the first one");
  }

  next() {
    const left = this.order.filter((item) => !item.free && item !== this.item && !this.store.coded(item.id)), place = this.order.indexOf(/** @type {Item} */ (this.item));
    const next = left.find((item) => this.order.indexOf(item) > place) ?? left[0];
    if (next) this.go(next);
    else this.say("every unit here is coded");
  }

  /** @param {string} [name] */
  refilter(name = this.filter) {
    const { store } = this, test = name.startsWith("stage:") ? (/** @type {Store} */ _, /** @type {Item} */ __, /** @type {State} */ state) => stageOf(state) === name.slice(6) : FILTERS[name][1];
    this.filter = this.choice.value = name;
    // What was chosen stays chosen until the filter is set again: a unit must not vanish as one codes it.
    this.chosen = name === "all" ? null : new Map(this.items.map((item) => [item.id, store.state(item.id)]).filter(([id, state]) => test(store, this.items[this.byId.get(/** @type {string} */ (id)) ?? 0], /** @type {State} */ (state))).map(([id, state]) => [/** @type {string} */ (id), sureness(/** @type {State} */ (state))]));
    this.reorder();
  }

  reorder() {
    const { chosen } = this;
    this.order = chosen ? this.items.filter((item) => chosen.has(item.id)) : [...this.items];
    if (chosen && this.filter === "unsure") this.order.sort((a, b) => (chosen.get(a.id) ?? 0) - (chosen.get(b.id) ?? 0));
    const turns = new Set(this.order.map((item) => item.turn)), units = this.order.filter((item) => !item.free).length;
    if (chosen || this.narrowed) this.nodes.forEach((node, t) => {
      node.classList.toggle("is-off", !turns.has(t) && !turns.has(t + 1));
      node.classList.toggle("is-around", !turns.has(t));
    });
    if (chosen || this.narrowed) for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll(".jqt-stretch"))) {
      const left = part.children.length - part.querySelectorAll(":scope > .is-off").length;
      part.style.setProperty("--turns", String(left));
      part.classList.toggle("is-off", !left);
    }
    if (chosen || this.narrowed) for (const item of this.items) item.node?.classList.toggle("is-around", Boolean(chosen && !chosen.has(item.id)));
    this.narrowed = Boolean(chosen);
    this.nothing.hidden = this.order.length > 0;
    this.shown.textContent = chosen ? `${units} of ${this.total}` : "";
    if (chosen && this.item && !chosen.has(this.item.id) && this.order.length) this.go(this.order[0], { focus: false });
  }

  // ---- coding ----

  /** @param {Omit<Change, "unit_id">[]} changes @param {string} text */
  act(changes, text) {
    const { item, store } = this;
    if (!item || !changes.length) return;
    if (!store.settings.can_edit) return this.say("this interview is open for reading only");
    if (item.id.startsWith("new:")) return this.say("one moment: the span itself is still being saved");
    store.send({ kind: "act", changes: changes.map((change) => ({ unit_id: item.id, ...change })) }, text);
  }

  /** @param {string} dim @param {string} value */
  code(dim, value) {
    if (!this.item || !this.store.dims.includes(dim)) return;
    const state = this.store.state(this.item.id), mine = own(state, dim), text = `${dim} ${word(dim, value)}`;
    this.dim = dim;
    if (mine?.value === value && !mine.flagged) { this.side(); return this.say(`${text} already`); }
    this.act([{ dimension: dim, value, status: "accepted", memo: mine?.memo ?? "" }], text);
  }

  /** @param {number} way */
  nudge(way) {
    if (!this.item) return;
    const state = this.store.state(this.item.id), now = STEPS.indexOf(step(own(state, "valence")?.value ?? state.machine.valence?.value ?? "0"));
    this.code("valence", STEPS[Math.max(0, Math.min(4, now + way))]);
  }

  /** @param {string[]} dims */
  accept(dims) {
    if (!this.item) return;
    const state = this.store.state(this.item.id), one = dims.length === 1;
    const open = dims.map((dim) => ({ dim, hint: guess(state, dim) })).filter(({ hint }) => hint && (one || !hint.refused));
    if (!open.length) return this.say("nothing is suggested here that you have not answered");
    this.act(open.map(({ dim, hint }) => ({ dimension: dim, value: dim === "valence" ? step(hint?.value ?? "") : (hint?.value ?? ""), status: "accepted", memo: "" })), `accepted ${open.map(({ dim, hint }) => `${dim} ${word(dim, hint?.value ?? "")}`).join(", ")}`);
  }

  /** @param {string[]} dims */
  reject(dims) {
    if (!this.item) return;
    const state = this.store.state(this.item.id), open = dims.filter((dim) => guess(state, dim)?.refused === false);
    if (!open.length) return this.say(dims.length === 1 ? `no suggestion of ${dims[0]} to reject` : "no suggestion to reject");
    this.act(open.map((dim) => ({ dimension: dim, value: state.machine[dim].value, status: "rejected", memo: "" })), `rejected ${open.join(", ")}`);
  }

  /** @param {string} dim @param {string} [theme] */
  clear(dim, theme) {
    if (!this.item) return;
    const state = this.store.state(this.item.id), value = dim === "theme" ? (theme ?? state.themes.at(-1)?.value) : state.mine[dim]?.value;
    if (value === undefined) return this.say(`you have not coded a ${dim} here`);
    this.act([{ dimension: dim, value, status: "cleared", memo: "" }], `${dim} cleared`);
  }

  negative() {
    const on = this.item && !this.store.state(this.item.id).negative;
    this.act([{ dimension: "negative", value: on ? "yes" : "", status: "accepted", memo: "" }], on ? "negative case" : "no negative case");
  }

  saveMemo() {
    const { id, was } = this.memo.dataset, text = this.memo.value.trim();
    this.store.draft = false;
    if (!id || text === was) return this.showSave();
    this.memo.dataset.was = text;
    if (id.startsWith("new:")) return this.say("the memo was not saved: the span itself is still being saved");
    this.store.send({ kind: "act", changes: [{ unit_id: id, dimension: "memo", value: text, status: "accepted", memo: "" }] }, "memo");
  }

  /** @param {"undo" | "redo"} kind */
  undo(kind) {
    if ((kind === "undo" ? this.store.undoable : this.store.redoable) === false && !this.store.queue.size) return this.say(`nothing to ${kind}`);
    this.store.send({ kind }, kind === "undo" ? "undone" : "done again");
  }

  /** @param {number} way */
  turnDim(way) {
    if (this.marked) return this.select(way, true);
    const { dims } = this.store;
    this.dim = dims[(dims.indexOf(this.dim) + way + dims.length) % dims.length];
    this.side();
    this.say(this.dim);
  }

  explain() {
    this.explaining = !this.explaining;
    if (this.item && !this.store.state(this.item.id).machine.valence) this.say("the machine has no valence here to explain");
    this.side();
    this.showWords();
    this.ask();
  }

  /** The words stand at the end of the panel, which may be out of its view. */
  showWords() {
    if (this.explaining) for (const box of this.scrolled) box.scrollTop = this.unitPart.offsetTop + this.unitPart.scrollHeight - box.clientHeight - box.offsetTop;
  }

  ask() {
    window.clearTimeout(this.asking);
    // Not while somebody runs down the units: each asks the machine for a reading.
    this.asking = window.setTimeout(() => {
      const { item, store } = this;
      if (this.explaining && item && !item.free && store.state(item.id).machine.valence && !store.words.get(item.id)) store.model.send({ kind: "explain", unit_id: item.id });
    }, 150);
  }

  // ---- free spans ----

  /** Mark words by key. @param {number | "all"} way @param {boolean} [carry] move the marking instead of stretching it */
  select(way, carry = false) {
    const { item } = this;
    if (!item) return;
    const turn = this.turns[item.turn], at = offsets(turn.text), words = [...turn.text.matchAll(/\S+/gu)].map((m) => [m.index, m.index + m[0].length]);
    const inside = words.map((_, k) => k).filter((k) => words[k][0] >= at.units(item.start) && words[k][1] <= at.units(item.end));
    if (!inside.length) return;
    const first = inside[0], last = inside[inside.length - 1], most = words.length - 1;
    let { tail, head } = this.marked ?? { tail: -1, head: -1 };
    if (way === "all") [tail, head] = [first, last];
    else if (!this.marked) tail = head = way > 0 ? first : last;
    else { head = Math.max(0, Math.min(most, head + way)); if (carry) tail = head; }
    this.marked = { tail, head };
    const [start, end] = [words[Math.min(tail, head)][0], words[Math.max(tail, head)][1]];
    this.showMarked(item.turn, start, end);
    this.say(`marked: ${turn.text.slice(start, end)}`);
  }

  /** @param {number} t @param {number} start @param {number} end */
  showMarked(t, start, end) {
    const range = this.range(t, start, end);
    if (range) window.getSelection()?.setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
  }

  /** Where the marked words end on the screen. @param {{ t: number, start: number, end: number }} chosen */
  foot({ t, start, end }) {
    const box = this.range(t, start, end)?.getBoundingClientRect();
    return { clientX: (box?.left ?? 0) + 40, clientY: (box?.bottom ?? 0) - 8 };
  }

  /** A stretch of a turn (UTF-16) as a range of the page. @param {number} t @param {number} start @param {number} end */
  range(t, start, end) {
    const range = document.createRange(), walk = document.createTreeWalker(this.nodes[t], NodeFilter.SHOW_TEXT);
    let open = false;
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const from = starts.get(node), size = node.nodeValue?.length ?? 0;
      if (from === undefined) continue;
      if (!open && start < from + size && end > from) { range.setStart(node, Math.max(0, start - from)); open = true; }
      if (open && end > from) range.setEnd(node, Math.min(size, end - from));
    }
    return open ? range : null;
  }

  /** What is marked on the page: a turn and a stretch of it (UTF-16), without blanks at its ends. */
  selected() {
    const chosen = window.getSelection();
    if (!chosen?.rangeCount || chosen.isCollapsed || !this.list.contains(chosen.anchorNode)) return null;
    const range = chosen.getRangeAt(0), first = range.startContainer, holder = (first instanceof Element ? first : first.parentElement)?.closest(".jqt-turn");
    if (!(holder instanceof HTMLElement)) return null;
    const t = Number(holder.dataset.t), text = this.turns[t].text, walk = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
    let start = Infinity, end = -1;
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const from = starts.get(node);
      if (from === undefined || !range.intersectsNode(node)) continue;
      start = Math.min(start, from + (node === range.startContainer ? range.startOffset : 0));
      end = Math.max(end, from + (node === range.endContainer ? range.endOffset : (node.nodeValue?.length ?? 0)));
    }
    const words = text.slice(start, end);
    start += words.length - words.trimStart().length;
    end = start + words.trim().length;
    return end > start ? { t, start, end, cut: !holder.contains(range.endContainer) } : null;
  }

  /** @param {Event} event */
  dragged(event) {
    if (!this.pressed) return;
    this.pressed = false;
    // The selection is final only after the event.
    window.setTimeout(() => { if (!this.box && this.selected()) this.cut(/** @type {PointerEvent} */ (event)); });
  }

  /** @param {PointerEvent} [event] */
  cut(event) {
    const { store } = this, chosen = this.selected();
    if (!chosen) return this.say("mark words first: v, or Shift and the arrows, or the mouse");
    if (!store.settings.can_edit) return this.say("this interview is open for reading only");
    const turn = this.turns[chosen.t], at = offsets(turn.text), start = at.points(chosen.start), end = at.points(chosen.end);
    const done = (/** @type {string} */ dimension, /** @type {string} */ value) => {
      this.box?.close();
      window.getSelection()?.removeAllRanges();
      this.marked = undefined;
      const id = store.send({ kind: "span", turn: turn.i, start, end, changes: [{ dimension, value, status: "accepted", memo: "" }] }, `span, ${dimension} ${word(dimension, value)}`);
      this.go(this.items[this.byId.get(`new:${id}`) ?? -1] ?? this.item);
    };
    const choose = (/** @type {string} */ dim, /** @type {string} */ value, /** @type {string} */ text, /** @type {string} */ key) => {
      const node = h("button", { type: "button", class: "jqt-choice", "data-v": dim === "valence" && value, "aria-label": dim === "valence" ? `valence ${signed(value)}` : null }, cap(key), h("span", { dir: "auto" }, text));
      node.addEventListener("click", () => done(dim, value));
      return node;
    };
    const pick = (/** @type {string} */ dim) => { this.box?.close(); this.pick(dim, (value) => done(dim, value)); };
    const others = store.dims.filter((dim) => dim !== "stage" && dim !== "valence" && this.names(dim));
    this.open("Code these words", [
      h("q", { class: "jqt-quote", dir: "auto" }, turn.text.slice(chosen.start, chosen.end)),
      chosen.cut && h("p", { class: "jqt-soft" }, "A span lies in one turn: the words beyond it are left out."),
      h("div", { class: "jqt-choices is-stage" }, ...this.stageNames.map((name, n) => choose("stage", name, name, stageKey(n)))),
      h("div", { class: "jqt-choices is-valence" }, ...STEPS.map((value, n) => choose("valence", value, signed(value), STEP_KEYS[n]))),
      h("div", { class: "jqt-choices" }, ...others.map((dim) => { const node = h("button", { type: "button", class: "jqt-button" }, `${SIDES[/** @type {keyof SIDES} */ (dim)]} …`, cap(PICK_KEYS[dim])); node.addEventListener("click", () => pick(dim)); return node; })),
    ], (key, e) => {
      const n = this.stageAt(e), dim = others.find((one) => PICK_KEYS[one] === key);
      if (n !== undefined && this.stageNames[n]) done("stage", this.stageNames[n]);
      else if (key.length === 1 && STEP_KEYS.includes(key)) done("valence", STEPS[STEP_KEYS.indexOf(key)]);
      else if (dim) pick(dim);
      else return false;
      return true;
    }, event ?? this.foot(chosen));
  }

  // ---- dialogs ----

  /** @param {string} label @param {(Node | string | false)[]} content @param {(key: string, event: KeyboardEvent) => boolean} [keys] @param {{ clientX: number, clientY: number }} [at] */
  open(label, content, keys, at) {
    this.box?.close();
    const box = this.box = /** @type {HTMLDialogElement} */ (h("dialog", { class: `jqt-dialog ${at ? "is-near" : ""}`, "aria-label": label, tabindex: -1 },
      h("div", { class: "jqt-head" }, h("h2", {}, label), h("button", { type: "button", class: "jqt-button is-plain", "data-do": "close" }, "Close", cap("Esc"))), ...content));
    box.addEventListener("keydown", (event) => {
      event.stopPropagation();
      const typing = event.target instanceof HTMLInputElement;
      if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && keys?.(plainKey(event), event)) event.preventDefault();
    });
    box.addEventListener("pointerdown", (event) => { if (event.target === box) box.close(); });
    box.addEventListener("close", () => {
      box.remove();
      if (this.box === box) this.box = undefined;
      if (!this.box) this.item?.node?.focus({ preventScroll: true });
    });
    this.root.append(box);
    box.showModal();
    box.focus();
    if (at) {
      box.style.left = `${Math.max(8, Math.min(at.clientX - 40, window.innerWidth - box.offsetWidth - 8))}px`;
      box.style.top = `${at.clientY + 18 + box.offsetHeight < window.innerHeight ? at.clientY + 18 : Math.max(8, at.clientY - 26 - box.offsetHeight)}px`;
    }
  }

  /** The values that a dimension offers; null where it offers none. @param {string} dim */
  names(dim) {
    const { codebook, interview } = this.store, state = this.item && this.store.state(this.item.id);
    if (dim === "theme") return [...new Set([...codebook.themes, ...Object.keys(interview.states).flatMap((id) => this.store.state(id).themes.map((t) => t.value))])].sort();
    const stage = codebook.stages.find((one) => state && one.name === stageOf(state));
    const names = dim === "stage" ? this.stageNames : dim === "emotion" ? codebook.emotions : stage?.touchpoints.length ? stage.touchpoints : [...new Set(codebook.stages.flatMap((one) => one.touchpoints))];
    return names.length ? names : null;
  }

  /** @param {string} dim @param {(value: string) => void} [then] */
  pick(dim, then = (value) => this.code(dim, value)) {
    const names = this.names(dim), state = this.item && this.store.state(this.item.id), letters = mnemonics(names ?? []);
    if (!this.store.dims.includes(dim) || !names) return this.say(`the codebook names no ${dim}`);
    this.dim = dim;
    const take = (/** @type {string} */ value) => { this.box?.close(); then(value); };
    const input = /** @type {HTMLInputElement | false} */ (dim === "theme" && h("input", { class: "jqt-search", "aria-label": "Name of the theme", placeholder: "Name a theme and press Enter", list: "jqt-themes", maxlength: 200 }));
    const list = h("div", { class: "jqt-choices is-list" }, ...names.map((name, n) => {
      const node = h("button", { type: "button", class: "jqt-choice", "aria-pressed": String(Boolean(state && (own(state, dim)?.value === name || (dim === "theme" && state.themes.some((t) => t.value === name))))) }, !input && cap(letters[n]), h("span", { dir: "auto" }, name));
      node.addEventListener("click", () => take(name));
      return node;
    }));
    this.open(`Choose: ${dim}`, [input, input && h("datalist", { id: "jqt-themes" }, ...names.map((name) => h("option", { value: name }))), list], (key) => {
      const n = input ? -1 : letters.indexOf(key.toLowerCase());
      if (n >= 0) take(names[n]);
      return n >= 0;
    });
    if (input) { input.addEventListener("keydown", (e) => { if (e.key === "Enter" && input.value.trim()) { e.preventDefault(); take(input.value.trim()); } }); input.focus(); }
  }

  help() {
    this.open("Keys", [h("div", { class: "jqt-keys" }, ...KEYS.map(([keys, text]) => h("div", {}, h("span", {}, ...keys.split(/ {2}/).map((key) => cap(key))), h("span", {}, text)))),
      h("p", { class: "jqt-soft" }, "With the mouse: click a unit, click a value; click it again to take it off. Drag over words to code them as a free span.")]);
  }

  done() {
    const left = this.store.progress.total - this.store.progress.coded, yes = h("button", { type: "button", class: "jqt-button is-main" }, "I am done");
    yes.addEventListener("click", () => { this.box?.close(); this.store.send({ kind: "done" }, "done"); });
    this.open("Done with blind coding?", [h("p", {}, left ? `${left === 1 ? "1 unit is" : `${left} units are`} not coded yet. ` : "Every unit is coded. ", "Afterwards you see what the machine and the others coded, and your blind codings stand as they are for the agreement between coders."), h("div", { class: "jqt-answer" }, yes)]);
  }

  // ---- search ----

  search() {
    const text = this.query.value.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const sought = text.length > 1 ? new RegExp(text, "giu") : null;
    this.found = sought ? this.turns.flatMap((turn, t) => [...turn.text.matchAll(sought)].map((m) => ({ t, start: m.index, end: m.index + m[0].length }))) : [];
    this.foundAt = -1;
    this.showFound();
  }

  showFound() {
    const n = this.found.length;
    this.hits.textContent = this.query.value.trim().length < 2 ? "" : n ? `${this.foundAt < 0 ? "" : `${this.foundAt + 1} of `}${n} found` : "nothing found";
    if (!("highlights" in CSS)) return;
    const ranges = this.found.map(({ t, start, end }) => this.range(t, start, end));
    for (const [name, one] of /** @type {[string, (Range | null)[]][]} */ ([["jqt-hit", ranges], ["jqt-hit-now", ranges.slice(this.foundAt, this.foundAt + 1)]])) {
      if (this.foundAt < 0 && name === "jqt-hit-now" || !n) CSS.highlights.delete(name);
      else CSS.highlights.set(name, new Highlight(...one.filter((r) => r !== null)));
    }
  }

  /** @param {number} way */
  hit(way) {
    const n = this.found.length;
    if (!n) return;
    const from = this.item?.turn ?? 0, near = this.found.findIndex(({ t }) => t >= from);
    this.foundAt = this.foundAt < 0 ? Math.max(0, near) : (this.foundAt + way + n) % n;
    const { t, start } = this.found[this.foundAt], at = offsets(this.turns[t].text).points(start);
    if (this.nodes[t].classList.contains("is-off")) this.refilter("all");
    const item = this.items.find((one) => one.turn === t && !one.free && one.end > at);
    if (item) this.go(item, { focus: false });
    this.reveal(this.nodes[t].querySelector(".jqt-words") && item?.node ? item.node : this.nodes[t]);
    this.showFound();
  }

  back() {
    window.getSelection()?.removeAllRanges();
    this.marked = undefined;
    this.item?.node?.focus({ preventScroll: true });
  }

  // ---- events ----

  /** The stage that a key means, counted from 0. @param {KeyboardEvent} event */
  stageAt(event) {
    const row = /^(?:Digit)([0-9])$/.exec(event.code)?.[1];
    // A digit is a digit on every keyboard; where digits need Shift, the bare key means them too.
    if (/^[0-9]$/.test(event.key)) return (Number(event.key) + 9) % 10;
    if (row && !event.shiftKey) return (Number(row) + 9) % 10;
    return row && row !== "1" ? 8 + (Number(row) || 10) : undefined;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    if (target.closest("input, textarea, select")) {
      if (event.key === "Escape" || (target === this.memo && event.key === "Enter" && (event.ctrlKey || event.metaKey))) {
        if (target === this.query) { this.query.value = ""; this.search(); }
        this.back();
      } else if (target === this.query && event.key === "Enter") this.hit(event.shiftKey ? -1 : 1);
      else return;
      event.preventDefault();
      return;
    }
    const key = plainKey(event), ctrl = event.ctrlKey || event.metaKey;
    if (target.closest("button, summary") && (key === "Enter" || key === " ")) return;
    const name = ctrl ? `ctrl+${key}` : event.shiftKey && /^(Enter|Arrow)/.test(key) ? `shift+${key}` : key;
    const found = KEYS.find(([, , names]) => names.includes(name)), stage = ctrl || found ? undefined : this.stageAt(event);
    if (found) found[3](this, key);
    else if (stage === undefined) return;
    else if (this.stageNames[stage]) this.code("stage", this.stageNames[stage]);
    else this.say(`the codebook has ${this.stageNames.length} stages`);
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Event} event */
  click(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-do]");
    if (!(button instanceof HTMLElement)) return;
    const { do: act = "", dim = "", value = "" } = button.dataset, pressed = button.getAttribute("aria-pressed") === "true";
    const { store } = this;
    /** @type {Record<string, () => void>} */
    const acts = {
      code: () => (pressed ? (this.dim = dim, this.clear(dim, value)) : this.code(dim, value)),
      still: () => this.item && this.code(dim, store.state(this.item.id).mine[dim]?.value ?? ""),
      acceptAll: () => this.accept(store.dims), accept: () => { this.dim = dim; this.accept([dim]); }, reject: () => { this.dim = dim; this.reject([dim]); },
      pick: () => this.pick(dim), negative: () => this.negative(), explain: () => this.explain(),
      undo: () => this.undo("undo"), redo: () => this.undo("redo"), help: () => this.help(), done: () => this.done(),
      again: () => store.again(), drop: () => store.drop(), all: () => this.refilter("all"), close: () => this.box?.close(),
    };
    acts[act]?.();
    // After a click with the mouse the keys go on where they were.
    if (/** @type {MouseEvent} */ (event).detail && !this.box) this.item?.node?.focus({ preventScroll: true });
  }

  /** @param {Event} event */
  hover(event) {
    const choice = /** @type {HTMLElement} */ (event.target).closest('[data-dim="stage"][data-value]');
    window.clearTimeout(this.hovering);
    if (choice instanceof HTMLElement && choice.dataset.value) this.hovering = window.setTimeout(() => this.showStage(choice.dataset.value), 150);
  }

  /** @param {Event} event */
  focused(event) {
    const target = /** @type {HTMLElement} */ (event.target), unit = target.closest(".jqt-unit"), row = target.closest("[data-row]");
    if (unit instanceof HTMLElement && unit !== this.item?.node) {
      this.marked = undefined;
      this.go(this.items[this.byId.get(unit.dataset.id ?? "") ?? -1], { focus: false, reveal: false });
    }
    if (row instanceof HTMLElement && target.dataset.dim === "stage") this.showStage(target.dataset.value);
  }

  /** Open a stage in the codebook, and close the one opened for the reader before. @param {string} [name] */
  showStage(name) {
    const next = this.books.get(name ?? "");
    if (!next || next === this.opened) return;
    this.opened?.removeAttribute("open");
    this.opened = next;
    next.setAttribute("open", "");
    this.book.scrollTop = next.offsetTop - this.book.offsetTop - 40;
  }

  /** @param {News} news */
  hear(news) {
    if (news.kind === "all") {
      const inside = this.root.contains(document.activeElement);
      this.saveMemo();
      this.build(inside);
    }
    else if (news.kind === "save") this.showSave();
    else if (news.kind === "say") this.say(news.text);
    else if (news.kind === "moved") this.go(this.items[this.byId.get(news.id) ?? -1], { focus: this.root.contains(document.activeElement) });
    else if (news.kind === "explained") { if (this.item?.id === news.id) { this.side(); this.showWords(); } }
    else if (news.kind === "spans") this.respan(news.turns);
    else {
      const turns = new Set(), { store } = this;
      for (const id of news.ids) {
        const item = this.items[this.byId.get(id) ?? -1];
        if (item?.free) turns.add(this.turns[item.turn].i);
        this.mark(item);
      }
      if (turns.size) this.respan([...turns]);
      if (this.item && news.ids.includes(this.item.id)) { this.side(); this.showStage(stageOf(store.state(this.item.id))); }
    }
  }

  /** Draw turns again whose free spans changed. @param {number[]} turns */
  respan(turns) {
    const was = this.item, inside = this.list.contains(document.activeElement) || document.activeElement === document.body;
    this.collect();
    for (const i of turns) {
      const t = this.at.get(i);
      if (t !== undefined) this.nodes[t].querySelector(".jqt-words")?.replaceWith(this.words(t));
    }
    for (const item of this.items) if (item.free) this.chosen?.set(item.id, 2);
    this.reorder();
    // A span that was on its way has come back under its own id.
    const same = this.items.find((item) => item.id === was?.id) ?? this.items.find((item) => item.free && item.turn === was?.turn && item.start === was.start && item.end === was.end) ?? this.items.find((item) => item.turn === was?.turn) ?? this.items[0];
    this.item = same;
    if (was) this.go(same, { focus: inside, reveal: false });
    if (this.found.length) this.showFound();
  }

  close() {
    this.saveMemo();
    this.page.abort();
    this.store.views.delete(this.heard);
    if ("highlights" in CSS) for (const name of ["jqt-hit", "jqt-hit-now"]) CSS.highlights.delete(name);
    this.root.remove();
  }
}

/** The key as the table of keys names it, whatever the keyboard or Caps Lock. @param {KeyboardEvent} event */
function plainKey(event) {
  // Letters of another alphabet: the place of the key counts.
  const key = event.key.length === 1 && /[^ -~]/.test(event.key) && event.code.startsWith("Key") ? event.code.slice(3) : event.key;
  return /^[a-z]$/i.test(key) ? (event.shiftKey ? key.toUpperCase() : key.toLowerCase()) : key;
}

/** A letter for each name: its first that is free. @param {string[]} names */
function mnemonics(names) {
  const free = new Set("abcdefghijklmnopqrstuvwxyz0123456789");
  return names.map((name) => {
    const letter = [...name.toLowerCase()].find((one) => free.has(one)) ?? [...free][0] ?? "";
    free.delete(letter);
    return letter;
  });
}

/** The stage that stands: the person's, else one suggested and not refused. @param {State} state */
function stageOf(state) {
  const mine = own(state, "stage"), hint = guess(state, "stage");
  return mine ? mine.value : hint && !hint.refused ? hint.value : undefined;
}

/** @param {string} coder */
const short = (coder) => coder.replace(/^human:/, "");

/** What each of the others said, in one line apiece. @param {State} state @returns {[string, string][]} */
function people(state) {
  /** @type {Map<string, string[]>} */
  const by = new Map();
  for (const { coder, dimension, value } of state.others) {
    const text = dimension === "memo" ? `“${value}”` : dimension === "negative" ? "negative case" : word(dimension, value);
    by.set(short(coder), [...(by.get(short(coder)) ?? []), text]);
  }
  return [...by].map(([who, said]) => [who, said.join(", ")]);
}

/** Where a text node starts in its turn (UTF-16). @type {WeakMap<Node, number>} */
const starts = new WeakMap();

/** The key of the nth stage, counted from 0. @param {number} n */
const stageKey = (n) => (n < 10 ? String((n + 1) % 10) : n < 19 ? `⇧${(n - 8) % 10}` : "");

/** One store a widget, however many views: called once for each widget. */
export default () => {
  /** @type {Store} */
  let store;
  return {
    /** @param {{ model: Model }} context */
    initialize({ model }) {
      store = new Store(model);
      return () => store.close();
    },
    /** @param {{ el: HTMLElement }} context */
    render({ el }) {
      const begun = performance.now(), view = new View(store, el);
      // Two frames on, it has been painted; benchmarks read how long that took.
      requestAnimationFrame(() => requestAnimationFrame(() => { view.root.dataset.opened = (performance.now() - begun).toFixed(0); }));
      return () => view.close();
    },
  };
};
