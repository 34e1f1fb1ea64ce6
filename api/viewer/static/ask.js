// The ask form: a private library switches the web off, and says why. Without scripts the service refuses the pair with the same words.
"use strict";

const web = document.getElementById("web");
const hint = document.getElementById("private-hint");
const form = document.getElementById("ask");

form.addEventListener("change", (event) => {
  const chosen = [...form.querySelectorAll("input[data-private]:checked")];
  if (!chosen.length) {
    if (hint) hint.hidden = true;
    return;
  }
  hint.hidden = false;
  if (event.target === web && web.checked) chosen.forEach((box) => (box.checked = false));
  else web.checked = false;
});

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
