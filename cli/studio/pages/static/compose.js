// Drafts: asks what they would get while one types, and keeps the address true to the page.
import { replace } from "./studio.js";

const PAUSE = 450; // ms without a key until the drafts are judged

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-compose]"));
const drafts = /** @type {HTMLElement} */ (form.querySelector("[data-drafts]"));
const whyPlace = /** @type {HTMLElement} */ (document.querySelector("[data-why-place]"));
const add = /** @type {HTMLButtonElement} */ (document.querySelector("[data-add]"));

/** @type {AbortController | undefined} */
let asking;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** Draft that is explained; the best one until another is chosen. @type {string | undefined} */
let explained;
let explaining = "";

function query() {
  const values = new URLSearchParams();
  for (const [name, value] of new FormData(form)) values.append(name, String(value));
  return values.toString();
}

/** Put the pieces of an answer into their places. @param {string} html */
function distribute(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  for (const slot of form.querySelectorAll("[data-slot]")) {
    const name = /** @type {HTMLElement} */ (slot).dataset.slot;
    const piece = answer.querySelector(`[data-slot="${name}"]`);
    slot.innerHTML = piece?.innerHTML ?? "";
  }
  return answer.querySelector("[data-first]")?.getAttribute("data-first") ?? "";
}

async function judge() {
  asking?.abort();
  asking = new AbortController();
  const values = query();
  history.replaceState(null, "", `?${values}`);
  for (const link of document.querySelectorAll("[data-download]")) {
    if (link instanceof HTMLAnchorElement) link.search = values;
  }
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${form.dataset.judge}?${values}`, { signal: asking.signal });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const first = distribute(await answer.text());
    form.removeAttribute("aria-busy");
    if (first) await explain(explained && filled(explained) ? explained : first, values);
    else whyPlace.replaceChildren();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    form.removeAttribute("aria-busy");
    const place = form.querySelector('[data-slot="verdict"]');
    if (place) place.textContent = `That did not work: ${error instanceof Error ? error.message : error}.`;
  }
}

/** @param {string} number */
function filled(number) {
  const area = form.querySelector(`#draft-${number}`);
  return area instanceof HTMLTextAreaElement && area.value.trim() !== "";
}

/** @param {string} number @param {string} values */
async function explain(number, values) {
  explaining = `number=${number}&${values}`;
  await replace(`${form.dataset.why}?${explaining}`, whyPlace, { signal: asking?.signal });
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(judge, PAUSE);
}

function measure() {
  for (const draft of drafts.querySelectorAll("[data-draft]")) {
    const area = draft.querySelector("textarea");
    const length = draft.querySelector("[data-length]");
    if (area && length) length.textContent = area.value ? `${[...area.value].length} characters` : "";
  }
}

function number() {
  const all = [...drafts.querySelectorAll("[data-draft]")];
  all.forEach((draft, place) => {
    const name = String(place + 1);
    draft.querySelector("label")?.replaceChildren(`Draft ${name}`);
    draft.querySelector("label")?.setAttribute("for", `draft-${name}`);
    draft.querySelector("textarea")?.setAttribute("id", `draft-${name}`);
    draft.querySelector("[data-slot]")?.setAttribute("data-slot", `draft-${name}`);
    draft.querySelector("[data-remove]")?.setAttribute("aria-label", `Remove draft ${name}`);
  });
  add.disabled = all.length >= Number(add.dataset.most);
}

/** Open one more draft. @param {string} [text] */
export function addDraft(text = "") {
  const empty = [...drafts.querySelectorAll("textarea")].find((area) => !area.value.trim());
  if (text && empty) {
    empty.value = text;
  } else {
    const model = drafts.querySelector("[data-draft]");
    if (!model || add.disabled) return;
    const copy = /** @type {HTMLElement} */ (model.cloneNode(true));
    const area = copy.querySelector("textarea");
    if (area) area.value = text;
    copy.querySelector("[data-slot]")?.replaceChildren();
    if (!copy.querySelector("[data-remove]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiet";
      button.dataset.remove = "";
      button.textContent = "✕";
      copy.querySelector(".draft-head")?.append(button);
    }
    drafts.append(copy);
    number();
    if (!text) area?.focus();
  }
  measure();
  later();
}

form.addEventListener("input", () => {
  measure();
  later();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  judge();
});
add.addEventListener("click", () => addDraft());
document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const remove = target?.closest("[data-remove]");
  if (remove) {
    remove.closest("[data-draft]")?.remove();
    number();
    judge();
    drafts.querySelector("textarea")?.focus();
  }
  const ask = target?.closest("[data-explain]");
  if (ask instanceof HTMLElement) {
    explained = ask.dataset.explain;
    explain(explained ?? "1", query()).then(() => whyPlace.scrollIntoView({ block: "nearest" }));
  }
  const hour = target?.closest("[data-hour]");
  if (hour instanceof HTMLElement && !(/** @type {MouseEvent} */ (event).ctrlKey)) {
    event.preventDefault();
    const at = form.elements.namedItem("at");
    if (at instanceof HTMLInputElement) at.value = hour.dataset.hour ?? at.value;
    judge();
  }
});

document.querySelector("[data-keep-drafts]")?.addEventListener("click", (event) => {
  event.preventDefault();
  const values = new URLSearchParams(query());
  values.delete("picture");
  location.search = values.toString();
});

measure();
number();
judge();
