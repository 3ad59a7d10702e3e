// "Vì sao con số này?": opens the explanation of a figure in a dialog of the page that one reads.
// Without it, or when anything goes wrong, the link leads to the page of the explanation.
"use strict";

const whyLeads = (link) => location.assign(link);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.why");
  const plain = !event.button && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (!link || !plain || !window.htmx) return;
  event.preventDefault();
  const dialog = document.querySelector("#why");
  const inside = dialog.querySelector("#why-inside");
  inside.textContent = inside.dataset.loading;
  dialog.querySelector("[data-alone]").href = link.href;
  if (!dialog.open) dialog.showModal();
  htmx.ajax("GET", link.href, { target: inside, swap: "innerHTML" });
});

// A click beside the dialog closes it, as Esc does; the browser gives the focus back.
document.addEventListener("click", ({ target }) => {
  if (target.id === "why") target.close();
});

const whyFails = ({ detail }) => {
  if (detail.target?.id === "why-inside") whyLeads(document.querySelector("#why [data-alone]").href);
};

document.addEventListener("htmx:responseError", whyFails);
document.addEventListener("htmx:sendError", whyFails);
// Signed out meanwhile: what came is the page to sign in.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (target.id === "why-inside" && xhr.responseURL && !new URL(xhr.responseURL).pathname.endsWith("/explain")) {
    event.detail.shouldSwap = false;
    whyFails(event);
  }
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target?.id === "why-inside") document.querySelector("#why").scrollTop = 0;
});
