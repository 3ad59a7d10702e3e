// A button that copies what is shown this once; without it the field is selected and copied by hand.
for (const field of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = field.dataset.copy;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = field.dataset.copied;
    } catch {
      field.focus();
    }
  });
  field.addEventListener("focus", () => field.select());
  const place = document.createElement("p");
  place.setAttribute("aria-live", "polite");
  place.append(button);
  field.parentElement.after(place);
}
