// Nothing typed is lost: every change goes into this browser's store at once, to the server's
// draft soon after, and is offered again on the next visit until the server has it.
(() => {
  "use strict";
  const form = document.getElementById("entry");
  if (!form || !window.fetch) return;
  const words = JSON.parse(form.dataset.words);
  const key = `chitieu:entry:${form.dataset.account}:${location.pathname}`;
  const state = document.getElementById("state");
  const version = form.elements.namedItem("version");
  const SOON = 2500, AT_ONCE = 300, FIRST_WAIT = 2000, LONGEST_WAIT = 60000;
  const ASK_AGAIN = 10000;
  // `unjudged`: cards whose figures the server has not been able to judge as they are now.
  const dirty = new Set(), left = new Set(), unjudged = new Set();
  // What an earlier visit left here, until it is put into the form or thrown away.
  let waiting = {};
  let timer = 0, wait = FIRST_WAIT, busy = false, again = false, stopped = false, leaving = false;
  document.documentElement.classList.add("live-on");

  const store = {
    read() { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    write(kept) {
      try {
        if (Object.keys(kept.fields).length) localStorage.setItem(key, JSON.stringify(kept));
        else localStorage.removeItem(key);
      } catch { /* a full or forbidden store: the draft on the server is what there is */ }
    },
  };
  const cardOf = (element) => element.closest("[data-card]")?.dataset.card;
  const say = (name, facts = {}) =>
    words[name].replace(/\{(\w+)\}/g, (_, fact) => facts[fact] ?? "");

  function typed(cards) {
    const fields = {};
    for (const [name, text] of new FormData(form)) {
      if (cards.has(name.split("/")[0])) fields[name] = text;
    }
    for (const box of form.querySelectorAll("[type=checkbox]:not(:checked)")) {
      if (cards.has(cardOf(box))) fields[box.name] = "";
    }
    return fields;
  }

  function keepHere() {
    const unsent = new Set([...dirty, ...left]);
    const fields = { ...waiting, ...typed(unsent) };
    store.write({ at: new Date().toISOString(), version: version.value, fields });
  }

  function show(family, text, ...more) {
    state.className = `state ${family}`;
    state.replaceChildren(text, ...more);
  }

  function button(name, deed) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "second";
    made.textContent = words[name];
    made.addEventListener("click", deed);
    return made;
  }

  function later(milliseconds) {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, milliseconds);
  }

  async function save() {
    if (busy) { again = true; return; }
    if (!dirty.size || stopped) return;
    busy = true;
    const sent = new Set(dirty), shown = JSON.stringify(typed(sent));
    show("", words.saving);
    try {
      const answer = await fetch(`${location.pathname}/draft`, {
        method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual",
      });
      await taken(answer, sent, shown);
    } catch {
      show("warn", words.offline);
      later(wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
    busy = false;
    if (again) { again = false; later(AT_ONCE); }
  }

  async function taken(answer, sent, shown) {
    if (answer.type === "opaqueredirect" || answer.status === 401) return askToSignIn();
    if (answer.status === 403) return signedInAgain();
    if (answer.status === 412) {
      stopped = true;
      return show("bad", words.changed, button("compare", () => submitAs("save")));
    }
    if (answer.status === 409 || answer.status === 422) {
      stopped = true;
      return show("bad", (await answer.json()).message);
    }
    if (!answer.ok) throw new Error(answer.status);
    const kept = await answer.json();
    wait = FIRST_WAIT;
    version.value = kept.version;
    for (const card of sent) left.delete(card);
    if (shown === JSON.stringify(typed(sent))) for (const card of sent) dirty.delete(card);
    for (const card of kept.left) { left.add(card); dirty.delete(card); }
    keepHere();
    judgeAgain();
    const targets = [...left].join(", ");
    show(left.size ? "warn" : "", say(left.size ? "left" : "saved", { at: kept.at, targets }));
    if (dirty.size) later(SOON);
  }

  const liveOf = (card) => form.querySelector(`[data-card="${card}"] .live`);

  // What was made of a figure does not stand beside another one: hidden until the answer to the
  // figure as it is now.
  function stale(card) {
    if (!card) return;
    liveOf(card).classList.remove("asked");
    if (!unjudged.has(card)) liveOf(card).classList.add("stale");
  }

  function judged(live) {
    unjudged.delete(cardOf(live));
    live.classList.toggle("stale", !live.classList.contains("asked"));
  }

  function notJudged(card, status) {
    if ((!status || status >= 500) && !dirty.size) setTimeout(judgeAgain, ASK_AGAIN);
    if (unjudged.has(card)) return;
    unjudged.add(card);
    const note = document.createElement("p");
    note.className = "hint";
    note.textContent = words.unjudged;
    liveOf(card).replaceChildren(note);
    liveOf(card).classList.remove("stale");
  }

  // Does not bubble: only the card itself asks anew.
  const judge = (card) => form.querySelector(`[data-card="${card}"]`).dispatchEvent(new Event("input"));
  const judgeAgain = () => unjudged.forEach(judge);

  function askToSignIn() {
    const link = document.createElement("a");
    link.href = "/login";
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = words.sign_in;
    show("bad", words.signed_out, link, button("again", signedInAgain));
  }

  // A new session has a new proof of its own forms: it stands in the same page, asked for anew.
  async function signedInAgain() {
    let page = null;
    try {
      const answer = await fetch(location.pathname, { redirect: "manual" });
      if (answer.ok) page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch { show("warn", words.offline); return later(wait); }
    const fresh = page?.getElementById("entry");
    if (!fresh) return askToSignIn();
    if (fresh.dataset.account !== form.dataset.account) return show("bad", words.other);
    const proof = fresh.querySelector("[name=csrf]").value;
    for (const field of document.querySelectorAll("[name=csrf]")) field.value = proof;
    later(0);
  }

  function submitAs(what) {
    const chosen = form.querySelector(`[name=do][value=${what}]`);
    form.requestSubmit(chosen);
  }

  function changed(card) {
    if (!card) return;
    dirty.add(card);
    keepHere();
    if (!stopped && !state.classList.contains("warn") && !state.classList.contains("bad")) {
      show("", words.typed);
    }
    later(SOON);
  }

  form.addEventListener("input", (event) => stale(cardOf(event.target)), true);
  form.addEventListener("input", (event) => changed(cardOf(event.target)));
  form.addEventListener("change", (event) => changed(cardOf(event.target)));
  form.addEventListener("focusout", (event) => {
    if (dirty.size && cardOf(event.target) !== (event.relatedTarget && cardOf(event.relatedTarget))) {
      later(AT_ONCE);
    }
  });
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    leaving = true;
    stopped = event.target !== form;
    clearTimeout(timer);
  });
  addEventListener("online", () => { wait = FIRST_WAIT; later(0); judgeAgain(); });
  addEventListener("focus", () => { if (dirty.size) later(AT_ONCE); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  addEventListener("beforeunload", (event) => {
    if (!leaving && (dirty.size || left.size)) event.preventDefault();
  });
  // The page to sign in must not come into a card; what a card makes is told again later.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.xhr.responseURL.endsWith("/check")) {
      event.detail.shouldSwap = false;
      notJudged(cardOf(event.target), 401);
      askToSignIn();
    }
  });
  for (const name of ["sendError", "timeout", "responseError"]) {
    form.addEventListener(`htmx:${name}`, (event) => {
      notJudged(cardOf(event.target), event.detail.xhr.status);
    });
  }
  form.addEventListener("htmx:beforeRequest", (event) => {
    liveOf(cardOf(event.target)).classList.add("asked");
  });
  form.addEventListener("htmx:afterSwap", (event) => judged(event.target));

  function put(kept) {
    const cards = new Set();
    for (const [name, text] of Object.entries(kept.fields)) {
      const field = form.elements.namedItem(name);
      if (!field) continue;
      if (field.type === "checkbox") field.checked = text !== "";
      else field.value = text;
      const one = field instanceof RadioNodeList ? field[0] : field;
      if (text && one.closest("details")) one.closest("details").open = true;
      cards.add(cardOf(one));
    }
    waiting = {};
    // What was saved elsewhere since then is not overwritten: the server asks to choose.
    version.value = kept.version;
    for (const card of cards) {
      changed(card);
      judge(card);
    }
  }

  function offer(kept) {
    const targets = [...new Set(Object.keys(kept.fields).map((name) => name.split("/")[0]))];
    waiting = kept.fields;
    const at = new Date(kept.at).toLocaleString(document.documentElement.lang, {
      timeZone: "Asia/Ho_Chi_Minh",
      hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit", year: "numeric",
    });
    const strip = document.createElement("div");
    strip.className = "note kept";
    strip.setAttribute("role", "status");
    strip.append(
      say("kept", { at, targets: targets.join(", ") }),
      button("restore", () => { strip.remove(); put(kept); }),
      button("discard", () => { strip.remove(); waiting = {}; keepHere(); }),
    );
    form.before(strip);
  }

  // A form that came back from the server unsaved is unsaved here too.
  if (form.dataset.typed) {
    for (const card of form.querySelectorAll("[data-card]")) {
      if (Object.values(typed(new Set([card.dataset.card]))).some((text) => text)) {
        dirty.add(card.dataset.card);
      }
    }
    keepHere();
    later(SOON);
  } else if (form.dataset.done) {
    store.write({ fields: {} });
  } else {
    const kept = store.read();
    const here = typed(new Set(Object.keys(kept?.fields ?? {}).map((name) => name.split("/")[0])));
    if (kept && Object.entries(kept.fields).some(([name, text]) => (here[name] ?? "") !== text)) {
      offer(kept);
    } else if (kept) store.write({ fields: {} });
  }
})();
