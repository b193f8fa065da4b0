// A file that was dropped in becomes posts: it is sent, and the build followed until it ends.
import { say, sent } from "./studio.js";

const follow = /** @type {HTMLElement} */ (document.querySelector("[data-follow]"));
const builds = follow.dataset.follow ?? "";
const part = (/** @type {string} */ name) =>
  /** @type {HTMLElement} */ (follow.querySelector(`[data-follow-${name}]`));
const title = part("title");
const status = part("status");
const bar = /** @type {HTMLProgressElement} */ (part("bar"));
const cancel = /** @type {HTMLButtonElement} */ (part("cancel"));
const again = part("again");
const notes = part("notes");

/** @param {string} address @param {RequestInit} [options] */
async function ask(address, options = {}) {
  const answer = await fetch(address, options);
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail ?? `the server answered ${answer.status}`);
  return said;
}

/** @param {any} job */
function tell(job) {
  const running = job.state === "running";
  follow.hidden = false;
  title.textContent = `${running ? "Adding" : "Added"} the posts of ${job.file}`;
  bar.hidden = cancel.hidden = !running;
  again.hidden = running || job.state === "failed";
  notes.replaceChildren(
    ...job.notes.map((/** @type {string} */ note) => {
      const line = document.createElement("li");
      line.textContent = note;
      return line;
    }),
  );
  if (running) {
    const step = job.step;
    bar.removeAttribute("value");
    if (step?.total) {
      bar.max = step.total;
      bar.value = step.done;
    }
    const count = step?.total ? `: ${step.done.toLocaleString("en")} of ${step.total.toLocaleString("en")}` : "…";
    status.textContent = step ? `${step.stage}${count}` : "Starting…";
  } else if (job.state === "done") {
    const posts = job.report.posts;
    status.textContent = `${posts.new.toLocaleString("en")} new, ${posts.updated.toLocaleString("en")} updated, ${posts.rejected.toLocaleString("en")} rejected.`;
  } else if (job.state === "cancelled") {
    title.textContent = `Cancelled: ${job.file}`;
    status.textContent = "What was stored by then is kept; the same file goes on from there.";
  } else {
    title.textContent = `The posts of ${job.file} could not be added`;
    status.textContent = job.error;
  }
}

/** @param {any} job */
function watch(job) {
  tell(job);
  const news = new EventSource(`${builds}/${job.job}/events`);
  news.addEventListener("build", (event) => {
    const now = JSON.parse(/** @type {MessageEvent} */ (event).data);
    tell(now);
    if (now.state !== "running") news.close();
  });
  cancel.onclick = async () => {
    cancel.disabled = true;
    try {
      await ask(`${builds}/${job.job}`, { method: "DELETE" });
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
    cancel.disabled = false;
  };
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches("[data-build]")) return;
  event.preventDefault();
  const place = form.closest("[data-read-place]");
  const file = place && sent.get(place);
  if (!file) return;
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const words = /** @type {HTMLElement} */ (form.querySelector("[data-build-status]"));
  button.disabled = true;
  words.textContent = "Sending the file…";
  try {
    const body = new FormData();
    body.append("file", file, file.name);
    const kept = await ask("/api/v1/uploads", { method: "POST", body });
    const given = new FormData(form);
    const order = {
      upload: kept.upload,
      images: given.get("images") ? "fetch" : "none",
      ...(given.get("source") && { source: String(given.get("source")) }),
    };
    const job = await ask(builds, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(order),
    });
    place.replaceChildren();
    watch(job);
    follow.focus();
  } catch (error) {
    words.textContent = `That did not work: ${error instanceof Error ? error.message : error}.`;
    button.disabled = false;
  }
});

// A build that was begun before, here or elsewhere, is shown too.
ask(builds).then(({ builds: [latest] }) => latest?.state === "running" && watch(latest), () => {});
