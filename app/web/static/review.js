// Shortcuts of the reviewer's pages: told on the page, off while one types, and turned off there.
"use strict";
{
  const KEPT = "chitieu:review-keys-off";
  const help = document.getElementById("keys");
  const all = document.getElementById("all");
  let off = false;
  try { off = localStorage.getItem(KEPT) === "1"; } catch { /* as if never turned off */ }

  // A key pressed twice sends once.
  let sent = false;
  addEventListener("pageshow", () => { sent = false; });
  addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });

  if (all) {
    all.hidden = false;
    all.querySelector("button").addEventListener("click", () => {
      const boxes = [...document.querySelectorAll(".waiting [type=checkbox]")];
      const tick = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = tick;
    });
  }

  // On the queue the next report gets the focus; on a report the next one opens.
  const go = (step) => {
    const links = [...document.querySelectorAll("[data-report]")];
    if (!links.length) return document.getElementById(step > 0 ? "next" : "previous")?.click();
    const at = links.indexOf(document.activeElement);
    links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1)].focus();
  };
  const giveBack = () => {
    const comment = document.getElementById("comment"), button = document.getElementById("return");
    if (button && comment?.value.trim()) button.click();
    else if (button) comment.focus();
  };
  const deeds = {
    j: () => go(1),
    k: () => go(-1),
    a: () => document.getElementById("approve")?.click(),
    r: giveBack,
    "?": () => { help.open = !help.open; if (help.open) help.querySelector("summary").focus(); },
  };

  if (help) {
    help.hidden = false;
    const button = help.querySelector("button");
    const show = () => { button.textContent = off ? button.dataset.on : button.dataset.off; };
    button.addEventListener("click", () => {
      off = !off;
      try { localStorage.setItem(KEPT, off ? "1" : "0"); } catch { /* for this page alone */ }
      show();
    });
    show();
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
      const busy = event.repeat || event.isComposing || event.ctrlKey || event.altKey || event.metaKey;
      if (off || typing || busy || document.querySelector("dialog[open]") || !Object.hasOwn(deeds, event.key)) return;
      event.preventDefault();
      deeds[event.key]();
    });
  }
}
