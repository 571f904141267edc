// Everything works without this file. It adds live numbers, a guard before unsaved changes are
// lost, and the save bar only when there is something to save.
"use strict";

// Live: the server says when to look again; the page is fetched and its live parts replaced.
const live = document.querySelector("[data-live]");
if (live) {
  const source = new EventSource(live.dataset.live);
  const status = document.querySelector(".live");
  let busy = false;
  const refresh = async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      const page = await fetch(location.href, { headers: { "X-Live": "1" } });
      if (!page.ok || page.redirected) throw new Error();
      const next = new DOMParser().parseFromString(await page.text(), "text/html");
      for (const part of document.querySelectorAll("[data-part]")) {
        if (part.contains(document.activeElement) && document.activeElement !== document.body) continue;
        const fresh = next.querySelector(`[data-part="${part.dataset.part}"]`);
        if (fresh) part.replaceWith(fresh);
      }
      if (status) { status.classList.remove("off"); status.textContent = next.querySelector(".live").textContent; }
    } catch {
      pause();
    } finally {
      busy = false;
    }
  };
  const pause = () => { if (status) { status.classList.add("off"); status.textContent = live.dataset.paused; } };
  source.addEventListener("change", refresh);
  source.addEventListener("error", pause);
  source.addEventListener("open", () => { if (status && status.classList.contains("off")) refresh(); });
}

// Guard: forms that say data-guard show the save bar with the first change and ask before leaving.
for (const form of document.querySelectorAll("form[data-guard]")) {
  const bar = form.querySelector(".savebar");
  const state = () => new URLSearchParams(new FormData(form)).toString();
  const first = form.dataset.dirty ? "" : state();
  let leaving = false;
  const look = () => { if (bar) bar.hidden = state() === first; };
  const warn = (e) => { if (!leaving && state() !== first) e.preventDefault(); };
  form.addEventListener("input", look);
  form.addEventListener("reset", () => setTimeout(look));
  form.addEventListener("submit", () => { leaving = true; });
  addEventListener("beforeunload", warn);
  look();
}

// Implied ticks follow what is ticked.
const implied = document.querySelectorAll("[data-implied-by]");
if (implied.length) {
  const follow = () => {
    for (const box of implied) {
      const by = box.dataset.impliedBy.split(" ").map((id) => document.getElementById(id)).find((b) => b && b.checked);
      box.closest(".opt").classList.toggle("implied", Boolean(by));
      const because = box.closest(".opt").querySelector(".because");
      if (because) because.hidden = !by;
      if (by) { box.checked = true; }
      box.setAttribute("aria-disabled", by ? "true" : "false");
    }
  };
  addEventListener("change", follow);
  for (const box of implied) box.addEventListener("click", (e) => { if (box.getAttribute("aria-disabled") === "true") e.preventDefault(); });
  follow();
}

// Keys: / searches, g and a letter goes to a page, ? lists them. Never inside fields.
let go = false;
addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.altKey || e.metaKey || e.target.closest("input, select, textarea, [contenteditable]")) return;
  if (go) {
    go = false;
    const page = { m: "monitor", s: "sessions", a: "audit", d: "devices", p: "people", r: "roles", w: "what-if", h: "health" }[e.key];
    if (page) location.href = "/admin/" + page;
    return;
  }
  if (e.key === "g") { go = true; setTimeout(() => { go = false; }, 1500); }
  if (e.key === "/") { const q = document.getElementById("q"); if (q) { e.preventDefault(); q.focus(); } }
});
