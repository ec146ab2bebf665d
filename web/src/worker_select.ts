// The workers as options of a select; where there is none, words that say so.

import { el } from "./dom";

export function offerWorkers(select: HTMLSelectElement, names: readonly string[]): void {
  const offered = names.join();
  if (select.dataset.offered === offered) return;
  select.dataset.offered = offered;
  const chosen = select.value;
  const options = names.map((name) => el("option", { value: name }, name));
  select.replaceChildren(...options.length > 0 ? options : [el("option", { value: "" }, "no worker yet")]);
  if (names.includes(chosen)) select.value = chosen;
  select.disabled = names.length === 0;
}
