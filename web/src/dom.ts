// Elements made in one expression. Text is always a text node: nothing the network says becomes markup.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | EventListener | undefined>;

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

export function el<K extends keyof HTMLElementTagNameMap>(
    tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
    tag: K, attributes: Attributes = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

// Text of an element, written only when it is another one: an unchanged page costs no layout.
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// Makes `parent`'s children the elements of `keys`, kept where the key was there before, in that order.
export class KeyedList<T> {
  private readonly elements = new Map<string, { element: Element; update: (item: T) => void }>();

  constructor(private readonly parent: Element,
              private readonly make: (item: T) => { element: Element; update: (item: T) => void }) {}

  show(items: readonly T[], keyOf: (item: T) => string): void {
    const wanted = new Set(items.map(keyOf));
    for (const [key, { element }] of this.elements) {
      if (wanted.has(key)) continue;
      element.remove();
      this.elements.delete(key);
    }
    let before: Element | null = this.parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let entry = this.elements.get(key);
      if (!entry) this.elements.set(key, (entry = this.make(item)));
      entry.update(item);
      if (entry.element === before) before = before.nextElementSibling;
      else this.parent.insertBefore(entry.element, before);
    }
  }
}
