// What every page does: copying, colours, tidy addresses, and files that are dropped in.

/** @param {string} words */
export function say(words) {
  const toast = document.querySelector("[data-toast]");
  if (!(toast instanceof HTMLElement)) return;
  toast.textContent = words;
  toast.classList.add("shown");
  clearTimeout(Number(toast.dataset.timer));
  toast.dataset.timer = String(setTimeout(() => toast.classList.remove("shown"), 2500));
}

/** The file that was dropped in, by the place of what it led to. @type {WeakMap<Element, File>} */
export const sent = new WeakMap();

/** Fetch a piece of a page and put it in the place of an element's content.
 * @param {string} address @param {HTMLElement} place @param {RequestInit} [options]
 * @returns {Promise<boolean>} whether it is there now */
export async function replace(address, place, options = {}) {
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" }, ...options });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    place.innerHTML = await answer.text();
    place.removeAttribute("aria-busy");
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return false;
    place.removeAttribute("aria-busy");
    place.textContent = `That did not work: ${error instanceof Error ? error.message : error}.`;
    return false;
  }
}

document.addEventListener("click", async (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const copy = target?.closest("[data-copy]");
  if (copy) {
    const text = copy.closest("figure, article")?.querySelector("code, [data-text]")?.textContent;
    try {
      await navigator.clipboard.writeText(text ?? "");
      say("Copied");
    } catch {
      say("The browser does not allow copying: select the text instead");
    }
  }
  const theme = target?.closest("[data-theme-choice]");
  if (theme instanceof HTMLElement) choose(theme.dataset.themeChoice ?? "auto");
});

/** @param {string} theme */
function choose(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Storage may be switched off: it holds for this page.
  }
  show();
  document.dispatchEvent(new Event("theme"));
}

function show() {
  const chosen = document.documentElement.dataset.theme ?? "auto";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    if (button instanceof HTMLElement) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
    }
  }
}
show();

// An address names only what is set.
for (const form of document.querySelectorAll("form[data-tidy]")) {
  form.addEventListener("formdata", (event) => {
    const data = /** @type {FormDataEvent} */ (event).formData;
    for (const [name, value] of [...data]) if (value === "") data.delete(name);
  });
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement && form instanceof HTMLFormElement) {
      form.requestSubmit();
    }
  });
}

for (const form of document.querySelectorAll("form[data-go]")) {
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement) location.href = event.target.value;
  });
}

// A file goes to the server. What comes back is a piece of the page, or
// the name of a picture, which becomes part of the address.
for (const form of document.querySelectorAll("form[data-drop]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  const input = form.querySelector("input[type=file]");
  if (!(input instanceof HTMLInputElement)) continue;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("change", () => input.files?.length && send(form));
  document.documentElement.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  document.documentElement.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) form.classList.remove("over");
  });
  document.documentElement.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    const files = event.dataTransfer?.files;
    if (!files?.length) return;
    input.files = files;
    send(form);
  });
}

/** @param {HTMLFormElement} form */
async function send(form) {
  const options = { method: "POST", body: new FormData(form) };
  const place = form.dataset.drop ? document.querySelector(form.dataset.drop) : null;
  if (place instanceof HTMLElement) {
    const file = options.body.get("file");
    if (file instanceof File) sent.set(place, file);
    await replace(form.action, place, options);
    form.reset();
    return;
  }
  form.setAttribute("aria-busy", "true");
  const answer = await fetch(form.action, options);
  form.removeAttribute("aria-busy");
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    say(said.detail ?? "The picture can't be used");
    form.reset();
    return;
  }
  const values = new URLSearchParams(location.search);
  for (const name of ["q", "like", "n"]) if (!values.get("draft")) values.delete(name);
  values.set("picture", said.picture);
  location.search = values.toString();
}

// "Show more" leaves the reader where they are.
for (const link of document.querySelectorAll("a[data-keep-place]")) {
  link.addEventListener("click", () => {
    sessionStorage.setItem("place", `${location.pathname} ${scrollY}`);
  });
}
const place = sessionStorage.getItem("place")?.split(" ");
if (place && place[0] === location.pathname) scrollTo(0, Number(place[1]));
sessionStorage.removeItem("place");

// Folds that a small screen needs and a wide one doesn't.
if (matchMedia("(width >= 46rem)").matches) {
  for (const fold of document.querySelectorAll("details[data-open-wide]")) {
    if (fold instanceof HTMLDetailsElement) fold.open = true;
  }
}
