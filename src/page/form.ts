import { parseVersion } from "../wire/version.ts";
import { type Choice, parseNames, parseTier } from "./choice.ts";
import type { Edge } from "./config.ts";
import { element, find } from "./elements.ts";

/** The viewer's form. It is about the phone that was chosen. */
export class ViewerForm {
  readonly #form = find("viewer", HTMLFormElement);
  readonly #summary = find("viewer-summary", HTMLElement);
  readonly #appNote = find("app-note", HTMLElement);

  constructor(edges: readonly Edge[], onChange: () => void, onSubmit: () => void) {
    const regions = [...new Set(edges.map((edge) => edge.region))];
    find("regions", HTMLDataListElement).replaceChildren(
      ...regions.map((region) => new Option(region, region)),
    );
    find("edge", HTMLSelectElement).replaceChildren(
      ...edges.map(({ name, url }) => new Option(`${name} · ${new URL(url).host}`, name)),
    );
    this.#form.addEventListener("change", onChange);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      onSubmit();
    });
    // A small window shows the phones first and the form folded; a wide one has room for both.
    find("viewer-box", HTMLDetailsElement).open = matchMedia("(min-width: 1000px)").matches;
  }

  read(): Choice {
    const data = new FormData(this.#form);
    const text = (name: string) => {
      const value = data.get(name);
      return typeof value === "string" ? value.trim() : "";
    };
    return {
      platform: text("platform"),
      app: text("app"),
      tier: parseTier(text("tier"), "mid"),
      region: text("region"),
      unit: text("unit"),
      cohorts: parseNames(text("cohorts")),
      edge: text("edge"),
    };
  }

  write(choice: Choice): void {
    for (const name of ["platform", "app", "region", "unit"] as const) {
      find(name, HTMLInputElement).value = choice[name];
    }
    find("cohorts", HTMLInputElement).value = choice.cohorts.join(", ");
    find(`tier-${choice.tier}`, HTMLInputElement).checked = true;
    find("edge", HTMLSelectElement).value = choice.edge;
  }

  /** Says who is looked at while the form is folded, and what is odd about it. */
  describe(choice: Choice): void {
    const facts = [
      `${choice.platform} ${choice.app}`,
      `${choice.tier} tier`,
      choice.region,
      choice.unit && `unit ${choice.unit}`,
      ...choice.cohorts,
    ];
    this.#summary.replaceChildren(...facts.filter(Boolean).map((fact) => element("span", "fact", fact)));
    this.#appNote.textContent = parseVersion(choice.app)
      ? ""
      : "Not a version such as 8.4.0: an app that reports this counts as 0.0.0, the oldest.";
  }
}
