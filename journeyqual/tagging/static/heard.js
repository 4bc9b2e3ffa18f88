// @ts-check
/**
 * What a widget's own script is wrapped in, so that it hears the kernel however long it took to load.
 *
 * anywidget gives a script two seconds to be loaded and initialized. To a widget that took longer,
 * on a slow or busy computer, it never passes on anything that the kernel says: no action would
 * ever be shown as saved.
 *
 * @typedef {import("./types").Model} Model
 * @typedef {{ initialize?: (context: { model: Model }) => unknown, render: (context: { model: Model, el: HTMLElement }) => unknown }} Widget
 */

/** The widget's own script; it is filled in by the kernel. */
const SOURCE = "";
const url = URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" }));
const { default: own } = await import(url);
URL.revokeObjectURL(url);

/** @param {Model} model */
function listen(model) {
  // What a script is given is part of the model; who changes something in it is told of the whole.
  model.on("change:_heard", (whole) => {
    const handle = Object.getPrototypeOf(whole?.constructor?.prototype ?? {})?._handle_comm_msg;
    if (!handle || !whole.comm?.on_msg) return;
    whole.comm.on_msg((/** @type {unknown} */ message) => whole._handle_comm_msg(message).catch((/** @type {unknown} */ error) => {
      if (error instanceof Error && error.message.includes("Failed to initialize model")) return handle.call(whole, message);
      throw error;
    }));
  });
  model.set("_heard", true);
}

export default async () => {
  /** @type {Widget} */
  const widget = typeof own === "function" ? await own() : own;
  return {
    ...widget,
    /** @param {{ model: Model }} context */
    initialize(context) {
      listen(context.model);
      return widget.initialize?.(context);
    },
  };
};
