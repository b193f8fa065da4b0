// Drafts that a decoder writes: its progress as it comes, then each draft with what it rests on.
import { addDraft } from "./compose.js";

const section = /** @type {HTMLElement} */ (document.querySelector("[data-write]"));
const button = /** @type {HTMLButtonElement} */ (section.querySelector("[data-write-now]"));
const status = /** @type {HTMLElement} */ (section.querySelector("[data-write-status]"));
const place = /** @type {HTMLElement} */ (section.querySelector("[data-written]"));
const wanted = /** @type {HTMLInputElement} */ (section.querySelector("[data-wanted]"));
const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-compose]"));

/** @param {string} name @param {string} className @param {string} [text] */
function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Read server-sent events from an answer. @param {Response} answer */
async function* events(answer) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const parts = text.split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      const kind = /^event: (.*)$/m.exec(part)?.[1] ?? "";
      yield { kind, data: JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? "null") };
    }
  }
}

/** @param {any} post */
function shown(post) {
  const card = element("article", "draft-card");
  card.append(element("p", "text", post.text));
  const facts = [];
  if (typeof post.likes === "number") {
    facts.push(`${Math.round(post.likes).toLocaleString("en")} likes to expect`);
  }
  const words = post.copied === 1 ? "word" : "words";
  facts.push(post.copied > 5 ? `repeats ${post.copied} words of an earlier post` : `new: at most ${post.copied} ${words} in a row from an earlier post`);
  card.append(element("p", "note", facts.join("; ")));
  const use = /** @type {HTMLButtonElement} */ (element("button", "", "Use as a draft"));
  use.type = "button";
  use.addEventListener("click", () => addDraft(post.text));
  card.append(use);
  return card;
}

/** @param {any} found */
function show(found) {
  place.replaceChildren(...found.posts.map(shown));
  const rests = element("details", "inner");
  rests.append(element("summary", "", `Written from ${found.neighbours.length} earlier posts`));
  const list = element("ul", "plain-list");
  for (const each of found.neighbours) list.append(element("li", "", `${each.username ?? ""}: ${each.text}`));
  rests.append(list);
  place.append(rests);
  const notes = found.notes.length ? ` Note: ${found.notes.join("; ")}.` : "";
  status.textContent = `Written by ${found.decoder}; nothing in it was checked.${notes}`;
}

button.addEventListener("click", async () => {
  const values = new FormData(form);
  const company = form.querySelector("[data-company]")?.getAttribute("data-company");
  const order = {
    company: company || String(values.get("account")),
    username: String(values.get("account")),
    date: String(values.get("at")),
    n: 3,
    seed: Math.floor(Math.random() * 2 ** 31),
    ...(wanted.value && { likes: Number(wanted.value) }),
    ...(values.get("picture") && { picture: String(values.get("picture")) }),
  };
  button.disabled = true;
  place.replaceChildren();
  status.textContent = "Reading the account's earlier posts…";
  try {
    const answer = await fetch(section.dataset.write ?? "", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(order),
    });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    for await (const { kind, data } of events(answer)) {
      if (kind === "step") status.textContent = data.total ? `${data.stage}: ${data.done} of ${data.total}` : `${data.stage}…`;
      if (kind === "posts") show(data);
      if (kind === "problem") throw new Error(data.detail);
    }
  } catch (error) {
    status.textContent = `That did not work: ${error instanceof Error ? error.message : error}.`;
  }
  button.disabled = false;
});
