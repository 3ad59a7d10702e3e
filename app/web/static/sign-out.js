// A computer that others use too keeps nothing of an account that signs out on it.
(() => {
  "use strict";
  const form = document.querySelector("form.account[data-account]");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    let unsent = [];
    try {
      const mine = `chitieu:entry:${form.dataset.account}:`;
      unsent = Object.keys(localStorage).filter((name) => name.startsWith(mine));
    } catch { return; }
    if (unsent.length && !confirm(form.dataset.unsent)) return event.preventDefault();
    for (const name of unsent) localStorage.removeItem(name);
  });
})();
