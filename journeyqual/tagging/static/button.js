// @ts-check
/** A button, and beside it what came of pressing it: read out, too. */

/** @param {{ model: import("./types").Model, el: HTMLElement }} context */
function render({ model, el }) {
  const root = document.createElement("div"), button = document.createElement("button"), said = document.createElement("span");
  root.className = "jqp";
  button.type = "button";
  said.setAttribute("role", "status");
  const show = () => {
    button.textContent = model.get("label");
    // Not `disabled`: whoever pressed it by key would lose their place.
    button.setAttribute("aria-disabled", String(model.get("busy")));
    said.textContent = model.get("said");
  };
  button.addEventListener("click", () => model.send({ kind: "pressed" }));
  const heard = ["change:label", "change:busy", "change:said"];
  for (const event of heard) model.on(event, show);
  show();
  root.append(button, said);
  el.append(root);
  return () => { for (const event of heard) model.off(event, show); };
}

export default { render };
