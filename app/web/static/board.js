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

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target?.id !== "board") return;
  show();
  keepChoices();
  document.querySelector("#said").textContent = document.querySelector("#lead")?.textContent ?? "";
});

show();
