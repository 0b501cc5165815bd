/** Makes an element. Children are elements or texts; a text stays one, whatever is in it. */
export function make(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}
