// Comfort for the board's pages: short addresses, a printed page, and what changed said aloud.
"use strict";

const show = () => {
  for (const one of document.querySelectorAll("[data-print]")) one.hidden = false;
  for (const one of document.querySelectorAll("[data-plain]")) one.hidden = true;
};

document.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-print]")) print();
});

// The choice of language and theme, outside of what is exchanged, keeps what was chosen since.
const keepChoices = () => {
  for (const link of document.querySelectorAll(".choices a")) {
    const address = new URL(location.href);
    for (const [name, value] of new URL(link.href).searchParams)
      if (name === "lang" || name === "theme") address.searchParams.set(name, value);
    link.href = address.pathname + address.search;
  }
};

// A table too large to be in the page comes once the page is painted.
const fetchLater = () => requestAnimationFrame(() => (window.requestIdleCallback ?? setTimeout)(() => {
  for (const one of document.querySelectorAll(".later")) htmx.trigger(one, "fetch");
}));
addEventListener("load", fetchLater);
// Signed out meanwhile: what came is the page to sign in.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (target.matches(".later") && new URL(xhr.responseURL).pathname !== "/heat") event.detail.shouldSwap = false;
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target?.id !== "board") return;
  show();
  keepChoices();
  fetchLater();
  document.querySelector("#said").textContent = document.querySelector("#lead")?.textContent ?? "";
});

show();
