"use strict";

// A file that is sent shows how far it has come, and can be sent again when the network drops.
(() => {
  const form = document.getElementById("upload");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  const telling = form.querySelector(".telling");
  const progressing = form.querySelector(".progressing");
  const bar = progressing.querySelector("progress");
  const button = form.querySelector("button");
  form.querySelector(".dropping").hidden = false;

  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });

  const rest = (words) => {
    telling.textContent = words;
    progressing.hidden = true;
    button.disabled = false;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    progressing.hidden = false;
    bar.value = 0;
    telling.textContent = form.dataset.sending;
    const sending = new XMLHttpRequest();
    sending.open("POST", form.action);
    sending.upload.addEventListener("progress", (sent) => {
      if (sent.lengthComputable) bar.value = (100 * sent.loaded) / sent.total;
    });
    sending.upload.addEventListener("load", () => {
      bar.removeAttribute("value");
      telling.textContent = form.dataset.reading;
    });
    sending.addEventListener("error", () => rest(form.dataset.lost));
    sending.addEventListener("load", () => {
      if (sending.status < 400) {
        location.assign(sending.responseURL);
        return;
      }
      const answer = new DOMParser().parseFromString(sending.responseText, "text/html");
      const why = answer.querySelector(".wrong") || answer.querySelector("main");
      rest(why ? why.textContent.trim() : form.dataset.lost);
    });
    sending.send(new FormData(form));
  });
})();

// A file that is read in its turn tells how far it is, and then what it holds.
(() => {
  const waiting = document.querySelector("[data-job]");
  if (!waiting) return;
  const ask = async () => {
    try {
      const answer = await fetch(waiting.dataset.job, { headers: { accept: "application/json" } });
      if (answer.ok) {
        const told = await answer.json();
        if (!told.progress || told.status === "failed") {
          location.reload();
          return;
        }
        waiting.querySelector(".rows-read").textContent = told.progress.rows;
      }
    } catch {
      // The network dropped: the file waits all the same.
    }
    setTimeout(ask, 1500);
  };
  setTimeout(ask, 1000);
})();
