// The loop of labels: one post at a time, a key for each class, answers kept until they are taught.

const begin = document.querySelector("[data-begin]");
if (begin instanceof HTMLFormElement) {
  begin.addEventListener("submit", async (event) => {
    event.preventDefault();
    const status = begin.querySelector("[data-begin-status]");
    const data = new FormData(begin);
    const words = data.getAll("words").map(String);
    /** @type {Record<string, string>} */
    const describe = {};
    data.getAll("class").forEach((name, i) => {
      if (String(name).trim()) describe[String(name).trim()] = words[i].trim() || String(name).trim();
    });
    if (Object.keys(describe).length < 2) {
      if (status) status.textContent = "Name two classes at least.";
      return;
    }
    if (status) status.textContent = "Reading all posts…";
    await change(begin.action, { name: data.get("name"), describe }, status);
  });
}

/** Send a change, and go where it leads.
 * @param {string} address @param {unknown} body @param {Element | null} status */
async function change(address, body, status) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) location.href = said.address;
  else if (status) status.textContent = said.detail ?? "That did not work.";
  return answer.ok;
}

const root = document.querySelector("[data-label]");
if (root instanceof HTMLElement) loop(root);

/** @param {HTMLElement} root */
function loop(root) {
  const key = `labels ${location.pathname} ${root.dataset.label}`;
  const asked = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-ask]")]);
  const buttons = /** @type {HTMLButtonElement[]} */ ([...root.querySelectorAll("[data-class]")]);
  const learn = /** @type {HTMLButtonElement} */ (root.querySelector("[data-learn]"));
  const status = root.querySelector("[data-learn-status]");
  /** Post → class; an empty class is skipped. @type {Map<string, string>} */
  let given = new Map();
  try {
    given = new Map(JSON.parse(sessionStorage.getItem(key) ?? "[]"));
  } catch {
    // What was kept can't be read: begin anew.
  }

  function show() {
    const at = asked.findIndex((post) => !given.has(post.dataset.ask ?? ""));
    asked.forEach((post, i) => (post.hidden = i !== at));
    const done = root.querySelector("[data-done]");
    if (done instanceof HTMLElement) done.hidden = at !== -1;
    for (const button of buttons) button.disabled = at === -1;
    const place = root.querySelector("[data-at]");
    if (place) place.textContent = String(at === -1 ? asked.length : at + 1);
    const answers = [...given.values()].filter(Boolean);
    learn.disabled = !answers.length;
    const count = learn.querySelector("[data-count]");
    if (count) count.textContent = String(answers.length);
    for (const cell of root.querySelectorAll("[data-taught]")) {
      if (!(cell instanceof HTMLElement)) continue;
      const more = answers.filter((answer) => answer === cell.dataset.taught).length;
      cell.textContent = `${cell.dataset.before}${more ? ` + ${more}` : ""}`;
    }
    sessionStorage.setItem(key, JSON.stringify([...given]));
  }

  /** @param {string} answer */
  function give(answer) {
    const post = asked.find((each) => !each.hidden)?.dataset.ask;
    if (post) given.set(post, answer);
    show();
  }

  function undo() {
    const last = [...given.keys()].pop();
    if (last !== undefined) given.delete(last);
    show();
  }

  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    if (button.dataset.class !== undefined) give(button.dataset.class);
    else if (button.dataset.skip !== undefined) give("");
    else if (button.dataset.undo !== undefined) undo();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
    const chosen = buttons[Number(event.key) - 1];
    if (chosen && !chosen.disabled) give(chosen.dataset.class ?? "");
    else if (event.key === "s" || event.key === "S") give("");
    else if (event.key === "u" || event.key === "U") undo();
  });
  learn.addEventListener("click", async () => {
    learn.disabled = true;
    if (status) status.textContent = "Learning…";
    const labels = Object.fromEntries([...given].filter(([, answer]) => answer));
    sessionStorage.removeItem(key);
    const worked = await change(root.dataset.teach ?? "", { name: root.dataset.label, labels }, status);
    if (!worked) {
      learn.disabled = false;
      sessionStorage.setItem(key, JSON.stringify([...given]));
    }
  });
  show();
}
