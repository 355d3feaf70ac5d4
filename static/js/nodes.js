// Document nodes; text goes in as text, never as markup.
export function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null) node.textContent = text;
  return node;
}

export function button(className, text, press) {
  const node = element("button", className, text);
  node.type = "button";
  node.addEventListener("click", press);
  return node;
}
