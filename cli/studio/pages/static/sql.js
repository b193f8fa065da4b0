// The query: run by Ctrl + Enter, columns inserted by a click, earlier queries kept in this browser.
const MOST = 30;
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-sql]"));
const area = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));

area.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
});

document.addEventListener("click", (event) => {
  const column = event.target instanceof Element ? event.target.closest("[data-insert]") : null;
  if (!(column instanceof HTMLElement)) return;
  area.setRangeText(column.dataset.insert ?? "", area.selectionStart, area.selectionEnd, "end");
  area.focus();
});

/** @returns {string[]} */
function earlier() {
  try {
    const kept = JSON.parse(localStorage.getItem("queries") ?? "[]");
    return Array.isArray(kept) ? kept.filter((query) => typeof query === "string") : [];
  } catch {
    return [];
  }
}

const asked = new URLSearchParams(location.search).get("q");
if (asked) {
  try {
    const kept = [asked, ...earlier().filter((query) => query !== asked)].slice(0, MOST);
    localStorage.setItem("queries", JSON.stringify(kept));
  } catch {
    // Storage may be switched off: no history then.
  }
}

const history = /** @type {HTMLElement} */ (document.querySelector("[data-history]"));
const list = /** @type {HTMLElement} */ (history.querySelector("ol"));
for (const query of earlier()) {
  const link = document.createElement("a");
  link.href = `?${new URLSearchParams({ q: query })}`;
  link.textContent = query.replaceAll(/\s+/g, " ");
  const item = document.createElement("li");
  item.append(link);
  list.append(item);
}
history.hidden = !list.children.length;
