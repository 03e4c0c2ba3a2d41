/* A text with a button that puts it on the clipboard. */
function render({ model, el }) {
  const text = document.createElement("pre");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "jupyter-button";
  const show = () => {
    text.textContent = model.get("text");
    button.textContent = "Copy";
  };
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(model.get("text"));
    button.textContent = "Copied";
  });
  model.on("change:text", show);
  text.style.whiteSpace = "pre-wrap";
  text.tabIndex = 0;
  show();
  el.replaceChildren(button, text);
}

export default { render };
